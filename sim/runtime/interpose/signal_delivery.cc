// See signal_delivery.h.
#include "sim/runtime/interpose/signal_delivery.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/interpose/cancel.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/signal_handlers.h"
#include "sim/runtime/interpose/signal_offers.h"

namespace heddle::sim::runtime {
namespace {

constexpr int kLastStandardSignal = 31;  // of each of these, one is pending at most
constexpr uint32_t kMostPending =
    1024;  // further ones are refused (EAGAIN), as by RLIMIT_SIGPENDING

struct PendingSignal {
  Thread* target;  // null: the process
  siginfo_t info;
};
constinit PendingSignal pending_signals[kMostPending] = {};  // in the order in which they were sent
constinit uint32_t pending_count = 0;

constinit Thread* spare_couriers[kMaxLiveThreads] = {};
constinit uint32_t spare_courier_count = 0;

// (The thread of a child process has signals of its own, there.)
bool HasStarted(const Thread* thread) {
  return thread->child_process == 0 && thread->alive && !thread->finished && !thread->ended &&
         thread->courier_of == nullptr && !thread->is_courier &&
         thread->pending.kind != OpKind::kThreadStart;
}
bool AwaitsIt(const Thread* thread, int signal) {
  return (thread->awaited_signals & SignalBit(signal)) != 0;
}

template <typename Visit>
void ForEachThread(Visit visit) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && !thread->is_courier) visit(thread);
  }
}

bool IsFor(const PendingSignal& signal, const Thread* thread) {
  return signal.target == nullptr || signal.target == thread;
}

// A signal to go on takes back those to stop, and the other way round (signal(7), POSIX.1-2017,
// 2.4.1).
void TakeBackOpposite(int signal) {
  constexpr SignalSet kStops = SignalBit(SIGTSTP) | SignalBit(SIGTTIN) | SignalBit(SIGTTOU);
  const SignalSet opposite = signal == SIGCONT        ? kStops
                             : StopsByDefault(signal) ? SignalBit(SIGCONT)
                                                      : SignalSet{0};
  if (opposite == 0) return;
  const auto is_opposite = [opposite](const PendingSignal& pending) {
    return (SignalBit(pending.info.si_signo) & opposite) != 0;
  };
  pending_count = static_cast<uint32_t>(
      std::remove_if(pending_signals, pending_signals + pending_count, is_opposite) -
      pending_signals);
  UpdateSignalDescriptors(0);
}

enum class Queued : uint8_t { kNew, kAlready, kFull };
Queued Enqueue(Thread* target, const siginfo_t& info) {
  const bool once = info.si_signo <= kLastStandardSignal;
  for (uint32_t i = 0; i < pending_count; ++i) {
    const PendingSignal& other = pending_signals[i];
    if (other.target != target || other.info.si_signo != info.si_signo) continue;
    // A timer's is pending once, too; what comes on top is its overrun.
    const bool same_timer = info.si_code == SI_TIMER && other.info.si_code == SI_TIMER &&
                            info.si_timerid == other.info.si_timerid;
    if (once || same_timer) return Queued::kAlready;
  }
  if (pending_count == kMostPending) return Queued::kFull;
  pending_signals[pending_count++] = {target, info};
  UpdateSignalDescriptors(SignalBit(info.si_signo));
  IoChanged();
  return Queued::kNew;
}

// The main thread before others, as the system does. Null: nobody can take it now.
Thread* FirstTaker(const Thread* target, int signal) {
  for (uint32_t slot = 0; slot < kernel.threads.slot_end; ++slot) {
    Thread* taker = kernel.threads.slots[slot];
    if (taker == nullptr || taker->is_courier || (target != nullptr && target != taker)) continue;
    if (CanTake(taker, signal)) return taker;
  }
  return nullptr;
}

Thread* NewCourier() {
  void* memory = spare_courier_count > 0 ? spare_couriers[--spare_courier_count]
                                         : AllocatePrivate(sizeof(Thread));
  Thread* courier = new (memory) Thread;
  courier->is_courier = true;
  courier->pending = {.kind = OpKind::kSignalArrive, .access = Access::kWrite, .object = kIoObject};
  return courier;
}

void AddCourier(Thread* target, int signal) {
  Thread* courier = NewCourier();
  courier->courier_of = target;
  courier->courier_signal = signal;
  AddThread(courier);
  ++kernel.threads.couriers;
}

bool IsPendingFor(const Thread* thread, int signal) {
  return (PendingFor(thread) & SignalBit(signal)) != 0;
}

// Those whose signal somebody else has taken.
void RemoveIdleCouriers() {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* courier = kernel.threads.slots[i];
    if (courier == nullptr || courier->courier_of == nullptr) continue;
    if (!IsPendingFor(courier->courier_of, courier->courier_signal)) RemoveCourier(courier);
  }
}

}  // namespace

bool CanTake(const Thread* thread, int signal) {
  return HasStarted(thread) && (thread->own.signal_mask & SignalBit(signal)) == 0;
}

SignalSet SetOf(const sigset_t* set) {
  SignalSet bits;
  memcpy(&bits, set, sizeof bits);
  return bits;
}

// (For a signal to the process the system asks the main thread's mask.)
bool IsDropped(const Thread* target, int signal) {
  if (!Ignores(ActionOf(signal), signal)) return false;
  const Thread* asked = target != nullptr ? target : kernel.threads.main;
  bool awaited = false;
  ForEachThread([&](const Thread* thread) {
    awaited = awaited || ((target == nullptr || target == thread) && AwaitsIt(thread, signal));
  });
  return !awaited && (asked->own.signal_mask & SignalBit(signal)) == 0;
}

void RemoveCourier(Thread* courier) {
  KERNEL_CHECK(courier->alive && courier->is_courier, "a courier that goes is there");
  if (courier->ready != nullptr) --kernel.threads.waiting;
  const bool had_deadline = courier->deadline != kNever;
  courier->ready = nullptr;
  courier->deadline = kNever;
  RemoveThread(courier);
  --kernel.threads.couriers;
  if (had_deadline) RecomputeDeadline();
  if (spare_courier_count < kMaxLiveThreads) spare_couriers[spare_courier_count++] = courier;
}

bool SignalsAreModelled() { return kernel.request.rules >= 3; }

bool IsModelled(int signal) {
  if (!SignalsAreModelled() || signal < 1 || signal > 64) return false;
  return !IsFault(signal) && signal != SIGKILL && signal != SIGSTOP && signal != kWatchdogSignal;
}

bool SendingIsModelled(const Thread* target, int signal) {
  if (IsModelled(signal)) return true;
  constexpr uint32_t kFirstToKeep = 8;  // of the rules
  if (!IsFault(signal) || kernel.request.rules < kFirstToKeep) return false;
  bool blocked = true;
  ForEachThread([&](const Thread* thread) {
    if ((target == nullptr || target == thread) && CanTake(thread, signal)) blocked = false;
  });
  return blocked;
}

siginfo_t SignalInfo(int signal, int code) {
  siginfo_t info = {};
  info.si_signo = signal;
  info.si_code = code;
  info.si_pid = OwnProcessNumber();
  info.si_uid = kUser;
  return info;
}

SignalSet PendingFor(const Thread* thread) {
  SignalSet set = 0;
  for (uint32_t i = 0; i < pending_count; ++i) {
    if (IsFor(pending_signals[i], thread)) set |= SignalBit(pending_signals[i].info.si_signo);
  }
  return set;
}

SignalSet PendingForAny() {
  SignalSet set = 0;
  for (uint32_t i = 0; i < pending_count; ++i) set |= SignalBit(pending_signals[i].info.si_signo);
  return set;
}

bool TakePending(Thread* thread, SignalSet set, siginfo_t* info) {
  // The thread's own first, as the system does; the lowest number; the one that was sent first.
  uint32_t best = kMostPending;
  const auto rank = [&](uint32_t i) {
    return (pending_signals[i].target == nullptr ? 256 : 0) + pending_signals[i].info.si_signo;
  };
  for (uint32_t i = 0; i < pending_count; ++i) {
    if (!IsFor(pending_signals[i], thread) ||
        (SignalBit(pending_signals[i].info.si_signo) & set) == 0)
      continue;
    if (best == kMostPending || rank(i) < rank(best)) best = i;
  }
  if (best == kMostPending) return false;
  *info = pending_signals[best].info;
  memmove(pending_signals + best, pending_signals + best + 1,
          (pending_count - best - 1) * sizeof pending_signals[0]);
  --pending_count;
  if (info->si_code == SI_TIMER) TimerSignalTaken(info);
  UpdateSignalDescriptors(0);
  IoChanged();
  RemoveIdleCouriers();
  WithdrawIdleOffers();
  return true;
}

bool HandlePending(Thread* self) {
  bool handled = false;
  siginfo_t info;
  while (pending_count != 0 && TakePending(self, ~self->own.signal_mask, &info)) {
    handled = HandleOne(self, info) || handled;
  }
  return handled;
}

void ChangeMask(Thread* self, SignalSet mask) {
  SetOwnMask(self, mask);
  HandlePending(self);
}

int SendSignal(Thread* self, Thread* target, const siginfo_t& info) {
  const int signal = info.si_signo;
  PointOn(self, OpKind::kSignalSend, Access::kWrite, kIoObject);
  TakeBackOpposite(signal);
  if ((target != nullptr && !HasStarted(target) && target->pending.kind != OpKind::kThreadStart) ||
      IsDropped(target, signal)) {
    OnlyRead(self);
    return 0;
  }
  const Queued queued = Enqueue(target, info);
  if (queued != Queued::kNew) {
    OnlyRead(self);
    return queued == Queued::kFull ? EAGAIN : 0;
  }
  bool awaited = false;
  uint32_t takers = 0;
  ForEachThread([&](const Thread* thread) {
    if (target != nullptr && target != thread) return;
    awaited = awaited || AwaitsIt(thread, signal);
    takers += CanTake(thread, signal) ? 1 : 0;
  });
  const bool for_process = target == nullptr;
  const bool only_self =
      CanTake(self, signal) && (target == self || (for_process && takers == 1 && !awaited));
  if (only_self || takers == 0) {
    OnlyRead(self);
    if (only_self) HandlePending(self);
    return 0;
  }
  // A step for each courier, so that strategies know who was created by what.
  bool first = true;
  for (uint32_t slot = 0; slot < kernel.threads.slot_end; ++slot) {
    Thread* taker = kernel.threads.slots[slot];
    if (taker == nullptr || (target != nullptr && target != taker) || !CanTake(taker, signal)) {
      continue;
    }
    if (!first) {
      PointOn(self, OpKind::kSignalSend, Access::kWrite, kIoObject);
      // Others ran meanwhile.
      if (kernel.threads.slots[slot] != taker || !CanTake(taker, signal) ||
          !IsPendingFor(taker, signal)) {
        OnlyRead(self);
        continue;
      }
    }
    first = false;
    AddCourier(taker, signal);
  }
  return 0;
}

// --- For Schedule() ---

namespace {

bool TimerSleeps(Thread*) { return false; }

// A signal arrives at `target`: it handles it when it is chosen next.
void ArriveAt(Thread* target, const siginfo_t& info) {
  HandlesNext(target);
  target->arrived_info = info;
}

// What nobody is about to handle yet goes to the first thread that can take it.
void OfferTo(Thread* target) {
  if (target->arrived) return;  // it takes all that is left behind its handler
  siginfo_t info;
  if (!TakePending(target, ~target->own.signal_mask, &info)) return;
  const struct sigaction action = ActionOf(info.si_signo);
  if (Ignores(action, info.si_signo)) return;
  if (action.sa_handler == SIG_DFL) return DieOf(target, info);
  ArriveAt(target, info);
}

void ExpireTimer(Thread* courier) {
  --kernel.threads.waiting;
  courier->ready = nullptr;
  courier->deadline = kNever;
  courier->timed_out = false;
  courier->pending.blocking = Blocking::kNot;
  const int64_t next = TimerExpires(courier->courier_timer);
  if (next == kNever) return RemoveCourier(courier);
  courier->ready = TimerSleeps;
  courier->deadline = next;
  courier->pending.blocking = Blocking::kTimed;
  ++kernel.threads.waiting;
  SetEnabled(courier, false);
  courier->passed_over_since = kNotPassedOver;
  RecomputeDeadline();
}

}  // namespace

void Arrive(Thread* courier) {
  const Operation arrival = courier->pending;
  if (courier->courier_timer != nullptr) {
    ExpireTimer(courier);
  } else if (courier->courier_child != 0) {
    ChildEndArrives(courier);
  } else {
    Thread* target = courier->courier_of;
    const int signal = courier->courier_signal;
    RemoveCourier(courier);
    if (CanTake(target, signal) && IsPendingFor(target, signal)) OfferTo(target);
  }
  kernel.view.last = arrival;
}

bool HandleArrived(Thread* self) {
  KERNEL_CHECK(self->arrived, "a signal has arrived");
  if (self->offered) TakeOffer(self);
  const siginfo_t info = self->arrived_info;
  const Operation interrupted = self->interrupted_operation;
  self->arrived = false;
  SuspendedWait wait;
  SuspendWait(self, &wait);
  if (info.si_signo == kCancelSignal) Cancel(self);
  HandleOne(self, info);
  bool restarts = self->restarts;
  // More that came in the meantime, or that its mask has held back.
  while (pending_count != 0) {
    siginfo_t more;
    if (!TakePending(self, ~self->own.signal_mask, &more)) break;
    // (Of handlers that begin together the first one says whether a call restarts.)
    if (HandleOne(self, more) && kernel.request.rules < kFirstWithNesting) {
      restarts = restarts && self->restarts;
    }
  }
  const bool ends =
      wait.on_signal == OnSignal::kReturns || (wait.on_signal == OnSignal::kRestarts && !restarts);
  kernel.view.last = self->pending;
  self->pending = interrupted;
  if (wait.ready != nullptr && (ends || wait.left_queue)) {
    self->interrupted = true;
    self->restarts = restarts;
    return false;
  }
  ResumeWait(self, wait);
  return true;
}

// --- Timers ---

Thread* StartTimerCourier(SignalTimer* timer, int64_t deadline) {
  Thread* courier = NewCourier();
  courier->courier_timer = timer;
  AddThread(courier);
  ++kernel.threads.couriers;
  courier->ready = TimerSleeps;
  courier->deadline = deadline;
  courier->pending.blocking = Blocking::kTimed;
  ++kernel.threads.waiting;
  if (deadline <= kernel.clock.now) {
    courier->timed_out = true;
  } else {
    SetEnabled(courier, false);
    courier->passed_over_since = kNotPassedOver;
    DeadlineAdded(deadline);
  }
  return courier;
}

void StopTimerCourier(Thread* courier) { RemoveCourier(courier); }

bool SendFromTimer(Thread* target, const siginfo_t& info) {
  const int signal = info.si_signo;
  TakeBackOpposite(signal);
  if (IsDropped(target, signal)) return true;
  if (Enqueue(target, info) != Queued::kNew) return false;
  if (target == nullptr && OfferToAll(info)) return true;
  if (Thread* taker = FirstTaker(target, signal)) OfferTo(taker);
  return true;
}

// --- Child processes ---

void AddChildCourier(const ChildProcess* child, uint32_t position) {
  Thread* courier = NewCourier();
  courier->courier_child = position;
  const ThreadNumber next = kernel.threads.next_number;
  kernel.threads.next_number = static_cast<ThreadNumber>(child->number - kProcessNumber);
  AddThread(courier);
  kernel.threads.next_number = next;
  ++kernel.threads.couriers;
}

Thread* FindChildCourier(uint32_t position) {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && thread->courier_child == position) return thread;
  }
  return nullptr;
}

void SendAtOnce(Thread* self, const siginfo_t& info) {
  if (IsDropped(nullptr, info.si_signo) || Enqueue(nullptr, info) != Queued::kNew) return;
  Thread* taker = FirstTaker(nullptr, info.si_signo);
  if (taker == self) {
    HandlePending(self);
  } else if (taker != nullptr) {
    OfferTo(taker);
  }
}

void ForgetSignals() {
  pending_count = 0;
  kernel.threads.couriers = 0;
  ResetSignalTimers();
}

void ResetSignals() {
  ForgetSignals();
  ResetSignalDescriptors();
}

}  // namespace heddle::sim::runtime
