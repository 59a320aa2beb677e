// Asks a real program, under a supervisor, whether a schedule leads to a given finding.
#ifndef HEDDLE_SIM_SHRINK_PROBER_H_
#define HEDDLE_SIM_SHRINK_PROBER_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/explore/explore.h"
#include "sim/explore/strategy_spec.h"
#include "sim/schedule/schedule.h"
#include "sim/shrink/shrink.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

// What is looked for, and how executions are made: as `schedule` was.
struct Target {
  std::string dedup_key;
  FailureKind kind = FailureKind::kNone;  // kNone: a violation that `check` finds
  uint64_t execution = 0;  // with the seed: the random numbers that the program draws
  CampaignSpec spec;       // of every execution
  std::vector<std::string> sites;
  std::vector<Fault> faults;  // that come
};
Target TargetOf(const Schedule& schedule);

// Asked about an execution that looked clean (see ExploreOptions::check). May be empty.
using Check = std::function<std::vector<Violation>(const Outcome& outcome)>;

// One program, ready for executions. Thread rule and errors as for Supervisor.
class Prober : public Reproducer {
 public:
  static absl::StatusOr<std::unique_ptr<Prober>> Start(const ProgramOptions& program,
                                                       const Target& target, Check check);

  absl::StatusOr<Attempt> Run(const std::vector<Switch>& switches) override;

  // Up to `executions` executions of a strategy, until one comes to the same finding; its steps, or
  // nothing. From then on Run() makes executions with that one's random numbers.
  absl::StatusOr<std::optional<std::vector<Step>>> Search(const StrategySpec& strategy,
                                                          uint64_t executions,
                                                          const std::function<bool()>& go_on);

  // Random executions, until `enough` have failed in whatever way, at most `most`.
  struct Failures {
    uint64_t executions = 0;
    uint64_t failed = 0;
  };
  absl::StatusOr<Failures> CountFailures(uint64_t most, uint64_t enough,
                                         const std::function<bool()>& go_on);

  // Makes the atomic operations of these calls stronger from now on (CampaignSpec::stronger_sites),
  // which are at most kMaxStrongerSites.
  void UseStronger(const std::vector<uint64_t>& sites, Strengthening by) {
    uint64_t* const all = target_.spec.stronger_sites;
    std::fill(std::copy(sites.begin(), sites.end(), all), all + kMaxStrongerSites, 0);
    target_.spec.stronger_by = by;
  }

  // Makes Run() use the random numbers of that execution.
  void UseExecution(uint64_t execution) { target_.execution = execution; }

  // Makes these faults come, and no others, from now on.
  void UseFaults(std::vector<Fault> faults) { target_.faults = std::move(faults); }

  // The recording of `steps`, as a schedule file has it; the subject is the caller's.
  absl::StatusOr<Schedule> Record(const std::vector<Step>& steps);

  // Follows `steps` up to the point `at` and stops there: `stacks` of the outcome tell what every
  // thread is about to do. With steps.size(): the execution's own end.
  absl::StatusOr<Outcome> StopAt(const std::vector<Step>& steps, uint64_t at);

  const Target& target() const { return target_; }
  const ProgramOptions& program() const { return program_; }
  const Supervisor& supervisor() const { return *supervisor_; }

 private:
  Prober(const ProgramOptions& program, std::unique_ptr<Supervisor> supervisor,
         const Target& target, Check check);
  CampaignOptions Options() const;
  // Whether it is the finding; `*text` tells what it is.
  bool IsSame(const Outcome& outcome, std::string* text) const;

  const ProgramOptions program_;
  std::unique_ptr<Supervisor> supervisor_;
  Target target_;
  Check check_;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SHRINK_PROBER_H_
