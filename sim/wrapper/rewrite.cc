#include "sim/wrapper/rewrite.h"

#include <unistd.h>

#include <string_view>

#include "sim/wrapper/invocation.h"

namespace heddle::wrapper {
namespace {

constexpr std::string_view kFlavourOption = "--heddle-flavour=";

// What is wrong with the compiler's name; "" when nothing is.
std::string CheckCompiler(const std::vector<std::string>& compiler) {
  if (compiler.empty()) {
    return "there is no clang on the PATH: install clang 14 or later with its compiler-rt, or name "
           "one in HEDDLE_CC and HEDDLE_CXX";
  }
  const std::string& last = compiler.back();
  const std::string name = last.substr(last.rfind('/') + 1);
  if (name.starts_with("gcc") || name.starts_with("g++") || name.starts_with("heddle-")) {
    return "HEDDLE_CC and HEDDLE_CXX: '" + last +
           "' cannot instrument; expected clang 14 or later, as in HEDDLE_CC=clang "
           "HEDDLE_CXX=clang++";
  }
  return "";
}

// What is wrong with the folder of the runtime's files; "" when nothing is.
std::string CheckFolder(const Wrapper& wrapper) {
  if (!wrapper.folder.empty()) return "";
  return "the runtime is not beside this command: expected ../lib/heddle (installed) or "
         "heddle-link (a build)";
}

// What is wrong with what is linked of them.
std::string CheckRuntime(const Wrapper& wrapper, Flavour flavour) {
  if (std::string error = CheckFolder(wrapper); !error.empty()) return error;
  if (wrapper.folder.find(',') != std::string::npos) {
    return wrapper.folder + ": the linker cannot name a folder with a comma; move Heddle";
  }
  const std::string library = RuntimeLibrary(flavour, wrapper.folder);
  if (access(library.c_str(), R_OK) != 0) {
    return library + ": there is no runtime for flavour " + Name(flavour) +
           "; in a build: cmake --build BUILD --target heddle-cc";
  }
  return "";
}

// ".../librustc-stable_rt.tsan.a": rustc names it when it has instrumented. Distributions do not
// have it, and clang brings its own.
bool IsSanitizerOfRust(std::string_view argument) {
  const std::string_view name = argument.substr(argument.rfind('/') + 1);
  return name.starts_with("librustc") && name.ends_with("san.a");
}

void Append(std::vector<std::string> from, std::vector<std::string>* to) {
  for (std::string& each : from) to->push_back(std::move(each));
}

}  // namespace

Rewritten Rewrite(const Wrapper& wrapper, const std::vector<std::string>& arguments) {
  std::string name = wrapper.flavour;
  std::vector<std::string> kept;
  for (const std::string& argument : arguments) {
    if (argument.starts_with(kFlavourOption)) {
      name = argument.substr(kFlavourOption.size());
    } else if (argument != "-fomit-frame-pointer" &&  // stacks are read by frame pointers
               !IsSanitizerOfRust(argument)) {
      kept.push_back(argument);
    }
  }
  const std::optional<Flavour> flavour = FlavourFromName(name);
  if (!flavour) {
    return {{},
            "unknown flavour '" + name +
                "' (HEDDLE_FLAVOUR or --heddle-flavour); expected det, "
                "tsan, asan or native"};
  }
  if (std::string error = CheckCompiler(wrapper.compiler); !error.empty()) return {{}, error};

  Rewritten result{wrapper.compiler, ""};
  const Invocation invocation = ReadInvocation(kept);
  const bool plain = *flavour == Flavour::kNative || invocation.is_internal;
  if (!plain && invocation.compiles) {
    // Before the caller's own, which win: -g0, or -fno-sanitize=all for a file.
    if (std::string error = CheckFolder(wrapper); !error.empty()) return {{}, error};
    result.command.emplace_back("-g");
    result.command.emplace_back("--start-no-unused-arguments");
    Append(CompileFlags(*flavour, wrapper.folder), &result.command);
    result.command.emplace_back("--end-no-unused-arguments");
  }
  std::vector<std::string> link;
  if (!plain && invocation.links == Links::kExecutable) {
    if (invocation.is_static) {
      return {{},
              std::string("-static: the runtime of flavour ") + Name(*flavour) +
                  " requires a dynamic executable; leave out -static"};
    }
    if (std::string error = CheckRuntime(wrapper, *flavour); !error.empty()) return {{}, error};
    Append(ExecutableFlags(*flavour, wrapper.folder), &link);
    if (invocation.no_default_libraries) {
      link.insert(link.end(), {"-lpthread", "-ldl", "-lrt", "-lgcc_s", "-lgcc", "-lc"});
    }
  } else if (!plain && invocation.links == Links::kSharedLibrary) {
    // A procedural macro is loaded by rustc, which is not under control.
    Append(SharedLibraryFlags(*flavour, wrapper.folder, !invocation.from_rustc), &link);
  }
  // Behind --, all is input.
  size_t end = 0;
  while (end < kept.size() && kept[end] != "--") ++end;
  result.command.insert(result.command.end(), kept.begin(), kept.begin() + static_cast<long>(end));
  if (!plain) Append(std::move(link), &result.command);
  result.command.insert(result.command.end(), kept.begin() + static_cast<long>(end), kept.end());
  return result;
}

}  // namespace heddle::wrapper
