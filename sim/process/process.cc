#include "sim/process/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/process/spawn.h"

extern char** environ;

namespace heddle::sim {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<int64_t> interrupted_at{0};  // ns
int interrupt_fd = -1;                   // readable once interrupted

// Signals in so short a time are one wish: timeout(1) sends two at once, terminals and shells too.
// Time enough for a command to end in good order.
constexpr int64_t kOneWishNs = 2'000'000'000;

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void OnInterrupt(int signal) {
  if (interrupted.load(std::memory_order_relaxed)) {
    if (NowNs() - interrupted_at.load(std::memory_order_relaxed) < kOneWishNs) return;
    ::signal(signal, SIG_DFL);
    raise(signal);  // comes when this handler is over
    return;
  }
  interrupted_at.store(NowNs(), std::memory_order_relaxed);
  interrupted.store(true, std::memory_order_relaxed);
  const uint64_t one = 1;
  // Nothing can be done here when it fails; the next check of the flag will see it.
  [[maybe_unused]] const ssize_t written = write(interrupt_fd, &one, sizeof(one));
}

absl::Status Unavailable(absl::string_view what, absl::string_view path, int error) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(error)));
}

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// A descriptor of its own; without a path, of what `ours` is.
int OutputFile(const std::string& path, int ours) {
  if (path.empty()) return fcntl(ours, F_DUPFD_CLOEXEC, 0);
  return open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_APPEND, 0644);
}

std::vector<std::string> MergedEnvironment(const std::vector<std::string>& added) {
  std::vector<std::string> merged = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const absl::string_view text = *entry;
    const absl::string_view name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& other : added) replaced |= absl::StartsWith(other, name);
    if (!replaced) merged.emplace_back(text);
  }
  return merged;
}

using Clock = std::chrono::steady_clock;

// Waits until the child ends, the limit passes or an interrupt comes. The child is not reaped.
ProcessOutcome::End Wait(int pid_fd, Clock::time_point deadline) {
  while (true) {
    if (Interrupted()) return ProcessOutcome::End::kInterrupted;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left < 0) return ProcessOutcome::End::kTimedOut;
    pollfd fds[] = {{.fd = pid_fd, .events = POLLIN, .revents = 0},
                    {.fd = interrupt_fd, .events = POLLIN, .revents = 0}};
    const int timeout = static_cast<int>(std::min<int64_t>(left + 1, INT_MAX));
    if (poll(fds, 2, timeout) > 0 && (fds[0].revents & POLLIN) != 0) {
      return ProcessOutcome::End::kExited;
    }
  }
}

}  // namespace

absl::StatusOr<ProcessOutcome> RunProcess(const Command& command) {
  const Descriptor in(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor out(OutputFile(command.stdout_path, STDOUT_FILENO));
  if (out.get() < 0) return Unavailable("cannot write", command.stdout_path, errno);
  const Descriptor err(OutputFile(command.stderr_path, STDERR_FILENO));
  if (err.get() < 0) return Unavailable("cannot write", command.stderr_path, errno);

  sim::SpawnOptions spawn;
  spawn.arguments = command.argv;
  spawn.environment = MergedEnvironment(command.environment);
  spawn.working_directory = command.working_directory;
  spawn.descriptors = {
      {in.get(), STDIN_FILENO}, {out.get(), STDOUT_FILENO}, {err.get(), STDERR_FILENO}};
  spawn.process_group = true;
  spawn.core_file = false;
  spawn.max_file_bytes = kMaxFileBytes;
  spawn.death_signal = SIGKILL;
  spawn.randomisation = sim::Randomisation::kOffIfPossible;
  spawn.default_interrupts = true;
  const Clock::time_point start = Clock::now();
  const sim::Spawned child = sim::SpawnProcess(spawn);
  if (child.failed == sim::SpawnStep::kDirectory) {
    return Unavailable("no directory", command.working_directory, child.error);
  }
  if (child.failed == sim::SpawnStep::kExec) {
    return Unavailable("cannot execute", command.argv[0], child.error);
  }
  if (child.failed != sim::SpawnStep::kNone) {
    return Unavailable("cannot start", command.argv[0], child.error);
  }

  const Descriptor pid_fd(static_cast<int>(syscall(SYS_pidfd_open, child.process, 0)));
  const int pid_fd_error = pid_fd.get() < 0 ? errno : 0;
  ProcessOutcome outcome;
  outcome.end = pid_fd_error != 0 ? ProcessOutcome::End::kTimedOut
                                  : Wait(pid_fd.get(), start + command.time_limit);
  outcome.duration = Clock::now() - start;
  if (outcome.end != ProcessOutcome::End::kExited) kill(-child.process, SIGKILL);
  int status = 0;
  while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-child.process, SIGKILL);  // whatever the child left behind
  if (pid_fd_error != 0) {
    return Unavailable("cannot watch (pidfd_open, Linux 5.3 or newer)", command.argv[0],
                       pid_fd_error);
  }
  if (outcome.end == ProcessOutcome::End::kExited && WIFSIGNALED(status)) {
    outcome.end = ProcessOutcome::End::kSignalled;
    outcome.signal = WTERMSIG(status);
  } else if (outcome.end == ProcessOutcome::End::kExited) {
    outcome.code = WEXITSTATUS(status);
  }
  return outcome;
}

void CatchInterrupts() {
  interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return interrupted.load(std::memory_order_relaxed); }

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? absl::StrCat("signal ", signal) : absl::StrCat("SIG", name);
}

std::string ExecutableFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

}  // namespace heddle::sim
