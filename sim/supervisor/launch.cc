#include "sim/supervisor/launch.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/process/environment.h"
#include "sim/process/spawn.h"
#include "sim/protocol/exit_status.h"
#include "sim/stacks/symbolizer.h"
#include "sim/supervisor/libtool.h"

namespace heddle::sim {
namespace {

// Of each of a program's outputs is kept. A sanitizer's reports take some kilobytes.
constexpr size_t kMaxCaptured = size_t{1} << 20;

uint64_t SizeOf(int descriptor) {
  struct stat status;
  return descriptor >= 0 && fstat(descriptor, &status) == 0 ? static_cast<uint64_t>(status.st_size)
                                                            : 0;
}

int CaptureFile(const char* name) {
  const int descriptor = memfd_create(name, MFD_CLOEXEC);
  if (descriptor >= 0) fcntl(descriptor, F_SETFL, O_APPEND);
  return descriptor;
}

absl::Status WhyNot(const ProgramOptions& options, const Spawned& spawned) {
  switch (spawned.failed) {
    case SpawnStep::kFork:
      return EnvironmentError(spawned.error, "cannot start a process (fork)");
    case SpawnStep::kRandomisation:
      return EnvironmentError(EPERM, "cannot disable address-space randomisation (personality)");
    case SpawnStep::kDescriptors:
      return EnvironmentError(EMFILE, "cannot give the program its descriptors");
    case SpawnStep::kDirectory:
      return absl::FailedPreconditionError(
          absl::StrCat("no directory ", options.working_directory));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat(options.arguments[0], " cannot be executed: ", strerror(spawned.error)));
  }
}

}  // namespace

CaptureFiles MakeCaptureFiles() {
  return {CaptureFile("heddle-output"), CaptureFile("heddle-errors")};
}

std::string ReadCaptured(int descriptor) {
  std::string text(std::min<uint64_t>(SizeOf(descriptor), kMaxCaptured), '\0');
  const ssize_t got = pread(descriptor, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

bool IsOutputBeyondLimit(const CaptureFiles& files) {
  return std::max(SizeOf(files.output), SizeOf(files.errors)) > kMaxOutputBytes;
}

std::vector<std::string> EnvironmentOf(const ProgramOptions& options,
                                       const std::string& executable) {
  // What is captured is given names here, afterwards (symbolizer.h).
  const std::string symbolizer = options.capture_output ? "" : Symbolizer::Find();
  const std::string common = options.capture_output ? ":symbolize=0"
                             : symbolizer.empty()
                                 ? ""
                                 : absl::StrCat(":external_symbolizer_path=", symbolizer);
  // What they would do by the machine's clock: give free memory back.
  constexpr char kByClock[] = ":allocator_release_to_os_interval_ms=-1";
  std::vector<std::string> environment = {
      "PATH=/usr/bin:/bin",
      "LANG=C",
      // Symbols are bound once in the fork server, not again in each fork.
      "LD_BIND_NOW=1",
      // The longest history: a race whose earlier access is older is not reported. A thread takes
      // as much of it as it fills. ThreadSanitizer calls any two orders of locks a possible
      // deadlock, also where a third lock rules it out. Executions that do deadlock are found
      // without it.
      absl::StrCat("TSAN_OPTIONS=exitcode=", kSanitizerExitStatus,
                   ":history_size=7:detect_deadlocks=0:atexit_sleep_ms=0", kByClock,
                   ":report_thread_leaks=0"  // CampaignSpec::report_thread_leaks
                   ":die_after_fork=0",      // children may make threads
                   common),
      absl::StrCat("ASAN_OPTIONS=exitcode=", kSanitizerExitStatus,
                   ":detect_stack_use_after_return=1:detect_leaks=1", kByClock, common),
      absl::StrCat("UBSAN_OPTIONS=print_stacktrace=1", common),
      absl::StrCat("TMPDIR=", kTemporaryFolder),
  };
  const std::string folders = LibtoolLibraryPath(executable);
  if (!folders.empty()) environment.push_back(absl::StrCat("LD_LIBRARY_PATH=", folders));
  // The strings at the main stack's end are as long as anywhere, wherever the program lies: its
  // path is among them twice (execve(2), getauxval(3)). The runtime takes this variable out.
  constexpr size_t kRoom = 4 * PATH_MAX;
  const size_t of_machine = 2 * executable.size() + folders.size();
  environment.push_back(absl::StrCat(kControlVariable, "=", kControlDescriptor,
                                     std::string(kRoom - std::min(kRoom, of_machine), ' ')));
  for (const std::string& given : options.environment) {
    const std::string name = given.substr(0, given.find('=') + 1);
    const auto same = std::find_if(environment.begin(), environment.end(),
                                   [&](const auto& each) { return absl::StartsWith(each, name); });
    if (same == environment.end()) {
      environment.push_back(given);
    } else {
      *same = given;
    }
  }
  return environment;
}

absl::Status CheckEnvironment(const std::vector<std::string>& environment) {
  for (const std::string& given : environment) {
    const size_t equals = given.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(absl::StrCat("'", given, "': expected NAME=VALUE"));
    }
    const std::string name = given.substr(0, equals);
    for (const absl::string_view own :
         {"LD_BIND_NOW", "TSAN_OPTIONS", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TMPDIR",
          kControlVariable}) {
      if (name == own) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", given, "': ", name,
                         " is set by Heddle for each execution; expected another name"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckWorkingDirectory(const std::string& folder) {
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", folder, "' is not a folder"));
}

absl::StatusOr<LaunchedProgram> LaunchProgram(const ProgramOptions& options, int control,
                                              const CaptureFiles& files, int temporary_folder) {
  int command[2], answer[2];
  if (pipe2(command, O_CLOEXEC) != 0) return EnvironmentError(errno, "cannot make pipes");
  if (pipe2(answer, O_CLOEXEC) != 0) {
    const int error = errno;
    close(command[0]), close(command[1]);
    return EnvironmentError(error, "cannot make pipes");
  }
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  SpawnOptions spawn;
  spawn.arguments = options.arguments;
  spawn.working_directory = options.working_directory;
  if (!options.working_directory.empty()) {
    std::error_code error;  // then it stays relative, and cannot be executed
    const auto whole = std::filesystem::absolute(options.arguments[0], error);
    if (!error) spawn.arguments[0] = whole.string();
  }
  spawn.environment = EnvironmentOf(options, spawn.arguments[0]);
  spawn.descriptors = {{nothing, STDIN_FILENO},
                       {control, kControlDescriptor},
                       {temporary_folder, kTemporaryFolderDescriptor},
                       {command[0], kCommandDescriptor},
                       {answer[1], kAnswerDescriptor}};
  if (files.output >= 0) {
    spawn.descriptors.push_back({files.output, STDOUT_FILENO});
    spawn.descriptors.push_back({files.errors, STDERR_FILENO});
  }
  spawn.close_others = true;
  spawn.process_group = true;
  spawn.core_file = options.core_file;
  spawn.death_signal = SIGKILL;
  spawn.randomisation = Randomisation::kOff;
  spawn.private_namespaces = true;
  Spawned spawned = SpawnProcess(spawn);
  if (spawned.failed == SpawnStep::kNamespaces) {
    spawn.private_namespaces = false;
    spawned = SpawnProcess(spawn);
  }
  close(nothing), close(command[0]), close(answer[1]);
  if (spawned.failed != SpawnStep::kNone) {
    close(command[1]), close(answer[0]);
    return WhyNot(options, spawned);
  }
  return LaunchedProgram{spawned.process, command[1], answer[0]};
}

}  // namespace heddle::sim
