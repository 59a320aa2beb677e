#include "harness/oracles/equivalence.h"

#include "absl/strings/str_cat.h"
#include "harness/host/result_reader.h"
#include "harness/oracles/chain_view.h"
#include "harness/oracles/difference.h"
#include "harness/oracles/oracle.h"

namespace heddle::harness {
namespace {

std::string Label(const trace::Trace& trace, const HostLine& line) {
  if (const auto* applied = std::get_if<Applied>(&line.what)) {
    return EventLabel(trace, applied->event.index);
  }
  if (const auto* ticked = std::get_if<Ticked>(&line.what)) return TickLabel(ticked->interval);
  if (const auto* refused = std::get_if<Refused>(&line.what)) {
    return absl::StrCat("the refusal of ", EventLabel(trace, refused->index));
  }
  return "the end";
}

// Both lines have the same label.
std::optional<Difference> Compare(const HostLine& base, const HostLine& other) {
  if (const auto* applied = std::get_if<Applied>(&base.what)) {
    return FirstDifference(applied->event, std::get<Applied>(other.what).event);
  }
  if (const auto* ticked = std::get_if<Ticked>(&base.what)) {
    return FirstDifference(ticked->snapshot.value_or(Snapshot{}),
                           std::get<Ticked>(other.what).snapshot.value_or(Snapshot{}));
  }
  if (const auto* ended = std::get_if<Ended>(&base.what)) {
    return FirstDifference(ended->state, std::get<Ended>(other.what).state);
  }
  return std::nullopt;
}

const Snapshot* SnapshotOf(const HostLine& line) {
  const auto* ticked = std::get_if<Ticked>(&line.what);
  if (ticked != nullptr && ticked->snapshot) return &*ticked->snapshot;
  const auto* ended = std::get_if<Ended>(&line.what);
  return ended == nullptr ? nullptr : &ended->state.snapshot;
}

Finding Violation(const std::string& field, const std::string& message) {
  return OracleFinding(FindingKind::kDivergence, "equivalence", field, message);
}

class Comparison {
 public:
  Comparison(const trace::Trace& trace, const NamedResult& base, const NamedResult& other)
      : trace_(trace), base_(base), other_(other) {}

  absl::Status Open() {
    absl::StatusOr<std::unique_ptr<ResultReader>> a = ResultReader::Open(base_.path);
    if (!a.ok()) return a.status();
    absl::StatusOr<std::unique_ptr<ResultReader>> b = ResultReader::Open(other_.path);
    if (!b.ok()) return b.status();
    a_ = *std::move(a);
    b_ = *std::move(b);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<Finding>> Lockstep() {
    HostLine a, b;
    while (true) {
      const absl::StatusOr<bool> more_a = a_->Next(&a);
      if (!more_a.ok()) return more_a.status();
      const absl::StatusOr<bool> more_b = b_->Next(&b);
      if (!more_b.ok()) return more_b.status();
      if (!*more_a && !*more_b) return std::nullopt;
      const std::string label_a = *more_a ? Label(trace_, a) : "nothing more";
      const std::string label_b = *more_b ? Label(trace_, b) : "nothing more";
      if (label_a != label_b) {
        return Violation("line",
                         absl::StrCat(label_b, " came in ", Name(other_.dispatcher), ", where ",
                                      Name(base_.dispatcher), " has ", label_a));
      }
      if (std::optional<Difference> difference = Compare(a, b)) {
        return WithNextTrees(Violation(difference->Kind(), Text(label_b, *difference)), a, b);
      }
    }
  }

  absl::StatusOr<std::optional<Finding>> OnceQuiet() {
    HostLine a, b;
    for (auto [reader, line] : {std::pair(a_.get(), &a), std::pair(b_.get(), &b)}) {
      const absl::StatusOr<bool> any = reader->Last(line);
      if (!any.ok()) return any.status();
    }
    const auto* end_a = std::get_if<Ended>(&a.what);
    const auto* end_b = std::get_if<Ended>(&b.what);
    if (end_a == nullptr || end_b == nullptr) return absl::InternalError("a result has no end");
    std::optional<Difference> difference =
        FirstDifferenceOnceQuiet(end_a->state.snapshot, end_b->state.snapshot);
    if (!difference) return std::nullopt;
    return WithChains(Violation(difference->Kind(), Text("once all was quiet", *difference)), a, b);
  }

 private:
  // `when` is empty where they part, or says how much later that is.
  Finding WithChains(Finding finding, const HostLine& a, const HostLine& b,
                     const std::string& when = "") const {
    const Snapshot* base = SnapshotOf(a);
    const Snapshot* other = SnapshotOf(b);
    if (base != nullptr && other != nullptr) {
      finding.chains = {ViewOf(absl::StrCat(Name(base_.dispatcher), when), *base),
                        ViewOf(absl::StrCat(Name(other_.dispatcher), when), *other)};
    }
    return finding;
  }

  // Events come without a tree: then it is the next one, if it is of the same moment in both.
  absl::StatusOr<std::optional<Finding>> WithNextTrees(Finding finding, HostLine a, HostLine b) {
    if (SnapshotOf(a) != nullptr) return WithChains(std::move(finding), a, b);
    for (auto [reader, line] : {std::pair(a_.get(), &a), std::pair(b_.get(), &b)}) {
      absl::StatusOr<bool> more = true;
      while (more.ok() && *more && SnapshotOf(*line) == nullptr) more = reader->Next(line);
      if (!more.ok()) return more.status();
    }
    const std::string label = Label(trace_, a);
    if (label != Label(trace_, b)) return finding;
    return WithChains(std::move(finding), a, b,
                      absl::StrCat(", at the next snapshot (", label, ")"));
  }

  std::string Text(const std::string& label, const Difference& difference) const {
    return absl::StrCat(label, ": ", difference.field, " is ", difference.got, " with ",
                        Name(other_.dispatcher), ", and ", difference.expected, " with ",
                        Name(base_.dispatcher));
  }

  const trace::Trace& trace_;
  const NamedResult& base_;
  const NamedResult& other_;
  std::unique_ptr<ResultReader> a_;
  std::unique_ptr<ResultReader> b_;
};

}  // namespace

absl::StatusOr<std::optional<Finding>> CheckEquivalence(const trace::Trace& trace, Mode mode,
                                                        const NamedResult& base,
                                                        const NamedResult& other) {
  Comparison comparison(trace, base, other);
  if (absl::Status status = comparison.Open(); !status.ok()) return status;
  return mode == Mode::kLockstep ? comparison.Lockstep() : comparison.OnceQuiet();
}

}  // namespace heddle::harness
