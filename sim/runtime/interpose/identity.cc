// Who the program is: process and thread numbers. The same everywhere: programs print them. (What
// it runs on: machine.cc.)
#include "sim/runtime/interpose/identity.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"

HEDDLE_REAL(getpid, int)
HEDDLE_REAL(getppid, int)
HEDDLE_REAL(gettid, int)
HEDDLE_REAL(getpgid, int, int)
HEDDLE_REAL(getpgrp, int)
HEDDLE_REAL(setpgid, int, int, int)
HEDDLE_REAL(getsid, int, int)
HEDDLE_REAL(setsid, int)

namespace heddle::sim::runtime {
namespace {

// The process that waits for what nobody else waits for.
constexpr int kInit = 1;

int ParentNumber() {
  const ChildProcess* own = OwnChildProcess();
  if (own == nullptr) return kProcessNumber - 1;
  if (own->parent == kProcessNumber) return own->parent;
  const ChildProcess* parent = FindChildProcess(own->parent);
  return parent != nullptr && parent->stage != ChildStage::kDead ? own->parent : kInit;
}

// The groups and sessions of processes: those of the root are its own.
struct Groups {
  int group, session;
};
// False: there is no such process.
bool FindGroups(int process, Groups* groups) {
  const ChildProcess* child = process == 0 ? OwnChildProcess() : FindChildProcess(process);
  if (child != nullptr && !child->reaped) {
    *groups = {child->group, child->session};
    return true;
  }
  *groups = {kProcessNumber, kProcessNumber};
  return child == nullptr && (process == kProcessNumber || process == 0);
}

int Failed(int error) {
  errno = error;
  return -1;
}

}  // namespace

int VirtualThreadId(const Thread* self) { return kProcessNumber + static_cast<int>(self->number); }

const Thread* FindThreadById(int thread_id) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    const Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && !thread->is_courier && VirtualThreadId(thread) == thread_id) {
      return thread;
    }
  }
  return nullptr;
}

int RealProcess(int process) {
  if (process == 0) return 0;
  if (process == OwnProcessNumber()) return kernel.carrier.process;
  if (const ChildProcess* child = FindChildProcess(process)) {
    return child->reaped ? -1 : child->process;
  }
  const Thread* thread = FindThreadById(process);
  return thread != nullptr ? thread->kernel_id : -1;
}

int VirtualProcess(int real) {
  if (real == kernel.carrier.process) return OwnProcessNumber();
  if (real == kernel.control->process) return kProcessNumber;
  const ChildTable* table = ChildProcesses();
  for (uint32_t i = 0; table != nullptr && i < table->count; ++i) {
    if (table->processes[i].process == real) return table->processes[i].number;
  }
  return 0;
}

void TranslateCredentials(ucred* credentials) {
  // A program of another user, which runs free, keeps what the system says.
  if (credentials->uid == RawSyscall(SYS_geteuid)) credentials->uid = kUser;
  if (credentials->gid == RawSyscall(SYS_getegid)) credentials->gid = kUser;
  credentials->pid = VirtualProcess(credentials->pid);
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, getpid, ) { return tls_self != nullptr ? OwnProcessNumber() : REAL(getpid)(); }

INTERPOSE(int, getppid, ) { return tls_self != nullptr ? ParentNumber() : REAL(getppid)(); }

INTERPOSE(int, gettid, ) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? VirtualThreadId(self) : REAL(gettid)();
}

// Groups and sessions are virtual as the numbers are; the system's own stay as they are.

INTERPOSE(int, getpgid, int process) {
  if (HEDDLE_SELF == nullptr) return REAL(getpgid)(process);
  Groups groups;
  return FindGroups(process, &groups) ? groups.group : Failed(ESRCH);
}

INTERPOSE(int, getpgrp, ) {
  if (HEDDLE_SELF == nullptr) return REAL(getpgrp)();
  Groups groups;
  FindGroups(0, &groups);
  return groups.group;
}

INTERPOSE(int, getsid, int process) {
  if (HEDDLE_SELF == nullptr) return REAL(getsid)(process);
  Groups groups;
  return FindGroups(process, &groups) ? groups.session : Failed(ESRCH);
}

INTERPOSE(int, setpgid, int process, int group) {
  if (HEDDLE_SELF == nullptr) return REAL(setpgid)(process, group);
  if (group < 0) return Failed(EINVAL);
  const int number = process == 0 ? OwnProcessNumber() : process;
  if (number == kProcessNumber) {  // it leads its session
    return InChildProcess() ? Failed(ESRCH) : Failed(EPERM);
  }
  ChildProcess* child = FindChildProcess(number);
  if (child == nullptr || child->reaped) return Failed(ESRCH);
  child->group = group == 0 ? number : group;
  return 0;
}

INTERPOSE(int, setsid, ) {
  if (HEDDLE_SELF == nullptr) return REAL(setsid)();
  ChildProcess* own = OwnChildProcess();
  if (own == nullptr || own->group == own->number) return Failed(EPERM);
  own->group = own->session = own->number;
  return own->number;
}
