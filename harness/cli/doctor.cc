// heddle doctor: whether this machine and build can do what Heddle does, and what to do if not.
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "harness/cli/call_page.h"
#include "harness/cli/command.h"
#include "harness/run/host_run.h"
#include "nlohmann/json.hpp"
#include "reports/terminal.h"
#include "sim/process/environment.h"
#include "sim/process/namespaces.h"
#include "sim/process/process.h"
#include "sim/protocol/system_calls.h"
#include "sim/stacks/symbolizer.h"
#include "sim/supervisor/real_machine.h"
#include "sim/text/printable.h"

namespace heddle::cli {
namespace {

enum class State {
  kGood,
  kWarning,  // works, but less well
  kMissing,  // something cannot be done
};

struct Check {
  std::string name;
  State state = State::kGood;
  std::string says;
  std::string remedy;  // "" when all is well
};

const char* Name(State state) {
  switch (state) {
    case State::kGood:
      return "ok";
    case State::kWarning:
      return "warning";
    case State::kMissing:
      break;
  }
  return "missing";
}

std::string FirstLine(const std::string& command) {
  std::string line;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return line;
  char buffer[256];
  if (std::fgets(buffer, sizeof buffer, pipe) != nullptr) line = buffer;
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) continue;
  pclose(pipe);
  return std::string(absl::StripAsciiWhitespace(line));
}

std::string OnPath(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    const std::string candidate = absl::StrCat(folder, "/", name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

Check Tool(const std::string& name, const std::string& package, const std::string& purpose,
           State without) {
  if (OnPath(name).empty()) {
    return {name, without, absl::StrCat("not found: needed to ", purpose),
            absl::StrCat("apt-get install ", package)};
  }
  return {name, State::kGood, FirstLine(absl::StrCat(name, " --version 2>&1")), ""};
}

Check FlavourCheck(sim::Flavour flavour) {
  const std::string folder = HostFolder("");
  Check check{absl::StrCat("flavour ", Name(flavour)), State::kGood, "", ""};
  const absl::StatusOr<std::string> host = harness::FindHost(folder, flavour);
  if (host.ok()) {
    check.says = *host;
    return check;
  }
  check.state = State::kMissing;
  check.says = "not built";
  const std::string name = flavour == sim::Flavour::kNative
                               ? "heddle-host"
                               : absl::StrCat("heddle-host-", Name(flavour));
  check.remedy = absl::StrCat(
      "cmake --build ", folder, " --target ", name,
      flavour == sim::Flavour::kNative ? "" : " (flavours require clang: cmake --preset default)");
  return check;
}

Check FsGsBase() {
  constexpr unsigned long kHwcap2FsGsBase = 2;
  if ((getauxval(AT_HWCAP2) & kHwcap2FsGsBase) != 0) {
    return {"FSGSBASE", State::kGood, "threads are switched in user space", ""};
  }
  return {"FSGSBASE", State::kWarning,
          "not available: the system switches threads, which is slower",
          "Linux 5.9 or newer, on a processor with FSGSBASE"};
}

Check PutsMemoryBack() {
  if (sim::CanPutMemoryBack()) {
    return {"executions", State::kGood, "one process runs many, and puts its memory back", ""};
  }
  return {"executions", State::kWarning, "each is a process of its own, which is much slower",
          "Linux 6.7 or newer with userfaultfd, which containers may refuse (seccomp)"};
}

Check SystemCallTrap() {
  if (sim::CanTrapSystemCalls()) {
    return {"system calls", State::kGood, "those by an instruction are caught", ""};
  }
  return {"system calls", State::kWarning,
          "those by an instruction, past libc, go to the system unseen",
          "Linux 5.11 or newer; until then, programs that make such calls may not replay exactly"};
}

Check AddressSpace() {
  const pid_t child = fork();
  if (child == 0) _exit(personality(ADDR_NO_RANDOMIZE) == -1 ? 1 : 0);
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
      WEXITSTATUS(status) == 0) {
    return {"ASLR control", State::kGood, "can be disabled for the program under test", ""};
  }
  return {"ASLR control", State::kMissing, "personality(ADDR_NO_RANDOMIZE) is refused",
          sim::RemedyOf(EPERM)};
}

Check MapRandomness() {
  constexpr int kMostForTsan = 28;  // clang 14's runtime finds its shadow in the way beyond
  std::ifstream file("/proc/sys/vm/mmap_rnd_bits");
  int bits = 0;
  if (!(file >> bits) || bits <= kMostForTsan) {
    return {"mmap randomness", State::kGood, "free runs under ThreadSanitizer work", ""};
  }
  return {"mmap randomness", State::kWarning,
          absl::StrCat(bits, " bits: free runs under older ThreadSanitizers may fail to start"),
          absl::StrCat("sysctl vm.mmap_rnd_bits=", kMostForTsan)};
}

Check SharedMemory() {
  constexpr rlim_t kNeeded = rlim_t{8} << 30;
  rlimit limit{};
  const int descriptor = memfd_create("heddle-doctor", MFD_CLOEXEC);
  if (descriptor < 0) {
    return {"shared memory", State::kMissing, absl::StrCat("memfd_create: ", strerror(errno)),
            absl::StrCat("Linux 3.17 or newer; ", sim::RemedyOf(EPERM))};
  }
  close(descriptor);
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < kNeeded) {
    return {"shared memory", State::kMissing,
            absl::StrCat("files are limited to ", limit.rlim_cur, " bytes"), sim::RemedyOf(EFBIG)};
  }
  return {"shared memory", State::kGood, "memfd works, no file size limit", ""};
}

// What executions that take too long are ended by.
Check ProcessDescriptors() {
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
  if (descriptor < 0) {
    return {"pidfd", State::kMissing, absl::StrCat("pidfd_open: ", strerror(errno)),
            absl::StrCat("Linux 5.3 or newer; ", sim::RemedyOf(EPERM))};
  }
  close(descriptor);
  return {"pidfd", State::kGood, "processes can be ended by descriptor", ""};
}

// What keeps what one execution leaves from the next (sim/supervisor/private_folders.h).
Check Isolation() {
  const sim::NamespaceProbe probe = sim::ProbeNamespaces();
  if (probe.overlays) {
    return {"isolation", State::kGood, "executions have private files and shared memory", ""};
  }
  return {
      "isolation", State::kWarning,
      absl::StrCat("refused (", probe.entered ? "mount" : "unshare", ": ", strerror(probe.error),
                   "): what an execution leaves outside its TMPDIR stays for the next"),
      "--before COMMAND removes it; or user namespaces (sysctl "
      "kernel.unprivileged_userns_clone=1), or in a container --cap-add=SYS_ADMIN"};
}

// What LeakSanitizer looks for leaks with, and what debuggers need.
Check Tracing() {
  const pid_t child = fork();
  if (child == 0) _exit(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : 1);
  int status = 0;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
      WEXITSTATUS(status) == 0) {
    return {"ptrace", State::kGood, "leaks are found in asan; gdb works", ""};
  }
  return {"ptrace", State::kMissing, "refused: asan cannot look for leaks, gdb cannot debug",
          sim::RemedyOf(EPERM)};
}

Check OpenFiles() {
  constexpr rlim_t kNeeded = 1024;  // sim/process/spawn.cc
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= kNeeded) {
    return {"open files", State::kGood, absl::StrCat("up to ", limit.rlim_cur), ""};
  }
  return {"open files", State::kMissing,
          absl::StrCat("limited to ", limit.rlim_cur, "; expected at least ", kNeeded),
          sim::RemedyOf(EMFILE)};
}

Check ProcessFiles() {
  if (!sim::ExecutableFolder().empty() && access("/proc/self/maps", R_OK) == 0) {
    return {"/proc", State::kGood, "mounted", ""};
  }
  return {"/proc", State::kMissing, "not mounted: hosts and processes are not found",
          "mount -t proc proc /proc"};
}

Check TemporarySpace() {
  constexpr uint64_t kNeeded = uint64_t{256} << 20;  // traces and results of a scenario, with room
  const absl::StatusOr<sim::TemporaryFolder> folder = sim::TemporaryFolder::Create();
  if (!folder.ok()) {
    return {"temporary files", State::kMissing, std::string(folder.status().message()),
            "TMPDIR=FOLDER"};
  }
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder->path(), error);
  const std::string where = std::filesystem::path(folder->path()).parent_path().string();
  if (!error && space.available < kNeeded) {
    return {"temporary files", State::kMissing,
            absl::StrCat(space.available >> 20, " MiB left in ", where, "; expected at least ",
                         kNeeded >> 20),
            "TMPDIR=FOLDER, or free some space"};
  }
  return {"temporary files", State::kGood, where, ""};
}

// Where campaigns leave what they find, unless told otherwise.
Check WorkingFolder() {
  if (access(".", W_OK | X_OK) == 0)
    return {"working folder", State::kGood, "can be written to", ""};
  return {"working folder", State::kWarning,
          absl::StrCat("cannot be written to: ", strerror(errno)),
          "--out FOLDER, or another folder"};
}

Check SymbolizerCheck() {
  const std::string path = sim::Symbolizer::Find();
  if (!path.empty()) return {"symbolizer", State::kGood, path, ""};
  return {"symbolizer", State::kWarning,
          "no llvm-symbolizer: findings show addresses instead of names",
          "apt-get install llvm-14"};
}

Check Scenarios() {
  const std::string folder = ScenarioFolder();
  const absl::StatusOr<std::vector<std::string>> files = FindScenarios({folder});
  if (files.ok()) {
    return {"scenarios", State::kGood, absl::StrCat(files->size(), " in ", folder), ""};
  }
  return {"scenarios", State::kWarning, absl::StrCat("none in ", folder),
          "HEDDLE_SCENARIOS=FOLDER, or heddle init to write one"};
}

std::vector<Check> AllChecks() {
  std::vector<Check> checks;
  checks.push_back(Tool("clang-14", "clang-14 libclang-rt-14-dev",
                        "build the det, tsan and asan flavours", State::kWarning));
  checks.push_back(Tool("g++", "g++", "build the native flavour with gcc", State::kWarning));
  checks.push_back(Tool("cmake", "cmake", "build", State::kWarning));
  checks.push_back(Tool("ninja", "ninja-build", "build", State::kWarning));
  checks.push_back(Tool("gdb", "gdb", "debug a replay", State::kWarning));
  checks.push_back(SymbolizerCheck());
  for (size_t i = 0; i < sim::kFlavourNames.size(); ++i) {
    checks.push_back(FlavourCheck(static_cast<sim::Flavour>(i)));
  }
  checks.push_back(FsGsBase());
  checks.push_back(PutsMemoryBack());
  checks.push_back(SystemCallTrap());
  checks.push_back(AddressSpace());
  checks.push_back(MapRandomness());
  checks.push_back(SharedMemory());
  checks.push_back(ProcessDescriptors());
  checks.push_back(Isolation());
  checks.push_back(Tracing());
  checks.push_back(OpenFiles());
  checks.push_back(ProcessFiles());
  checks.push_back(TemporarySpace());
  checks.push_back(WorkingFolder());
  checks.push_back(Scenarios());
  return checks;
}

int Doctor(bool json) {
  const std::vector<Check> checks = AllChecks();
  int code = kMet;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  const bool color = reports::WantsColor(STDOUT_FILENO);
  std::string out;
  for (const Check& check : checks) {
    if (check.state == State::kMissing) code = kCannotRun;
    list.push_back({{"name", check.name},
                    {"state", Name(check.state)},
                    {"says", check.says},
                    {"remedy", check.remedy}});
    const char* style = check.state == State::kGood      ? "\x1b[32m"
                        : check.state == State::kWarning ? "\x1b[33m"
                                                         : "\x1b[31;1m";
    absl::StrAppendFormat(&out, "%s%-7s%s  %-15s  %s\n", color ? style : "", Name(check.state),
                          color ? "\x1b[0m" : "", check.name, sim::Printable(check.says));
    if (!check.remedy.empty()) absl::StrAppendFormat(&out, "%26s-> %s\n", "", check.remedy);
  }
  json ? PrintJson(list) : PrintRendered(out);
  return code;
}

// The names of the calls that go a way, as "`read`, `write`".
std::string CallsThatAre(sim::SystemCallRoute route) {
  std::string names;
  for (const sim::SystemCallEntry& call : sim::SystemCalls()) {
    if (call.route == route)
      absl::StrAppend(&names, names.empty() ? "" : ", ", "`", call.name, "`");
  }
  return names;
}

int PrintCalls() {
  using enum sim::SystemCallRoute;
  constexpr std::pair<sim::SystemCallRoute, const char*> kRoutes[] = {
      {kModelled, "Modelled, as libc's function of that name is (some of these refuse)"},
      {kPassed, "Passed to the system: they cannot block, and no other thread sees when they come"},
      {kTells, "Passed to the system, and their results tell of the real machine"},
      {kAbsent, "Answered with ENOSYS, as by a system without them"},
      {kRefused, "Refused: a finding that names the call"},
  };
  std::string page =
      "# What becomes of a program's calls under Heddle\n\n"
      "Functions of libc that are not named here do what they always do.\n\n"
      "## System calls past libc\n\n"
      "By syscall(2), or by an instruction of the program's own.\n";
  for (const auto& [route, title] : kRoutes) {
    absl::StrAppend(&page, "\n", title, ": ", CallsThatAre(route), ".\n");
  }
  PrintRendered(absl::StrCat(page, TakenFunctions()));
  return kMet;
}

}  // namespace

void AddDoctor(Command app) {
  Command command =
      app.Add("doctor", "Check this machine and build, and print how to fix what is missing");
  auto json = std::make_shared<bool>(false);
  auto calls = std::make_shared<bool>(false);
  command.AddFlag("--json", json.get(), "Print JSON");
  command.AddFlag("--calls", calls.get(),
                  "Print which functions and system calls are modelled, passed on or refused");
  command.SetFooter("Exits with 3 when a requirement is missing.");
  command.OnRun([json, calls] { return *calls ? PrintCalls() : Doctor(*json); });
}

}  // namespace heddle::cli
