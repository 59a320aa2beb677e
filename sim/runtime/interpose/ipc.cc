// System V IPC and POSIX message queues: what is named in the kernel and outlives its process. Not
// modelled: operations that can block are refused (refused.cc). What an execution makes is gone for
// the next one: the fork server wants to know that there is something (serve/private_state.h).
#include <sys/types.h>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/interpose/interpose.h"

// Its mode and attributes are there only when it creates: both are passed on as they are.
HEDDLE_REAL(mq_open, int, const char*, int, long, void*)
HEDDLE_REAL(msgget, int, key_t, int)
HEDDLE_REAL(semget, int, key_t, int, int)
HEDDLE_REAL(shmget, int, key_t, size_t, int)

namespace heddle::sim::runtime {
namespace {

void NoteUse() {
  if (tls_self != nullptr) kernel.control->used_ipc = 1;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are libc's names

INTERPOSE(int, mq_open, const char* name, int flags, long mode, void* attributes) {
  NoteUse();
  return REAL(mq_open)(name, flags, mode, attributes);
}

INTERPOSE(int, msgget, key_t key, int flags) {
  NoteUse();
  return REAL(msgget)(key, flags);
}

INTERPOSE(int, semget, key_t key, int count, int flags) {
  NoteUse();
  return REAL(semget)(key, count, flags);
}

INTERPOSE(int, shmget, key_t key, size_t size, int flags) {
  NoteUse();
  return REAL(shmget)(key, size, flags);
}
