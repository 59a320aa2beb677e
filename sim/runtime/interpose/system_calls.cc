// What modelled system calls do: what libc's function of the same name does under the runtime. Most
// differ from it only in how they tell an error; those that take or give something else have a
// function here.
//
// Not modelled: threads and processes made by clone(), the third argument of sched_getattr.
#include "sim/runtime/interpose/system_calls.h"

#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iterator>
#include <utility>

#include "sim/protocol/system_call_table.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_call_models.h"
#include "sim/runtime/interpose/system_call_pointers.h"

namespace heddle::sim::runtime {
namespace {

using namespace system_calls;  // NOLINT: the models

using Model = long (*)(Thread* self, Arguments& a);

// --- Calls that take and give what libc's function does ---

template <typename Result, typename... Parameters, size_t... kIndex>
long Apply(Result (*function)(Parameters...), Arguments& a, std::index_sequence<kIndex...>) {
  return ErrorOr(static_cast<long>(function(As<Parameters>(a[kIndex])...)));
}

template <typename Result, typename... Parameters>
long Apply(Result (*function)(Parameters...), Arguments& a) {
  return Apply(function, a, std::index_sequence_for<Parameters...>());
}

template <auto kFunction>
long Wrapped(Thread*, Arguments& a) {
  return Apply(kFunction, a);
}

// Calls that name a process and are the system's otherwise: `kNumber` with argument `kWhich`.
template <long kNumber, int kWhich>
long OfProcess(Thread*, Arguments& a) {
  long mapped[6];
  memcpy(mapped, a, sizeof mapped);
  mapped[kWhich] = RealProcess(static_cast<int>(a[kWhich]));
  if (mapped[kWhich] < 0) return -ESRCH;
  return RawSyscall(kNumber, mapped[0], mapped[1], mapped[2], mapped[3], mapped[4], mapped[5]);
}

// Declared with an ellipsis.
long SemCtl(Thread*, Arguments& a) {
  return ErrorOr(
      ::semctl(static_cast<int>(a[0]), static_cast<int>(a[1]), static_cast<int>(a[2]), a[3]));
}

#define HEDDLE_WRAPPED(name) \
  { SYS_##name, Wrapped<&::name> }
#define HEDDLE_OF_PROCESS(name, which) \
  { SYS_##name, OfProcess<SYS_##name, which> }

struct NumberedModel {
  long number;
  Model model;
};
constexpr NumberedModel kModels[] = {
    // Files.
    HEDDLE_WRAPPED(read),
    HEDDLE_WRAPPED(write),
    HEDDLE_WRAPPED(close),
    HEDDLE_WRAPPED(readv),
    HEDDLE_WRAPPED(writev),
    HEDDLE_WRAPPED(dup),
    HEDDLE_WRAPPED(dup2),
    HEDDLE_WRAPPED(dup3),
    HEDDLE_WRAPPED(pipe),
    HEDDLE_WRAPPED(pipe2),
    HEDDLE_WRAPPED(flock),
    HEDDLE_WRAPPED(sendfile),
    HEDDLE_WRAPPED(splice),
    HEDDLE_WRAPPED(tee),
    HEDDLE_WRAPPED(vmsplice),
    {SYS_ioctl, Ioctl},
    HEDDLE_WRAPPED(close_range),
    HEDDLE_WRAPPED(munmap),
    {SYS_open, Open},
    {SYS_creat, Creat},
    {SYS_openat, OpenAt},
    {SYS_fcntl, Fcntl},
    {SYS_eventfd, Eventfd},
    {SYS_eventfd2, Wrapped<&::eventfd>},
    {SYS_inotify_init, InotifyInit},
    HEDDLE_WRAPPED(inotify_init1),
    HEDDLE_WRAPPED(inotify_add_watch),
    HEDDLE_WRAPPED(inotify_rm_watch),
    // Sockets.
    HEDDLE_WRAPPED(socket),
    HEDDLE_WRAPPED(connect),
    HEDDLE_WRAPPED(accept),
    HEDDLE_WRAPPED(accept4),
    HEDDLE_WRAPPED(sendto),
    HEDDLE_WRAPPED(recvfrom),
    HEDDLE_WRAPPED(sendmsg),
    HEDDLE_WRAPPED(recvmsg),
    HEDDLE_WRAPPED(sendmmsg),
    HEDDLE_WRAPPED(recvmmsg),
    HEDDLE_WRAPPED(shutdown),
    HEDDLE_WRAPPED(bind),
    HEDDLE_WRAPPED(listen),
    HEDDLE_WRAPPED(getsockname),
    HEDDLE_WRAPPED(getpeername),
    HEDDLE_WRAPPED(socketpair),
    HEDDLE_WRAPPED(setsockopt),
    HEDDLE_WRAPPED(getsockopt),
    // Waiting for descriptors.
    HEDDLE_WRAPPED(poll),
    HEDDLE_WRAPPED(select),
    HEDDLE_WRAPPED(epoll_create),
    HEDDLE_WRAPPED(epoll_create1),
    HEDDLE_WRAPPED(epoll_ctl),
    HEDDLE_WRAPPED(epoll_wait),
    {SYS_ppoll, PPoll},
    {SYS_pselect6, PSelect},
    {SYS_epoll_pwait, EpollPWait},
    {SYS_epoll_pwait2, EpollPWait2},
    // Signals.
    {SYS_rt_sigaction, SigAction},
    {SYS_rt_sigprocmask, SigProcMask},
    {SYS_rt_sigpending, SigPending},
    {SYS_rt_sigsuspend, SigSuspend},
    {SYS_rt_sigtimedwait, SigTimedWait},
    {SYS_rt_sigqueueinfo, SigQueue},
    {SYS_rt_tgsigqueueinfo, TgSigQueue},
    {SYS_signalfd, SignalFd},
    {SYS_signalfd4, SignalFd4},
    {SYS_tkill, TKill},
    {SYS_tgkill, TgKill},
    HEDDLE_WRAPPED(kill),
    HEDDLE_WRAPPED(pause),
    HEDDLE_WRAPPED(alarm),
    HEDDLE_WRAPPED(setitimer),
    HEDDLE_WRAPPED(getitimer),
    HEDDLE_WRAPPED(sigaltstack),
    // Time.
    HEDDLE_WRAPPED(nanosleep),
    {SYS_clock_nanosleep, ClockNanosleep},
    HEDDLE_WRAPPED(clock_gettime),
    {SYS_gettimeofday, GetTimeOfDay},
    HEDDLE_WRAPPED(time),
    HEDDLE_WRAPPED(times),
    HEDDLE_WRAPPED(timerfd_create),
    HEDDLE_WRAPPED(timerfd_settime),
    HEDDLE_WRAPPED(timerfd_gettime),
    HEDDLE_WRAPPED(sched_yield),
    // The machine.
    HEDDLE_WRAPPED(uname),
    HEDDLE_WRAPPED(sysinfo),
    HEDDLE_WRAPPED(getrusage),
    HEDDLE_WRAPPED(getuid),
    HEDDLE_WRAPPED(getgid),
    HEDDLE_WRAPPED(geteuid),
    HEDDLE_WRAPPED(getegid),
    HEDDLE_WRAPPED(getresuid),
    HEDDLE_WRAPPED(getresgid),
    HEDDLE_WRAPPED(getrandom),
    {SYS_getcpu, GetCpu},
    {SYS_sched_getaffinity, GetAffinity},
    HEDDLE_WRAPPED(sched_setaffinity),
    {SYS_prctl, Prctl},
    // Processes and threads.
    {SYS_futex, CallFutex},
    {SYS_membarrier, Membarrier},
    {SYS_clone, Clone},
    {SYS_fork, Wrapped<&::fork>},
    {SYS_vfork, Wrapped<&::fork>},
    HEDDLE_WRAPPED(execve),
    HEDDLE_WRAPPED(execveat),
    {SYS_exit, Exit},
    {SYS_exit_group, ExitGroup},
    HEDDLE_WRAPPED(wait4),
    {SYS_waitid, WaitId},
    HEDDLE_WRAPPED(getpid),
    HEDDLE_WRAPPED(getppid),
    HEDDLE_WRAPPED(gettid),
    HEDDLE_WRAPPED(getpgid),
    HEDDLE_WRAPPED(setpgid),
    HEDDLE_WRAPPED(getpgrp),
    HEDDLE_WRAPPED(getsid),
    HEDDLE_WRAPPED(setsid),
    HEDDLE_OF_PROCESS(pidfd_open, 0),
    HEDDLE_OF_PROCESS(sched_getparam, 0),
    HEDDLE_OF_PROCESS(sched_setparam, 0),
    HEDDLE_OF_PROCESS(sched_getscheduler, 0),
    HEDDLE_OF_PROCESS(sched_setscheduler, 0),
    HEDDLE_OF_PROCESS(sched_rr_get_interval, 0),
    HEDDLE_OF_PROCESS(sched_getattr, 0),
    HEDDLE_OF_PROCESS(sched_setattr, 0),
    HEDDLE_OF_PROCESS(getpriority, 1),
    HEDDLE_OF_PROCESS(setpriority, 1),
    HEDDLE_OF_PROCESS(ioprio_get, 1),
    HEDDLE_OF_PROCESS(ioprio_set, 1),
    HEDDLE_WRAPPED(getrlimit),
    HEDDLE_WRAPPED(setrlimit),
    {SYS_prlimit64, PrLimit},
    HEDDLE_OF_PROCESS(process_vm_readv, 0),
    HEDDLE_OF_PROCESS(process_vm_writev, 0),
    // Other users, and files of theirs.
    HEDDLE_WRAPPED(setuid),
    HEDDLE_WRAPPED(setgid),
    HEDDLE_WRAPPED(setreuid),
    HEDDLE_WRAPPED(setregid),
    HEDDLE_WRAPPED(setresuid),
    HEDDLE_WRAPPED(setresgid),
    HEDDLE_WRAPPED(setgroups),
    HEDDLE_WRAPPED(chown),
    HEDDLE_WRAPPED(lchown),
    HEDDLE_WRAPPED(fchown),
    HEDDLE_WRAPPED(fchownat),
    // Timers that send signals.
    {SYS_timer_create, TimerCreate},
    HEDDLE_WRAPPED(timer_settime),
    HEDDLE_WRAPPED(timer_gettime),
    HEDDLE_WRAPPED(timer_getoverrun),
    HEDDLE_WRAPPED(timer_delete),
    // Messages and semaphores of System V and POSIX.
    HEDDLE_WRAPPED(semop),
    HEDDLE_WRAPPED(semtimedop),
    {SYS_semctl, SemCtl},
    HEDDLE_WRAPPED(msgctl),
    HEDDLE_WRAPPED(msgsnd),
    HEDDLE_WRAPPED(msgrcv),
    {SYS_mq_timedsend, Wrapped<&::mq_timedsend>},
    {SYS_mq_timedreceive, Wrapped<&::mq_timedreceive>}};

struct ModelTable {
  Model of[kSystemCallNumbers];
};

constexpr ModelTable MakeTable() {
  ModelTable table = {};
  for (const NumberedModel& entry : kModels) table.of[entry.number] = entry.model;
  return table;
}

constexpr ModelTable kTable = MakeTable();

constexpr bool ModelsAreThoseOfTheTable() {
  size_t modelled = 0;
  for (const SystemCallEntry& entry : system_call_table::kSystemCalls) {
    if (entry.route != SystemCallRoute::kModelled) continue;
    if (kTable.of[entry.number] == nullptr) return false;
    ++modelled;
  }
  return modelled == std::size(kModels);
}
static_assert(ModelsAreThoseOfTheTable());

long Do(Thread* self, long number, Arguments& a) {
  const SystemCallEntry* entry = FindSystemCall(number);
  char name[64];
  if (entry == nullptr) {
    snprintf(name, sizeof name, "the system call with number %ld", number);
    Unmodelled(name);
  }
  snprintf(name, sizeof name, "the system call %s", entry->name);
  switch (entry->route) {
    case SystemCallRoute::kModelled:
      if (const int error = PointerError(number, a); error != 0) return -error;
      return kTable.of[number](self, a);
    case SystemCallRoute::kTells:
      NoteRealValue(self, name);
      [[fallthrough]];
    case SystemCallRoute::kPassed: {
      const long result = RawSyscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
      IoChanged();
      return result;
    }
    case SystemCallRoute::kAbsent:
      return -ENOSYS;
    case SystemCallRoute::kRefused:
      break;
  }
  Unmodelled(name);
}

}  // namespace

long SystemCall(Thread* self, long number, SystemCallArguments& arguments, const void* caller) {
  const int saved = errno;
  const void* outer = self->raw_caller;
  self->caller = self->raw_caller = caller;
  const long result = Do(self, number, arguments);
  self->raw_caller = outer;
  errno = saved;
  return result;
}

}  // namespace heddle::sim::runtime
