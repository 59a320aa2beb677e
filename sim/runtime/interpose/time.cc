// Virtual time: clocks, sleeps, yields, timerfd, and the futex system call's waits.
//
// Time stands still but for two things: each read of a clock moves it by kClockReadNs (an event
// loop that waits for strictly later would spin otherwise), and choosing the clock jumps to the
// earliest deadline. All clocks run alike and differ by a constant; CPU-time clocks count virtual
// time too.
#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/process.h"
#include "sim/runtime/interpose/timers.h"

HEDDLE_REAL(clock_gettime, int, clockid_t, timespec*)
HEDDLE_REAL(gettimeofday, int, timeval*, void*)
HEDDLE_REAL(time, time_t, time_t*)
HEDDLE_REAL(timespec_get, int, timespec*, int)
HEDDLE_REAL(clock, clock_t)
HEDDLE_REAL(nanosleep, int, const timespec*, timespec*)
HEDDLE_REAL(clock_nanosleep, int, clockid_t, int, const timespec*, timespec*)
HEDDLE_REAL(usleep, int, useconds_t)
HEDDLE_REAL(sleep, unsigned, unsigned)
HEDDLE_REAL(sched_yield, int)
HEDDLE_REAL(timerfd_create, int, int, int)
HEDDLE_REAL(timerfd_settime, int, int, int, const itimerspec*, itimerspec*)
HEDDLE_REAL(timerfd_gettime, int, int, itimerspec*)
HEDDLE_REAL(eventfd, int, unsigned, int)
HEDDLE_REAL(syscall, long, long, long, long, long, long, long, long)

namespace heddle::sim::runtime {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

int64_t StartOf(clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
      return static_cast<int64_t>(kRealtimeStartNs);
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
      return 0;
    default:
      return static_cast<int64_t>(kMonotonicStartNs);
  }
}

int64_t ToNs(const timespec& time) {
  if (time.tv_sec > (INT64_MAX / kNsPerSecond) - 2) return INT64_MAX - 1;
  if (time.tv_sec < 0) return 0;
  return time.tv_sec * kNsPerSecond + time.tv_nsec;
}

timespec FromNs(int64_t ns) {
  return {static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
}

bool Never(Thread*) { return false; }

// What is left of the sleep, in ns: 0, or more when a signal (a fault) ends it half-way.
int64_t SleepUntil(Thread* self, int64_t deadline) {
  int64_t left = 0;
  if (deadline > kernel.clock.now && FaultComes(self, FaultKind::kInterrupt)) {
    left = (deadline - kernel.clock.now + 1) / 2;
  }
  WaitOn(self, OpKind::kSleep, Access::kWrite, kClockObject, Never, deadline - left,
         OpKind::kSleepEnd);
  return left;
}

}  // namespace

bool ValidTime(const timespec* time) {
  return time != nullptr && time->tv_nsec >= 0 && time->tv_nsec < kNsPerSecond;
}

int64_t DeadlineOf(clockid_t clock, const timespec* absolute) {
  const int64_t deadline = ToNs(*absolute) - StartOf(clock);
  return deadline < 0 ? 0 : deadline;
}

int64_t TimeoutDeadline(const timespec* relative) { return DeadlineAfter(ToNs(*relative)); }

// --- timerfd: an eventfd that the kernel writes to when virtual time has come ---
namespace {

constexpr int kMaxTimers = 64;
struct Timer {
  bool used = false;
  int descriptor = -1;
  clockid_t clock = 0;
  int64_t deadline = kNever;
  int64_t interval = 0;
};
constinit Timer timers[kMaxTimers];

Timer* FindTimer(int descriptor) {
  for (Timer& timer : timers) {
    if (timer.used && timer.descriptor == descriptor) return &timer;
  }
  return nullptr;
}

void Drain(int descriptor) {
  pollfd poll = {descriptor, POLLIN, 0};
  if (RawSyscall(SYS_poll, reinterpret_cast<long>(&poll), 1, 0) <= 0) return;
  uint64_t count;
  RawSyscall(SYS_read, descriptor, reinterpret_cast<long>(&count), sizeof count);
}

itimerspec Setting(const Timer& timer) {
  itimerspec setting = {};
  setting.it_interval = FromNs(timer.interval);
  if (timer.deadline != kNever) {
    setting.it_value =
        FromNs(timer.deadline > kernel.clock.now ? timer.deadline - kernel.clock.now : 1);
  }
  return setting;
}

}  // namespace

int64_t TimersEarliest() {
  int64_t earliest = kNever;
  for (const Timer& timer : timers) {
    if (timer.used && timer.deadline < earliest) earliest = timer.deadline;
  }
  return earliest;
}

void TimersFire() {
  for (Timer& timer : timers) {
    if (!timer.used || timer.deadline > kernel.clock.now) continue;
    uint64_t count = 1;
    if (timer.interval > 0) {
      count += static_cast<uint64_t>((kernel.clock.now - timer.deadline) / timer.interval);
      timer.deadline += static_cast<int64_t>(count) * timer.interval;
    } else {
      timer.deadline = kNever;
    }
    RawSyscall(SYS_write, timer.descriptor, reinterpret_cast<long>(&count), sizeof count);
    IoChanged();
  }
}

void TimerClosed(int descriptor) {
  if (Timer* timer = FindTimer(descriptor)) *timer = Timer{};
}

void ResetTimers() {
  for (Timer& timer : timers) timer.deadline = kNever;
}

// --- futex ---
namespace {

long FutexError(int error) {
  errno = error;
  return -1;
}

long FutexWait(Thread* self, const uint32_t* word, uint32_t expected, int64_t deadline,
               uint32_t bits) {
  const bool interrupted = FaultComes(self, FaultKind::kInterrupt);
  AtPoint(self, OpKind::kFutexWait, Access::kRead, word, sizeof *word);
  if (interrupted) return FutexError(EINTR);
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected) return FutexError(EAGAIN);
  QueueJoin(self, word, bits);
  const bool woken =
      WaitPoint(self, OpKind::kFutexWoken, Access::kWrite, word, QueueReady, deadline);
  QueueLeave(self, woken);
  return woken ? 0 : FutexError(ETIMEDOUT);
}

long FutexWakeOp(Thread* self, uint32_t* word, uint32_t count, uint32_t count2, uint32_t* word2,
                 uint32_t encoded) {
  AtPoint(self, OpKind::kFutexWake, Access::kWrite, word);
  const uint32_t operation = encoded >> 28 & 7, comparison = encoded >> 24 & 15;
  const uint32_t argument = encoded >> 12 & 0xFFF, against = encoded & 0xFFF;
  const uint32_t value = (encoded >> 31) != 0 ? 1u << (argument & 31) : argument;
  const uint32_t old = *word2;
  switch (operation) {
    case FUTEX_OP_SET:
      *word2 = value;
      break;
    case FUTEX_OP_ADD:
      *word2 = old + value;
      break;
    case FUTEX_OP_OR:
      *word2 = old | value;
      break;
    case FUTEX_OP_ANDN:
      *word2 = old & ~value;
      break;
    default:
      *word2 = old ^ value;
      break;
  }
  const auto a = static_cast<int32_t>(old), b = static_cast<int32_t>(against);
  const bool holds = comparison == FUTEX_OP_CMP_EQ   ? a == b
                     : comparison == FUTEX_OP_CMP_NE ? a != b
                     : comparison == FUTEX_OP_CMP_LT ? a < b
                     : comparison == FUTEX_OP_CMP_LE ? a <= b
                     : comparison == FUTEX_OP_CMP_GT ? a > b
                                                     : a >= b;
  uint32_t woken = QueueWake(word, count, UINT32_MAX);
  if (holds) woken += QueueWake(word2, count2, UINT32_MAX);
  return woken;
}

long Futex(Thread* self, uint32_t* word, int operation, uint32_t value, long fourth,
           uint32_t* word2, uint32_t value3) {
  const auto* timeout = reinterpret_cast<const timespec*>(fourth);
  const bool realtime = (operation & FUTEX_CLOCK_REALTIME) != 0;
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
      return FutexWait(self, word, value, timeout ? DeadlineAfter(ToNs(*timeout)) : kNever,
                       UINT32_MAX);
    case FUTEX_WAIT_BITSET:
      return FutexWait(
          self, word, value,
          timeout ? DeadlineOf(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, timeout) : kNever,
          value3);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
      AtPoint(self, OpKind::kFutexWake, Access::kWrite, word, sizeof *word);
      return QueueWake(word, value,
                       (operation & FUTEX_CMD_MASK) == FUTEX_WAKE ? UINT32_MAX : value3);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      AtPoint(self, OpKind::kFutexWake, Access::kWrite, word);
      if ((operation & FUTEX_CMD_MASK) == FUTEX_CMP_REQUEUE && *word != value3) {
        return FutexError(EAGAIN);
      }
      const uint32_t woken = QueueWake(word, value, UINT32_MAX);
      return woken + QueueMove(word, word2, static_cast<uint32_t>(fourth));
    }
    case FUTEX_WAKE_OP:
      return FutexWakeOp(self, word, value, static_cast<uint32_t>(fourth), word2, value3);
    default:
      Unmodelled("a priority-inheritance futex operation");
  }
}

}  // namespace

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(long, syscall, long number, long a, long b, long c, long d, long e, long f) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return LIBC(syscall)(number, a, b, c, d, e, f);
  switch (number) {
    case SYS_futex:
      return Futex(self, reinterpret_cast<uint32_t*>(a), static_cast<int>(b),
                   static_cast<uint32_t>(c), d, reinterpret_cast<uint32_t*>(e),
                   static_cast<uint32_t>(f));
    case SYS_gettid:
      return VirtualThreadId(self);
    case SYS_getpid:
      return getpid();
    case SYS_getrandom:
      FillRandom(self, reinterpret_cast<void*>(a), static_cast<size_t>(b));
      return b;
    case SYS_clock_gettime:
      return clock_gettime(static_cast<clockid_t>(a), reinterpret_cast<timespec*>(b));
    case SYS_sched_yield:
      return sched_yield();
    // Cannot block, changes nothing that another thread could see out of order.
    case SYS_membarrier:
    case SYS_getcpu:
    case SYS_madvise:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_prctl:
    case SYS_getuid:
    case SYS_tgkill:
    case SYS_memfd_create:
      return LIBC(syscall)(number, a, b, c, d, e, f);
    default: {
      char name[48];
      snprintf(name, sizeof name, "syscall number %ld", number);
      Unmodelled(name);
    }
  }
}

// --- Clocks ---

INTERPOSE(int, clock_gettime, clockid_t clock, timespec* time) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(clock_gettime)(clock, time);
  *time = FromNs(StartOf(clock) + ReadClock(self));
  return 0;
}

INTERPOSE(int, gettimeofday, timeval* time, void* zone) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(gettimeofday)(time, zone);
  const int64_t ns = static_cast<int64_t>(kRealtimeStartNs) + ReadClock(self);
  *time = {static_cast<time_t>(ns / kNsPerSecond),
           static_cast<suseconds_t>(ns % kNsPerSecond / 1000)};
  return 0;
}

INTERPOSE(time_t, time, time_t* result) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(time)(result);
  const time_t seconds = static_cast<time_t>(
      (static_cast<int64_t>(kRealtimeStartNs) + ReadClock(self)) / kNsPerSecond);
  if (result != nullptr) *result = seconds;
  return seconds;
}

INTERPOSE(int, timespec_get, timespec* time, int base) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timespec_get)(time, base);
  if (base != TIME_UTC) return 0;
  *time = FromNs(static_cast<int64_t>(kRealtimeStartNs) + ReadClock(self));
  return base;
}

INTERPOSE(clock_t, clock, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(clock)();
  return ReadClock(self) / (kNsPerSecond / CLOCKS_PER_SEC);
}

// --- Sleeps ---

INTERPOSE(int, nanosleep, const timespec* duration, timespec* left) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(nanosleep)(duration, left);
  if (!ValidTime(duration)) {
    errno = EINVAL;
    return -1;
  }
  const int64_t rest = SleepUntil(self, DeadlineAfter(ToNs(*duration)));
  if (rest == 0) return 0;
  if (left != nullptr) *left = FromNs(rest);
  errno = EINTR;
  return -1;
}

INTERPOSE(int, clock_nanosleep, clockid_t clock, int flags, const timespec* time, timespec* left) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(clock_nanosleep)(clock, flags, time, left);
  if (!ValidTime(time)) return EINVAL;
  const bool absolute = (flags & TIMER_ABSTIME) != 0;
  const int64_t rest =
      SleepUntil(self, absolute ? DeadlineOf(clock, time) : DeadlineAfter(ToNs(*time)));
  if (rest == 0) return 0;
  if (left != nullptr && !absolute) *left = FromNs(rest);
  return EINTR;
}

INTERPOSE(int, usleep, useconds_t microseconds) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(usleep)(microseconds);
  if (SleepUntil(self, DeadlineAfter(int64_t{microseconds} * 1000)) == 0) return 0;
  errno = EINTR;
  return -1;
}

INTERPOSE(unsigned, sleep, unsigned seconds) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sleep)(seconds);
  const int64_t left = SleepUntil(self, DeadlineAfter(int64_t{seconds} * kNsPerSecond));
  return static_cast<unsigned>((left + kNsPerSecond - 1) / kNsPerSecond);
}

INTERPOSE(int, sched_yield, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sched_yield)();
  AtPoint(self, OpKind::kYield, Access::kNone, nullptr);
  return 0;
}

// --- timerfd ---

INTERPOSE(int, timerfd_create, int clock, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timerfd_create)(clock, flags);
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  Uncontrolled scope;
  for (Timer& timer : timers) {
    if (timer.used) continue;
    const int descriptor = REAL(eventfd)(0, flags);  // TFD_NONBLOCK == EFD_NONBLOCK, and so on
    if (descriptor >= 0) timer = {true, descriptor, clock, kNever, 0};
    return descriptor;
  }
  Fail(FailureKind::kLimit, "more than %d timerfds", kMaxTimers);
}

INTERPOSE(int, timerfd_settime, int descriptor, int flags, const itimerspec* setting,
          itimerspec* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timerfd_settime)(descriptor, flags, setting, old);
  Timer* timer = FindTimer(descriptor);
  if (timer == nullptr) Unmodelled("timerfd_settime on a timer made before control began");
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  if (old != nullptr) *old = Setting(*timer);
  Drain(descriptor);
  timer->interval = ToNs(setting->it_interval);
  const int64_t value = ToNs(setting->it_value);
  if (value == 0) {
    timer->deadline = kNever;
  } else {
    timer->deadline = (flags & TFD_TIMER_ABSTIME) != 0
                          ? DeadlineOf(timer->clock, &setting->it_value)
                          : DeadlineAfter(value);
    DeadlineAdded(timer->deadline);
  }
  if (timer->deadline <= kernel.clock.now) TimersFire();
  IoChanged();
  return 0;
}

INTERPOSE(int, timerfd_gettime, int descriptor, itimerspec* setting) {
  Thread* self = HEDDLE_SELF;
  const Timer* timer = self != nullptr ? FindTimer(descriptor) : nullptr;
  if (timer == nullptr) return REAL(timerfd_gettime)(descriptor, setting);
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  *setting = Setting(*timer);
  return 0;
}
