#include "harness/oracles/expectation.h"

#include "absl/strings/str_cat.h"
#include "harness/oracles/chain_view.h"
#include "harness/oracles/difference.h"

namespace heddle::harness {

using trace::ObservedEnd;
using trace::ObservedEvent;
using trace::ObservedLine;
using trace::ObservedTick;

namespace {

const Snapshot* SnapshotOf(const ObservedLine& line) {
  if (const auto* tick = std::get_if<ObservedTick>(&line.value)) return &tick->snapshot;
  if (const auto* end = std::get_if<ObservedEnd>(&line.value)) return &end->snapshot;
  return nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExpectationOracle>> ExpectationOracle::Create(
    const trace::Trace& trace, const std::string& path) {
  absl::StatusOr<std::unique_ptr<trace::ObservationReader>> reader =
      trace::ObservationReader::Open(path);
  if (!reader.ok()) return reader.status();
  return std::unique_ptr<ExpectationOracle>(new ExpectationOracle(trace, path, *std::move(reader)));
}

Finding ExpectationOracle::Violation(const std::string& field, const std::string& message) const {
  return OracleFinding(FindingKind::kDivergence, "expectation", field, message);
}

std::string ExpectationOracle::Label(const ObservedLine& line) const {
  if (const auto* event = std::get_if<ObservedEvent>(&line.value)) {
    return EventLabel(trace_, event->index);
  }
  if (const auto* tick = std::get_if<ObservedTick>(&line.value)) return TickLabel(tick->interval);
  return "the end";
}

// The host's next snapshot, and the specification's of the same moment; without trees when it has
// none.
std::optional<Finding> ExpectationOracle::WithNextTrees(const HostLine& line) {
  const auto* ticked = std::get_if<Ticked>(&line.what);
  const auto* ended = std::get_if<Ended>(&line.what);
  if (ended == nullptr && (ticked == nullptr || !ticked->snapshot)) return std::nullopt;
  const std::string label = ended != nullptr ? "the end" : TickLabel(ticked->interval);
  ObservedLine expected;
  absl::StatusOr<bool> more = true;
  while ((more = reader_->Next(&expected)).ok() && *more) {
    if (Label(expected) != label) continue;
    const Snapshot& host = ended != nullptr ? ended->state.snapshot : *ticked->snapshot;
    const std::string when = absl::StrCat(", at the next snapshot (", label, ")");
    parted_->chains = {ViewOf(absl::StrCat("the specification", when), *SnapshotOf(expected)),
                       ViewOf(absl::StrCat("the host", when), host)};
    break;
  }
  return std::move(parted_);
}

std::optional<Finding> ExpectationOracle::OnLine(const HostLine& line) {
  if (parted_) return WithNextTrees(line);
  ObservedLine got;
  std::optional<Difference> difference;
  if (const auto* applied = std::get_if<Applied>(&line.what)) {
    if (!applied->concerns_chain()) return std::nullopt;
    got.value = applied->event;
  } else if (const auto* ticked = std::get_if<Ticked>(&line.what)) {
    got.value = ObservedTick{ticked->interval, ticked->snapshot.value_or(Snapshot{})};
  } else if (const auto* ended = std::get_if<Ended>(&line.what)) {
    got.value = ended->state;
  } else {
    const auto& refused = std::get<Refused>(line.what);
    return Violation("refused", absl::StrCat(EventLabel(trace_, refused.index), ": refused with '",
                                             refused.code, "', expected to be applied"));
  }

  ObservedLine expected;
  const absl::StatusOr<bool> more = reader_->Next(&expected);
  if (!more.ok()) return Violation("unreadable", std::string(more.status().message()));
  if (!*more) return Violation("line", absl::StrCat(Label(got), ": expected nothing more"));
  const std::string place = absl::StrCat(path_, ":", expected.line);
  if (Label(got) != Label(expected)) {
    return Violation(
        "line", absl::StrCat(Label(got), " came; expected ", Label(expected), " (", place, ")"));
  }
  if (const auto* event = std::get_if<ObservedEvent>(&expected.value)) {
    difference = FirstDifference(*event, std::get<ObservedEvent>(got.value));
  } else if (const auto* tick = std::get_if<ObservedTick>(&expected.value)) {
    difference = FirstDifference(tick->snapshot, std::get<ObservedTick>(got.value).snapshot);
  } else {
    difference =
        FirstDifference(std::get<ObservedEnd>(expected.value), std::get<ObservedEnd>(got.value));
  }
  if (!difference) return std::nullopt;
  Finding finding = Violation(difference->Kind(),
                              absl::StrCat(Label(got), ": ", difference->Text(), " (", place, ")"));
  const Snapshot* expected_snapshot = SnapshotOf(expected);
  const Snapshot* got_snapshot = SnapshotOf(got);
  if (expected_snapshot != nullptr && got_snapshot != nullptr) {
    finding.chains = {ViewOf("the specification", *expected_snapshot),
                      ViewOf("the host", *got_snapshot)};
    return finding;
  }
  parted_ = std::move(finding);
  return std::nullopt;
}

absl::Status VerifyExpectation(const std::string& path) {
  absl::StatusOr<std::unique_ptr<trace::ObservationReader>> reader =
      trace::ObservationReader::Open(path);
  if (!reader.ok()) return reader.status();
  ObservedLine line;
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = (*reader)->Next(&line);
  return more.status();
}

}  // namespace heddle::harness
