#include "sim/runtime/serve/system_call_guard.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/protocol/system_calls.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/interpose/tsan_threads.h"
#include "sim/runtime/serve/mappings.h"

namespace heddle::sim::runtime {
namespace {

// They change nothing, or nothing that another execution sees.
constexpr long kChangesNothing[] = {SYS_stat,
                                    SYS_fstat,
                                    SYS_lstat,
                                    SYS_newfstatat,
                                    SYS_statx,
                                    SYS_access,
                                    SYS_faccessat,
                                    SYS_faccessat2,
                                    SYS_readlink,
                                    SYS_readlinkat,
                                    SYS_statfs,
                                    SYS_fstatfs,
                                    SYS_getcwd,
                                    SYS_getpid,
                                    SYS_gettid,
                                    SYS_getppid,
                                    SYS_getuid,
                                    SYS_geteuid,
                                    SYS_getgid,
                                    SYS_getegid,
                                    SYS_getgroups,
                                    SYS_getresuid,
                                    SYS_getresgid,
                                    SYS_getpgrp,
                                    SYS_getpgid,
                                    SYS_getsid,
                                    SYS_getpriority,
                                    SYS_getrlimit,
                                    SYS_getrusage,
                                    SYS_times,
                                    SYS_time,
                                    SYS_gettimeofday,
                                    SYS_clock_gettime,
                                    SYS_clock_getres,
                                    SYS_getcpu,
                                    SYS_uname,
                                    SYS_sysinfo,
                                    SYS_getrandom,
                                    SYS_sched_yield,
                                    SYS_sched_getaffinity,
                                    SYS_sched_getparam,
                                    SYS_sched_getscheduler,
                                    SYS_sched_get_priority_max,
                                    SYS_sched_get_priority_min,
                                    SYS_sched_rr_get_interval,
                                    SYS_rt_sigpending,
                                    SYS_nanosleep,
                                    SYS_clock_nanosleep,
                                    SYS_poll,
                                    SYS_ppoll,
                                    SYS_select,
                                    SYS_pselect6,
                                    SYS_mincore,
                                    SYS_getxattr,
                                    SYS_lgetxattr,
                                    SYS_fgetxattr,
                                    SYS_listxattr,
                                    SYS_llistxattr,
                                    SYS_flistxattr,
                                    SYS_get_robust_list};
// Their first argument is a descriptor: what they do to an execution's own is gone with it.
constexpr long kOfDescriptor[] = {
    SYS_getdents64, SYS_epoll_ctl,   SYS_epoll_wait,  SYS_epoll_pwait,     SYS_recvfrom,
    SYS_recvmsg,    SYS_sendto,      SYS_sendmsg,     SYS_shutdown,        SYS_getsockopt,
    SYS_setsockopt, SYS_getsockname, SYS_getpeername, SYS_timerfd_settime, SYS_timerfd_gettime};

struct Kinds {
  bool changes_nothing[kSystemCallNumbers] = {};
  bool of_descriptor[kSystemCallNumbers] = {};
};
constexpr Kinds MakeKinds() {
  Kinds kinds;
  for (const long number : kChangesNothing) kinds.changes_nothing[number] = true;
  for (const long number : kOfDescriptor) kinds.of_descriptor[number] = true;
  return kinds;
}
constexpr Kinds kCallKinds = MakeKinds();

// Character devices that keep nothing of who reads them: null, zero, full, random, urandom.
bool IsHarmlessDevice(dev_t device) {
  constexpr unsigned kMemoryDevices = 1;
  const unsigned number = minor(device);
  return major(device) == kMemoryDevices &&
         (number == 3 || number == 5 || (number >= 7 && number <= 9));
}

// Control::result_inode.
bool IsResultFile(const struct stat& status) {
  const Control& control = *kernel.control;
  return control.result_inode != 0 && status.st_ino == control.result_inode &&
         status.st_dev == control.result_device;
}

bool FileStatusOf(long descriptor, struct stat* status) {
  return UnguardedSyscall(SYS_fstat, descriptor, AsWord(status)) == 0;
}

}  // namespace

void SystemCallGuard::Begin(bool captures, Snapshot* snapshot, UsedReservations* ready) {
  captures_ = captures;
  snapshot_ = snapshot;
  ready_ = ready;
  UnguardedSyscall(SYS_rt_sigprocmask, 0, 0, AsWord(&mask_), sizeof mask_);
  UnguardedSyscall(SYS_sigaltstack, 0, AsWord(stack_));
  UnguardedSyscall(SYS_prctl, PR_GET_NAME, AsWord(name_));
  break_ = static_cast<uintptr_t>(UnguardedSyscall(SYS_brk, 0));
  ReadReservations();
}

void SystemCallGuard::CannotUndo(long number, const char* what) {
  const SystemCallEntry* entry = FindSystemCall(number);
  snprintf(text_, sizeof text_, "%s%s%s%s", entry != nullptr ? entry->name : "a system call",
           *what != 0 ? "(" : "", what, *what != 0 ? ")" : "");
  kernel.execution.leave_to_fork(text_);
  __builtin_unreachable();
}

long SystemCallGuard::Pass(long number, const long* a) {
  return UnguardedSyscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long SystemCallGuard::Asks(long number, const long* a, bool asks) {
  if (!asks) CannotUndo(number, "");
  return Pass(number, a);
}

long SystemCallGuard::Descriptor(long result) {
  if (SystemCallFailed(result)) return result;
  if (result >= kMaxDescriptors) {
    UnguardedSyscall(SYS_close, result);
    CannotUndo(SYS_open, "too many descriptors");
  }
  own_[result] = true;
  descriptor_end_ = std::max(descriptor_end_, static_cast<uint32_t>(result) + 1);
  return result;
}

long SystemCallGuard::OnOpen(long number, const long* a) {
  const long flags = number == SYS_open ? a[1] : a[2];
  constexpr long kChanges = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  struct stat status;
  const long folder = number == SYS_open ? AT_FDCWD : a[0];
  const long path = number == SYS_open ? a[0] : a[1];
  const bool exists = UnguardedSyscall(SYS_newfstatat, folder, path, AsWord(&status), 0) == 0;
  const bool appends = (flags & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND);
  if (exists && appends && IsResultFile(status)) return Descriptor(Pass(number, a));
  if ((flags & O_PATH) == 0) {
    if ((flags & O_ACCMODE) != O_RDONLY) {
      CannotUndo(number, (flags & O_ACCMODE) == O_WRONLY ? "O_WRONLY" : "O_RDWR");
    }
    if ((flags & kChanges) != 0) CannotUndo(number, "O_CREAT or O_TRUNC");
  }
  // What is not a file may notice that it is opened, or block.
  if (exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) &&
      !(S_ISCHR(status.st_mode) && IsHarmlessDevice(status.st_rdev))) {
    CannotUndo(number, "not a file");
  }
  return Descriptor(Pass(number, a));
}

// A descriptor from before, if it is one, comes back with Undo(). The file that it stands for is
// open meanwhile, as it is in the server while a fork runs.
void SystemCallGuard::Keep(long number, long descriptor) {
  if (descriptor < 0 || Own(descriptor)) return;
  const long flags = UnguardedSyscall(SYS_fcntl, descriptor, F_GETFD);
  if (SystemCallFailed(flags)) return;  // there is none
  if (kept_count_ == kMaxKept) CannotUndo(number, "too many descriptors from before");
  const long copy =
      UnguardedSyscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, kFirstHiddenDescriptor);
  if (SystemCallFailed(copy)) CannotUndo(number, "a descriptor from before");
  kept_[kept_count_++] = {static_cast<int>(descriptor), static_cast<int>(copy),
                          (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0};
}

long SystemCallGuard::OnClose(long number, const long* a) {
  Keep(number, a[0]);
  if (Own(a[0])) own_[a[0]] = false;
  return Pass(number, a);
}

long SystemCallGuard::OnDuplicate(long number, const long* a) {
  if (!Own(a[0])) CannotUndo(number, "a descriptor from before");
  if (number == SYS_dup) return Descriptor(Pass(number, a));
  if (a[1] >= kMaxDescriptors) CannotUndo(number, "too many descriptors");
  if (a[0] != a[1]) Keep(number, a[1]);
  return Descriptor(Pass(number, a));
}

long SystemCallGuard::OnFcntl(long number, const long* a) {
  const auto command = static_cast<int>(a[1]);
  if (command == F_GETFD || command == F_GETFL) return Pass(number, a);
  if (Own(a[0])) {
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) return Descriptor(Pass(number, a));
    if (command == F_SETFD || command == F_SETFL || command == F_GETPIPE_SZ ||
        command == F_SETPIPE_SZ) {
      return Pass(number, a);
    }
  }
  CannotUndo(number, "");
}

long SystemCallGuard::OnIoctl(long number, const long* a) {
  const auto request = static_cast<unsigned long>(a[1]);
  const bool asks = request == TCGETS || request == TIOCGWINSZ || request == FIONREAD;
  if (asks || (request == FIONBIO && Own(a[0]))) return Pass(number, a);
  CannotUndo(number, "");
}

long SystemCallGuard::OnRead(long number, const long* a) {
  if (Own(a[0])) return Pass(number, a);
  struct stat status;
  if (!FileStatusOf(a[0], &status)) return Pass(number, a);  // EBADF
  if (number == SYS_pread64 && S_ISREG(status.st_mode)) return Pass(number, a);
  if (S_ISCHR(status.st_mode) && IsHarmlessDevice(status.st_rdev)) return Pass(number, a);
  CannotUndo(number, "a descriptor from before");
}

long SystemCallGuard::OnWrite(long number, const long* a) {
  if (Own(a[0])) return Pass(number, a);
  struct stat status;
  if (!FileStatusOf(a[0], &status)) return Pass(number, a);  // EBADF
  if (captures_ && (a[0] == 1 || a[0] == 2)) {
    wrote_ = true;
    return Pass(number, a);
  }
  if (IsResultFile(status)) return Pass(number, a);
  CannotUndo(number, "a descriptor from before");
}

long SystemCallGuard::OnSeek(long number, const long* a) {
  if (Own(a[0]) || (a[1] == 0 && a[2] == SEEK_CUR)) return Pass(number, a);
  CannotUndo(number, "a descriptor from before");
}

long SystemCallGuard::OnTruncate(long number, const long* a) {
  struct stat status;
  const bool found = number == SYS_ftruncate ? FileStatusOf(a[0], &status)
                                             : UnguardedSyscall(SYS_newfstatat, AT_FDCWD, a[0],
                                                                AsWord(&status), 0) == 0;
  if (!found || !IsResultFile(status)) CannotUndo(number, "");
  return Pass(number, a);
}

long SystemCallGuard::OnPipe(long number, const long* a) {
  const auto* two = reinterpret_cast<const int*>(number == SYS_socketpair ? a[3] : a[0]);
  const long result = Pass(number, a);
  if (SystemCallFailed(result)) return result;
  Descriptor(two[0]);
  Descriptor(two[1]);
  return result;
}

long SystemCallGuard::OnSocket(long number, const long* a) {
  if (a[0] != AF_UNIX) CannotUndo(number, "not AF_UNIX");
  return Descriptor(Pass(number, a));
}

// A call whose first argument is a descriptor: what it does is gone with that.
long SystemCallGuard::OnOwnDescriptor(long number, const long* a) {
  if (!Own(a[0])) CannotUndo(number, "a descriptor from before");
  // Others may arrive with a message.
  if (number == SYS_recvmsg && reinterpret_cast<const msghdr*>(a[1])->msg_controllen != 0) {
    CannotUndo(number, "control data");
  }
  if (number == SYS_sendto && a[4] != 0) CannotUndo(number, "to an address");
  if (number == SYS_sendmsg && reinterpret_cast<const msghdr*>(a[1])->msg_name != nullptr) {
    CannotUndo(number, "to an address");
  }
  return Pass(number, a);
}

long SystemCallGuard::OnSignalAction(long number, const long* a) {
  const long signal = a[0];
  if (a[1] == 0 || signal <= 0 || signal >= kSignals) return Pass(number, a);
  kernel.execution.set_handler = true;
  if (!action_set_[signal]) {
    const long none[6] = {signal, 0, AsWord(&actions_[signal]), 8};
    if (Pass(number, none) == 0) set_action_ = action_set_[signal] = true;
  }
  return Pass(number, a);
}

long SystemCallGuard::OnControl(long number, const long* a) {
  switch (a[0]) {
    case PR_GET_NAME:
    case PR_GET_DUMPABLE:
    case PR_GET_PDEATHSIG:
    case PR_GET_TID_ADDRESS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_GET_SECCOMP:
    case PR_GET_TIMERSLACK:
      return Pass(number, a);
    case PR_SET_NAME:
      set_name_ = true;
      return Pass(number, a);
    default:
      CannotUndo(number, "");
  }
}

long SystemCallGuard::OnKill(long number, const long* a, long signal) {
  // As abort() does it: what this ends in is a finding.
  if (signal == SIGABRT) kernel.execution.leave_to_fork(nullptr);
  return Asks(number, a, signal == 0);
}

long SystemCallGuard::OnFutex(long number, const long* a) {
  switch (a[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
      if (BeginAwaitedGuest()) return 0;
      return Pass(number, a);
    case FUTEX_WAKE:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_WAKE_OP:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAKE_BITSET:
      return Pass(number, a);
    default:
      CannotUndo(number, "");
  }
}

long SystemCallGuard::OnExit(long number, const long* a) {
  const ExecutionState state = kernel.control->state;
  if (a[0] == 0 && state == ExecutionState::kComplete) kernel.execution.end_in_worker();
  // A status that is a finding, or an end that is none.
  kernel.execution.leave_to_fork(nullptr);
  return Pass(number, a);
}

long SystemCallGuard::Call(long number, const long* a) {
  if (number < 0 || number >= kSystemCallNumbers) CannotUndo(number, "");
  if (kCallKinds.changes_nothing[number]) return Pass(number, a);
  if (kCallKinds.of_descriptor[number]) return OnOwnDescriptor(number, a);
  switch (number) {
    case SYS_open:
    case SYS_openat:
      return OnOpen(number, a);
    case SYS_close:
      return OnClose(number, a);
    case SYS_fcntl:
      return OnFcntl(number, a);
    case SYS_ioctl:
      return OnIoctl(number, a);
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
      return OnRead(number, a);
    case SYS_write:
    case SYS_writev:
      return OnWrite(number, a);
    case SYS_lseek:
      return OnSeek(number, a);
    case SYS_truncate:
    case SYS_ftruncate:
      return OnTruncate(number, a);
    case SYS_pipe:
    case SYS_pipe2:
    case SYS_socketpair:
      return OnPipe(number, a);
    case SYS_socket:
      return OnSocket(number, a);
    case SYS_dup:
    case SYS_dup2:
    case SYS_dup3:
      return OnDuplicate(number, a);
    case SYS_eventfd:
    case SYS_eventfd2:
    case SYS_epoll_create:
    case SYS_epoll_create1:
    case SYS_timerfd_create:
    case SYS_memfd_create:
      return Descriptor(Pass(number, a));
    case SYS_mmap:
      return OnMap(number, a);
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_madvise:
      return OnRemap(number, a);
    case SYS_brk:
      return OnBreak(number, a);
    case SYS_rt_sigaction:
      return OnSignalAction(number, a);
    case SYS_rt_sigprocmask:
      set_mask_ = set_mask_ || a[1] != 0;
      return Pass(number, a);
    case SYS_sigaltstack:
      set_stack_ = set_stack_ || a[0] != 0;
      return Pass(number, a);
    case SYS_prctl:
      return OnControl(number, a);
    case SYS_arch_prctl:
      return Asks(number, a, a[0] == ARCH_GET_FS || a[0] == ARCH_GET_GS);
    case SYS_prlimit64:
      return Asks(number, a, a[2] == 0);
    case SYS_kill:
    case SYS_tkill:
      return OnKill(number, a, a[1]);
    case SYS_tgkill:
      return OnKill(number, a, a[2]);
    case SYS_futex:
      return OnFutex(number, a);
    case SYS_exit_group:
      return OnExit(number, a);
    default:
      CannotUndo(number, "");
  }
}

void SystemCallGuard::Undo(bool interrupted) {
  for (uint32_t i = 0; i < descriptor_end_; ++i) {
    if (!own_[i]) continue;
    UnguardedSyscall(SYS_close, i);
    own_[i] = false;
  }
  descriptor_end_ = 0;
  for (; kept_count_ > 0; --kept_count_) {
    const KeptDescriptor& kept = kept_[kept_count_ - 1];
    UnguardedSyscall(SYS_dup3, kept.copy, kept.number, kept.flags);
    UnguardedSyscall(SYS_close, kept.copy);
  }
  UndoMappings();
  for (int signal = 1; set_action_ && signal < kSignals; ++signal) {
    if (!action_set_[signal]) continue;
    UnguardedSyscall(SYS_rt_sigaction, signal, AsWord(&actions_[signal]), 0, 8);
    action_set_[signal] = false;
  }
  if (set_mask_ || interrupted)
    UnguardedSyscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, AsWord(&mask_), 0, 8);
  if (set_stack_ || interrupted) UnguardedSyscall(SYS_sigaltstack, AsWord(stack_), 0);
  if (set_name_) UnguardedSyscall(SYS_prctl, PR_SET_NAME, AsWord(name_));
  set_mask_ = set_stack_ = set_name_ = set_action_ = false;
}

void SystemCallGuard::EmptyOutput() {
  if (!wrote_) return;
  wrote_ = false;
  UnguardedSyscall(SYS_ftruncate, 1, 0);
  UnguardedSyscall(SYS_ftruncate, 2, 0);
}

}  // namespace heddle::sim::runtime
