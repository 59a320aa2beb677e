// What each instruction of the abstract machine announces, needs and does.
#include <iterator>

#include "sim/runtime/strategies/testing/machine.h"

namespace heddle::sim::model {
namespace {

// The machine's objects by kind: number i of one is object base + i for the strategy.
enum Base : ObjectId {
  kNothing = 0,
  kVariables = 100,
  kMutexes = 200,
  kSemaphores = 300,
  kConditions = 400,
};
ObjectId Object(Base base, int i) {
  return base == kNothing ? kNoObject : base + static_cast<ObjectId>(i);
}

// By Do.
struct Form {
  const char* name;
  OpKind kind = OpKind::kNone;  // kNone: not a step
  Access access = Access::kNone;
  Base base = kNothing;
};
constexpr Form kForms[] = {
    {"load", OpKind::kAtomicLoad, Access::kRead, kVariables},
    {"store", OpKind::kAtomicStore, Access::kWrite, kVariables},
    {"plain-load", OpKind::kMemoryRead, Access::kRead, kVariables},
    {"plain-store", OpKind::kMemoryWrite, Access::kWrite, kVariables},
    {"store-sum", OpKind::kAtomicStore, Access::kWrite, kVariables},
    {"add", OpKind::kAtomicRmw, Access::kWrite, kVariables},
    {"cas", OpKind::kAtomicRmw, Access::kWrite, kVariables},
    {"lock", OpKind::kMutexLock, Access::kWrite, kMutexes},
    {"unlock", OpKind::kMutexUnlock, Access::kWrite, kMutexes},
    {"try", OpKind::kMutexTryLock, Access::kWrite, kMutexes},
    {"wait", OpKind::kSemWait, Access::kWrite, kSemaphores},
    {"timed-wait", OpKind::kSemTimedWait, Access::kWrite, kSemaphores},
    {"post", OpKind::kSemPost, Access::kWrite, kSemaphores},
    {"cond-wait", OpKind::kCondWait, Access::kWrite, kConditions},
    {"signal", OpKind::kCondSignal, Access::kWrite, kConditions},
    {"sleep", OpKind::kSleep},
    {"time", OpKind::kClockRead, Access::kRead},
    {"yield", OpKind::kYield},
    {"jump-if"},
    {"jump-if-not"},
    {"fail-unless"},
};
static_assert(std::size(kForms) == static_cast<size_t>(Do::kCount));

const Form& FormOf(Do what) { return kForms[static_cast<size_t>(what)]; }

}  // namespace

const char* NameOf(Do what) { return FormOf(what).name; }

Operation Machine::Announce(uint32_t index) const {
  const Instruction& next = *Next(index);
  const int stage = threads_[index].stage;
  const Form& form = FormOf(next.what);
  Operation operation = {
      .kind = form.kind, .access = form.access, .object = Object(form.base, next.object)};
  if (next.what == Do::kReadClock) operation.object = kClockObject;
  if (next.what == Do::kSleep && stage > 0) operation.kind = OpKind::kSleepEnd;
  if (next.what != Do::kCondWait) return operation;
  const ObjectId mutex = Object(kMutexes, next.value);
  if (stage == 0) {
    operation.second = mutex;
  } else if (stage == 1) {
    operation.kind = OpKind::kCondWake;
  } else {
    operation.kind = OpKind::kMutexLock;
    operation.object = mutex;
  }
  return operation;
}

// The signal that wakes a thread in its condition wait, or null.
const uint64_t* Machine::SignalFor(uint32_t index) const {
  const auto signals = signals_.find(Next(index)->object);
  if (signals == signals_.end()) return nullptr;
  for (const uint64_t& signal : signals->second) {
    if (signal > threads_[index].waits_since) return &signal;
  }
  return nullptr;
}

bool Machine::CanGoOn(uint32_t index) const {
  const Thread& thread = threads_[index];
  const Instruction& next = *Next(index);
  const bool expired = thread.deadline >= 0 && thread.deadline <= now_;
  switch (next.what) {
    case Do::kLock:
      return !owners_.contains(next.object);
    case Do::kWait:
      return semaphores_[next.object] > 0;
    case Do::kTimedWait:
      return thread.stage == 0 || semaphores_[next.object] > 0 || expired;
    case Do::kCondWait:
      if (thread.stage == 1) return SignalFor(index) != nullptr;
      return thread.stage == 0 || !owners_.contains(next.value);
    case Do::kSleep:
      return thread.stage == 0 || expired;
    default:
      return true;
  }
}

void Machine::SetRegister(uint32_t index, int value) {
  threads_[index].reg = value;
  threads_[index].read.push_back(value);
}

Operation Machine::Perform(uint32_t index) {
  Thread& thread = threads_[index];
  const Instruction& next = *Next(index);
  Operation done = Announce(index);
  bool finished = true;
  switch (next.what) {
    case Do::kLock:
      owners_[next.object] = static_cast<int>(index);
      break;
    case Do::kTryLock:
      if (!PerformTryLock(index)) done.access = Access::kRead;
      break;
    case Do::kUnlock:
      owners_.erase(next.object);
      break;
    case Do::kWait:
      --semaphores_[next.object];
      break;
    case Do::kTimedWait:
      finished = PerformTimedWait(index);
      break;
    case Do::kPost:
      ++semaphores_[next.object];
      break;
    case Do::kCondWait:
      finished = PerformCondWait(index);
      break;
    case Do::kSignal:
      PerformSignal(index);
      break;
    case Do::kSleep:
      finished = ++thread.stage == 2;
      if (!finished) thread.deadline = now_ + next.value;
      break;
    case Do::kReadClock:
      SetRegister(index, static_cast<int>(now_));
      break;
    case Do::kYield:
      break;
    default:
      if (!PerformOnVariable(index)) done.access = Access::kRead;
      if (program_->weak) TakeNoteOfStore(index, done);
      break;
  }
  if (finished) {
    ++thread.next;
    thread.stage = 0;
    thread.deadline = -1;
    SkipJumps(index);
  }
  return done;
}

// False: a compare-exchange that failed.
bool Machine::PerformOnVariable(uint32_t index) {
  const Instruction& next = *Next(index);
  int& variable = variables_[next.object];
  switch (next.what) {
    case Do::kStore:
    case Do::kPlainStore:
      variable = next.value;
      return true;
    case Do::kStoreSum:
      variable = threads_[index].reg + next.value;
      return true;
    case Do::kAdd:
      SetRegister(index, variable);
      variable += next.value;
      return true;
    case Do::kCas:
      SetRegister(index, variable);
      if (variable != 0) return false;
      variable = next.value;
      return true;
    default:
      SetRegister(index, chosen_ == 0 ? variable : StoredBefore(next.object, chosen_));
      return true;
  }
}

// What the variable held `back` stores ago.
int Machine::StoredBefore(int object, size_t back) {
  const std::vector<int>& stores = stores_[object];
  return back == stores.size() ? 0 : stores[stores.size() - 1 - back];
}

void Machine::TakeNoteOfStore(uint32_t index, const Operation& done) {
  const int object = Next(index)->object;
  if (done.access == Access::kWrite) stores_[object].push_back(variables_[object]);
  threads_[index].oldest[object] = stores_[object].size() - chosen_;
}

// False: it is held.
bool Machine::PerformTryLock(uint32_t index) {
  const bool locked = owners_.try_emplace(Next(index)->object, index).second;
  SetRegister(index, locked ? 1 : 0);
  return locked;
}

// Two steps at most: one that may take it at once or sets the deadline, one that ends the wait.
// False: the first of two.
bool Machine::PerformTimedWait(uint32_t index) {
  Thread& thread = threads_[index];
  const Instruction& next = *Next(index);
  if (semaphores_[next.object] > 0) {
    --semaphores_[next.object];
    SetRegister(index, 1);
    return true;
  }
  if (thread.stage == 0) {
    thread.stage = 1;
    thread.deadline = now_ + next.value;
    return false;
  }
  SetRegister(index, 0);
  return true;
}

// Three steps: release and sleep, wake, lock again. False: not the last one.
bool Machine::PerformCondWait(uint32_t index) {
  Thread& thread = threads_[index];
  const Instruction& next = *Next(index);
  switch (thread.stage++) {
    case 0:
      owners_.erase(next.value);
      thread.waits_since = signal_count_;
      return false;
    case 1: {
      std::vector<uint64_t>& signals = signals_[next.object];
      signals.erase(signals.begin() + (SignalFor(index) - signals.data()));
      return false;
    }
    default:
      owners_[next.value] = static_cast<int>(index);
      return true;
  }
}

// For those who wait now; without any it is lost.
void Machine::PerformSignal(uint32_t index) {
  const int object = Next(index)->object;
  size_t waiting = 0;
  for (uint32_t i = 0; i < threads_.size(); ++i) {
    const Instruction* other = Next(i);
    waiting += other != nullptr && other->what == Do::kCondWait && other->object == object &&
               threads_[i].stage == 1;
  }
  std::vector<uint64_t>& signals = signals_[object];
  ++signal_count_;
  if (waiting > signals.size()) signals.push_back(signal_count_);
}

}  // namespace heddle::sim::model
