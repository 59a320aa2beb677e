// A random walk: uniform among the threads at every point. The measure that pct.cc, pos.cc and
// race.cc are compared with.
//
// The clock is a candidate of less weight: uniform among all, time would jump every few points and
// most timeouts would come before what they wait for.
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

class UniformRandom final : public Strategy {
 public:
  explicit UniformRandom(const RandomOptions& options) : options_(options) {}

  bool NewExecution(const Random& random) override {
    random_ = random;
    return true;
  }

  // Draws nothing where there is no choice.
  uint32_t Choose(const Point& point) override {
    if (point.candidates.size() == 1) return 0;
    const uint32_t threads = ThreadsOf(point);
    const bool clock = threads < point.candidates.size();
    if (clock && options_.clock != 0 && random_.Below(options_.clock) == 0) return threads;
    return threads == 1 ? 0 : random_.Below(threads);
  }

 private:
  const RandomOptions options_;
  Random random_;
};

}  // namespace

std::unique_ptr<Strategy> MakeRandom(const RandomOptions& options) {
  return std::make_unique<UniformRandom>(options);
}

}  // namespace heddle::sim
