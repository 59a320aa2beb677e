#include "harness/oracles/difference.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace heddle::harness {
namespace {

using trace::ObservedCheckpoint;
using trace::ObservedRelease;
using MaybeDifference = std::optional<Difference>;

std::string Text(uint64_t value) { return absl::StrCat(value); }
std::string Text(const std::string& value) { return value.empty() ? "(nothing)" : value; }
std::string Text(const ObservedCheckpoint& value) {
  return absl::StrCat(value.root, " at slot ", value.slot);
}
std::string Text(const std::vector<uint64_t>& values) {
  constexpr size_t kMaxShown = 32;
  if (values.size() <= kMaxShown) return absl::StrCat("[", absl::StrJoin(values, ","), "]");
  return absl::StrCat("[", absl::StrJoin(values.begin(), values.begin() + kMaxShown, ","), ",... ",
                      values.size(), " in all]");
}
std::string Text(const std::vector<std::vector<uint64_t>>& sets) {
  constexpr size_t kMaxShown = 4;
  std::vector<std::string> texts;
  for (const auto& set : sets) {
    if (texts.size() == kMaxShown) {
      texts.push_back(absl::StrCat("... ", sets.size(), " in all"));
      break;
    }
    texts.push_back(Text(set));
  }
  return absl::StrCat("[", absl::StrJoin(texts, ","), "]");
}
std::string Text(const Snapshot::Weight& value) {
  return absl::StrCat(value.root, " with weight ", value.weight);
}
std::string Text(const Snapshot::Signatures& value) {
  return absl::StrCat(value.data_root, " from ", Text(value.validator_indices));
}
std::string Text(const Snapshot::Payloads& value) {
  return absl::StrCat(value.data_root, " from ", Text(value.participant_sets));
}
std::string Text(const ObservedRelease& value) {
  return absl::StrCat(value.block, " ", value.outcome);
}

template <typename T>
MaybeDifference Compare(absl::string_view field, const T& expected, const T& got) {
  if (expected == got) return std::nullopt;
  return Difference{std::string(field), Text(expected), Text(got)};
}

template <typename T>
MaybeDifference CompareLists(absl::string_view field, const std::vector<T>& expected,
                             const std::vector<T>& got) {
  for (size_t i = 0; i < expected.size() || i < got.size(); ++i) {
    const std::string at = absl::StrCat(field, "[", i, "]");
    if (i >= expected.size()) return Difference{at, "the end of the list", Text(got[i])};
    if (i >= got.size()) return Difference{at, Text(expected[i]), "the end of the list"};
    if (MaybeDifference difference = Compare(at, expected[i], got[i])) return difference;
  }
  return std::nullopt;
}

// The first of them that is a difference.
template <typename... Others>
MaybeDifference FirstOf(MaybeDifference first, Others... others) {
  if constexpr (sizeof...(others) == 0) {
    return first;
  } else {
    return first ? first : FirstOf(std::move(others)...);
  }
}

}  // namespace

std::string Difference::Text() const {
  return absl::StrCat(field, " is ", got, ", expected ", expected);
}

std::string Difference::Kind() const { return field.substr(0, field.find('[')); }

MaybeDifference FirstDifference(const Snapshot& expected, const Snapshot& got) {
  if (expected == got) return std::nullopt;
  return FirstOf(Compare("time", expected.time, got.time),
                 Compare("head_root", expected.head_root, got.head_root),
                 Compare("safe_target_root", expected.safe_target_root, got.safe_target_root),
                 Compare("latest_justified", expected.latest_justified, got.latest_justified),
                 Compare("latest_finalized", expected.latest_finalized, got.latest_finalized),
                 CompareLists("block_roots", expected.block_roots, got.block_roots),
                 CompareLists("block_weights", expected.block_weights, got.block_weights),
                 CompareLists("attestation_signatures", expected.attestation_signatures,
                              got.attestation_signatures),
                 CompareLists("new_aggregated_payloads", expected.new_aggregated_payloads,
                              got.new_aggregated_payloads),
                 CompareLists("known_aggregated_payloads", expected.known_aggregated_payloads,
                              got.known_aggregated_payloads));
}

MaybeDifference FirstDifference(const trace::ObservedEvent& expected,
                                const trace::ObservedEvent& got) {
  return FirstOf(Compare("index", expected.index, got.index),
                 Compare("outcome", expected.outcome, got.outcome),
                 Compare("head", expected.head, got.head),
                 Compare("justified_slot", expected.justified_slot, got.justified_slot),
                 Compare("finalized_slot", expected.finalized_slot, got.finalized_slot),
                 CompareLists("released", expected.released, got.released));
}

MaybeDifference FirstDifference(const trace::ObservedEnd& expected, const trace::ObservedEnd& got) {
  return FirstOf(
      Compare("interval", expected.interval, got.interval),
      Compare("pending_blocks", expected.pending_blocks, got.pending_blocks),
      Compare("pending_attestations", expected.pending_attestations, got.pending_attestations),
      Compare("pending_aggregates", expected.pending_aggregates, got.pending_aggregates),
      FirstDifference(expected.snapshot, got.snapshot));
}

MaybeDifference FirstDifferenceOnceQuiet(const Snapshot& expected, const Snapshot& got) {
  return FirstOf(Compare("head_root", expected.head_root, got.head_root),
                 Compare("latest_justified", expected.latest_justified, got.latest_justified),
                 Compare("latest_finalized", expected.latest_finalized, got.latest_finalized));
}

std::string EventLabel(const trace::Trace& trace, uint64_t index) {
  if (index >= trace.events.size()) return absl::StrCat("event ", index);
  const trace::Event& event = trace.events[index];
  // "/leanconsensus/12345678/block/ssz_snappy" -> "block"
  std::string what(trace::KindName(event.kind));
  if (event.kind == trace::Kind::kGossip) {
    const std::vector<std::string> parts = absl::StrSplit(event.topic, '/');
    what = parts.size() == 5 ? parts[3] : event.topic.substr(0, 60);
  }
  return absl::StrCat("event ", index, " (trace line ", event.line, ": ", what, ", slot ",
                      trace::SlotOf(event), ")");
}

std::string TickLabel(uint64_t interval) {
  return absl::StrCat("the tick to interval ", interval, " (slot ",
                      interval / trace::kIntervalsPerSlot, ")");
}

}  // namespace heddle::harness
