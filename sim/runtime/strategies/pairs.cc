#include "sim/runtime/strategies/pairs.h"

#include <algorithm>

#include "sim/protocol/hash.h"

namespace heddle::sim {
namespace {

bool AcquiresLock(const Operation& operation) {
  switch (operation.kind) {
    case OpKind::kMutexLock:
    case OpKind::kReadLock:
    case OpKind::kWriteLock:
    case OpKind::kSpinLock:
      return true;
    // Those that failed are reads.
    case OpKind::kMutexTryLock:
    case OpKind::kMutexTimedLock:
    case OpKind::kTryReadLock:
    case OpKind::kTryWriteLock:
    case OpKind::kTimedReadLock:
    case OpKind::kTimedWriteLock:
    case OpKind::kSpinTryLock:
      return operation.access == Access::kWrite;
    default:
      return false;
  }
}

bool ReleasesLock(const Operation& operation) {
  return operation.kind == OpKind::kMutexUnlock || operation.kind == OpKind::kRwUnlock ||
         operation.kind == OpKind::kSpinUnlock;
}

}  // namespace

void Pairs::NewExecution() {
  ++execution_;
  fresh_ = 0;
  names_.NewExecution();
  for (std::vector<uint32_t>& locks : held_) locks.clear();
}

void Pairs::Add(Covered set, uint64_t first, uint64_t second) {
  if (AddHash(set, Mix(first, second))) ++fresh_;
}

void Pairs::Note(const Point& point) {
  if (point.last_thread >= kNoThread) return;
  names_.Note(point);
  if (point.last.object == kNoObject || point.last.access == Access::kNone) return;
  const uint32_t thread = names_.Thread(point.last_thread);
  const uint32_t object = names_.Object(thread, point.last);
  if (object == Identities::kNone) return;
  NoteLocks(thread, object, point.last);
  NotePairs(thread, object, point.last);
}

void Pairs::NoteLocks(uint32_t thread, uint32_t object, const Operation& operation) {
  const bool acquires = AcquiresLock(operation);
  if (!acquires && !ReleasesLock(operation)) return;
  if (held_.size() <= thread) held_.resize(thread + 1);
  std::vector<uint32_t>& locks = held_[thread];
  if (acquires) {
    for (const uint32_t lock : locks) Add(Covered::kLockOrders, lock, object);
    locks.push_back(object);
  } else {
    std::erase(locks, object);
  }
}

void Pairs::NotePairs(uint32_t thread, uint32_t index, const Operation& operation) {
  if (objects_.size() <= index) objects_.resize(index + 1);
  Object& object = objects_[index];
  if (object.execution != execution_) object = {execution_, {}, {}};
  const auto hash = [&](const Actor& actor) {
    return (uint64_t{index} << 32) ^ (uint64_t{actor.thread} << 8) ^ actor.kind;
  };
  const Actor now = {thread, static_cast<uint32_t>(operation.kind)};
  if (object.last.thread != Identities::kNone && object.last.thread != thread) {
    Add(Covered::kAdjacent, hash(object.last), hash(now));
  }
  if (object.written.thread != Identities::kNone && object.written.thread != thread) {
    Add(Covered::kReadsFrom, hash(object.written), hash(now));
  }
  object.last = now;
  if (operation.access == Access::kWrite) object.written = now;
}

}  // namespace heddle::sim
