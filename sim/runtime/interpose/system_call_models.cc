#include "sim/runtime/interpose/system_call_models.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

#include "sim/runtime/interpose/futex.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"

namespace heddle::sim::runtime::system_calls {
namespace {

// What the system's signal sets have; libc's are larger.
constexpr long kSignalSetBytes = 8;

}  // namespace

// --- Files ---

long Open(Thread*, Arguments& a) {
  return ErrorOr(open(As<const char*>(a[0]), As<int>(a[1]), As<mode_t>(a[2])));
}
long Creat(Thread*, Arguments& a) {
  return ErrorOr(open(As<const char*>(a[0]), O_CREAT | O_WRONLY | O_TRUNC, As<mode_t>(a[1])));
}
long OpenAt(Thread*, Arguments& a) {
  return ErrorOr(openat(As<int>(a[0]), As<const char*>(a[1]), As<int>(a[2]), As<mode_t>(a[3])));
}
long Fcntl(Thread*, Arguments& a) { return ErrorOr(fcntl(As<int>(a[0]), As<int>(a[1]), a[2])); }
long Ioctl(Thread*, Arguments& a) {
  return ErrorOr(ioctl(As<int>(a[0]), As<unsigned long>(a[1]), a[2]));
}
long Eventfd(Thread*, Arguments& a) { return ErrorOr(eventfd(As<unsigned>(a[0]), 0)); }
long InotifyInit(Thread*, Arguments&) { return ErrorOr(inotify_init1(0)); }

// --- Signals ---

namespace {

// The program's set, null when it gives none; `copy` is as large as libc's.
const sigset_t* SetAt(long address, sigset_t* copy) {
  if (address == 0) return nullptr;
  sigemptyset(copy);
  memcpy(copy, As<const void*>(address), kSignalSetBytes);
  return copy;
}

void StoreSet(long address, const sigset_t& set) {
  if (address != 0) memcpy(As<void*>(address), &set, kSignalSetBytes);
}

}  // namespace

long SigProcMask(Thread*, Arguments& a) {
  if (a[3] != kSignalSetBytes) return -EINVAL;
  sigset_t set, old;
  sigemptyset(&old);
  const long result = ErrorOr(sigprocmask(As<int>(a[0]), SetAt(a[1], &set), &old));
  if (result == 0) StoreSet(a[2], old);
  return result;
}

namespace {

// The system's struct sigaction.
struct SystemAction {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  uint64_t mask;
};
constexpr unsigned long kHasRestorer = 0x04000000;  // SA_RESTORER; libc has its own

}  // namespace

long SigAction(Thread*, Arguments& a) {
  if (a[3] != kSignalSetBytes) return -EINVAL;
  struct sigaction action = {}, old = {};
  if (const auto* wanted = As<const SystemAction*>(a[1]); wanted != nullptr) {
    action.sa_handler = wanted->handler;
    action.sa_flags = static_cast<int>(wanted->flags & ~kHasRestorer);
    memcpy(&action.sa_mask, &wanted->mask, kSignalSetBytes);
  }
  const long result = ErrorOr(sigaction(As<int>(a[0]), a[1] != 0 ? &action : nullptr, &old));
  if (auto* before = As<SystemAction*>(a[2]); result == 0 && before != nullptr) {
    *before = {old.sa_handler, static_cast<unsigned long>(old.sa_flags), nullptr, 0};
    memcpy(&before->mask, &old.sa_mask, kSignalSetBytes);
  }
  return result;
}

long SigPending(Thread*, Arguments& a) {
  sigset_t set;
  sigemptyset(&set);
  const long result = ErrorOr(sigpending(&set));
  if (result == 0) StoreSet(a[0], set);
  return result;
}

long SigSuspend(Thread*, Arguments& a) {
  sigset_t set;
  return ErrorOr(sigsuspend(SetAt(a[0], &set)));
}

long SigTimedWait(Thread*, Arguments& a) {
  sigset_t set;
  return ErrorOr(sigtimedwait(SetAt(a[0], &set), As<siginfo_t*>(a[1]), As<const timespec*>(a[2])));
}

long SigQueue(Thread*, Arguments& a) {
  return ErrorOr(sigqueue(As<pid_t>(a[0]), As<int>(a[1]), As<const siginfo_t*>(a[2])->si_value));
}

namespace {

// A signal to the thread of this process with that number.
long ThreadKill(int thread_id, int signal) {
  const Thread* thread = FindThreadById(thread_id);
  if (thread == nullptr) return -ESRCH;
  if (signal == 0) return 0;
  return -pthread_kill(thread->handle, signal);
}

}  // namespace

long TKill(Thread*, Arguments& a) { return ThreadKill(As<int>(a[0]), As<int>(a[1])); }

long TgKill(Thread*, Arguments& a) {
  if (a[0] != getpid()) return -ESRCH;
  return ThreadKill(As<int>(a[1]), As<int>(a[2]));
}

long TgSigQueue(Thread*, Arguments& a) {
  const Thread* thread = a[0] == getpid() ? FindThreadById(As<int>(a[1])) : nullptr;
  if (thread == nullptr) return -ESRCH;
  return -pthread_sigqueue(thread->handle, As<int>(a[2]), As<const siginfo_t*>(a[3])->si_value);
}

// The system's number of a timer is an int. SIGEV_THREAD is libc's own.
long TimerCreate(Thread*, Arguments& a) {
  auto* event = As<sigevent*>(a[1]);
  if (event != nullptr && event->sigev_notify == SIGEV_THREAD) return -EINVAL;
  timer_t timer;
  const long result = ErrorOr(timer_create(As<clockid_t>(a[0]), event, &timer));
  if (result == 0) *As<int*>(a[2]) = static_cast<int>(reinterpret_cast<intptr_t>(timer));
  return result;
}

long SignalFd(Thread*, Arguments& a) {
  sigset_t set;
  if (a[2] != kSignalSetBytes) return -EINVAL;
  return ErrorOr(signalfd(As<int>(a[0]), SetAt(a[1], &set), 0));
}
long SignalFd4(Thread*, Arguments& a) {
  sigset_t set;
  if (a[2] != kSignalSetBytes) return -EINVAL;
  return ErrorOr(signalfd(As<int>(a[0]), SetAt(a[1], &set), As<int>(a[3])));
}

// --- Waiting for descriptors, with a signal set ---

long PPoll(Thread*, Arguments& a) {
  sigset_t set;
  return ErrorOr(
      ppoll(As<pollfd*>(a[0]), As<nfds_t>(a[1]), As<const timespec*>(a[2]), SetAt(a[3], &set)));
}

long PSelect(Thread*, Arguments& a) {
  struct SetAndSize {
    long set;
    long size;
  };
  sigset_t set;
  const auto* given = As<const SetAndSize*>(a[5]);
  return ErrorOr(pselect(As<int>(a[0]), As<fd_set*>(a[1]), As<fd_set*>(a[2]), As<fd_set*>(a[3]),
                         As<const timespec*>(a[4]),
                         given != nullptr ? SetAt(given->set, &set) : nullptr));
}

long EpollPWait(Thread*, Arguments& a) {
  sigset_t set;
  return ErrorOr(epoll_pwait(As<int>(a[0]), As<epoll_event*>(a[1]), As<int>(a[2]), As<int>(a[3]),
                             SetAt(a[4], &set)));
}

long EpollPWait2(Thread*, Arguments& a) {
  sigset_t set;
  return ErrorOr(epoll_pwait2(As<int>(a[0]), As<epoll_event*>(a[1]), As<int>(a[2]),
                              As<const timespec*>(a[3]), SetAt(a[4], &set)));
}

// --- Clocks and the machine ---

long ClockNanosleep(Thread*, Arguments& a) {
  return -clock_nanosleep(As<clockid_t>(a[0]), As<int>(a[1]), As<const timespec*>(a[2]),
                          As<timespec*>(a[3]));
}

long GetTimeOfDay(Thread*, Arguments& a) {
  timeval now;
  if (gettimeofday(&now, nullptr) != 0) return -errno;
  if (auto* time = As<timeval*>(a[0]); time != nullptr) *time = now;
  if (auto* zone = As<struct timezone*>(a[1]); zone != nullptr) *zone = {};
  return 0;
}

// How many bytes of the mask the system has filled.
long GetAffinity(Thread*, Arguments& a) {
  const long result =
      ErrorOr(sched_getaffinity(As<pid_t>(a[0]), As<size_t>(a[1]), As<cpu_set_t*>(a[2])));
  return result == 0 ? static_cast<long>(sizeof(unsigned long)) : result;
}

long GetCpu(Thread*, Arguments& a) {
  if (auto* processor = As<unsigned*>(a[0]); processor != nullptr) {
    *processor = static_cast<unsigned>(sched_getcpu());
  }
  if (auto* node = As<unsigned*>(a[1]); node != nullptr) *node = 0;
  return 0;
}

long PrLimit(Thread*, Arguments& a) {
  return ErrorOr(prlimit(As<pid_t>(a[0]), static_cast<__rlimit_resource>(a[1]),
                         As<const rlimit*>(a[2]), As<rlimit*>(a[3])));
}

long Prctl(Thread*, Arguments& a) { return ErrorOr(prctl(As<int>(a[0]), a[1], a[2], a[3], a[4])); }

// --- Processes ---

long CallFutex(Thread* self, Arguments& a) {
  return ErrorOr(Futex(self, As<uint32_t*>(a[0]), As<int>(a[1]), As<uint32_t>(a[2]), a[3],
                       As<uint32_t*>(a[4]), As<uint32_t>(a[5])));
}

// The barrier that all threads pass. One that they pass soon (MEMBARRIER_CMD_GLOBAL_EXPEDITED and
// its like) must be registered for.
long Membarrier(Thread* self, Arguments& a) {
  constexpr uint32_t kRegister = MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
                                 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |
                                 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE;
  constexpr uint32_t kNeedsNone = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED;
  constexpr uint32_t kBarriers = kNeedsNone | kRegister >> 1;
  constexpr uint32_t kFirstWithMembarrier = 7;  // of the rules
  if (kernel.request.rules < kFirstWithMembarrier) {
    return RawSyscall(SYS_membarrier, a[0], a[1], a[2]);
  }
  const auto command = As<uint32_t>(a[0]);
  if (As<uint32_t>(a[1]) != 0) return -EINVAL;
  if (command == MEMBARRIER_CMD_QUERY) return kBarriers | kRegister;
  if ((command & (command - 1)) != 0 || (command & (kBarriers | kRegister)) == 0) return -EINVAL;
  uint32_t& registered = kernel.execution.membarriers;
  if ((command & kRegister) != 0) {
    registered |= command;
    return 0;
  }
  // A command follows the bit of those it must be registered for by one.
  if ((command & kNeedsNone) == 0 && (registered & command << 1) == 0) return -EPERM;
  AtPoint(self, OpKind::kFence, Access::kNone, nullptr);
  if (kernel.request.weak) WeakBarrier(self);
  return 0;
}

// The end of one thread past libc would take the carrier with it.
long Exit(Thread*, Arguments& a) {
  if (kernel.threads.alive > 1) Unmodelled("the system call exit (the end of one thread)");
  _exit(As<int>(a[0]));
}

long ExitGroup(Thread*, Arguments& a) { _exit(As<int>(a[0])); }

// What fork() does can be asked for by clone() too.
long Clone(Thread*, Arguments& a) {
  constexpr long kOnEnd = 0xFF;  // CSIGNAL
  if ((a[0] & ~kOnEnd) != 0 || (a[0] & kOnEnd) != SIGCHLD || a[1] != 0) {
    Unmodelled("the system call clone (a thread or process made past libc)");
  }
  return ErrorOr(fork());
}

long WaitId(Thread*, Arguments& a) {
  const long result =
      ErrorOr(waitid(As<idtype_t>(a[0]), As<id_t>(a[1]), As<siginfo_t*>(a[2]), As<int>(a[3])));
  if (auto* usage = As<struct rusage*>(a[4]); result == 0 && usage != nullptr) *usage = {};
  return result;
}

}  // namespace heddle::sim::runtime::system_calls
