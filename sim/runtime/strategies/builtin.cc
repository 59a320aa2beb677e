// The kernel's own strategies: fifo, random and replay. All others live in sim/runtime/strategies.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "sim/runtime/core/scheduler.h"

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

namespace runtime {
namespace {

// Follows a recorded schedule. Any difference is a divergence, named where it happens.
class Replay : public Strategy {
 public:
  Replay(const Step* steps, uint64_t count, bool open_end)
      : steps_(steps), count_(count), open_end_(open_end) {}
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
      if (kind != StepKind(step)) Diverged(point, step, OpKindName(kind), "");
      return i;
    }
    for (const Candidate& candidate : point.blocked) {
      if (candidate.thread == StepThread(step)) {
        Diverged(point, step, OpKindName(candidate.next->kind), ", which cannot go on");
      }
    }
    Diverged(point, step, "no such thread", "");
  }

 private:
  uint32_t PastTheEnd(const Point& point) {
    if (!open_end_) {
      Fail(FailureKind::kDivergence,
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
    Fail(FailureKind::kDivergence, "replay diverged at point %lu: expected %s of %s, got %s%s",
         point.index, OpKindName(StepKind(step)), who, got, more);
  }

  const Step* steps_;
  uint64_t count_;
  bool open_end_;  // the recording was cut short by a crash; another flavour may live longer
  uint64_t next_ = 0;
  Fifo orderly_;  // where the recording has no answer
};

// The orderly schedule, but for given switches.
class Directed : public Strategy {
 public:
  Directed(const Switch* switches, uint64_t count) : begin_(switches), end_(switches + count) {}
  bool NewExecution(const Random&) override {
    tracks_.clear();
    return true;
  }
  uint32_t Choose(const Point& point) override {
    if (point.last_thread == kNoThread) return orderly_.Choose(point);
    const Switch* due = Due(point.last_thread);
    for (uint32_t i = 0; due != nullptr && i < point.candidates.size(); ++i) {
      if (point.candidates[i].thread == due->to) return i;
    }
    return orderly_.Choose(point);
  }

 private:
  struct Track {
    uint64_t steps = 0;
    const Switch* next = nullptr;
  };

  // `thread` has done one step more: the switch that comes now, if any.
  const Switch* Due(ThreadNumber thread) {
    const auto [at, added] = tracks_.try_emplace(thread);
    Track& track = at->second;
    if (added) {
      track.next = std::find_if(begin_, end_, [&](const Switch& s) { return s.from == thread; });
    }
    ++track.steps;
    while (track.next != end_ && track.next->from == thread && track.next->at < track.steps) {
      ++track.next;
    }
    const bool due =
        track.next != end_ && track.next->from == thread && track.next->at == track.steps;
    return due ? track.next : nullptr;
  }

  const Switch* begin_;  // ascending by (from, at)
  const Switch* end_;
  std::map<ThreadNumber, Track> tracks_;
  Fifo orderly_;
};

}  // namespace

Strategy* MakeReplay(const Step* steps, uint64_t count, bool open_end) {
  return new Replay(steps, count, open_end);
}

Strategy* MakeDirected(const Switch* switches, uint64_t count) {
  return new Directed(switches, count);
}

}  // namespace runtime
}  // namespace heddle::sim
