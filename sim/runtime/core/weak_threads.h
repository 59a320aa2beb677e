// What threads know under a weak memory model (weak_memory.h), by number of a view: a thread has
// the same one all its life (Thread::view).
#ifndef HEDDLE_SIM_RUNTIME_CORE_WEAK_THREADS_H_
#define HEDDLE_SIM_RUNTIME_CORE_WEAK_THREADS_H_

#include <cstdint>
#include <new>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/weak_views.h"

namespace heddle::sim::runtime {

struct ThreadViews {
  View known;           // what it must know of
  View pending;         // what its relaxed loads could have learnt: an acquire fence takes it
  View released;        // at its last release fence. kTso: what its store buffer waits for
  uint32_t begun = 0;   // number of its operations that were another's, who had its slot before
  uint32_t stored = 0;  // number of its last store; 0: it has made visible what it stored
  bool has_pending = false;
  bool has_released = false;
  bool alive = false;

  // A seq_cst fence that another thread makes it pass (weak_memory.h), also when it has ended: what
  // it stored has left its processor. `number`: of that one's own fence; `total`: what seq_cst
  // fences know. Its tokens stay: only it can tell ThreadSanitizer of them.
  void PassFence(uint32_t number, bool tso, View* total) {
    known.Join(pending);
    known.fence = number;
    if (tso) {
      total->Join(released);
      stored = 0;
    } else {
      known.Join(*total);
      released.Join(known);
      has_released = true;
    }
    total->Join(known);
  }
};

class WeakThreads {
 public:
  // One, the first; an execution begins.
  void Reset() {
    for (uint32_t i = 0; i < count_; ++i) new (&threads_[i]) ThreadViews;
    count_ = alive_ = 1;
    threads_[0].alive = true;
  }

  // The number of a new thread's view, for one that a thread which knows `known` creates: that of a
  // thread which has ended, if its creator knows all that it did (it has joined it); else a fresh
  // one. When there is none left, that of any which has ended: the new one then knows what it need
  // not know, and *follows_exit is true. Fails the execution (limit) when all are alive.
  uint32_t Begin(const View& known, bool* follows_exit) {
    uint32_t ended = kMaxWeakThreads;
    uint32_t found = kMaxWeakThreads;
    for (uint32_t i = 0; i < count_ && found == kMaxWeakThreads; ++i) {
      if (threads_[i].alive) continue;
      ended = i;
      if (threads_[i].known.At(i) <= known.At(i)) found = i;
    }
    if (found == kMaxWeakThreads) {
      found = count_ < kMaxWeakThreads ? count_++ : ended;
      *follows_exit = found == ended;
    }
    if (found == kMaxWeakThreads) {
      Fail(FailureKind::kLimit, "weak memory: more than %u threads alive at once", kMaxWeakThreads);
    }
    ThreadViews& thread = threads_[found];
    const uint32_t events = thread.known.At(found);  // of who had it before
    thread.pending.Clear();
    thread.released.Clear();
    thread.has_pending = thread.has_released = false;
    thread.stored = 0;
    thread.alive = true;
    thread.begun = events + 1;
    thread.known.Assign(known);
    thread.known.Set(found, thread.begun);
    ++alive_;
    return found;
  }
  void End(uint32_t number) {
    KERNEL_CHECK(threads_[number].alive && alive_ > 0, "a thread ends once");
    threads_[number].alive = false;
    --alive_;
  }
  // Whether there is one only. Who comes later knows all that it has done.
  bool OnlyOne() const { return alive_ == 1; }

  // Those that are, or were, in this execution.
  uint32_t count() const { return count_; }
  ThreadViews& operator[](uint32_t number) { return threads_[number]; }

 private:
  ThreadViews threads_[kMaxWeakThreads];
  uint32_t count_ = 0;
  uint32_t alive_ = 0;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WEAK_THREADS_H_
