// The kernel's own strategies: fifo, random and replay. All others live in sim/strategies.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/kernel/scheduler.h"

namespace heddle::sim {

namespace {

// Switch only when blocked: the orderly baseline. Time moves only when nobody can run; a thread
// that yields is moved on from. Among several, the one that ran longest ago (round robin by slot).
class Fifo : public Strategy {
 public:
  bool NewExecution(const Random&) override { return true; }
  uint32_t Choose(const Point& point) override {
    const uint32_t count = static_cast<uint32_t>(point.candidates.size());
    const uint32_t threads = count - (point.candidates[count - 1].thread == kClock ? 1 : 0);
    if (threads == 0) return 0;
    if (point.current != kNoCandidate) {
      const bool yields = point.candidates[point.current].next->kind == OpKind::kYield;
      if (!yields || threads == 1) return point.current;
      return (point.current + 1) % threads;
    }
    // The first behind the one that ran last, in order of number.
    uint32_t best = 0, first = 0;
    bool found = false;
    for (uint32_t i = 0; i < threads; ++i) {
      const ThreadNumber number = point.candidates[i].thread;
      if (number < point.candidates[first].thread) first = i;
      if (point.last_thread < kNoThread && number > point.last_thread &&
          (!found || number < point.candidates[best].thread)) {
        best = i;
        found = true;
      }
    }
    return found ? best : first;
  }
};

// Uniform among the threads at every point. The clock is a candidate with a smaller weight: one in
// `clock` points (default 32) lets time jump although somebody could run.
class UniformRandom : public Strategy {
 public:
  explicit UniformRandom(uint32_t clock) : clock_(clock) {}
  bool NewExecution(const Random& random) override {
    random_ = random;
    return true;
  }
  uint32_t Choose(const Point& point) override {
    uint32_t count = static_cast<uint32_t>(point.candidates.size());
    if (count == 1) return 0;
    if (point.candidates[count - 1].thread == kClock) {
      --count;
      if (clock_ != 0 && random_.Below(clock_) == 0) return count;
      if (count == 1) return 0;
    }
    return random_.Below(count);
  }

 private:
  uint32_t clock_;
  Random random_;
};

}  // namespace

__attribute__((weak)) Strategy* MakeRegisteredStrategy(const char*, const char*,
                                                       const char** error) {
  *error = "unknown strategy; this program has fifo, random and replay";
  return nullptr;
}

Strategy* MakeStrategy(const char* name, const char* parameters, const char** error) {
  *error = nullptr;
  if (strcmp(name, "fifo") == 0) return new Fifo;
  if (strcmp(name, "random") == 0) {
    uint32_t clock = 32;
    if (*parameters != 0 && sscanf(parameters, "clock=%u", &clock) != 1) {
      *error = "random takes clock=N: on average one of N points may let time jump (0: never)";
      return nullptr;
    }
    return new UniformRandom(clock);
  }
  return MakeRegisteredStrategy(name, parameters, error);
}

namespace kernel {
namespace {

// Follows a recorded schedule. Strict: any difference is a divergence, named where it happens.
// Lenient (for shrinking): takes the recorded thread where it can run, else the one that runs.
class Replay : public Strategy {
 public:
  Replay(const Step* steps, uint64_t count, bool strict, bool open_end)
      : steps_(steps), count_(count), strict_(strict), open_end_(open_end) {}
  bool NewExecution(const Random&) override {
    next_ = 0;
    return true;
  }
  uint32_t Choose(const Point& point) override {
    if (next_ >= count_) return PastTheEnd(point);
    const Step step = steps_[next_++];
    const uint32_t count = static_cast<uint32_t>(point.candidates.size());
    for (uint32_t i = 0; i < count; ++i) {
      if (point.candidates[i].thread != StepThread(step)) continue;
      const OpKind kind = point.candidates[i].next->kind;
      if (strict_ && kind != StepKind(step)) {
        Diverged(point, step, OpKindName(kind), "");
      }
      return i;
    }
    if (strict_) {
      for (const Candidate& candidate : point.blocked) {
        if (candidate.thread == StepThread(step)) {
          Diverged(point, step, OpKindName(candidate.next->kind), ", which cannot go on");
        }
      }
      Diverged(point, step, "no such thread", "");
    }
    return orderly_.Choose(point);
  }

 private:
  uint32_t PastTheEnd(const Point& point) {
    if (strict_ && !open_end_) {
      Fail(FindingKind::kDivergence,
           "replay diverged at point %lu: expected the end of the execution, got %s", point.index,
           OpKindName(point.candidates[0].next->kind));
    }
    return orderly_.Choose(point);
  }
  [[noreturn]] void Diverged(const Point& point, Step step, const char* got, const char* more) {
    char who[32];
    if (StepThread(step) == kClock) {
      snprintf(who, sizeof who, "the clock");
    } else {
      snprintf(who, sizeof who, "thread %u", StepThread(step));
    }
    Fail(FindingKind::kDivergence, "replay diverged at point %lu: expected %s of %s, got %s%s",
         point.index, OpKindName(StepKind(step)), who, got, more);
  }

  const Step* steps_;
  uint64_t count_;
  bool strict_;
  bool open_end_;  // the recording was cut short by a crash; another flavour may live longer
  uint64_t next_ = 0;
  Fifo orderly_;  // where the recording has no answer
};

}  // namespace

Strategy* MakeReplay(const Step* steps, uint64_t count, bool strict, bool open_end) {
  return new Replay(steps, count, strict, open_end);
}

}  // namespace kernel
}  // namespace heddle::sim
