#include "sim/runtime/core/candidates.h"

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/waiting.h"

namespace heddle::sim::runtime {
namespace {

void AddCandidate(Thread* thread) {
  CandidateList& candidates = kernel.candidates;
  KERNEL_CHECK(thread->alive && thread->enabled, "a candidate is alive and can go on");
  thread->position = candidates.count;
  candidates.threads[candidates.count] = thread;
  candidates.list[candidates.count++] = {thread->number, &thread->pending};
}

void AddClock() {
  CandidateList& candidates = kernel.candidates;
  candidates.clock_operation = {
      .kind = OpKind::kClockAdvance, .access = Access::kWrite, .object = kClockObject};
  candidates.threads[candidates.count] = nullptr;
  candidates.list[candidates.count++] = {kClock, &candidates.clock_operation};
}

void Empty() {
  CandidateList& candidates = kernel.candidates;
  for (uint32_t i = 0; i < candidates.count; ++i) {
    if (candidates.threads[i] != nullptr) candidates.threads[i]->position = kNoCandidate;
  }
  candidates.count = 0;
}

void AddThreads() {
  uint32_t alive = 0, waiting = 0;
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread == nullptr) continue;
    ++alive;
    if (thread->ready != nullptr) ++waiting;
    if (thread->wait_io && thread->io_epoch != kernel.threads.io_epoch &&
        thread->ready != nullptr) {
      SetEnabled(thread, CanGoOn(thread));
    }
    thread->position = kNoCandidate;
    if (thread->enabled) {
      AddCandidate(thread);
    } else {
      KERNEL_CHECK(thread->ready != nullptr, "a thread that cannot go on waits for something");
      kernel.candidates.blocked[kernel.candidates.blocked_count++] = {thread->number,
                                                                      &thread->pending};
    }
  }
  KERNEL_CHECK(alive == kernel.threads.alive, "the threads in the slots are those that are alive");
  KERNEL_CHECK(waiting == kernel.threads.waiting, "every thread that waits is counted");
}

}  // namespace

void RebuildCandidates() {
  CandidateList& candidates = kernel.candidates;
  candidates.count = 0;
  candidates.blocked_count = 0;
  AddThreads();
  const bool clock = ClockMayMove();
  kernel.clock.held = !clock && kernel.clock.earliest_deadline != kNever;
  if (clock) AddClock();
  Thread* forced = kernel.fairness.forced;
  if (kernel.fairness.clock_forced && kernel.clock.earliest_deadline != kNever) {
    Empty();
    AddClock();
  } else if (forced != nullptr && forced->enabled) {
    Empty();
    AddCandidate(forced);
  }
  kernel.view.candidates = {candidates.list, candidates.count};
  kernel.view.blocked = {candidates.blocked, candidates.blocked_count};
  candidates.dirty = false;
}

uint32_t LongestWaiting() {
  KERNEL_CHECK(kernel.candidates.count > 0, "somebody can be chosen");
  uint32_t longest = 0;
  for (uint32_t i = 1; i < kernel.candidates.count; ++i) {
    const Thread* thread = kernel.candidates.threads[i];
    const Thread* before = kernel.candidates.threads[longest];
    if (thread != nullptr && (before == nullptr || thread->last_run < before->last_run)) {
      longest = i;
    }
  }
  return longest;
}

}  // namespace heddle::sim::runtime
