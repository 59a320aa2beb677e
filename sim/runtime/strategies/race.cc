// Race-directed search (Sen, "Race Directed Random Testing of Concurrent Programs", PLDI 2008).
//
// The points at memory accesses (Preempt::kSites: those of races that a detector has reported) are
// targets. A thread that comes to one is held there, while the others go on at random, until
// another thread is about to touch the same memory and one of the two writes or frees: then the
// race is at hand. A coin says who goes first.
//
// Beyond the paper: whoever loses the coin stays where it is for a drawn number of points, so that
// the winner can do more than its one access: damage needs what lies behind it (the read pointer to
// be followed, the grown vector's old block to be freed). And a hold ends after a drawn number of
// points, because its partner may never come.
#include <array>
#include <vector>

#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

bool IsAccess(const Operation& operation) {
  return operation.kind == OpKind::kMemoryRead || operation.kind == OpKind::kMemoryWrite;
}

class Race final : public Strategy {
 public:
  bool NewExecution(const Random& random) override {
    random_ = random;
    targets_.clear();
    patience_ = Draw(kPatience);
    pace_ = Draw(kPaces);
    pass_by_ = Draw(kPassBy);
    return true;
  }

  uint32_t Choose(const Point& point) override {
    if (point.last_thread < kNoThread) At(point.last_thread) = {};
    const uint32_t threads = ThreadsOf(point);
    Hold(point, threads);
    if (const uint32_t winner = Meeting(point, threads); winner != kNoCandidate) return winner;
    const bool clock = threads < point.candidates.size();
    if (clock && (threads == 0 || (pace_ != 0 && random_.Below(pace_) == 0))) return threads;
    return AnyFree(point, threads);
  }

 private:
  // What is to become of the access that a thread is about to make.
  struct Target {
    enum : uint8_t { kNew, kHeld, kLetGo } state = kNew;
    uint64_t until = 0;  // kHeld: the point at which it is let go at the latest
  };

  // One in so many points lets time jump; 0: none.
  static constexpr std::array<uint32_t, 5> kPaces = {0, 0, 256, 32, 8};
  // Points. A hold that is too short misses its partner, one that is too long starves it.
  static constexpr std::array<uint32_t, 4> kPatience = {64, 512, 4096, 16384};
  static constexpr std::array<uint32_t, 6> kBursts = {0, 2, 8, 32, 256, 4096};
  // Of so many arrivals one is held: where a race has many accesses, the damage is behind one.
  static constexpr std::array<uint32_t, 4> kPassBy = {1, 2, 8, 32};

  template <size_t n>
  uint32_t Draw(const std::array<uint32_t, n>& from) {
    return from[random_.Below(n)];
  }

  Target& At(ThreadNumber thread) {
    if (targets_.size() <= thread) targets_.resize(thread + 1);
    return targets_[thread];
  }

  // Who has come to a target is held, and who was held long enough is let go.
  void Hold(const Point& point, uint32_t threads) {
    for (uint32_t i = 0; i < threads; ++i) {
      const Candidate& candidate = point.candidates[i];
      Target& target = At(candidate.thread);
      if (target.state == Target::kHeld && point.index >= target.until) {
        target.state = Target::kLetGo;
      } else if (target.state == Target::kNew && IsAccess(*candidate.next)) {
        const bool hold = random_.Below(pass_by_) == 0;
        target = {hold ? Target::kHeld : Target::kLetGo, point.index + patience_};
      }
    }
  }

  // The position of the winner, when a held thread and another are about to race.
  uint32_t Meeting(const Point& point, uint32_t threads) {
    for (uint32_t i = 0; i < threads; ++i) {
      const Candidate& held = point.candidates[i];
      if (At(held.thread).state != Target::kHeld) continue;
      for (uint32_t j = 0; j < threads; ++j) {
        const Candidate& other = point.candidates[j];
        if (j == i || (!IsAccess(*other.next) && other.next->kind != OpKind::kFree)) continue;
        if (!MayConflict(*held.next, *other.next)) continue;
        const bool held_wins = random_.Below(2) == 0;
        const ThreadNumber loser = held_wins ? other.thread : held.thread;
        At(loser) = {Target::kHeld, point.index + Draw(kBursts)};
        return held_wins ? i : j;
      }
    }
    return kNoCandidate;
  }

  // Somebody who is not held; when all are, one of those.
  uint32_t AnyFree(const Point& point, uint32_t threads) {
    uint32_t free = 0;
    for (uint32_t i = 0; i < threads; ++i) {
      if (At(point.candidates[i].thread).state != Target::kHeld) ++free;
    }
    if (free == 0) return random_.Below(threads);
    uint32_t nth = random_.Below(free);
    for (uint32_t i = 0; i < threads; ++i) {
      if (At(point.candidates[i].thread).state == Target::kHeld) continue;
      if (nth-- == 0) return i;
    }
    return 0;  // not reached
  }

  Random random_;
  std::vector<Target> targets_;  // by thread number
  uint32_t patience_ = 0;
  uint32_t pace_ = 0;
  uint32_t pass_by_ = 1;
};

}  // namespace

std::unique_ptr<Strategy> MakeRace() { return std::make_unique<Race>(); }

}  // namespace heddle::sim
