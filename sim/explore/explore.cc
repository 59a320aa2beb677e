#include "sim/explore/explore.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "sim/explore/campaign.h"

namespace heddle::sim {

void OperationFacts::Add(const std::vector<Step>& steps) {
  std::unordered_set<ThreadNumber> seen;
  for (const Step step : steps) {
    const OpKind kind = StepKind(step);
    if (StepThread(step) != kClock) seen.insert(StepThread(step));
    atomics |= kind >= OpKind::kAtomicLoad && kind <= OpKind::kFence;
  }
  threads = std::max(threads, static_cast<uint32_t>(seen.size()));
}

absl::StatusOr<ExploreResult> Explore(const ExploreOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Campaign campaign(options);
  absl::StatusOr<ExploreResult> result = campaign.Run();
  if (!result.ok() || campaign.difference().empty() || result->interrupted) return result;
  ExploreOptions by_fork = options;
  by_fork.program.in_process = false;
  if (options.program_of_job != nullptr) {
    by_fork.program_of_job = [&options](uint32_t job) {
      ProgramOptions program = options.program_of_job(job);
      program.in_process = false;
      return program;
    };
  }
  if (options.time_limit.count() > 0) {
    by_fork.time_limit = std::max<std::chrono::nanoseconds>(
        options.time_limit - (std::chrono::steady_clock::now() - start),
        std::chrono::nanoseconds(1));
  }
  result = Campaign(by_fork).Run();
  if (result.ok()) result->by_fork = campaign.difference();
  return result;
}

}  // namespace heddle::sim
