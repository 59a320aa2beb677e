#include "sim/runtime/strategies/testing/machine.h"

#include <algorithm>
#include <cassert>

#include "sim/protocol/hash.h"
#include "sim/runtime/strategies/happens_before.h"

namespace heddle::sim::model {

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

void Machine::AdvanceClock() {
  int64_t earliest = INT64_MAX;
  for (const Thread& thread : threads_) {
    if (thread.deadline > now_) earliest = std::min(earliest, thread.deadline);
  }
  now_ = earliest;
}

void Machine::AccountFor(uint32_t candidate) {
  const bool yields = current_ != kNoCandidate && Yields(candidate_operations_[current_]);
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

void Machine::ChooseStore(uint32_t index, Strategy& stores) {
  const Instruction* next = Next(index);
  if (!program_->weak || next->what != Do::kLoad) return;
  const size_t count = stores_[next->object].size() + 1 - threads_[index].oldest[next->object];
  if (count < 2) return;
  const Operation operation = Announce(index);
  chosen_ = stores.ChooseStore(
      {.thread = index, .operation = &operation, .count = static_cast<uint32_t>(count)});
  assert(chosen_ < count);
}

void Machine::Step(uint32_t candidate, Strategy* stores) {
  assert(candidate < candidates_.size());
  AccountFor(candidate);
  const ThreadNumber thread = candidates_[candidate];
  Operation done = candidate_operations_[candidate];
  chosen_ = 0;
  if (stores != nullptr && thread != kClock) ChooseStore(thread, *stores);
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

}  // namespace heddle::sim::model
