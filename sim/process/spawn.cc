#include "sim/process/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sim/process/namespaces.h"

namespace heddle::sim {
namespace {

// Where descriptors stand on their way: above every target (sim/protocol/control.h has the highest,
// 904) and below the usual limit on open files.
constexpr int kFirstTemporary = 960;
constexpr int kUsualMaxDescriptors = 1024;

// What the child says when it fails.
struct Failure {
  SpawnStep step;
  int error;
};

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// All that the child uses, made before the fork.
struct Preparation {
  const SpawnOptions& options;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<int> temporaries;  // one for each of options.descriptors
  int failure;                   // the end of the pipe to write to
};

// --- In the child: async-signal-safe calls only ---

[[noreturn]] void Fail(int failure, SpawnStep step) {
  const Failure report = {step, errno};
  [[maybe_unused]] const ssize_t written = write(failure, &report, sizeof report);
  _exit(127);
}

bool SwitchOffRandomisation() {
  const int now = personality(0xffffffff);
  return now != -1 && personality(static_cast<unsigned>(now) | ADDR_NO_RANDOMIZE) != -1;
}

void SetLimits(const SpawnOptions& options) {
  if (!options.core_file) {
    // Less than a page: no file. 0 would still start the program that /proc/sys/kernel/core_pattern
    // may name; 1 is the kernel's own mark for "no core dump at all" (fs/coredump.c).
    const rlimit none = {1, 1};
    setrlimit(RLIMIT_CORE, &none);
  }
  if (options.max_file_bytes.has_value()) {
    const rlimit size = {*options.max_file_bytes, *options.max_file_bytes};
    setrlimit(RLIMIT_FSIZE, &size);
  }
}

bool MapDescriptors(Preparation& child) {
  const std::vector<DescriptorMapping>& mappings = child.options.descriptors;
  child.failure = fcntl(child.failure, F_DUPFD_CLOEXEC, kFirstTemporary);
  if (child.failure < 0) return false;
  for (size_t i = 0; i < mappings.size(); ++i) {
    child.temporaries[i] = fcntl(mappings[i].source, F_DUPFD_CLOEXEC, kFirstTemporary);
    if (child.temporaries[i] < 0) return false;
  }
  for (size_t i = 0; i < mappings.size(); ++i) {
    if (dup2(child.temporaries[i], mappings[i].target) < 0) return false;
  }
  return true;
}

void CloseOthers(const Preparation& child) {
  for (int descriptor = 3; descriptor < kUsualMaxDescriptors; ++descriptor) {
    const bool kept = std::any_of(
        child.options.descriptors.begin(), child.options.descriptors.end(),
        [descriptor](const DescriptorMapping& mapping) { return mapping.target == descriptor; });
    if (!kept && descriptor != child.failure) close(descriptor);
  }
}

[[noreturn]] void BecomeProgram(Preparation& child) {
  const SpawnOptions& options = child.options;
  if (options.process_group) setpgid(0, 0);
  if (options.private_namespaces && EnterNamespaces() == Namespaces::kBroken) {
    Fail(child.failure, SpawnStep::kNamespaces);
  }
  if (options.death_signal != 0) prctl(PR_SET_PDEATHSIG, options.death_signal);
  SetLimits(options);
  if (options.randomisation != Randomisation::kAsItIs && !SwitchOffRandomisation() &&
      options.randomisation == Randomisation::kOff) {
    Fail(child.failure, SpawnStep::kRandomisation);
  }
  if (options.default_interrupts) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
  }
  const int first_failure = child.failure;
  if (!MapDescriptors(child)) {
    Fail(child.failure < 0 ? first_failure : child.failure, SpawnStep::kDescriptors);
  }
  if (options.close_others) CloseOthers(child);
  if (!options.working_directory.empty() && chdir(options.working_directory.c_str()) != 0) {
    Fail(child.failure, SpawnStep::kDirectory);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  char* const* environment = options.environment.has_value() ? child.environment.data() : ::environ;
  if (options.search_path) {
    execvpe(child.arguments[0], child.arguments.data(), environment);
  } else {
    execve(child.arguments[0], child.arguments.data(), environment);
  }
  Fail(child.failure, SpawnStep::kExec);
}

}  // namespace

Spawned SpawnProcess(const SpawnOptions& options) {
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return {-1, SpawnStep::kFork, errno};
  Preparation child = {
      options,
      Pointers(options.arguments),
      options.environment.has_value() ? Pointers(*options.environment) : std::vector<char*>(),
      std::vector<int>(options.descriptors.size(), -1),
      failure[1],
  };
  const pid_t process = fork();
  if (process == 0) BecomeProgram(child);
  const int fork_error = errno;
  close(failure[1]);
  Failure report = {SpawnStep::kNone, 0};
  ssize_t got = 0;
  if (process > 0) {
    // Nothing comes, but the end of the pipe, when the program has begun.
    do {
      got = read(failure[0], &report, sizeof report);
    } while (got < 0 && errno == EINTR);
  }
  close(failure[0]);
  if (process < 0) return {-1, SpawnStep::kFork, fork_error};
  if (got != sizeof report) return {process, SpawnStep::kNone, 0};
  while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
  return {-1, report.step, report.error};
}

}  // namespace heddle::sim
