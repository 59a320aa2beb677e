#include "sim/explore/replay_verdict.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace heddle::sim {
namespace {

// What differs in the operations and, in the same flavour, at the end; or "".
std::string Divergence(const Schedule& schedule, const Outcome& outcome, bool same_flavour) {
  if (outcome.finding == FailureKind::kDivergence) return outcome.message;
  if (same_flavour && outcome.finding != schedule.finding) {
    return absl::StrCat("expected ", FailureKindName(schedule.finding), ", got ",
                        FailureKindName(outcome.finding), " ", outcome.message);
  }
  const bool both_whole = schedule.complete && outcome.state == ExecutionState::kComplete;
  if ((same_flavour || both_whole) && outcome.steps.size() != schedule.steps.size()) {
    return absl::StrCat("expected ", schedule.steps.size(), " points, got ", outcome.steps.size());
  }
  const size_t common = std::min(outcome.steps.size(), schedule.steps.size());
  for (size_t i = 0; i < common; ++i) {
    if (outcome.steps[i] != schedule.steps[i]) return absl::StrCat("different step at point ", i);
  }
  if ((same_flavour || both_whole) && outcome.faults != schedule.faults) {
    return absl::StrCat("expected ", schedule.faults.size(), " injected faults, got ",
                        outcome.faults.size());
  }
  return "";
}

// Findings behind which nothing says what the program does. Each flavour has memory of its own.
bool MayBeDamage(FailureKind finding) {
  return finding == FailureKind::kHeap || finding == FailureKind::kCrash ||
         finding == FailureKind::kSanitizer;
}

// How the end of a replay in another flavour differs, or "".
std::string OtherEnd(const Schedule& schedule, const Outcome& outcome,
                     absl::string_view dedup_key) {
  const bool recorded = schedule.finding != FailureKind::kNone;
  const std::string came =
      outcome.finding == FailureKind::kNone
          ? "no finding"
          : absl::StrCat(recorded ? "another finding: " : "", FailureKindName(outcome.finding),
                         ", ", outcome.message);
  if (outcome.finding == schedule.finding && (!recorded || dedup_key == schedule.dedup_key)) {
    return "";
  }
  return absl::StrCat("recorded ", recorded ? FailureKindName(schedule.finding) : "no finding",
                      ", got ", came);
}

}  // namespace

ReplayVerdict CompareWithRecording(const Schedule& schedule, const Outcome& outcome,
                                   absl::string_view dedup_key, bool same_flavour) {
  if (!same_flavour && outcome.finding == FailureKind::kDivergence &&
      outcome.sanitizer_reports > 0 && MayBeDamage(schedule.finding)) {
    return {ReplayEnd::kOtherEnd,
            absl::StrCat("recorded ", FailureKindName(schedule.finding),
                         ", got a sanitizer report, behind which the operations differ (what the "
                         "program does with damaged memory is undefined); ",
                         outcome.message)};
  }
  if (std::string text = Divergence(schedule, outcome, same_flavour); !text.empty()) {
    return {ReplayEnd::kDiverged, text};
  }
  if (same_flavour) return {};
  if (std::string text = OtherEnd(schedule, outcome, dedup_key); !text.empty()) {
    return {ReplayEnd::kOtherEnd, text};
  }
  return {};
}

}  // namespace heddle::sim
