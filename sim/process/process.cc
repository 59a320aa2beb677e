#include "sim/process/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace heddle::harness {
namespace {

// No host writes more than this into one file; one that goes wild must not fill the disk.
constexpr rlim_t kMaxFileBytes = rlim_t{16} << 30;

std::atomic<bool> interrupted{false};
int interrupt_fd = -1;  // readable once interrupted

void OnInterrupt(int signal) {
  interrupted.store(true, std::memory_order_relaxed);
  const uint64_t one = 1;
  // Nothing can be done here when it fails; the next check of the flag will see it.
  [[maybe_unused]] const ssize_t written = write(interrupt_fd, &one, sizeof(one));
  ::signal(signal, SIG_DFL);
}

absl::Status Unavailable(absl::string_view what, absl::string_view path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(errno)));
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

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec: only calls that are safe after a fork of a threaded process.
[[noreturn]] void BecomeCommand(char* const* argv, char* const* environment, int in, int out,
                                int err, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const rlimit file_size = {kMaxFileBytes, kMaxFileBytes};
  setrlimit(RLIMIT_FSIZE, &file_size);
  const int now = personality(0xffffffff);
  if (now != -1) personality(static_cast<unsigned>(now) | ADDR_NO_RANDOMIZE);
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
      dup2(err, STDERR_FILENO) >= 0) {
    execve(argv[0], argv, environment);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(failure, &error, sizeof(error));
  _exit(127);
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
  const std::vector<std::string> environment = MergedEnvironment(command.environment);
  const std::vector<char*> argv = Pointers(command.argv);
  const std::vector<char*> envp = Pointers(environment);
  const int flags = O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_APPEND;
  const Descriptor in(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor out(open(command.stdout_path.c_str(), flags, 0644));
  if (out.get() < 0) return Unavailable("cannot write", command.stdout_path);
  const Descriptor err(open(command.stderr_path.c_str(), flags, 0644));
  if (err.get() < 0) return Unavailable("cannot write", command.stderr_path);
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return Unavailable("cannot start", command.argv[0]);
  const Descriptor failure_read(failure[0]);

  const Clock::time_point start = Clock::now();
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeCommand(argv.data(), envp.data(), in.get(), out.get(), err.get(), failure[1]);
  }
  close(failure[1]);
  if (pid < 0) return Unavailable("cannot start", command.argv[0]);
  setpgid(pid, pid);  // as the child does: whoever comes first

  int exec_error = 0;
  const ssize_t failed = read(failure_read.get(), &exec_error, sizeof(exec_error));
  const Descriptor pid_fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const int pid_fd_error = pid_fd.get() < 0 ? errno : 0;
  ProcessOutcome outcome;
  outcome.end = pid_fd_error != 0 ? ProcessOutcome::End::kTimedOut
                                  : Wait(pid_fd.get(), start + command.time_limit);
  outcome.duration = Clock::now() - start;
  if (outcome.end != ProcessOutcome::End::kExited) kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-pid, SIGKILL);  // whatever the child left behind
  if (failed == static_cast<ssize_t>(sizeof(exec_error))) {
    errno = exec_error;
    return Unavailable("cannot execute", command.argv[0]);
  }
  if (pid_fd_error != 0) {
    errno = pid_fd_error;
    return Unavailable("cannot watch (pidfd_open, Linux 5.3 or newer)", command.argv[0]);
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

absl::StatusOr<TemporaryFolder> TemporaryFolder::Create() {
  const char* base = std::getenv("TMPDIR");
  std::string path =
      absl::StrCat(base != nullptr && *base != '\0' ? base : "/tmp", "/heddle-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) return Unavailable("cannot create", path);
  return TemporaryFolder(path);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_(std::exchange(other.path_, "")), keep_(other.keep_) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what cannot be removed stays
  if (!path_.empty() && !keep_) std::filesystem::remove_all(path_, ignored);
}

std::string ExecutableFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

}  // namespace heddle::harness
