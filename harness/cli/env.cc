// heddle env: the settings of an instrumented build, for build systems that are told them.
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/command.h"
#include "sim/process/process.h"
#include "sim/text/markup.h"
#include "sim/wrapper/build_flags.h"

namespace heddle::cli {
namespace {

struct EnvFlags {
  std::string flavour = "det";
};

std::string Setting(absl::string_view name, absl::string_view value) {
  return absl::StrCat("export ", name, "=", sim::ShellWord(value), "\n");
}

// rustc instruments for one sanitizer only.
std::string RustSettings(wrapper::Flavour flavour, const std::string& linker) {
  if (flavour == wrapper::Flavour::kAsan) return "# Rust: det and tsan only.\n";
  return absl::StrCat(
      "# Rust: heddle-cargo does this and compiles an instrumented standard library, whose locks\n"
      "# tsan must know.\n",
      Setting("RUSTC_BOOTSTRAP", "1"),
      Setting("RUSTFLAGS", absl::StrCat("-Zsanitizer=thread -Cforce-frame-pointers=yes -g "
                                        "-Cllvm-args=-tsan-instrument-read-before-write=1 "
                                        "-Clinker-flavor=gcc -Clinker=",
                                        linker)));
}

int Env(const EnvFlags& flags) {
  const std::optional<wrapper::Flavour> flavour = wrapper::FlavourFromName(flags.flavour);
  if (!flavour || *flavour == wrapper::Flavour::kNative) {
    return Fail(absl::InvalidArgumentError(absl::StrCat(
        "--flavour: unknown flavour '", flags.flavour, "'; expected det, tsan or asan")));
  }
  const std::string folder = sim::ExecutableFolder();
  const std::string runtime = wrapper::RuntimeFolder(folder);
  if (runtime.empty()) {
    return Fail(absl::FailedPreconditionError(
        absl::StrCat(folder,
                     ": the runtime is not beside heddle: expected ../lib/heddle (installed) or "
                     "heddle-link (cmake --build BUILD --target heddle-cc)")));
  }
  const std::vector<std::string> cc = wrapper::FindCompiler(/*cxx=*/false);
  const std::vector<std::string> cxx = wrapper::FindCompiler(/*cxx=*/true);
  if (cc.empty() || cxx.empty()) {
    return Fail(absl::FailedPreconditionError(
        "there is no clang on the PATH: apt-get install clang-14 libclang-rt-14-dev"));
  }
  std::vector<std::string> compile = wrapper::CompileFlags(*flavour, runtime);
  compile.insert(compile.begin(), "-g");
  const std::string compile_text = absl::StrJoin(compile, " ");
  const std::string link = absl::StrJoin(wrapper::ExecutableFlags(*flavour, runtime), " ");
  const std::string linker = (std::filesystem::path(folder) / "heddle-c++").string();
  Print(absl::StrCat(
      "# The settings of flavour ", flags.flavour, ": eval \"$(heddle env --flavour ",
      flags.flavour,
      ")\"\n"
      "# With the wrapper, nothing else is needed: CC=heddle-cc CXX=heddle-c++.\n",
      Setting("HEDDLE_FLAVOUR", flags.flavour), Setting("CC", absl::StrJoin(cc, " ")),
      Setting("CXX", absl::StrJoin(cxx, " ")), Setting("CFLAGS", compile_text),
      Setting("CXXFLAGS", compile_text),
      "# Of executables, behind the program's own libraries (LIBS where LDFLAGS come first).\n",
      Setting("LDFLAGS", link), RustSettings(*flavour, linker),
      "# Zig: compile to an object, and let the wrapper link it with libc:\n"
      "#   zig build-obj -lc -fPIC ",
      *flavour == wrapper::Flavour::kAsan ? "" : "-fsanitize-thread ", "NAME.zig && ",
      sim::ShellWord(linker), " NAME.o -o NAME\n"));
  return kMet;
}

}  // namespace

void AddEnv(Command app) {
  Command command =
      app.Add("env", "Print the settings of an instrumented build: CC, CFLAGS, LDFLAGS, RUSTFLAGS");
  auto flags = std::make_shared<EnvFlags>();
  command.AddOption("--flavour,-f", &flags->flavour, "det (the default), tsan or asan")
      .Suggest({"det", "tsan", "asan"});
  command.SetFooter(
      "Prints commands of a shell:\n"
      "\n"
      "  eval \"$(heddle env --flavour tsan)\"\n"
      "\n"
      "heddle-cc and heddle-c++ need no settings but HEDDLE_FLAVOUR.");
  command.OnRun([flags] { return Env(*flags); });
}

}  // namespace heddle::cli
