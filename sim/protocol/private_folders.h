// What an execution is to have for itself: the supervisor names it, the fork server makes it
// (sim/runtime/serve/private_state.h).
#ifndef HEDDLE_SIM_PROTOCOL_PRIVATE_FOLDERS_H_
#define HEDDLE_SIM_PROTOCOL_PRIVATE_FOLDERS_H_

#include <cstdint>

#include "sim/protocol/fixed_text.h"
#include "sim/protocol/limits.h"

namespace heddle::sim {

enum class FolderKind : uint32_t {
  kCopied = 0,  // executions see what is in it; what they change is gone after them
  kEmpty = 1,   // nothing is in it
  kShared = 2,  // as it is, although it lies in a private one
};

struct PrivateFolder {
  FolderKind kind;
  uint32_t padding;
  FixedText<kMaxFolderPath> path;  // absolute, without links
};

// Numbers that tell namespaces apart: the inodes of /proc/self/ns/mnt and /proc/self/ns/user.
struct NamespaceNumbers {
  uint64_t mounts;
  uint64_t users;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_PRIVATE_FOLDERS_H_
