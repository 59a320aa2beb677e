#include "sim/supervisor/campaign_options.h"

#include "absl/strings/str_cat.h"

namespace heddle::sim {

CampaignOptions WithPlan(CampaignOptions options, const ExecutionPlan& plan) {
  options.spec.strategy = plan.strategy;
  options.spec.preempt = plan.preempt;
  options.spec.memory = plan.memory;
  if (plan.preempt != Preempt::kSites) options.sites.clear();
  return options;
}

absl::Status CanReplay(Preempt preempt, absl::string_view recorded_flavour,
                       absl::string_view recorded_compiler, absl::string_view flavour,
                       absl::string_view compiler) {
  if (recorded_compiler != compiler) {
    return absl::FailedPreconditionError(
        absl::StrCat("the schedule was recorded with compiler ", recorded_compiler,
                     ", but this build uses ", compiler, "; compilers elide different operations"));
  }
  if (preempt == Preempt::kMemory && (recorded_flavour == "asan") != (flavour == "asan")) {
    return absl::FailedPreconditionError(
        absl::StrCat("the schedule preempts at memory accesses and was recorded in ",
                     recorded_flavour, "; the accesses of ", flavour,
                     " are compiled differently (only det and tsan share their objects)"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const CampaignOptions& options, absl::string_view flavour,
                      absl::string_view compiler) {
  const Preempt preempt = options.spec.preempt;
  if (!options.replay.empty() && options.recorded_flavour.empty() && preempt == Preempt::kMemory) {
    return absl::InvalidArgumentError(
        "a replay with preempt: memory needs recorded_flavour and recorded_compiler "
        "(ReplayOptions() of sim/schedule/schedule.h and ReplayOf() set them)");
  }
  if (!options.replay.empty() && !options.recorded_flavour.empty()) {
    absl::Status status =
        CanReplay(preempt, options.recorded_flavour, options.recorded_compiler, flavour, compiler);
    if (!status.ok()) return status;
  }
  if (options.spec.memory == MemoryModel::kSc && options.replay.empty() &&
      options.spec.strategy.name == "pctwm") {
    return absl::InvalidArgumentError(
        "pctwm chooses old values: it requires memory c11 or tso; expected pct with memory sc");
  }
  // A strategy that plans has sites for those of its executions that ask for them.
  if (options.sites.empty() == (preempt == Preempt::kSites) && !options.spec.strategy.Plans()) {
    return absl::InvalidArgumentError("sites and preempt: sites require each other");
  }
  if ((options.keep_learnt || !options.learnt.empty()) &&
      (options.switches.has_value() || !options.replay.empty())) {
    return absl::InvalidArgumentError(
        "only a campaign whose strategy is asked goes on from others");
  }
  if (options.switches.has_value() && !options.replay.empty()) {
    return absl::InvalidArgumentError("a campaign replays steps or follows switches, not both");
  }
  return absl::OkStatus();
}

}  // namespace heddle::sim
