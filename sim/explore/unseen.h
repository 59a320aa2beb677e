// What a campaign that found nothing cannot have seen, and why it saw few schedules: sentences for
// people, made of what the campaign knows.
#ifndef HEDDLE_SIM_EXPLORE_UNSEEN_H_
#define HEDDLE_SIM_EXPLORE_UNSEEN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sim/explore/explore.h"

namespace heddle::sim {

// A thread that gives way to others, and its next access to memory that another thread uses too:
// with Preempt::kSync there is no point between the two.
struct Gap {
  std::string release;  // "mutex-unlock at worker.cc:12"
  std::string access;   // "write at worker.cc:13"
};

// The first such gap with places in the program's own code, in one more execution of the program
// in which every memory access is a point. Absent when there is none within its first
// kMaxGapPoints points. Errors as of Supervisor.
inline constexpr uint64_t kMaxGapPoints = 200'000;
absl::StatusOr<std::optional<Gap>> FindGap(const ProgramOptions& program, uint64_t seed);

// A step of an execution, as FindGap() looks at it.
struct MemoryStep {
  OpKind kind = OpKind::kNone;
  ThreadNumber thread = kNoThread;
  uint64_t address = 0;
};
// The positions of the release and of the access, for which `has_place` is true.
struct GapSteps {
  size_t release = 0, access = 0;
};
std::optional<GapSteps> FindGapSteps(absl::Span<const MemoryStep> steps,
                                     const std::function<bool(size_t)>& has_place);

// At most three sentences: only what applies to this campaign. Empty when there was only one thread
// to schedule, which WhyFew() says.
std::vector<std::string> Unseen(const CampaignSpec& spec, const ExploreResult& result,
                                const std::optional<Gap>& gap);

// Why nearly all executions were the same; "" when they were not, or were too few to tell.
std::string WhyFew(const CampaignSpec& spec, const ExploreResult& result);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_UNSEEN_H_
