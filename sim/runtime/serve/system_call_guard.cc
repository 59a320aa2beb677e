#include "sim/runtime/serve/system_call_guard.h"

#include <asm/prctl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <bit>
#include <cstdio>

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

long SystemCallGuard::OnFileMask(long number, const long* a) {
  const long before = Pass(number, a);
  if (!set_file_mask_) file_mask_ = before;
  set_file_mask_ = true;
  return before;
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
    case SYS_bind:  // without a name, the system finds one that nobody has
      return Asks(number, a, Own(a[0]) && a[2] == sizeof(sa_family_t));
    case SYS_listen:
      return OnListen(number, a);
    case SYS_connect:
      return OnConnect(number, a);
    case SYS_accept:
    case SYS_accept4:
      if (!Own(a[0])) CannotUndo(number, "a descriptor from before");
      return Descriptor(Pass(number, a));
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
    case SYS_umask:
      return OnFileMask(number, a);
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
  for (uint32_t first = 0; first < descriptor_end_; first += 64) {
    for (uint64_t& word = own_[first / 64]; word != 0; word &= word - 1) {
      UnguardedSyscall(SYS_close, first + static_cast<uint32_t>(std::countr_zero(word)));
    }
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
  if (set_file_mask_) UnguardedSyscall(SYS_umask, file_mask_);
  if (set_name_) UnguardedSyscall(SYS_prctl, PR_SET_NAME, AsWord(name_));
  set_mask_ = set_stack_ = set_name_ = set_action_ = set_file_mask_ = false;
}

void SystemCallGuard::EmptyOutput() {
  if (!wrote_) return;
  wrote_ = false;
  UnguardedSyscall(SYS_ftruncate, 1, 0);
  UnguardedSyscall(SYS_ftruncate, 2, 0);
}

}  // namespace heddle::sim::runtime
