#include "sim/runtime/interpose/system_call_pointers.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

#include "sim/runtime/interpose/interpose.h"

namespace heddle::sim::runtime {
namespace {

constexpr uint16_t kMask = 8;  // bytes of a signal mask, as the system has it

enum class Null : uint8_t { kIsBad, kIsNothing };

struct PointerArgument {
  uint16_t number;
  uint8_t which;
  uint16_t size;
  Null null = Null::kIsBad;
  uint8_t count = 0;  // of an array: the argument that says how many there are, from 1
};
constexpr Null kOptional = Null::kIsNothing;
constexpr Null kMandatory = Null::kIsBad;

constexpr PointerArgument kPointers[] = {
    {SYS_pipe, 0, 2 * sizeof(int)},
    {SYS_pipe2, 0, 2 * sizeof(int)},
    {SYS_socketpair, 3, 2 * sizeof(int)},
    {SYS_connect, 1, sizeof(sa_family_t)},
    {SYS_bind, 1, sizeof(sa_family_t)},
    {SYS_accept, 1, sizeof(sa_family_t), kOptional},
    {SYS_accept4, 1, sizeof(sa_family_t), kOptional},
    {SYS_sendmsg, 1, sizeof(msghdr)},
    {SYS_recvmsg, 1, sizeof(msghdr)},
    {SYS_getsockname, 1, sizeof(sa_family_t)},
    {SYS_getsockname, 2, sizeof(socklen_t)},
    {SYS_getpeername, 1, sizeof(sa_family_t)},
    {SYS_getpeername, 2, sizeof(socklen_t)},
    {SYS_getsockopt, 4, sizeof(socklen_t)},
    {SYS_sendmmsg, 1, sizeof(mmsghdr), kMandatory, 3},
    {SYS_recvmmsg, 1, sizeof(mmsghdr), kMandatory, 3},
    {SYS_readv, 1, sizeof(iovec), kMandatory, 3},
    {SYS_writev, 1, sizeof(iovec), kMandatory, 3},
    {SYS_poll, 0, sizeof(pollfd), kMandatory, 2},
    {SYS_ppoll, 0, sizeof(pollfd), kMandatory, 2},
    {SYS_ppoll, 2, sizeof(timespec), kOptional},
    {SYS_ppoll, 3, kMask, kOptional},
    {SYS_epoll_pwait, 4, kMask, kOptional},
    {SYS_epoll_pwait2, 3, sizeof(timespec), kOptional},
    {SYS_epoll_pwait2, 4, kMask, kOptional},
    {SYS_select, 1, sizeof(long), kOptional},
    {SYS_select, 2, sizeof(long), kOptional},
    {SYS_select, 3, sizeof(long), kOptional},
    {SYS_select, 4, sizeof(timeval), kOptional},
    {SYS_pselect6, 1, sizeof(long), kOptional},
    {SYS_pselect6, 2, sizeof(long), kOptional},
    {SYS_pselect6, 3, sizeof(long), kOptional},
    {SYS_pselect6, 4, sizeof(timespec), kOptional},
    {SYS_rt_sigaction, 1, 4 * sizeof(long), kOptional},
    {SYS_rt_sigaction, 2, 4 * sizeof(long), kOptional},
    {SYS_rt_sigprocmask, 1, kMask, kOptional},
    {SYS_rt_sigprocmask, 2, kMask, kOptional},
    {SYS_rt_sigpending, 0, kMask},
    {SYS_rt_sigsuspend, 0, kMask},
    {SYS_rt_sigtimedwait, 0, kMask},
    {SYS_rt_sigtimedwait, 1, sizeof(siginfo_t), kOptional},
    {SYS_rt_sigtimedwait, 2, sizeof(timespec), kOptional},
    {SYS_rt_sigqueueinfo, 2, sizeof(siginfo_t)},
    {SYS_rt_tgsigqueueinfo, 3, sizeof(siginfo_t)},
    {SYS_signalfd, 1, kMask},
    {SYS_signalfd4, 1, kMask},
    {SYS_setitimer, 1, sizeof(itimerval), kOptional},
    {SYS_setitimer, 2, sizeof(itimerval), kOptional},
    {SYS_getitimer, 1, sizeof(itimerval)},
    {SYS_nanosleep, 0, sizeof(timespec)},
    {SYS_nanosleep, 1, sizeof(timespec), kOptional},
    {SYS_clock_nanosleep, 2, sizeof(timespec)},
    {SYS_clock_nanosleep, 3, sizeof(timespec), kOptional},
    {SYS_clock_gettime, 1, sizeof(timespec)},
    {SYS_gettimeofday, 0, sizeof(timeval), kOptional},
    {SYS_time, 0, sizeof(time_t), kOptional},
    {SYS_times, 0, sizeof(tms), kOptional},
    {SYS_timerfd_settime, 2, sizeof(itimerspec)},
    {SYS_timerfd_settime, 3, sizeof(itimerspec), kOptional},
    {SYS_timerfd_gettime, 1, sizeof(itimerspec)},
    {SYS_timer_settime, 2, sizeof(itimerspec)},
    {SYS_timer_settime, 3, sizeof(itimerspec), kOptional},
    {SYS_timer_gettime, 1, sizeof(itimerspec)},
    {SYS_uname, 0, sizeof(utsname)},
    {SYS_sysinfo, 0, sizeof(struct sysinfo)},
    {SYS_getrusage, 1, sizeof(rusage)},
    {SYS_getrlimit, 1, sizeof(rlimit)},
    {SYS_setrlimit, 1, sizeof(rlimit)},
    {SYS_prlimit64, 2, sizeof(rlimit), kOptional},
    {SYS_prlimit64, 3, sizeof(rlimit), kOptional},
    {SYS_wait4, 1, sizeof(int), kOptional},
    {SYS_waitid, 2, sizeof(siginfo_t), kOptional},
    {SYS_futex, 0, sizeof(int)},
};

// Most structures lie on the caller's stack, and most futexes where they were a moment ago: that
// costs no system call.
bool IsAbove(uintptr_t address, size_t size) {
  constexpr uintptr_t kNear = 4096;
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  return address >= here && address + size <= here + kNear;
}

// (It changes nothing that a worker would have to undo.)
bool CanRead(uintptr_t address, size_t size) {
  constexpr uintptr_t kPage = 4096;
  for (uintptr_t at = address; at < address + size; at = (at & ~(kPage - 1)) + kPage) {
    char copy;
    const iovec to = {&copy, 1}, from = {reinterpret_cast<void*>(at), 1};
    if (UnguardedSyscall(SYS_process_vm_readv, kernel.carrier.process, AsWord(&to), 1,
                         AsWord(&from), 1, 0) != 1) {
      return false;
    }
  }
  return true;
}

constexpr long kMostElements = 1024;  // of an array; the system judges a larger count by itself

// Nothing can be mapped there.
bool IsOutside(uintptr_t address, size_t size) {
  constexpr uintptr_t kFirst = 65536, kEnd = uintptr_t{1} << 47;
  return address < kFirst || address >= kEnd || size > kEnd - address;
}

bool IsNoMemory(uintptr_t address, size_t size) {
  return IsOutside(address, size) || (!IsAbove(address, size) && !CanRead(address, size));
}

bool IsBad(const PointerArgument& pointer, const SystemCallArguments& arguments) {
  const auto address = static_cast<uintptr_t>(arguments[pointer.which]);
  size_t size = pointer.size;
  const bool selects = pointer.number == SYS_select || pointer.number == SYS_pselect6;
  if (selects && pointer.which <= 3 && static_cast<int>(arguments[0]) <= 0) return false;
  if (pointer.count != 0) {
    const long count = static_cast<int>(arguments[pointer.count - 1]);
    if (count <= 0 || count > kMostElements) return false;
    const bool messages = pointer.number == SYS_sendmmsg || pointer.number == SYS_recvmmsg;
    if (!messages) size *= static_cast<size_t>(count);
  }
  if (address == 0) return pointer.null == Null::kIsBad;
  return pointer.number == SYS_futex ? IsOutside(address, size) : IsNoMemory(address, size);
}

// The pieces that a message consists of.
bool HasBadPieces(long number, const SystemCallArguments& arguments) {
  if (number != SYS_sendmsg && number != SYS_recvmsg) return false;
  const auto* message = reinterpret_cast<const msghdr*>(arguments[1]);
  if (message->msg_iovlen == 0 || message->msg_iovlen > kMostElements) return false;
  return IsNoMemory(reinterpret_cast<uintptr_t>(message->msg_iov),
                    message->msg_iovlen * sizeof(iovec));
}

struct FirstPointers {
  uint8_t of[512];  // by number of the call: its first entry + 1
};
constexpr FirstPointers MakeFirst() {
  FirstPointers first = {};
  for (size_t i = sizeof kPointers / sizeof kPointers[0]; i > 0; --i) {
    first.of[kPointers[i - 1].number] = static_cast<uint8_t>(i);
  }
  return first;
}
constexpr FirstPointers kFirstOf = MakeFirst();

bool HasBadPointer(long number, const SystemCallArguments& arguments) {
  if (number < 0 || number >= static_cast<long>(sizeof kFirstOf.of)) return false;
  const size_t first = kFirstOf.of[number];
  if (first == 0) return false;
  for (size_t i = first - 1; i < sizeof kPointers / sizeof kPointers[0]; ++i) {
    if (kPointers[i].number != number) break;
    if (IsBad(kPointers[i], arguments)) return true;
  }
  return HasBadPieces(number, arguments);
}

bool TakesDescriptor(long number) {
  for (const long call :
       {SYS_connect, SYS_bind, SYS_accept, SYS_accept4, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg,
        SYS_recvmmsg, SYS_readv, SYS_writev, SYS_getsockname, SYS_getpeername, SYS_getsockopt}) {
    if (call == number) return true;
  }
  return false;
}

}  // namespace

int PointerError(long number, const SystemCallArguments& arguments) {
  if (!HasBadPointer(number, arguments)) return 0;
  const bool closed =
      TakesDescriptor(number) && UnguardedSyscall(SYS_fcntl, arguments[0], F_GETFD) == -EBADF;
  return closed ? EBADF : EFAULT;
}

}  // namespace heddle::sim::runtime
