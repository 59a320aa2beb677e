// Timers that send signals: alarm, ualarm, setitimer, getitimer; timer_create, timer_settime,
// timer_gettime, timer_getoverrun, timer_delete (POSIX.1-2017), in virtual time, all clocks alike.
// The timers of CPU time count virtual time too. See signal_delivery.h.
//
// SIGEV_THREAD: a thread of the runtime's waits for the timer, and starts one for each expiration,
// as glibc's does.
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "sim/runtime/core/early_threads.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"

HEDDLE_REAL(alarm, unsigned, unsigned)
HEDDLE_REAL(ualarm, useconds_t, useconds_t, useconds_t)
HEDDLE_REAL(setitimer, int, int, const itimerval*, itimerval*)
HEDDLE_REAL(getitimer, int, int, itimerval*)
HEDDLE_REAL(timer_create, int, clockid_t, struct sigevent*, timer_t*)
HEDDLE_REAL(timer_settime, int, timer_t, int, const itimerspec*, itimerspec*)
HEDDLE_REAL(timer_gettime, int, timer_t, itimerspec*)
HEDDLE_REAL(timer_getoverrun, int, timer_t)
HEDDLE_REAL(timer_delete, int, timer_t)

namespace heddle::sim::runtime {

struct SignalTimer {
  bool used;
  clockid_t clock;
  int notify;  // SIGEV_...
  int signal;
  sigval value;
  Thread* target;     // null: the process
  Thread* courier;    // null: disarmed
  int64_t deadline;   // kNever: disarmed
  int64_t interval;   // 0: once
  int code;           // si_code
  uint64_t overrun;   // expirations since the signal was sent that is pending
  uint64_t reported;  // the overrun of the signal that was taken last
  // SIGEV_THREAD
  void (*function)(sigval);
  const pthread_attr_t* attributes;
  uint64_t expirations;  // no thread was started for yet
  bool deleted;
};

namespace {

constexpr int kIntervalTimers = 3;  // ITIMER_REAL, _VIRTUAL and _PROF come first
constexpr int kMostSignalTimers = 64;
constinit SignalTimer signal_timers[kMostSignalTimers] = {};
constinit int used_end = 0;  // behind the last one that this execution has used

void TakeTimer(int index) {
  signal_timers[index] = {};
  signal_timers[index].used = true;
  signal_timers[index].deadline = kNever;
  used_end = std::max(used_end, index + 1);
}

void RequireSignals(const char* call) {
  if (!SignalsAreModelled()) Unmodelled(call);
}

void Disarm(SignalTimer& timer) {
  if (timer.courier != nullptr) StopTimerCourier(timer.courier);
  timer.courier = nullptr;
  timer.deadline = kNever;
}

// The pending operation is its kSignalSend.
void Arm(Thread* self, SignalTimer& timer, int64_t deadline, int64_t interval) {
  Disarm(timer);
  timer.interval = interval;
  if (deadline == kNever) return OnlyRead(self);
  timer.deadline = deadline;
  timer.courier = StartTimerCourier(&timer, deadline);
}

int64_t Left(const SignalTimer& timer) {
  if (timer.deadline == kNever) return 0;
  return std::max<int64_t>(timer.deadline - kernel.clock.now, 1);
}

int64_t ToNs(const timeval& time) { return time.tv_sec * kNsPerSecond + time.tv_usec * 1000; }
timeval ToTimeval(int64_t ns) {
  const int64_t rounded = ns + 999;
  return {rounded / kNsPerSecond, rounded % kNsPerSecond / 1000};
}
bool IsSettable(const timeval& time) {
  return time.tv_sec >= 0 && time.tv_usec >= 0 && time.tv_usec < 1'000'000;
}
bool IsSettable(const timespec& time) { return time.tv_sec >= 0 && ValidTime(&time); }

SignalTimer& IntervalTimer(int which) {
  constexpr int kSignals[kIntervalTimers] = {SIGALRM, SIGVTALRM, SIGPROF};
  SignalTimer& timer = signal_timers[which];
  if (!timer.used) {
    TakeTimer(which);
    timer.notify = SIGEV_SIGNAL;
    timer.signal = kSignals[which];
    timer.code = SI_KERNEL;
  }
  return timer;
}

SignalTimer* FindSignalTimer(timer_t id) {
  const auto index = reinterpret_cast<intptr_t>(id);
  if (index < kIntervalTimers || index >= kMostSignalTimers || !signal_timers[index].used)
    return nullptr;
  return &signal_timers[index];
}

itimerspec SignalSettingOf(const SignalTimer& timer) {
  return {FromNs(timer.interval), FromNs(Left(timer))};
}

// --- SIGEV_THREAD ---

bool NotifierHasWork(Thread* self) {
  const auto* timer = static_cast<const SignalTimer*>(self->wait_data);
  return timer->expirations > 0 || timer->deleted;
}

struct Notification {
  void (*function)(sigval);
  sigval value;
};

void* Notify(void* raw) {
  const Notification notification = *static_cast<Notification*>(raw);
  delete static_cast<Notification*>(raw);
  notification.function(notification.value);
  return nullptr;
}

void* NotifyThreads(void* raw) {
  auto* timer = static_cast<SignalTimer*>(raw);
  for (;;) {
    Thread* self = tls_self;
    self->wait_data = timer;
    WaitPoint(self, OpKind::kSignalWait, Access::kWrite, timer, NotifierHasWork);
    if (timer->deleted) {
      timer->used = false;
      return nullptr;
    }
    --timer->expirations;
    Notification* notification;
    pthread_attr_t detached;
    {
      Uncontrolled scope;
      notification = new Notification{timer->function, timer->value};
      pthread_attr_init(&detached);
      pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    }
    pthread_t thread;
    pthread_create(&thread, &detached, Notify, notification);
  }
}

int StartNotifier(SignalTimer* timer) {
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  return pthread_create(&thread, &detached, NotifyThreads, timer);
}

}  // namespace

int64_t TimerExpires(SignalTimer* timer) {
  KERNEL_CHECK(timer->used && timer->deadline <= kernel.clock.now, "the timer is due");
  uint64_t count = 1;
  if (timer->interval > 0) {
    count += static_cast<uint64_t>((kernel.clock.now - timer->deadline) / timer->interval);
    timer->deadline += static_cast<int64_t>(count) * timer->interval;
  } else {
    timer->deadline = kNever;
    timer->courier = nullptr;
  }
  const int64_t next = timer->deadline;
  if (timer->notify == SIGEV_THREAD) {
    timer->expirations += count;
    Changed(timer);
  } else if (timer->notify != SIGEV_NONE) {
    siginfo_t info = SignalInfo(timer->signal, timer->code);
    if (timer->code == SI_TIMER) {
      info.si_pid = 0;
      info.si_uid = 0;
      info.si_timerid = static_cast<int>(timer - signal_timers);
      info.si_value = timer->value;
    }
    // Behind a signal that is not taken yet every expiration is one too many. What is sent may be
    // taken at once.
    timer->overrun += count - 1;
    if (!SendFromTimer(timer->target, info)) ++timer->overrun;
  }
  return next;
}

void TimerSignalTaken(siginfo_t* info) {
  SignalTimer& timer = signal_timers[info->si_timerid];
  info->si_overrun = static_cast<int>(timer.overrun);
  timer.reported = timer.overrun;
  timer.overrun = 0;
}

void ResetSignalTimers() {
  for (; used_end > 0; --used_end) signal_timers[used_end - 1] = {};
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, setitimer, int which, const itimerval* wanted, itimerval* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    NoteEarlyTimer();
    return REAL(setitimer)(which, wanted, old);
  }
  RequireSignals("setitimer");
  if (which < 0 || which >= kIntervalTimers) return ErrnoResult(EINVAL);
  if (wanted != nullptr && (!IsSettable(wanted->it_value) || !IsSettable(wanted->it_interval))) {
    return ErrnoResult(EINVAL);
  }
  PointOn(self, OpKind::kSignalSend, Access::kWrite, kIoObject);
  SignalTimer& timer = IntervalTimer(which);
  if (old != nullptr) *old = {ToTimeval(timer.interval), ToTimeval(Left(timer))};
  const int64_t value = wanted != nullptr ? ToNs(wanted->it_value) : 0;
  Arm(self, timer, value == 0 ? kNever : DeadlineAfter(value),
      wanted != nullptr ? ToNs(wanted->it_interval) : 0);
  return 0;
}

INTERPOSE(int, getitimer, int which, itimerval* setting) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(getitimer)(which, setting);
  RequireSignals("getitimer");
  if (which < 0 || which >= kIntervalTimers) return ErrnoResult(EINVAL);
  PointOn(self, OpKind::kClockRead, Access::kRead, kClockObject);
  const SignalTimer& timer = IntervalTimer(which);
  *setting = {ToTimeval(timer.interval), ToTimeval(Left(timer))};
  return 0;
}

INTERPOSE(unsigned, alarm, unsigned seconds) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    NoteEarlyTimer();
    return REAL(alarm)(seconds);
  }
  RequireSignals("alarm");
  const itimerval wanted = {{0, 0}, {static_cast<time_t>(seconds), 0}};
  itimerval old;
  heddle_setitimer(ITIMER_REAL, &wanted, &old);
  // As the system: rounded, but never to 0.
  const bool up =
      old.it_value.tv_usec >= 500'000 || (old.it_value.tv_sec == 0 && old.it_value.tv_usec != 0);
  return static_cast<unsigned>(old.it_value.tv_sec) + (up ? 1 : 0);
}

INTERPOSE(useconds_t, ualarm, useconds_t microseconds, useconds_t interval) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(ualarm)(microseconds, interval);
  const itimerval wanted = {{interval / 1'000'000, interval % 1'000'000},
                            {microseconds / 1'000'000, microseconds % 1'000'000}};
  itimerval old;
  if (heddle_setitimer(ITIMER_REAL, &wanted, &old) != 0) return static_cast<useconds_t>(-1);
  return static_cast<useconds_t>(old.it_value.tv_sec * 1'000'000 + old.it_value.tv_usec);
}

INTERPOSE(int, timer_create, clockid_t clock, struct sigevent* event, timer_t* id) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    NoteEarlyTimer();
    return REAL(timer_create)(clock, event, id);
  }
  RequireSignals("timer_create");
  timespec resolution;
  if (clock_getres(clock, &resolution) != 0) return ErrnoResult(EINVAL);
  const int notify = event != nullptr ? event->sigev_notify : SIGEV_SIGNAL;
  const int signal = event != nullptr ? event->sigev_signo : SIGALRM;
  if (notify != SIGEV_NONE && notify != SIGEV_SIGNAL && notify != SIGEV_THREAD &&
      notify != SIGEV_THREAD_ID) {
    return ErrnoResult(EINVAL);
  }
  if ((notify == SIGEV_SIGNAL || notify == SIGEV_THREAD_ID) && !IsModelled(signal)) {
    return ErrnoResult(EINVAL);
  }
  Thread* target = nullptr;
  if (notify == SIGEV_THREAD_ID) {
    target = const_cast<Thread*>(FindThreadById(event->_sigev_un._tid));
    if (target == nullptr) return ErrnoResult(EINVAL);
  }
  for (int i = kIntervalTimers; i < kMostSignalTimers; ++i) {
    SignalTimer& timer = signal_timers[i];
    if (timer.used) continue;
    TakeTimer(i);
    timer.clock = clock;
    timer.notify = notify;
    timer.signal = signal;
    timer.code = SI_TIMER;
    timer.target = target;
    if (event != nullptr) {
      timer.value = event->sigev_value;
    } else {
      timer.value.sival_int = i;
    }
    if (notify == SIGEV_THREAD) {
      timer.function = event->sigev_notify_function;
      if (const int error = StartNotifier(&timer); error != 0) {
        timer.used = false;
        return ErrnoResult(error);
      }
    }
    *id = reinterpret_cast<timer_t>(static_cast<intptr_t>(i));
    return 0;
  }
  return ErrnoResult(EAGAIN);
}

INTERPOSE(int, timer_settime, timer_t id, int flags, const itimerspec* wanted, itimerspec* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timer_settime)(id, flags, wanted, old);
  SignalTimer* timer = FindSignalTimer(id);
  if (timer == nullptr || wanted == nullptr || !IsSettable(wanted->it_value) ||
      !IsSettable(wanted->it_interval)) {
    return ErrnoResult(EINVAL);
  }
  PointOn(self, OpKind::kSignalSend, Access::kWrite, kIoObject);
  if (old != nullptr) *old = SignalSettingOf(*timer);
  const int64_t value = runtime::ToNs(wanted->it_value);
  int64_t deadline = kNever;
  if (value != 0) {
    deadline = (flags & TIMER_ABSTIME) != 0 ? DeadlineOf(timer->clock, &wanted->it_value)
                                            : DeadlineAfter(value);
  }
  timer->overrun = timer->reported = 0;
  Arm(self, *timer, deadline, value != 0 ? runtime::ToNs(wanted->it_interval) : 0);
  return 0;
}

INTERPOSE(int, timer_gettime, timer_t id, itimerspec* setting) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timer_gettime)(id, setting);
  const SignalTimer* timer = FindSignalTimer(id);
  if (timer == nullptr) return ErrnoResult(EINVAL);
  PointOn(self, OpKind::kClockRead, Access::kRead, kClockObject);
  *setting = SignalSettingOf(*timer);
  return 0;
}

INTERPOSE(int, timer_getoverrun, timer_t id) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timer_getoverrun)(id);
  const SignalTimer* timer = FindSignalTimer(id);
  if (timer == nullptr) return ErrnoResult(EINVAL);
  return static_cast<int>(timer->reported);
}

INTERPOSE(int, timer_delete, timer_t id) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(timer_delete)(id);
  SignalTimer* timer = FindSignalTimer(id);
  if (timer == nullptr) return ErrnoResult(EINVAL);
  PointOn(self, OpKind::kSignalSend, Access::kRead, kIoObject);
  Disarm(*timer);
  if (timer->notify == SIGEV_THREAD) {
    timer->deleted = true;  // the notifier frees it
    Changed(timer);
  } else {
    timer->used = false;
  }
  return 0;
}
