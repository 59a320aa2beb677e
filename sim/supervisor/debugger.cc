// Supervisor::Debug(): the program as a debugger starts it.
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sim/process/spawn.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

absl::StatusOr<int> Supervisor::Debug(CampaignOptions options, uint64_t execution,
                                      const std::vector<std::string>& debugger) {
  if (debugger.empty() || files_.output < 0) {
    return absl::InvalidArgumentError("a debugger requires a program whose output is not captured");
  }
  options.spec.hand_over = HandOver::kBaton;
  options.spec.watchdog_seconds = 0;
  if (absl::Status status = NewCampaign(options); !status.ok()) return status;
  if (absl::Status status = RunBefore(); !status.ok()) return status;
  Control& request = control_->request();
  request.debugger = Debugger::kStarts;
  request.first_execution = execution;
  control_->Publish();
  SpawnOptions spawn;
  spawn.arguments = debugger;
  spawn.search_path = true;
  spawn.descriptors = {{control_->descriptor(), kControlDescriptor},
                       {temporary_folder_, kTemporaryFolderDescriptor},
                       {files_.output, kOutputDescriptor},
                       {files_.errors, kErrorsDescriptor}};
  const Spawned spawned = SpawnProcess(spawn);
  if (spawned.failed != SpawnStep::kNone) {
    request.debugger = Debugger::kNone;
    return absl::UnavailableError(absl::StrCat(debugger[0], ": ", strerror(spawned.error)));
  }
  const auto before = signal(SIGINT, SIG_IGN);
  int status = 0;
  while (waitpid(spawned.process, &status, 0) < 0 && errno == EINTR) {
  }
  signal(SIGINT, before);
  request.debugger = Debugger::kNone;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace heddle::sim
