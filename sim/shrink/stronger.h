// What would forbid a finding under weak memory: a stronger memory order at one of the program's
// atomic operations. By trying: each operation in turn is seq_cst, or comes behind a seq_cst fence,
// or has the strong form where the weak one failed by itself (CampaignSpec::stronger_sites), and
// the program is explored anew.
#ifndef HEDDLE_SIM_SHRINK_STRONGER_H_
#define HEDDLE_SIM_SHRINK_STRONGER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/schedule/schedule.h"
#include "sim/shrink/prober.h"
#include "sim/shrink/switches.h"

namespace heddle::sim {

struct Stronger {
  OpKind kind = OpKind::kNone;
  std::string place;  // "queue.cc:41"
  Strengthening by = Strengthening::kOrder;
  // A second one that it takes too; kNone: none.
  OpKind kind_too = OpKind::kNone;
  std::string place_too{};
};

struct StrongerResult {
  // Random executions of the program as it is, and how many of them fail. As many were run with
  // each of `cures`, and none failed, nor the schedule itself.
  uint64_t executions = 0;
  uint64_t failed = 0;
  size_t places = 0;   // that were tried
  size_t untried = 0;  // for want of time, or beyond kMostStronger
  std::vector<Stronger> cures;
  // Neither a place by itself nor two of them cure it: whether all of them together do.
  bool all_cure = false;
  // Too few executions of the program as it is fail for anything to be concluded.
  bool TooRare() const { return failed < kFewestFailures; }
  static constexpr uint64_t kFewestFailures = 5;
};

// Places tried: a lock-free algorithm has a dozen. And two at a time, where one is not enough:
// the two sides of a store buffering each need a fence.
inline constexpr size_t kMostStronger = 32;
inline constexpr size_t kMostInPairs = 10;

// `schedule` is the finding's, under a weak memory model, `switches` what it was shrunk to. Ends
// early when `go_on` says so.
absl::StatusOr<StrongerResult> TryStronger(Prober& prober, const Schedule& schedule,
                                           const std::vector<Switch>& switches,
                                           const std::function<bool()>& go_on);

// "With a seq_cst fence in front of the load at queue.cc:41 the finding is gone: ...", a sentence
// each, as Markdown.
std::vector<std::string> TellStronger(const StrongerResult& result);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SHRINK_STRONGER_H_
