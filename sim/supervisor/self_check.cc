// Supervisor::SelfCheck(): whether two runs of one schedule are the same.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/supervisor/real_machine.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

// The first point at which both runs did something, but on different objects.
std::optional<size_t> FirstOtherObject(const Outcome& first, const Outcome& second) {
  const size_t common = std::min(first.objects.size(), second.objects.size());
  for (size_t i = 0; i < common; ++i) {
    if (first.objects[i] != second.objects[i]) return i;
  }
  return std::nullopt;
}

// What else differs, or "".
std::string OtherDifference(const Outcome& first, const Outcome& second) {
  if (second.steps != first.steps) {
    return absl::StrFormat("the first run has %u points, a second one of the same schedule %u",
                           first.steps.size(), second.steps.size());
  }
  if (second.finding != first.finding) {
    return absl::StrCat("the same operations end in ", FailureKindName(first.finding),
                        " in the first run and in ", FailureKindName(second.finding),
                        " in the second");
  }
  if (second.standard_output != first.standard_output) {
    return "the same operations write different standard output";
  }
  return "";
}

// `outcome` with the difference, and what of the real machine may have made it.
Outcome Uncontrolled(Outcome outcome, const std::string& difference, const AddressNames& names) {
  outcome.finding = FailureKind::kUncontrolled;
  outcome.message = absl::StrCat("uncontrolled nondeterminism: ", difference);
  for (const std::string& instruction : RealMachineInstructions(names)) {
    absl::StrAppend(&outcome.message, "\n  asks the real machine: ", instruction);
  }
  return outcome;
}

}  // namespace

CampaignOptions Supervisor::ReplayOf(const Outcome& outcome, CampaignOptions options) const {
  options = WithPlan(std::move(options), outcome.plan);
  options.recorded_flavour = flavour();
  options.recorded_compiler = compiler();
  options.replay = outcome.steps;
  options.follow_faults = outcome.faults;
  options.replay_open_end = outcome.state != ExecutionState::kComplete;
  return options;
}

absl::StatusOr<Outcome> Supervisor::SelfCheck(const CampaignOptions& options, uint64_t execution) {
  CampaignOptions tracking = options;
  tracking.spec.track_objects = true;
  absl::StatusOr<Outcome> first = Replay(tracking, execution);
  if (!first.ok()) return first;
  CampaignOptions again = ReplayOf(*first, tracking);
  absl::StatusOr<Outcome> second = Replay(again, execution);
  if (!second.ok()) return second;
  if (second->finding == FailureKind::kDivergence) {
    const std::string difference =
        absl::StrCat("a second run of the same schedule differs; ", second->message);
    return Uncontrolled(*std::move(second), difference, names_);
  }
  if (const std::optional<size_t> i = FirstOtherObject(*first, *second); i.has_value()) {
    const std::string difference = absl::StrFormat(
        "at point %u thread %u does %s on object %u in the first run and on object %u in a second "
        "run of the same schedule",
        *i, StepThread(first->steps[*i]), OpKindName(StepKind(first->steps[*i])),
        first->objects[*i], second->objects[*i]);
    // To see who does it: stop a third run right there, by an operation that is none.
    again.replay[*i] =
        MakeStep(OpKind::kNone, StepThread(again.replay[*i]), StepStore(again.replay[*i]));
    absl::StatusOr<Outcome> third = Replay(again, execution);
    return Uncontrolled(third.ok() ? *std::move(third) : *std::move(second), difference, names_);
  }
  const std::string difference = OtherDifference(*first, *second);
  return difference.empty() ? *std::move(first)
                            : Uncontrolled(*std::move(second), difference, names_);
}

}  // namespace heddle::sim
