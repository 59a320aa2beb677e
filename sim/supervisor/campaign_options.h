// What a supervisor is asked to run: a campaign's spec, and what has no fixed size or belongs to
// one request only.
#ifndef HEDDLE_SIM_SUPERVISOR_CAMPAIGN_OPTIONS_H_
#define HEDDLE_SIM_SUPERVISOR_CAMPAIGN_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sim/protocol/campaign.h"
#include "sim/protocol/control.h"
#include "sim/protocol/faults.h"
#include "sim/protocol/step.h"

namespace heddle::sim {

struct CampaignOptions {
  CampaignSpec spec;
  std::vector<std::string> sites;  // with Preempt::kSites, and only then: see sites.h
  // When not empty, these steps are replayed and the strategy is not asked. With where they were
  // recorded NewCampaign() refuses what cannot be exact (see CanReplay); with preempt: memory that
  // must be given.
  std::vector<Step> replay;
  std::string recorded_flavour, recorded_compiler;
  // The recording ends in a crash; if this execution does not, it goes on by the default schedule.
  bool replay_open_end = false;
  // At this step, before its operation, an execution stops itself (SIGSTOP), for a debugger to
  // attach to; it goes on at SIGCONT. Set time_limit_ms and watchdog_seconds accordingly.
  uint64_t stop_at = kNoStop;
  // When present, the executions follow the default schedule (fifo) but for these switches, in any
  // order; one whose `to` cannot run at its point is passed over. For shrinking. `replay` must be
  // empty.
  std::optional<std::vector<Switch>> switches;
  // What the strategy goes on from (Strategy::TakeUp()), and whether it is to keep what it learns
  // (Supervisor::Learnt()). Without `replay` and `switches`.
  std::vector<uint64_t> learnt;
  bool keep_learnt = false;
  // Whoever runs it counts by itself the executions whose only fault is a report of
  // ThreadSanitizer's with which another has ended before (ExecutionSummary::known). With
  // ProgramOptions::in_process these need no fork, and no batch ends with them.
  bool count_known = false;
  // When present, exactly these faults come (where their occasions do), and the plan of `spec` is
  // not asked; at most kMaxFaults.
  std::optional<std::vector<Fault>> follow_faults;
};

// The options of the campaign in which every execution runs as `plan` says: those that a replay of
// an execution with that plan takes, and its schedule file.
CampaignOptions WithPlan(CampaignOptions options, const ExecutionPlan& plan);

// Whether a replay can be exact; otherwise FailedPrecondition with the reason. Sync schedules
// replay in every flavour that the same compiler built (compilers elide different allocations).
// Memory schedules are exact in det and tsan, which share their objects; asan's objects have other
// memory accesses, so those schedules do not cross to or from it. With kSites they do: the accesses
// are found again by their source lines, and one that was compiled otherwise shows as a divergence.
absl::Status CanReplay(Preempt preempt, absl::string_view recorded_flavour,
                       absl::string_view recorded_compiler, absl::string_view flavour,
                       absl::string_view compiler);

// Whether the parts of `options` go together, and its replay can be exact in that build.
absl::Status Validate(const CampaignOptions& options, absl::string_view flavour,
                      absl::string_view compiler);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SUPERVISOR_CAMPAIGN_OPTIONS_H_
