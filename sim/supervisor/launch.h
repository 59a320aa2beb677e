// Starts a program under control: its fork server, or (for a debugger) the command that shows how.
#ifndef HEDDLE_SIM_SUPERVISOR_LAUNCH_H_
#define HEDDLE_SIM_SUPERVISOR_LAUNCH_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/protocol/control.h"
#include "sim/protocol/limits.h"
#include "sim/supervisor/outcome.h"

namespace heddle::sim {

struct ProgramOptions {
  std::vector<std::string> arguments;    // arguments[0] is the executable's path
  std::vector<std::string> environment;  // "NAME=value", beside the fixed ones
  std::string working_directory;         // empty: as it is; the executable's path is not of it
  // Executions change what is in them for real, instead of a private copy (private_folders.h).
  std::vector<std::string> shared_folders;
  // For /bin/sh, in the working directory, before each execution; what it fails with ends the
  // batch. Empty: none.
  std::string before;
  StartAt start_at = StartAt::kMain;
  // Standard output and error of each execution are kept in its outcome; otherwise they go where
  // the supervisor's go.
  bool capture_output = true;
  // An exit with this status is no finding: the machine does not give what the program needs, and
  // its standard error says what.
  std::optional<int> cannot_run_status;
  // Real time one execution may take before it is killed (finding: time-limit).
  uint64_t time_limit_ms = 60'000;
  // Real time the program may take to where control begins.
  uint64_t start_limit_ms = 60'000;
  // Of a crash, where the caller's limits allow one. Then no folder is private: it would be gone.
  bool core_file = false;
  // Executions may run in one process that puts its memory back behind each, where that is possible
  // (sim/runtime/serve/worker.h); false: each is a fork.
  bool in_process = false;
  // A file that executions append to and cut short, in the working directory, for the caller to
  // read behind each of them: they may do so in one process. Each begins by cutting off what the
  // one before it wrote. Empty: none.
  std::string result_file;
  // For tests of that: the page with this address is not put back. 0: all are.
  uint64_t leave_out_page = 0;
  // Points one execution may take at most; bounds the campaigns' step budgets. 4 bytes each, of
  // memory that is used only as far as it is written.
  uint64_t max_points = kDefaultStepBudget;
  // Keep where the program was at each step (Outcome::details): each costs an unwinding.
  bool keep_details = false;
  // Called by RunBatch() some times a second while it waits, with what does not outlive the call.
  std::function<void(const RunningExecution&)> watch;
};

// The files that a program's output goes to. Both -1 without capture_output.
struct CaptureFiles {
  int output = -1;
  int errors = -1;
};
CaptureFiles MakeCaptureFiles();
// What is in it, cut at 1 MiB; "" for -1.
std::string ReadCaptured(int descriptor);
// More than an execution may write to both: one that prints in a loop must not fill the memory.
inline constexpr uint64_t kMaxOutputBytes = uint64_t{64} << 20;
bool IsOutputBeyondLimit(const CaptureFiles& files);

// All of the program's environment, for the `executable` by the path that it is started by. Fixed,
// so that nothing of the caller's leaks into a schedule (its size alone would move the stack).
std::vector<std::string> EnvironmentOf(const ProgramOptions& options,
                                       const std::string& executable);
// For ProgramOptions::environment: InvalidArgument when one is not NAME=VALUE, or has a name that
// is the supervisor's own. PATH and LANG replace what is there otherwise.
absl::Status CheckEnvironment(const std::vector<std::string>& environment);

// For ProgramOptions::working_directory: InvalidArgument when it is neither empty nor a folder.
absl::Status CheckWorkingDirectory(const std::string& folder);

struct LaunchedProgram {
  pid_t process = -1;
  int command = -1;  // to write to: one byte asks for a batch
  int answer = -1;   // to read from: one byte when it is ready, and after each batch
};
// `control` is the control block's descriptor, `temporary_folder` the folder's that is the
// program's TMPDIR. FailedPrecondition when randomisation cannot be switched off, or the program
// not started.
absl::StatusOr<LaunchedProgram> LaunchProgram(const ProgramOptions& options, int control,
                                              const CaptureFiles& files, int temporary_folder);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_LAUNCH_H_
