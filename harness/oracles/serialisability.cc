#include "harness/oracles/serialisability.h"

#include "absl/strings/str_cat.h"
#include "harness/oracles/chain_view.h"
#include "harness/oracles/difference.h"

namespace heddle::harness {
namespace {

Finding Violation(const std::string& label, const Difference& difference) {
  return OracleFinding(FindingKind::kDivergence, "serialisability", difference.Kind(),
                       absl::StrCat(label, ": ", difference.field, " is ", difference.got,
                                    "; one thread, in the same order, has ", difference.expected));
}

// `when` is empty where they part, or says how much later that is.
Finding WithChains(Finding finding, const Snapshot& reference, const Snapshot& host,
                   const std::string& when = "") {
  finding.chains = {ViewOf(absl::StrCat("one thread, in the same order", when), reference),
                    ViewOf(absl::StrCat("the host", when), host)};
  return finding;
}

}  // namespace

std::optional<Finding> SerialisabilityOracle::OnLine(const HostLine& line) {
  if (parted_) return WithNextTrees(line);
  if (const auto* applied = std::get_if<Applied>(&line.what)) return OnApplied(*applied);
  if (const auto* ticked = std::get_if<Ticked>(&line.what)) return OnTicked(*ticked);
  if (const auto* ended = std::get_if<Ended>(&line.what)) {
    const trace::ObservedEnd expected = reference_->End();
    const std::optional<Difference> difference = FirstDifference(expected, ended->state);
    if (difference) {
      return WithChains(Violation("the end", *difference), expected.snapshot,
                        ended->state.snapshot);
    }
  }
  return std::nullopt;
}

std::optional<Finding> SerialisabilityOracle::OnApplied(const Applied& applied) {
  if (applied.event.index >= trace_.events.size()) {
    return OracleFinding(FindingKind::kDivergence, "serialisability", "unknown",
                         absl::StrCat("event ", applied.event.index, " is not in the trace"));
  }
  const trace::ObservedEvent expected =
      reference_->Apply(applied.instance, trace_.events[applied.event.index]);
  const std::optional<Difference> difference = FirstDifference(expected, applied.event);
  if (difference) parted_ = Violation(EventLabel(trace_, expected.index), *difference);
  return std::nullopt;
}

// The reference goes on in the host's order up to the first snapshot of the host's.
std::optional<Finding> SerialisabilityOracle::WithNextTrees(const HostLine& line) {
  if (const auto* applied = std::get_if<Applied>(&line.what)) {
    if (applied->event.index >= trace_.events.size()) return std::move(parted_);
    reference_->Apply(applied->instance, trace_.events[applied->event.index]);
  } else if (const auto* ticked = std::get_if<Ticked>(&line.what)) {
    if (ticked->interval != ++interval_) return std::move(parted_);
    reference_->Tick(ticked->interval);
    if (!ticked->snapshot) return std::nullopt;
    return WithChains(*std::move(parted_), reference_->TakeSnapshot(), *ticked->snapshot,
                      absl::StrCat(", at the next snapshot (", TickLabel(ticked->interval), ")"));
  } else if (const auto* ended = std::get_if<Ended>(&line.what)) {
    return WithChains(*std::move(parted_), reference_->End().snapshot, ended->state.snapshot,
                      ", at the end");
  }
  return std::nullopt;
}

std::optional<Finding> SerialisabilityOracle::OnTicked(const Ticked& ticked) {
  if (ticked.interval != interval_ + 1) {
    return OracleFinding(FindingKind::kDivergence, "serialisability", "interval",
                         absl::StrCat(TickLabel(ticked.interval), " follows ", TickLabel(interval_),
                                      ": expected one interval at a time"));
  }
  interval_ = ticked.interval;
  reference_->Tick(ticked.interval);
  if (!ticked.snapshot) return std::nullopt;
  const Snapshot expected = reference_->TakeSnapshot();
  const std::optional<Difference> difference = FirstDifference(expected, *ticked.snapshot);
  if (difference) {
    return WithChains(Violation(TickLabel(ticked.interval), *difference), expected,
                      *ticked.snapshot);
  }
  return std::nullopt;
}

}  // namespace heddle::harness
