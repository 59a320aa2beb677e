#include "sim/runtime/strategies/replay.h"

#include <cstdio>
#include <cstdlib>

#include "sim/runtime/strategies/fifo.h"

namespace heddle::sim {
namespace {

class Replay final : public Strategy {
 public:
  Replay(std::span<const Step> steps, ReplayEnd end, OnDivergence on_divergence)
      : steps_(steps), end_(end), on_divergence_(on_divergence) {}

  bool NewExecution(const Random&) override {
    next_ = 0;
    recorded_ = true;
    return true;
  }

  uint32_t Choose(const Point& point) override {
    if (next_ >= steps_.size()) return PastTheEnd(point);
    const Step step = steps_[next_++];
    for (uint32_t i = 0; i < point.candidates.size(); ++i) {
      if (point.candidates[i].thread != StepThread(step)) continue;
      const OpKind kind = point.candidates[i].next->kind;
      if (kind != StepKind(step)) Diverged(point, step, OpKindName(kind), "");
      return i;
    }
    for (const Candidate& candidate : point.blocked) {
      if (candidate.thread != StepThread(step)) continue;
      Diverged(point, step, OpKindName(candidate.next->kind), ", which cannot go on");
    }
    Diverged(point, step, "no such thread", "");
  }

  uint32_t ChooseStore(const StoreChoice& choice) override {
    if (!recorded_ || next_ == 0) return 0;
    const uint32_t store = StepStore(steps_[next_ - 1]);
    if (store < choice.count) return store;
    char message[kMaxMessage];
    snprintf(message, sizeof message,
             "replay diverged at point %zu: expected the store %u before the newest, but %u can be "
             "chosen",
             size_t{next_ - 1}, store, choice.count);
    Report(message);
  }

 private:
  static constexpr size_t kMaxMessage = 256;  // names of two operations and two numbers

  uint32_t PastTheEnd(const Point& point) {
    recorded_ = false;
    if (end_ == ReplayEnd::kOpen) return default_.Choose(point);
    char message[kMaxMessage];
    snprintf(message, sizeof message,
             "replay diverged at point %lu: expected the end of the execution, got %s", point.index,
             OpKindName(point.candidates[0].next->kind));
    Report(message);
  }

  [[noreturn]] void Diverged(const Point& point, Step step, const char* got, const char* more) {
    char who[32] = "the clock";
    if (StepThread(step) != kClock) snprintf(who, sizeof who, "thread %u", StepThread(step));
    char message[kMaxMessage];
    snprintf(message, sizeof message, "replay diverged at point %lu: expected %s of %s, got %s%s",
             point.index, OpKindName(StepKind(step)), who, got, more);
    Report(message);
  }

  [[noreturn]] void Report(const char* message) {
    on_divergence_(message);
    abort();  // it must not return
  }

  const std::span<const Step> steps_;
  const ReplayEnd end_;
  const OnDivergence on_divergence_;
  uint64_t next_ = 0;     // of steps_
  bool recorded_ = true;  // the latest step is of steps_
  Fifo default_;
};

}  // namespace

std::unique_ptr<Strategy> MakeReplay(std::span<const Step> steps, ReplayEnd end,
                                     OnDivergence on_divergence) {
  return std::make_unique<Replay>(steps, end, on_divergence);
}

}  // namespace heddle::sim
