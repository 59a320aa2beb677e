#include "sim/stacks/own_code.h"

#include <dlfcn.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "sim/stacks/text_match.h"

namespace heddle::sim {
namespace {

using absl::string_view;

bool IsRuntimeFunction(string_view function) {
  return HasAnyPrefix(function, "heddle::sim::runtime::", "heddle_debug_");
}

bool IsTestOfRuntime(string_view file) { return HasAny(file, "/sim/runtime/testing/"); }

bool IsThreadStart(string_view function) {
  return function == "start_thread" || function == "clone" || function == "clone3" ||
         function == "_start" || absl::StartsWith(function, "__libc_start");
}

// This process and the program have the same C library.
bool LibcHas(const std::string& function) {
  for (const char* name : {"libc.so.6", "libm.so.6"}) {
    void* const library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) continue;
    const bool found = dlsym(library, function.c_str()) != nullptr;
    dlclose(library);
    if (found) return true;
  }
  return false;
}

// Sanitizer runtimes, their interceptors, libc, and libraries that hold containers and threads.
bool IsLibraryFunction(string_view function) {
  return HasAnyPrefix(function, "__interceptor_", "__tsan", "__asan", "__ubsan", "__sanitizer",
                      "__lsan", "__wrap_", "asan_thread_start", "operator new", "operator delete",
                      "std::", "__gnu_cxx::", "pthread_", "__pthread_", "__libc_",
                      "absl::", "testing::");
}

// The standard libraries of Rust and Zig, and cargo's packages of others, where these are not below
// /usr.
bool IsPackageFile(string_view file) {
  if (absl::EndsWith(file, ".rs")) {
    return absl::StartsWith(file, "/rustc/") || HasAny(file, "/.cargo/registry/", "/.rustup/");
  }
  return absl::EndsWith(file, ".zig") && HasAny(file, "/lib/std/", "/lib/zig/std/");
}

// System headers, and glibc's own sources: its debug information has paths like
// "nptl/./nptl/pthread_kill.c", "csu/../sysdeps/..." and "stdlib/abort.c".
bool IsLibraryFile(string_view file) {
  return HasAnyPrefix(file, "/usr/", "/lib/", "/lib64/", "./", "../", "nptl/", "stdlib/", "signal/",
                      "assert/", "csu/", "malloc/", "string/", "debug/", "libio/", "stdio-common/",
                      "sysdeps/") ||
         HasAny(file, "/./", "/../sysdeps/", "/compiler-rt/", "/sanitizer_common/",
                "/libsanitizer/");
}

bool IsLibrary(const Frame& frame) {
  if (IsLibraryFunction(frame.function)) return true;
  if (!frame.file.empty()) return IsLibraryFile(frame.file) || IsPackageFile(frame.file);
  // Without debug information.
  const string_view function = frame.function;
  if (function.empty() || HasAny(frame.module, ".so")) return true;
  // In no namespace and no class: of the program, or an interceptor of what libc has.
  const bool plain = !HasAny(function.substr(0, function.find('(')), "::");
  return plain && (absl::StartsWith(function, "_") || IsThreadStart(function) ||
                   LibcHas(std::string(function)));
}

}  // namespace

CodeOwner OwnerOf(const Frame& frame) {
  if (!IsTestOfRuntime(frame.file)) {
    if (IsRuntimeFunction(frame.function)) return CodeOwner::kRuntime;
    if (HasAny(frame.file, "/sim/runtime/")) return CodeOwner::kInterposer;
  }
  if (!IsLibrary(frame)) return CodeOwner::kProgram;
  return IsThreadStart(frame.function) ? CodeOwner::kThreadStart : CodeOwner::kLibrary;
}

}  // namespace heddle::sim
