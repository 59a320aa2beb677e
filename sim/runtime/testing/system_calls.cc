// System calls past libc's functions: by syscall(), and by an instruction as standard libraries of
// other languages and allocators make them. Both do what the functions do.
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>

#include "sim/runtime/testing/by_instruction.h"
#include "sim/runtime/testing/check.h"

namespace {

long ByFunction(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                long f = 0) {
  const long result = syscall(number, a, b, c, d, e, f);
  return result == -1 ? -errno : result;
}

using Caller = long (*)(long, long, long, long, long, long, long);

struct Calls {
  Caller caller;
  long operator()(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                  long f = 0) const {
    return caller(number, a, b, c, d, e, f);
  }
};

template <typename T>
long Address(T* object) {
  return reinterpret_cast<long>(object);
}

int64_t Ns(const timespec& time) { return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec; }

int64_t Now() {
  timespec now;
  CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  return Ns(now);
}

void CheckValuesOfTheMachine(Calls call) {
  CHECK(call(SYS_getpid) == getpid());
  CHECK(call(SYS_gettid) == gettid());
  CHECK(call(SYS_getuid) == static_cast<long>(getuid()));
  unsigned processor = 77;
  CHECK(call(SYS_getcpu, Address(&processor)) == 0);
  CHECK(processor != 77);
  unsigned long mask[16] = {};
  cpu_set_t set;
  CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
  CHECK(call(SYS_sched_getaffinity, 0, sizeof mask, Address(mask)) >= 8);
  CHECK(memcmp(mask, &set, sizeof mask[0]) == 0);
  const int64_t before = Now();
  timespec time;
  CHECK(call(SYS_clock_gettime, CLOCK_MONOTONIC, Address(&time)) == 0);
  CHECK(before <= Ns(time) && Ns(time) <= Now());
}

void CheckErrors(Calls call) {
  errno = 12345;
  CHECK(ByInstruction(SYS_close, -1) == -EBADF);
  CHECK(errno == 12345);
  CHECK(call(SYS_read, -1) == -EBADF);
  char parameters[512] = {};
  // A library falls back then; where the system has it, it runs free.
  const long ring = call(SYS_io_uring_setup, 1, Address(parameters));
  if (ring >= 0) close(static_cast<int>(ring));
}

// The signal mask and stack that a call sets stay set behind it, also by the way of a trap.
void CheckSignals(Calls call) {
  const uint64_t wanted = uint64_t{1} << (SIGUSR1 - 1);
  uint64_t old = 0;
  CHECK(call(SYS_rt_sigprocmask, SIG_BLOCK, Address(&wanted), Address(&old), 8) == 0);
  sigset_t now;
  CHECK(sigprocmask(SIG_BLOCK, nullptr, &now) == 0);
  CHECK(sigismember(&now, SIGUSR1) == 1);
  CHECK(call(SYS_rt_sigprocmask, SIG_SETMASK, Address(&old), 0, 8) == 0);
  // With everything blocked a system call still is one.
  sigset_t all;
  sigfillset(&all);
  CHECK(sigprocmask(SIG_SETMASK, &all, &now) == 0);
  CHECK(call(SYS_getpid) == getpid());
  CHECK(sigprocmask(SIG_SETMASK, &now, nullptr) == 0);
  static char memory[1 << 16];
  stack_t stack = {memory, 0, sizeof memory}, before = {}, read = {};
  CHECK(call(SYS_sigaltstack, Address(&stack), Address(&before)) == 0);
  CHECK(sigaltstack(nullptr, &read) == 0);
  CHECK(read.ss_sp == memory);
  CHECK(call(SYS_sigaltstack, Address(&before)) == 0);
}

// Registers that a call leaves alone, the vectors' among them.
void CheckRegisters() {
  uint64_t in[2] = {0x0123456789abcdef, 0xfedcba9876543210}, out[2] = {};
  long result = SYS_sched_yield;
  __asm__ volatile(
      "movdqu %[in], %%xmm7\n\t"
      "syscall\n\t"
      "movdqu %%xmm7, %[out]"
      : "+a"(result), [out] "=m"(out)
      : [in] "m"(in)
      : "rcx", "r11", "xmm7", "memory");
  CHECK(result == 0);
  CHECK(memcmp(in, out, sizeof in) == 0);
}

// A thread that waits in a call lets the others run.
void CheckWaiting(Calls call) {
  std::atomic<uint32_t> word{0};
  int ends[2];
  CHECK(call(SYS_pipe2, Address(ends), O_CLOEXEC) == 0);
  std::thread waiter([&] {
    while (word.load() == 0) call(SYS_futex, Address(&word), FUTEX_WAIT_PRIVATE, 0);
    char text[4];
    CHECK(call(SYS_read, ends[0], Address(text), sizeof text) == 4);
    CHECK(memcmp(text, "pipe", 4) == 0);
  });
  const timespec moment = {0, 1000};
  CHECK(call(SYS_nanosleep, Address(&moment), 0) == 0);
  word.store(1);
  call(SYS_futex, Address(&word), FUTEX_WAKE_PRIVATE, INT_MAX);
  call(SYS_sched_yield);
  CHECK(call(SYS_write, ends[1], Address("pipe"), 4) == 4);
  waiter.join();
  pollfd polled = {ends[0], POLLIN, 0};
  CHECK(call(SYS_poll, Address(&polled), 1, 10) == 0);
  CHECK(call(SYS_close, ends[0]) == 0);
  CHECK(call(SYS_close, ends[1]) == 0);
}

// A handler of the program's for the signal by which calls are trapped.
void CheckOwnHandler(Calls call) {
  struct sigaction action = {}, old = {};
  action.sa_handler = [](int) {};
  CHECK(sigaction(SIGSYS, &action, nullptr) == 0);
  CHECK(call(SYS_getpid) == getpid());
  CHECK(sigaction(SIGSYS, nullptr, &old) == 0);
  CHECK(old.sa_handler == action.sa_handler);
}

}  // namespace

int main() {
  for (const Caller caller : {Caller{ByFunction}, Caller{ByInstruction}}) {
    const Calls call{caller};
    CheckValuesOfTheMachine(call);
    CheckErrors(call);
    CheckSignals(call);
    CheckWaiting(call);
    CheckOwnHandler(call);
  }
  CheckRegisters();
  puts("ok");
}
