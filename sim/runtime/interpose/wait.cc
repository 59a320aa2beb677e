// Waiting for child processes: wait, waitpid, waitid, wait3, wait4 (POSIX.1-2017, wait4(2)).
//
// The system knows how a child ended; whether it has, has stopped or goes on, and which comes
// first, is known from the table of children: of several, the one that was made first. Of the
// resources that it used nothing is told.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/fork.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/signal_delivery.h"

HEDDLE_REAL(wait, int, int*)
HEDDLE_REAL(waitpid, int, int, int*, int)
HEDDLE_REAL(waitid, int, int, unsigned, siginfo_t*, int)
HEDDLE_REAL(wait3, int, int*, int, struct rusage*)
HEDDLE_REAL(wait4, int, int, int*, int, struct rusage*)

namespace heddle::sim::runtime {
namespace {

static_assert(WUNTRACED == WSTOPPED, "wait and waitid name it by one bit");

// Which children a call means.
struct Wanted {
  enum Kind { kAny, kProcess, kGroup } kind;
  int number;
  int options = 0;  // of waitid()
};

bool Means(const Wanted& wanted, const ChildProcess& child) {
  if (child.parent != OwnProcessNumber() || child.reaped) return false;
  switch (wanted.kind) {
    case Wanted::kAny:
      return true;
    case Wanted::kProcess:
      return child.number == wanted.number;
    case Wanted::kGroup:
      return child.group == wanted.number;
  }
  return false;
}

// Whether the options (of waitid) ask for what the child has to tell.
bool HasNews(const ChildProcess& child, int options) {
  if (child.stage == ChildStage::kDead) return (options & WEXITED) != 0;
  return ((options & WSTOPPED) != 0 && child.stop_waited) ||
         ((options & WCONTINUED) != 0 && child.continue_waited);
}

// The first one; null: none. `exists`: whether there are any at all.
ChildProcess* FirstWithNews(const Wanted& wanted, bool* exists) {
  ChildTable* table = ChildProcesses();
  *exists = false;
  for (uint32_t i = 0; table != nullptr && i < table->count; ++i) {
    ChildProcess* child = &table->processes[i];
    if (!Means(wanted, *child)) continue;
    *exists = true;
    if (HasNews(*child, wanted.options)) return child;
  }
  return nullptr;
}

bool AnyNews(Thread* self) {
  bool exists;
  return FirstWithNews(*static_cast<Wanted*>(self->wait_data), &exists) != nullptr || !exists;
}

// Null with errno, or with 0 there when it need not wait.
ChildProcess* AwaitNews(Thread* self, Wanted wanted) {
  bool exists;
  FirstWithNews(wanted, &exists);
  if ((wanted.options & WNOHANG) != 0 || !exists) {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
    ChildProcess* child = FirstWithNews(wanted, &exists);
    errno = child == nullptr && !exists ? ECHILD : 0;
    return child;
  }
  for (;;) {
    self->wait_data = &wanted;
    const bool ready = WaitIo(self, OpKind::kIoWait, AnyNews, kNever);
    // A child that has ended comes before the signal that says so.
    ChildProcess* child = FirstWithNews(wanted, &exists);
    if (child == nullptr && exists && ready) continue;  // another thread was faster
    errno = child != nullptr ? 0 : exists ? EINTR : ECHILD;
    return child;
  }
}

// What the child has to tell, which is told then unless `leave`. 0 or an errno value.
int Take(Thread* self, ChildProcess* child, bool leave, siginfo_t* info) {
  if (child->stage == ChildStage::kDead) {
    ChildWaitedFor(self, child);  // its SIGCHLD has come by then
    return TakeFromSystem(child, leave, info);
  }
  if (child->stop_waited) {
    *info = JobInfo(child, CLD_STOPPED, child->stop_signal);
    child->stop_waited = leave;
  } else {
    *info = JobInfo(child, CLD_CONTINUED, SIGCONT);
    child->continue_waited = leave;
  }
  return 0;
}

int StatusOf(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return (info.si_status & 0xFF) << 8;
  if (info.si_code == CLD_STOPPED) return (info.si_status & 0xFF) << 8 | 0x7F;
  if (info.si_code == CLD_CONTINUED) return 0xFFFF;
  constexpr int kCoreFlag = 0x80;
  return (info.si_status & 0x7F) | (info.si_code == CLD_DUMPED ? kCoreFlag : 0);
}

Wanted FromNumber(int number) {
  if (number == -1) return {Wanted::kAny, 0};
  if (number > 0) return {Wanted::kProcess, number};
  return {Wanted::kGroup, number == 0 ? OwnGroupNumber() : -number};
}

// The child that a descriptor of pidfd_open() is for, in the system's numbers (proc(5),
// /proc/PID/fdinfo). 0: it is none's, or the child is gone.
int ProcessOfPidfd(unsigned descriptor) {
  char name[64], text[512];
  snprintf(name, sizeof name, "/proc/self/fdinfo/%u", descriptor);
  const long file = RawSyscall(SYS_open, reinterpret_cast<long>(name), O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return 0;
  const long size = RawSyscall(SYS_read, file, reinterpret_cast<long>(text), sizeof text - 1);
  RawSyscall(SYS_close, file);
  text[size > 0 ? size : 0] = 0;
  const char* line = strstr(text, "\nPid:");
  int process = 0;
  return line != nullptr && sscanf(line, " Pid: %d", &process) == 1 && process > 0 ? process : 0;
}

// errno when it is not a pidfd. Of a process that is not there (any more), number 0.
int FromPidfd(unsigned descriptor, Wanted* wanted) {
  struct stat status = {};
  if (RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) != 0) return EBADF;
  *wanted = {Wanted::kProcess, 0};
  const int process = ProcessOfPidfd(descriptor);
  const ChildTable* table = ChildProcesses();
  for (uint32_t i = 0; table != nullptr && process != 0 && i < table->count; ++i) {
    if (table->processes[i].process == process) wanted->number = table->processes[i].number;
  }
  return 0;
}

int WaitId(Thread* self, int kind, unsigned number, siginfo_t* info, int options) {
  Wanted wanted;
  switch (kind) {
    case P_ALL:
      wanted = {Wanted::kAny, 0};
      break;
    case P_PID:
      wanted = {Wanted::kProcess, static_cast<int>(number)};
      break;
    case P_PGID:
      wanted = FromNumber(number == 0 ? 0 : -static_cast<int>(number));
      break;
    case P_PIDFD:
      if (const int error = FromPidfd(number, &wanted); error != 0) {
        errno = error;
        return -1;
      }
      break;
    default:
      errno = EINVAL;
      return -1;
  }
  if ((options & (WEXITED | WSTOPPED | WCONTINUED)) == 0) {
    errno = EINVAL;
    return -1;
  }
  const int saved = errno;
  wanted.options = options;
  ChildProcess* child = AwaitNews(self, wanted);
  siginfo_t found = {};
  if (child == nullptr && errno != 0) return -1;
  if (child != nullptr) errno = Take(self, child, (options & WNOWAIT) != 0, &found);
  if (errno != 0) return -1;
  errno = saved;
  if (info != nullptr) *info = found;
  return 0;
}

}  // namespace

int TakeFromSystem(ChildProcess* child, bool leave, siginfo_t* info) {
  *info = {};
  const long error = RawSyscall(SYS_waitid, P_PID, child->process, reinterpret_cast<long>(info),
                                WEXITED | WNOHANG | (leave ? WNOWAIT : 0), 0);
  if (!leave) child->reaped = true;
  info->si_pid = child->number;
  info->si_uid = kUser;
  info->si_utime = info->si_stime = 0;
  return static_cast<int>(-error);
}

int WaitForChild(Thread* self, int number, int* status, int options) {
  const int saved = errno;
  Wanted wanted = FromNumber(number);
  wanted.options = options | WEXITED;  // WUNTRACED is WSTOPPED
  ChildProcess* child = AwaitNews(self, wanted);
  if (child == nullptr && errno != 0) return -1;
  siginfo_t info;
  if (child != nullptr) errno = Take(self, child, false, &info);
  if (errno != 0) return -1;
  errno = saved;
  if (child == nullptr) return 0;
  if (status != nullptr) *status = StatusOf(info);
  return child->number;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, waitpid, int process, int* status, int options) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(waitpid)(process, status, options);
  return WaitForChild(self, process, status, options);
}

INTERPOSE(int, wait, int* status) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? WaitForChild(self, -1, status, 0) : REAL(wait)(status);
}

INTERPOSE(int, wait4, int process, int* status, int options, struct rusage* usage) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(wait4)(process, status, options, usage);
  if (usage != nullptr) *usage = {};
  return WaitForChild(self, process, status, options);
}

INTERPOSE(int, wait3, int* status, int options, struct rusage* usage) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(wait3)(status, options, usage);
  if (usage != nullptr) *usage = {};
  return WaitForChild(self, -1, status, options);
}

INTERPOSE(int, waitid, int kind, unsigned number, siginfo_t* info, int options) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(waitid)(kind, number, info, options);
  return WaitId(self, kind, number, info, options);
}
