#include "sim/wrapper/build_flags.h"

#include <unistd.h>

#include <cstdlib>

#include "sim/wrapper/invocation.h"

namespace heddle::wrapper {
namespace {

constexpr const char* kNames[] = {"native", "det", "tsan", "asan"};

bool CanRead(const std::string& path) { return access(path.c_str(), R_OK) == 0; }

// Whether a shell would find it.
bool CanRun(const std::string& name) {
  if (name.find('/') != std::string::npos) return access(name.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const size_t end = rest.find(':');
    const std::string candidate = std::string(rest.substr(0, end)) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return true;
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return false;
}

const char* SanitizersOf(Flavour flavour) {
  return flavour == Flavour::kTsan ? "-fsanitize=thread" : "-fsanitize=address,undefined";
}

}  // namespace

std::optional<Flavour> FlavourFromName(std::string_view name) {
  for (int i = 0; i < 4; ++i) {
    if (name == kNames[i]) return static_cast<Flavour>(i);
  }
  return std::nullopt;
}

const char* Name(Flavour flavour) { return kNames[static_cast<int>(flavour)]; }

std::vector<std::string> CompileFlags(Flavour flavour, const std::string& folder) {
  if (flavour == Flavour::kNative) return {};
  std::vector<std::string> flags =
      ResponseWords(flavour == Flavour::kAsan ? HEDDLE_ADDRESS_FLAGS : HEDDLE_THREAD_FLAGS);
  // A build system that checks where headers come from (Bazel) asks the compiler for its folders.
  for (std::string& flag :
       std::vector<std::string>{"-idirafter", folder, "-imacros", folder + "/weak_exchange.h"}) {
    flags.push_back(std::move(flag));
  }
  return flags;
}

std::string RuntimeLibrary(Flavour flavour, const std::string& folder) {
  return folder + "/libheddle-runtime-" + Name(flavour) + ".a";
}

std::vector<std::string> ExecutableFlags(Flavour flavour, const std::string& folder) {
  if (flavour == Flavour::kNative) return {};
  std::vector<std::string> flags;
  // det: objects are instrumented for ThreadSanitizer, whose part the runtime plays.
  flags = {"-fno-sanitize-link-runtime"};
  if (flavour != Flavour::kDet) flags = {SanitizersOf(flavour), "-fsanitize-link-c++-runtime"};
  const char* wraps = flavour == Flavour::kTsan ? "/wrap-tsan.txt" : "/wrap.txt";
  // The order is that of heddle_instrument(): the runtime comes behind the program's own.
  for (std::string& flag : std::vector<std::string>{
           "-Wl,@" + folder + wraps, "-Wl,--dynamic-list=" + folder + "/exports.txt",
           "-Wl,-z,muldefs", "-Wl,--undefined=main", "-Wl,--whole-archive", "-Xlinker",
           RuntimeLibrary(flavour, folder), "-Wl,--no-whole-archive", "-lstdc++", "-lm"}) {
    flags.push_back(std::move(flag));
  }
  return flags;
}

std::vector<std::string> SharedLibraryFlags(Flavour flavour, const std::string& folder, bool wrap) {
  if (flavour == Flavour::kNative) return {};
  std::vector<std::string> flags;
  if (flavour != Flavour::kDet) flags = {SanitizersOf(flavour)};
  if (flavour == Flavour::kTsan) flags.push_back("-Wl,@" + folder + "/wrap-shared-tsan.txt");
  if (wrap) flags.push_back("-Wl,@" + folder + "/wrap-shared.txt");
  // The executable defines what is missing.
  flags.emplace_back("-Wl,-z,undefs");
  return flags;
}

std::string RuntimeFolder(const std::string& executable_folder) {
  for (const char* each : {"/heddle-link", "/../lib/heddle"}) {
    const std::string folder = executable_folder + each;
    if (!CanRead(folder + "/exports.txt")) continue;
    char* real = realpath(folder.c_str(), nullptr);
    const std::string found = real == nullptr ? folder : real;
    std::free(real);
    return found;
  }
  return "";
}

std::vector<std::string> FindCompiler(bool cxx) {
  const char* chosen = std::getenv(cxx ? "HEDDLE_CXX" : "HEDDLE_CC");
  if (chosen != nullptr && chosen[0] != 0) return ResponseWords(chosen);
  const std::string name = cxx ? "clang++" : "clang";
  const std::string own = cxx ? HEDDLE_OWN_CXX : HEDDLE_OWN_CC;
  if (own.starts_with("clang") && CanRun(own)) return {own};
  if (CanRun(name)) return {name};
  constexpr int kOldest = 14;
  constexpr int kNewest = 30;
  for (int version = kOldest; version <= kNewest; ++version) {
    const std::string numbered = name + "-" + std::to_string(version);
    if (CanRun(numbered)) return {numbered};
  }
  return {};
}

}  // namespace heddle::wrapper
