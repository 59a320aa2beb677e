// System calls past libc's functions: by syscall(), and by an instruction.
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <ctime>

#include "sim/runtime/testing/by_instruction.h"
#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;
using conformance::Printable;

namespace {

// As libc's functions answer.
long Instruction(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) {
  const long result = ByInstruction(number, a, b, c, d, e, f);
  if (result >= 0 || result <= -4096) return result;
  errno = static_cast<int>(-result);
  return -1;
}

template <typename T>
long At(T* object) {
  return reinterpret_cast<long>(object);
}

// The same sequence by both routes.
template <typename Call>
void Timers(Call call) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  event.sigev_value.sival_int = 7;
  int timer = -1;
  SHOW(call(SYS_timer_create, CLOCK_MONOTONIC, At(&event), At(&timer)));
  const itimerspec once = {{0, 0}, {0, 1'000'000}};
  itimerspec left = {};
  SHOW(call(SYS_timer_settime, timer, 0, At(&once), 0));
  siginfo_t info = {};
  SHOW(sigwaitinfo(&set, &info));
  Print("code %d value %d", info.si_code, info.si_value.sival_int);
  SHOW(call(SYS_timer_gettime, timer, At(&left)));
  Print("left %ld", left.it_value.tv_nsec);
  SHOW(call(SYS_timer_getoverrun, timer));
  SHOW(call(SYS_timer_delete, timer));
  SHOW(call(SYS_timer_delete, timer));
  SHOW(call(SYS_timer_create, 1000, At(&event), At(&timer)));
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

template <typename Call>
void Files(Call call) {
  int ends[2];
  char text[8] = {};
  SHOW(call(SYS_pipe2, At(ends), O_NONBLOCK));
  SHOW(call(SYS_read, ends[0], At(text), 4));
  SHOW(call(SYS_write, ends[1], At("data"), 4));
  int there = 0;
  SHOW(call(SYS_ioctl, ends[0], FIONREAD, At(&there)));
  Print("there %d", there);
  SHOW(call(SYS_read, ends[0], At(text), sizeof text));
  Print("%s", Printable(text, 4).c_str());
  SHOW(call(SYS_write, ends[0], At(text), 1));
  SHOW_IF(call(SYS_fcntl, ends[0], F_GETFL) == O_NONBLOCK);
  pollfd entry = {ends[1], POLLIN | POLLOUT, 0};
  SHOW(call(SYS_poll, At(&entry), 1, 0));
  Print("revents %d", entry.revents);
  const int copy = static_cast<int>(call(SYS_dup, ends[1]));
  SHOW(call(SYS_close, ends[1]));
  SHOW(call(SYS_close, ends[1]));
  SHOW(call(SYS_close, copy));
  SHOW(call(SYS_read, ends[0], At(text), 4));
  SHOW(call(SYS_close, ends[0]));
  SHOW(call(SYS_openat, AT_FDCWD, At("/no/such/file"), O_RDONLY));
  const int null = static_cast<int>(call(SYS_open, At("/dev/null"), O_RDWR));
  SHOW(call(SYS_read, null, At(text), 1));
  SHOW(call(SYS_lseek, null, 0, SEEK_CUR));
  SHOW(call(SYS_close, null));
}

template <typename Call>
void Waiting(Call call) {
  const int counter = static_cast<int>(call(SYS_eventfd2, 1, EFD_NONBLOCK));
  const int set = static_cast<int>(call(SYS_epoll_create1, 0));
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u32 = 77;
  SHOW(call(SYS_epoll_ctl, set, EPOLL_CTL_ADD, counter, At(&event)));
  SHOW(call(SYS_epoll_ctl, set, EPOLL_CTL_ADD, counter, At(&event)));
  epoll_event got = {};
  SHOW(call(SYS_epoll_pwait, set, At(&got), 1, 0, 0, 8));
  Print("data %u", static_cast<unsigned>(got.data.u32));
  uint64_t value = 0;
  SHOW(call(SYS_read, counter, At(&value), sizeof value));
  SHOW(call(SYS_epoll_wait, set, At(&got), 1, 1));
  timespec moment = {0, 1000};
  SHOW(call(SYS_ppoll, 0, 0, At(&moment), 0, 8));
  moment = {0, 1000};
  SHOW(call(SYS_pselect6, 0, 0, 0, 0, At(&moment), 0));
  moment = {0, -1};
  SHOW(call(SYS_nanosleep, At(&moment), 0));
  moment = {0, 1000};
  SHOW(call(SYS_nanosleep, At(&moment), 0));
  SHOW(call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, At(&moment), 0));
  uint32_t word = 1;
  SHOW(call(SYS_futex, At(&word), FUTEX_WAIT_PRIVATE, 2, 0));
  SHOW(call(SYS_futex, At(&word), FUTEX_WAIT_PRIVATE, 1, At(&moment)));
  SHOW(call(SYS_futex, At(&word), FUTEX_WAKE_PRIVATE, 1));
  SHOW(call(SYS_futex, At(&word), FUTEX_WAIT_BITSET_PRIVATE, 1, At(&moment), 0, 0));
  SHOW(call(SYS_futex, At(&word), FUTEX_WAKE_BITSET_PRIVATE, 1, 0, 0, 0));
  SHOW(call(SYS_futex, At(&word) + 1, FUTEX_WAKE_PRIVATE, 1));
  SHOW(call(SYS_futex, At(&word), 99, 1));
  timespec wrong = {0, 1'000'000'000};
  SHOW(call(SYS_futex, At(&word), FUTEX_WAIT_PRIVATE, 1, At(&wrong)));
  SHOW(call(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, At(&moment), 0));
  SHOW(call(SYS_clock_nanosleep, 99, 0, At(&moment), 0));
  SHOW(call(SYS_setuid, getuid()));
  SHOW(call(SYS_setresgid, -1, getgid(), -1));
  SHOW(call(SYS_chown, At("/no/such/file"), -1, -1));
  SHOW(call(SYS_close, set));
  SHOW(call(SYS_close, counter));
}

template <typename Call>
void Signals(Call call) {
  uint64_t set = uint64_t{1} << (SIGUSR1 - 1), old = 0, now = 0;
  SHOW(call(SYS_rt_sigprocmask, SIG_BLOCK, At(&set), At(&old), 8));
  SHOW(call(SYS_rt_sigprocmask, SIG_BLOCK, 0, At(&now), 8));
  SHOW_IF(now == (old | set));
  SHOW(call(SYS_rt_sigprocmask, SIG_SETMASK, At(&old), 0, 8));
  SHOW(call(SYS_rt_sigprocmask, SIG_SETMASK, At(&old), 0, 4));
  SHOW(call(SYS_rt_sigprocmask, 99, At(&old), 0, 8));
  SHOW(call(SYS_tgkill, getpid(), gettid(), 0));
  SHOW(call(SYS_tgkill, getpid(), 1 << 22, 0));
  SHOW(call(SYS_kill, getpid(), 0));
}

template <typename Call>
void Machine(Call call) {
  unsigned long mask[16] = {};
  SHOW_IF(call(SYS_sched_getaffinity, 0, sizeof mask, At(mask)) > 0 && mask[0] != 0);
  SHOW(call(SYS_sched_getaffinity, 0, 1, At(mask)));
  unsigned processor = 0, node = 0;
  SHOW(call(SYS_getcpu, At(&processor), At(&node), 0));
  utsname name;
  SHOW(call(SYS_uname, At(&name)));
  Print("%s", name.sysname);
  char bytes[16];
  SHOW(call(SYS_getrandom, At(bytes), sizeof bytes, 0));
  timespec time = {};
  SHOW(call(SYS_clock_gettime, CLOCK_MONOTONIC, At(&time)));
  SHOW(call(SYS_clock_gettime, 9999, At(&time)));
  rusage usage;
  SHOW(call(SYS_getrusage, RUSAGE_SELF, At(&usage)));
  SHOW(call(SYS_getrusage, 77, At(&usage)));
  SHOW_IF(call(SYS_getppid) == getppid());
  SHOW_IF(call(SYS_gettid) == gettid());
}

constexpr auto kByFunction = [](auto... arguments) {
  return syscall(static_cast<long>(arguments)...);
};
constexpr auto kByInstruction = [](auto... arguments) {
  return Instruction(static_cast<long>(arguments)...);
};

// Arrays that are not there, or not whole: of polled descriptors, pieces, messages.
template <typename Call>
void BadArrays(Call call) {
  char* page = static_cast<char*>(
      mmap(nullptr, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(page + 4096, 4096, PROT_NONE);
  int ends[2];
  SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
  const long near_end = At(page + 4096 - 4);
  for (const long bad : {8L, At(page + 4096), near_end, -4096L}) {
    SHOW(call(SYS_poll, bad, 1, 0, 0, 0, 0));
    SHOW(call(SYS_poll, bad, 0, 0, 0, 0, 0));
    SHOW(call(SYS_ppoll, bad, 1, 0, 0, 8, 0));
    SHOW(call(SYS_writev, ends[0], bad, 1, 0, 0, 0));
    SHOW(call(SYS_writev, -1, bad, 1, 0, 0, 0));
    SHOW(call(SYS_sendmsg, -1, bad, 0, 0, 0, 0));
    SHOW(call(SYS_readv, ends[1], bad, 1, 0, 0, 0));
    SHOW(call(SYS_sendmmsg, ends[0], bad, 1, 0, 0, 0));
    SHOW(call(SYS_recvmmsg, ends[1], bad, 1, MSG_DONTWAIT, 0, 0));
    msghdr message = {};
    message.msg_iov = reinterpret_cast<iovec*>(bad);
    message.msg_iovlen = 1;
    SHOW(call(SYS_sendmsg, ends[0], At(&message), 0, 0, 0, 0));
    SHOW(call(SYS_recvmsg, ends[1], At(&message), MSG_DONTWAIT, 0, 0, 0));
  }
  SHOW(call(SYS_select, 1, 8, 0, 0, 0, 0));
  timeval none = {};
  SHOW(call(SYS_select, 0, 8, 0, 0, At(&none), 0));
  munmap(page, 2 * 4096);
  close(ends[0]);
  close(ends[1]);
}

// Addresses that are none: nothing there, behind the end of a page, of the system.
template <typename Call>
void BadAddresses(Call call) {
  char* page = static_cast<char*>(
      mmap(nullptr, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(page + 4096, 4096, PROT_NONE);
  const long near_end = At(page + 4096 - 4);
  for (const long bad : {8L, At(page + 4096), near_end, -4096L}) {
    SHOW(call(SYS_clock_gettime, CLOCK_MONOTONIC, bad, 0, 0, 0, 0));
    SHOW(call(SYS_nanosleep, bad, 0, 0, 0, 0, 0));
    SHOW(call(SYS_rt_sigprocmask, SIG_BLOCK, bad, 0, 8, 0, 0));
    SHOW(call(SYS_rt_sigaction, SIGUSR1, bad, 0, 8, 0, 0));
    SHOW(call(SYS_rt_sigpending, bad, 8, 0, 0, 0, 0));
    SHOW(call(SYS_uname, bad, 0, 0, 0, 0, 0));
    SHOW(call(SYS_pipe2, bad, 0, 0, 0, 0, 0));
    SHOW(call(SYS_getrlimit, RLIMIT_NOFILE, bad, 0, 0, 0, 0));
  }
  SHOW(call(SYS_nanosleep, 0, 0, 0, 0, 0, 0));
  SHOW(call(SYS_futex, 0, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0));
  SHOW(call(SYS_time, 0, 0, 0, 0, 0, 0) > 0 ? 0 : -1);
  int ends[2];
  SHOW(call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 8, 0, 0));
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  SHOW(call(SYS_sendmsg, ends[0], 8, 0, 0, 0, 0));
  SHOW(call(SYS_recvmsg, ends[1], 8, MSG_DONTWAIT, 0, 0, 0));
  SHOW(call(SYS_write, ends[0], 8, 1, 0, 0, 0));
  munmap(page, 2 * 4096);
}

}  // namespace

SECTION(system_calls, files_by_function) { Files(kByFunction); }
SECTION(system_calls, files_by_instruction) { Files(kByInstruction); }
SECTION(system_calls, waiting_by_function) { Waiting(kByFunction); }
SECTION(system_calls, waiting_by_instruction) { Waiting(kByInstruction); }
SECTION(system_calls, timers_by_function) { Timers(kByFunction); }
SECTION(system_calls, timers_by_instruction) { Timers(kByInstruction); }
SECTION(system_calls, signals_by_function) { Signals(kByFunction); }
SECTION(system_calls, signals_by_instruction) { Signals(kByInstruction); }
SECTION(system_calls, machine_by_function) { Machine(kByFunction); }
SECTION(system_calls, machine_by_instruction) { Machine(kByInstruction); }
SECTION(system_calls, bad_arrays_by_function) { BadArrays(kByFunction); }
SECTION(system_calls, bad_arrays_by_instruction) { BadArrays(kByInstruction); }
SECTION(system_calls, bad_addresses_by_function) { BadAddresses(kByFunction); }
SECTION(system_calls, bad_addresses_by_instruction) { BadAddresses(kByInstruction); }
