#include "sim/runtime/strategies/testing/model.h"

#include <algorithm>
#include <cassert>

#include "sim/runtime/strategies/happens_before.h"

namespace heddle::sim::model {
namespace {

constexpr uint64_t kMaxSteps = 100'000;

// Object numbers of the machine's variables, mutexes, semaphores and conditions.
ObjectId Variable(int i) { return 100 + i; }
ObjectId Mutex(int i) { return 200 + i; }
ObjectId Semaphore(int i) { return 300 + i; }
ObjectId Condition(int i) { return 400 + i; }

uint64_t Mix(uint64_t x) { return Random(x).Next(); }

const char* NameOf(Do what) {
  static constexpr const char* kNames[] = {
      "load", "store", "store-sum",  "add",         "cas",        "lock",   "unlock",
      "try",  "wait",  "timed-wait", "post",        "cond-wait",  "signal", "sleep",
      "time", "yield", "jump-if",    "jump-if-not", "fail-unless"};
  return kNames[static_cast<int>(what)];
}

}  // namespace

std::string Program::ToString() const {
  std::string text;
  for (const std::vector<Instruction>& thread : threads) {
    for (const Instruction& instruction : thread) {
      text += std::string(NameOf(instruction.what)) + "(" + std::to_string(instruction.object) +
              "," + std::to_string(instruction.value) + ") ";
    }
    text += "\n";
  }
  return text;
}

Machine::Machine(const Program& program)
    : program_(&program), threads_(program.threads.size()), semaphores_(program.semaphores) {
  for (uint32_t i = 0; i < threads_.size(); ++i) SkipJumps(i);
  Offer();
}

const Instruction* Machine::Next(uint32_t thread) const {
  const std::vector<Instruction>& code = program_->threads[thread];
  return threads_[thread].next < code.size() ? &code[threads_[thread].next] : nullptr;
}

void Machine::SkipJumps(uint32_t index) {
  Thread& thread = threads_[index];
  for (const Instruction* next; (next = Next(index)) != nullptr;) {
    if (next->what == Do::kFailUnless) {
      if (thread.reg != next->value) failed_ = true;
      ++thread.next;
    } else if (next->what == Do::kJumpIf || next->what == Do::kJumpIfNot) {
      const bool jump = (thread.reg == next->value) == (next->what == Do::kJumpIf);
      thread.next = jump ? next->object : thread.next + 1;
    } else {
      return;
    }
  }
}

Operation Machine::Announce(uint32_t index) const {
  const Instruction& next = *Next(index);
  switch (next.what) {
    case Do::kLoad:
      return {
          .kind = OpKind::kAtomicLoad, .access = Access::kRead, .object = Variable(next.object)};
    case Do::kPlainLoad:
      return {
          .kind = OpKind::kMemoryRead, .access = Access::kRead, .object = Variable(next.object)};
    case Do::kPlainStore:
      return {
          .kind = OpKind::kMemoryWrite, .access = Access::kWrite, .object = Variable(next.object)};
    case Do::kStore:
    case Do::kStoreSum:
      return {
          .kind = OpKind::kAtomicStore, .access = Access::kWrite, .object = Variable(next.object)};
    case Do::kAdd:
    case Do::kCas:
      return {
          .kind = OpKind::kAtomicRmw, .access = Access::kWrite, .object = Variable(next.object)};
    case Do::kLock:
      return {.kind = OpKind::kMutexLock, .access = Access::kWrite, .object = Mutex(next.object)};
    case Do::kTryLock:
      return {
          .kind = OpKind::kMutexTryLock, .access = Access::kWrite, .object = Mutex(next.object)};
    case Do::kUnlock:
      return {.kind = OpKind::kMutexUnlock, .access = Access::kWrite, .object = Mutex(next.object)};
    case Do::kWait:
      return {.kind = OpKind::kSemWait, .access = Access::kWrite, .object = Semaphore(next.object)};
    case Do::kTimedWait:
      return {.kind = OpKind::kSemTimedWait,
              .access = Access::kWrite,
              .object = Semaphore(next.object)};
    case Do::kPost:
      return {.kind = OpKind::kSemPost, .access = Access::kWrite, .object = Semaphore(next.object)};
    case Do::kCondWait:
      if (threads_[index].stage == 0) {
        return {.kind = OpKind::kCondWait,
                .access = Access::kWrite,
                .object = Condition(next.object),
                .second = Mutex(next.value)};
      }
      if (threads_[index].stage == 1) {
        return {
            .kind = OpKind::kCondWake, .access = Access::kWrite, .object = Condition(next.object)};
      }
      return {.kind = OpKind::kMutexLock, .access = Access::kWrite, .object = Mutex(next.value)};
    case Do::kSignal:
      return {
          .kind = OpKind::kCondSignal, .access = Access::kWrite, .object = Condition(next.object)};
    case Do::kSleep:
      return {.kind = threads_[index].stage == 0 ? OpKind::kSleep : OpKind::kSleepEnd};
    case Do::kReadClock:
      return {.kind = OpKind::kClockRead, .access = Access::kRead, .object = kClockObject};
    default:
      return {.kind = OpKind::kYield};
  }
}

uint64_t* Machine::SignalFor(uint32_t index) {
  for (uint64_t& signal : signals_[Next(index)->object]) {
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
      if (thread.stage == 1) return const_cast<Machine*>(this)->SignalFor(index) != nullptr;
      return thread.stage == 0 || !owners_.contains(next.value);
    case Do::kSleep:
      return thread.stage == 0 || expired;
    default:
      return true;
  }
}

Operation Machine::Perform(uint32_t index) {
  Thread& thread = threads_[index];
  const Instruction& next = *Next(index);
  Operation done = Announce(index);
  const auto set_register = [&](int value) {
    thread.reg = value;
    thread.read.push_back(value);
  };
  bool finished = true;
  switch (next.what) {
    case Do::kLoad:
    case Do::kPlainLoad:
      set_register(variables_[next.object]);
      break;
    case Do::kStore:
    case Do::kPlainStore:
      variables_[next.object] = next.value;
      break;
    case Do::kStoreSum:
      variables_[next.object] = thread.reg + next.value;
      break;
    case Do::kAdd:
      set_register(variables_[next.object]);
      variables_[next.object] += next.value;
      break;
    case Do::kCas:
      set_register(variables_[next.object]);
      if (thread.reg == 0) {
        variables_[next.object] = next.value;
      } else {
        done.access = Access::kRead;
      }
      break;
    case Do::kLock:
      owners_[next.object] = static_cast<int>(index);
      break;
    case Do::kTryLock:
      if (owners_.try_emplace(next.object, index).second) {
        set_register(1);
      } else {
        set_register(0);
        done.access = Access::kRead;
      }
      break;
    case Do::kUnlock:
      owners_.erase(next.object);
      break;
    case Do::kWait:
      --semaphores_[next.object];
      break;
    case Do::kTimedWait:
      // Two steps at most: one that may take it at once or sets the deadline, one that ends the
      // wait.
      if (semaphores_[next.object] > 0) {
        --semaphores_[next.object];
        set_register(1);
      } else if (thread.stage == 0) {
        thread.stage = 1;
        thread.deadline = now_ + next.value;
        finished = false;
      } else {
        set_register(0);
      }
      break;
    case Do::kPost:
      ++semaphores_[next.object];
      break;
    case Do::kCondWait:
      finished = ++thread.stage == 3;
      if (thread.stage == 1) {
        owners_.erase(next.value);
        thread.waits_since = signal_count_;
      } else if (thread.stage == 2) {
        --thread.stage;
        std::vector<uint64_t>& signals = signals_[next.object];
        signals.erase(signals.begin() + (SignalFor(index) - signals.data()));
        ++thread.stage;
      } else {
        owners_[next.value] = static_cast<int>(index);
      }
      break;
    case Do::kSignal: {
      // For those who wait now; without any it is lost.
      int waiting = 0;
      for (uint32_t i = 0; i < threads_.size(); ++i) {
        const Instruction* other = Next(i);
        waiting += other != nullptr && other->what == Do::kCondWait &&
                   other->object == next.object && threads_[i].stage == 1;
      }
      std::vector<uint64_t>& signals = signals_[next.object];
      ++signal_count_;
      if (waiting > static_cast<int>(signals.size())) signals.push_back(signal_count_);
      break;
    }
    case Do::kSleep:
      finished = ++thread.stage == 2;
      if (!finished) thread.deadline = now_ + next.value;
      break;
    case Do::kReadClock:
      set_register(static_cast<int>(now_));
      break;
    default:
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

void Machine::AdvanceClock() {
  int64_t earliest = INT64_MAX;
  for (const Thread& thread : threads_) {
    if (thread.deadline > now_) earliest = std::min(earliest, thread.deadline);
  }
  now_ = earliest;
}

void Machine::AccountFor(uint32_t candidate) {
  const bool yields =
      current_ != kNoCandidate && candidate_operations_[current_].kind == OpKind::kYield;
  if (candidates_[candidate] == kClock) {
    spent_.advances += candidates_.size() > 1;
  } else if (current_ != kNoCandidate && candidate != current_ && !yields) {
    ++spent_.preemptions;
  }
}

// The trace is the set of the steps and of the ordered pairs of dependent ones.
void Machine::Record(ThreadNumber thread, const Operation& operation) {
  uint32_t position = 0;
  for (const Done& done : done_) position += done.thread == thread;
  const auto name = [](uint32_t t, uint32_t p) { return uint64_t{t} << 32 | p; };
  const uint64_t self =
      Mix(name(thread, position) * 31 + static_cast<int>(operation.kind)) + operation.object * 7919;
  trace_ += Mix(self);
  for (const Done& done : done_) {
    if (done.thread == thread || !Depends(done.operation, operation)) continue;
    trace_ += Mix(Mix(name(done.thread, done.position)) * 3 + Mix(self));
  }
  done_.push_back({thread, position, operation});
}

void Machine::Step(uint32_t candidate) {
  assert(candidate < candidates_.size());
  AccountFor(candidate);
  const ThreadNumber thread = candidates_[candidate];
  Operation done = candidate_operations_[candidate];
  if (thread == kClock) {
    AdvanceClock();
  } else {
    done = Perform(thread);
  }
  Record(thread, done);
  schedule_ += thread == kClock ? "clock " : std::to_string(thread) + " ";
  last_thread_ = thread;
  last_ = done;
  ++steps_;
  Offer();
}

void Machine::Offer() {
  candidates_.clear();
  candidate_operations_.clear();
  blocked_.clear();
  blocked_operations_.clear();
  current_ = kNoCandidate;
  bool deadline = false;
  for (uint32_t i = 0; i < threads_.size(); ++i) {
    deadline = deadline || threads_[i].deadline > now_;
    if (Next(i) == nullptr) continue;
    const bool can = CanGoOn(i);
    if (can && i == last_thread_) current_ = static_cast<uint32_t>(candidates_.size());
    (can ? candidates_ : blocked_).push_back(i);
    (can ? candidate_operations_ : blocked_operations_).push_back(Announce(i));
  }
  if (deadline) {
    candidates_.push_back(kClock);
    candidate_operations_.push_back(
        {.kind = OpKind::kClockAdvance, .access = Access::kWrite, .object = kClockObject});
  }
}

Point Machine::MakePoint() const {
  candidate_view_.clear();
  blocked_view_.clear();
  for (size_t i = 0; i < candidates_.size(); ++i) {
    candidate_view_.push_back({candidates_[i], &candidate_operations_[i]});
  }
  for (size_t i = 0; i < blocked_.size(); ++i) {
    blocked_view_.push_back({blocked_[i], &blocked_operations_[i]});
  }
  return {.index = steps_,
          .candidates = candidate_view_,
          .blocked = blocked_view_,
          .current = current_,
          .last_thread = last_thread_,
          .last = last_};
}

std::string Machine::Result() const {
  std::string text = failed_ ? "failed " : "";
  for (uint32_t i = 0; i < threads_.size(); ++i) {
    text += std::to_string(i) +
            (Next(i) == nullptr ? "(" : "(stuck at " + std::to_string(threads_[i].next) + " ");
    for (const int value : threads_[i].read) text += std::to_string(value) + " ";
    text += ") ";
  }
  for (const auto& [variable, value] : variables_) {
    text += std::to_string(variable) + "=" + std::to_string(value) + " ";
  }
  return text;
}

namespace {

void BruteForceFrom(const Machine& machine, Bounds bounds, uint64_t most, Exploration& found) {
  if (!found.complete) return;
  if (machine.Spent().preemptions > bounds.preemptions ||
      machine.Spent().advances > bounds.advances) {
    return;
  }
  if (machine.Over()) {
    found.complete = ++found.schedules <= most;
    found.results.insert(machine.Result());
    found.traces.try_emplace(machine.Trace(), machine.Schedule());
    return;
  }
  for (uint32_t i = 0; i < machine.Candidates(); ++i) {
    Machine next = machine;
    next.Step(i);
    BruteForceFrom(next, bounds, most, found);
  }
}

}  // namespace

Exploration BruteForce(const Program& program, Bounds bounds, uint64_t most_schedules) {
  Exploration found;
  BruteForceFrom(Machine(program), bounds, most_schedules, found);
  return found;
}

Machine RunOnce(const Program& program, Strategy& strategy, bool* abandoned) {
  Machine machine(program);
  bool gave_up = false;
  while (!machine.Over() && machine.Steps() < kMaxSteps) {
    const uint32_t choice = strategy.Choose(machine.MakePoint());
    gave_up = choice == kAbandon;
    if (gave_up) break;
    machine.Step(choice);
  }
  if (machine.Over() && !machine.Failed()) strategy.Stuck(machine.MakePoint());
  const bool cut = gave_up || !machine.Over();
  const bool finding = machine.Failed() || machine.Result().find("stuck") != std::string::npos;
  strategy.EndExecution(cut       ? ExecutionEnd::kAbandoned
                        : finding ? ExecutionEnd::kFinding
                                  : ExecutionEnd::kComplete,
                        machine.LastThread(), machine.Last());
  if (abandoned != nullptr) *abandoned = cut;
  return machine;
}

}  // namespace heddle::sim::model
