#include "sim/runtime/strategies/happens_before.h"

#include <algorithm>

namespace heddle::sim {
namespace {

// Whether the operation may end a deadline, or wake somebody who has one. Conservative.
bool TouchesDeadlines(const Operation& operation) {
  switch (operation.kind) {
    case OpKind::kNone:
    case OpKind::kThreadCreate:
    case OpKind::kThreadStart:
    case OpKind::kThreadDetach:
    case OpKind::kAtomicLoad:
    case OpKind::kAtomicStore:
    case OpKind::kAtomicRmw:
    case OpKind::kFence:
    case OpKind::kMutexLock:
    case OpKind::kMutexTryLock:
    case OpKind::kMutexInit:
    case OpKind::kMutexDestroy:
    case OpKind::kReadLock:
    case OpKind::kWriteLock:
    case OpKind::kTryReadLock:
    case OpKind::kTryWriteLock:
    case OpKind::kSpinLock:
    case OpKind::kSpinTryLock:
    case OpKind::kSpinUnlock:
    case OpKind::kOnce:
    case OpKind::kStaticGuard:
    case OpKind::kSemTryWait:
    case OpKind::kYield:
    case OpKind::kAllocate:
    case OpKind::kFree:
    case OpKind::kMemoryRead:
    case OpKind::kMemoryWrite:
    case OpKind::kRandom:
      return false;
    default:
      return true;
  }
}

}  // namespace

bool Depends(const Operation& a, const Operation& b) {
  if (MayConflict(a, b)) return true;
  if ((a.follows_exit && b.kind == OpKind::kThreadExit) ||
      (b.follows_exit && a.kind == OpKind::kThreadExit)) {
    return true;
  }
  return (a.kind == OpKind::kClockAdvance && TouchesDeadlines(b)) ||
         (b.kind == OpKind::kClockAdvance && TouchesDeadlines(a)) ||
         (a.sets_deadline && b.object == kClockObject) ||
         (b.sets_deadline && a.object == kClockObject);
}

bool MaySetDeadline(const Operation& operation) {
  if (operation.sets_deadline || operation.blocking == Blocking::kTimed) return true;
  switch (operation.kind) {
    case OpKind::kThreadExit:
    case OpKind::kThreadJoin:
    case OpKind::kMutexUnlock:
    case OpKind::kRwUnlock:
    case OpKind::kCondWait:
    case OpKind::kCondWake:
    case OpKind::kCondSignal:
    case OpKind::kCondBroadcast:
    case OpKind::kCondDestroy:
    case OpKind::kBarrierWait:
    case OpKind::kBarrierWake:
    case OpKind::kSemWait:
    case OpKind::kSemPost:
    case OpKind::kFutexWait:
    case OpKind::kFutexWake:
    case OpKind::kFutexWoken:
    case OpKind::kIo:  // arms a timer at most: then the clock is offered at the next point
    case OpKind::kIoWait:
    case OpKind::kExit:
    case OpKind::kProcessEnd:
      return false;
    default:
      return TouchesDeadlines(operation);
  }
}

bool MayBeCoEnabled(const Operation& done, const Operation& pending) {
  switch (done.kind) {
    case OpKind::kMutexUnlock:
      return pending.kind != OpKind::kMutexLock;
    case OpKind::kSpinUnlock:
      return pending.kind != OpKind::kSpinLock;
    case OpKind::kRwUnlock:
      return pending.kind != OpKind::kWriteLock;
    case OpKind::kThreadExit:
      return pending.kind != OpKind::kThreadJoin || pending.blocking != Blocking::kUnbounded;
    case OpKind::kThreadCreate:
      return pending.kind != OpKind::kThreadStart;
    default:
      return true;
  }
}

void HappensBefore::Clear() {
  created_ = 0;
  steps_.clear();
  clocks_.clear();
  for (std::vector<uint32_t>& steps : steps_of_) steps.clear();
  for (std::vector<uint32_t>& clock : now_) clock.clear();
}

void HappensBefore::Join(std::vector<uint32_t>& clock, uint32_t step) const {
  const Step& s = steps_[step];
  if (clock.size() < s.clock_size) clock.resize(s.clock_size);
  for (uint32_t i = 0; i < s.clock_size; ++i) clock[i] = std::max(clock[i], clocks_[s.clock + i]);
}

bool HappensBefore::MayEnable(uint32_t step, const Operation& next) const {
  for (uint32_t later = step + 1; later < size(); ++later) {
    if (!Before(step, later) && Depends(steps_[later].operation, next)) return true;
  }
  return false;
}

void HappensBefore::Initials(uint32_t step, ThreadNumber thread, const Operation& next,
                             std::vector<ThreadNumber>& initials) const {
  initials.clear();
  bool next_waits = false;  // for a step of the sequence, which it depends on
  std::vector<uint32_t> first(steps_of_.size(), 0);  // step of each thread; 0: none (step >= 0)
  for (uint32_t later = step + 1; later < size(); ++later) {
    if (Before(step, later)) continue;
    uint32_t& mine = first[steps_[later].thread];
    if (mine == 0) mine = later;
    next_waits = next_waits || Depends(steps_[later].operation, next);
  }
  const auto waits = [&](uint32_t mine) {
    return std::any_of(first.begin(), first.end(), [&](uint32_t other) {
      return other != 0 && other != mine && Before(other, mine);
    });
  };
  for (uint32_t dense = 0; dense < first.size(); ++dense) {
    if (first[dense] != 0 && !waits(first[dense])) {
      initials.push_back(dense == 0 ? kClock : dense - 1);
    }
  }
  const uint32_t self = Dense(thread);
  if (!next_waits && (self >= first.size() || first[self] == 0)) initials.push_back(thread);
}

void HappensBefore::Add(ThreadNumber thread, const Operation& operation) {
  const uint32_t self = Dense(thread);
  MakeRoomFor(self);
  std::vector<uint32_t>& clock = now_[self];
  if (clock.size() <= self) clock.resize(self + 1);
  // The latest dependent step of each thread brings the earlier ones with it.
  ForEachUnordered(thread, [&](uint32_t step) {
    if (!Depends(steps_[step].operation, operation)) return true;
    Join(clock, step);
    return false;
  });
  clock[self] = static_cast<uint32_t>(steps_of_[self].size()) + 1;
  steps_of_[self].push_back(size());
  steps_.push_back(
      {operation, self, clock[self], clocks_.size(), static_cast<uint32_t>(clock.size())});
  clocks_.insert(clocks_.end(), clock.begin(), clock.end());
  if (CreatesThread(operation)) {
    const uint32_t child = Dense(++created_);
    MakeRoomFor(child);
    Join(now_[child], size() - 1);
  }
}

void HappensBefore::MakeRoomFor(uint32_t dense) {
  if (steps_of_.size() > dense) return;
  steps_of_.resize(dense + 1);
  now_.resize(dense + 1);
}

}  // namespace heddle::sim
