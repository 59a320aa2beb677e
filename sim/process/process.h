// Runs one child process to its end: its output in files, within a time limit, killed with all its
// descendants (of its process group) when the limit or an interrupt comes first.
#ifndef HEDDLE_SIM_PROCESS_PROCESS_H_
#define HEDDLE_SIM_PROCESS_PROCESS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace heddle::sim {

struct Command {
  std::vector<std::string> argv;         // argv[0] is the path of the executable
  std::vector<std::string> environment;  // "NAME=value": added to, or in place of, our own
  std::string working_directory;         // empty: ours
  std::string stdout_path;               // empty: where ours goes
  std::string stderr_path;               // the same
  std::chrono::nanoseconds time_limit{};
};

struct ProcessOutcome {
  enum class End { kExited, kSignalled, kTimedOut, kInterrupted };
  End end = End::kExited;
  int code = 0;    // kExited
  int signal = 0;  // kSignalled
  std::chrono::nanoseconds duration{};
};

// No file that a child writes grows beyond this; one that goes wild must not fill the disk. (It is
// sent SIGXFSZ.) A control block, most of which is never written to, fits.
inline constexpr uint64_t kMaxFileBytes = uint64_t{8} << 30;

// The child gets its own process group, no core file, no address-space randomisation where the
// machine lets us switch it off (ThreadSanitizer needs its shadow addresses free, and schedules
// need the same addresses every time), and dies with us. Thread-safe. Unavailable when the child
// cannot be started.
absl::StatusOr<ProcessOutcome> RunProcess(const Command& command);

// SIGINT and SIGTERM from now on end every RunProcess() early, now and later; one that comes two
// seconds after the first or later ends this process in the ordinary way. Call it once, before any
// thread is started.
void CatchInterrupts();
bool Interrupted();

// "SIGSEGV", or "signal 77" for one without a name.
std::string SignalName(int signal);

// A fresh folder under $TMPDIR or /tmp, removed with everything in it by the destructor, unless
// Keep() was called. It holds one file of its own, which is locked: the mark of a living owner.
class TemporaryFolder {
 public:
  // Unavailable when there is no room.
  static absl::StatusOr<TemporaryFolder> Create();
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  const std::string& path() const { return path_; }
  void Keep();

 private:
  TemporaryFolder(std::string path, int owner) : path_(std::move(path)), owner_(owner) {}
  std::string path_;
  int owner_;  // the locked file; -1: there is none
  bool keep_ = false;
};

// Removes the temporary folders of this user, under $TMPDIR or /tmp, whose owners were killed.
void RemoveAbandonedFolders();

// The folder this executable is in.
std::string ExecutableFolder();

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROCESS_PROCESS_H_
