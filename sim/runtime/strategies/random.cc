// A random walk: uniform among the threads at every point. The measure that pct.cc, pos.cc and
// race.cc are compared with.
//
// With `gather`, threads that were just created wait at their beginning while those that have begun
// only prepare (they create more threads, allocate, write files), for so many points after the last
// one was created at most. Then they begin together. Without it, each of a handful of short threads
// is often at its end before the next one is created.
//
// The clock is a candidate of less weight: uniform among all, time would jump every few points and
// most timeouts would come before what they wait for.
#include <algorithm>

#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

class UniformRandom final : public Strategy {
 public:
  explicit UniformRandom(const RandomOptions& options) : options_(options) {}

  bool NewExecution(const Random& random) override {
    random_ = random;
    waited_ = options_.gather;
    return true;
  }

  // Draws nothing where there is no choice.
  uint32_t Choose(const Point& point) override {
    if (CreatesThread(point.last)) waited_ = 0;
    if (point.candidates.size() == 1) return 0;
    const uint32_t threads = ThreadsOf(point);
    if (waited_ < options_.gather) {
      if (const uint32_t begun = CountPreparing(point, threads); begun > 0 && begun < threads) {
        ++waited_;
        return Begun(point, begun == 1 ? 0 : random_.Below(begun));
      } else if (begun == 0) {
        waited_ = options_.gather;
      }
    }
    const bool clock = threads < point.candidates.size();
    if (clock && options_.clock != 0 && random_.Below(options_.clock) == 0) return threads;
    return threads == 1 ? 0 : random_.Below(threads);
  }

 private:
  static bool HasBegun(const Candidate& thread) {
    return thread.next->kind != OpKind::kThreadStart;
  }

  // Whether it is what one does before the threads have their work.
  static bool Prepares(const Candidate& thread) {
    switch (thread.next->kind) {
      case OpKind::kThreadCreate:
      case OpKind::kThreadDetach:
      case OpKind::kAllocate:
      case OpKind::kFree:
      case OpKind::kMemoryRead:
      case OpKind::kMemoryWrite:
      case OpKind::kClockRead:
      case OpKind::kIo:
        return true;
      default:
        return false;
    }
  }

  // How many have begun; 0 if one of them does more than prepare.
  static uint32_t CountPreparing(const Point& point, uint32_t threads) {
    const std::span<const Candidate> all = point.candidates.first(threads);
    const auto begun = std::count_if(all.begin(), all.end(), HasBegun);
    const auto prepare = std::count_if(all.begin(), all.end(), Prepares);
    return begun == prepare ? static_cast<uint32_t>(begun) : 0;
  }

  // The position of the one of them with `before` others before it.
  static uint32_t Begun(const Point& point, uint32_t before) {
    for (uint32_t i = 0;; ++i) {
      if (HasBegun(point.candidates[i]) && before-- == 0) return i;
    }
  }

  const RandomOptions options_;
  Random random_;
  uint32_t waited_ = 0;  // points since a thread was created; options_.gather: nobody waits
};

}  // namespace

std::unique_ptr<Strategy> MakeRandom(const RandomOptions& options) {
  return std::make_unique<UniformRandom>(options);
}

}  // namespace heddle::sim
