#include "sim/stacks/own_code.h"

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "sim/stacks/text_match.h"

namespace heddle::sim {
namespace {

using absl::string_view;

bool IsRuntimeFunction(string_view function) {
  return absl::StartsWith(function, "heddle::sim::runtime::");
}

bool IsTestOfRuntime(string_view file) { return HasAny(file, "/sim/runtime/testing/"); }

bool IsThreadStart(string_view function) {
  return function == "start_thread" || function == "clone" || function == "clone3" ||
         function == "_start" || absl::StartsWith(function, "__libc_start");
}

// Sanitizer runtimes, their interceptors, libc, and libraries that hold containers and threads.
bool IsLibraryFunction(string_view function) {
  return HasAnyPrefix(function, "__interceptor_", "__tsan", "__asan", "__ubsan", "__sanitizer",
                      "__lsan", "__wrap_", "operator new", "operator delete",
                      "std::", "__gnu_cxx::", "pthread_", "__pthread_", "__libc_",
                      "absl::", "testing::");
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
  if (!frame.file.empty()) return IsLibraryFile(frame.file);
  // Without debug information: what is in no namespace and no class is mostly an interceptor.
  const string_view function = frame.function;
  return !HasAny(function.substr(0, function.find('(')), "::") || HasAny(frame.module, ".so");
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
