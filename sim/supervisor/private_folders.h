// Which folders executions have for themselves.
//
// /tmp, /var/tmp and the working folder: executions see what is in them, and what they change there
// is gone for the next one. /dev/shm, where named semaphores and shared memory live, is empty,
// unless the program has something to do there.
#ifndef HEDDLE_SIM_SUPERVISOR_PRIVATE_FOLDERS_H_
#define HEDDLE_SIM_SUPERVISOR_PRIVATE_FOLDERS_H_

#include <string>
#include <vector>

#include "sim/protocol/control.h"
#include "sim/supervisor/launch.h"

namespace heddle::sim {

struct FolderRequest {
  FolderKind kind = FolderKind::kCopied;
  std::string path;  // absolute, without links
  bool operator==(const FolderRequest&) const = default;
};

// For a program in `working_folder` (absolute), outer folders before those in them. `mounts` are
// the machine's mount points: what is mounted below a private folder is shared, as an overlay does
// not show it.
std::vector<FolderRequest> PrivateFoldersOf(const ProgramOptions& program,
                                            const std::string& working_folder,
                                            const std::vector<std::string>& mounts);

// Asks for them in the control block, where `temporary_folder`, the executions' own, is shared.
// Asks for none when they do not fit there.
void AskForPrivateFolders(const ProgramOptions& program, const std::string& temporary_folder,
                          Control* request);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_PRIVATE_FOLDERS_H_
