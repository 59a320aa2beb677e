#include "harness/host/result_reader.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "harness/host/result.h"
#include "sim/json/document.h"
#include "sim/json/parse.h"

namespace heddle::harness {
namespace {

using json::Value;

std::vector<uint64_t> Counts(const Value& list) {
  std::vector<uint64_t> counts;
  for (const Value& each : list.List()) counts.push_back(each.Count());
  return counts;
}

trace::ObservedCheckpoint ParseCheckpoint(const Value& value) {
  return {value["root"].Text(), value["slot"].Count()};
}

std::vector<Snapshot::Payloads> ParsePool(const Value& list) {
  std::vector<Snapshot::Payloads> pool;
  for (const Value& each : list.List()) {
    Snapshot::Payloads payloads;
    payloads.data_root = each["data_root"].Text();
    for (const Value& set : each["participant_sets"].List()) {
      payloads.participant_sets.push_back(Counts(set));
    }
    pool.push_back(std::move(payloads));
  }
  return pool;
}

Snapshot ParseSnapshot(const Value& value) {
  Snapshot snapshot;
  snapshot.time = value["time"].Count();
  snapshot.head_root = value["head_root"].Text();
  snapshot.safe_target_root = value["safe_target_root"].Text();
  snapshot.latest_justified = ParseCheckpoint(value["latest_justified"]);
  snapshot.latest_finalized = ParseCheckpoint(value["latest_finalized"]);
  snapshot.block_roots = value["block_roots"].Texts();
  for (const Value& each : value["block_weights"].List()) {
    snapshot.block_weights.push_back({each["root"].Text(), each["weight"].Count()});
  }
  for (const Value& each : value["attestation_signatures"].List()) {
    snapshot.attestation_signatures.push_back(
        {each["data_root"].Text(), Counts(each["validator_indices"])});
  }
  snapshot.new_aggregated_payloads = ParsePool(value["new_aggregated_payloads"]);
  snapshot.known_aggregated_payloads = ParsePool(value["known_aggregated_payloads"]);
  return snapshot;
}

std::map<std::string, uint64_t> ParseCounters(const Value& value) {
  std::map<std::string, uint64_t> counters;
  for (const std::string& name : value.Keys()) counters[name] = value[name].Count();
  return counters;
}

std::vector<std::map<std::string, uint64_t>> ParseInstances(const Value& list) {
  std::vector<std::map<std::string, uint64_t>> instances;
  for (const Value& each : list.List()) instances.push_back(ParseCounters(each));
  return instances;
}

Applied ParseApplied(const Value& value) {
  Applied applied;
  applied.instance = value["instance"].Count<uint32_t>();
  applied.sequence = value["sequence"].Count();
  applied.kind = value["kind"].Text();
  applied.event.index = value["index"].Count();
  applied.event.outcome = value["outcome"].Text();
  applied.event.head = value["head"].Text();
  applied.event.justified_slot = value["justified_slot"].Count();
  applied.event.finalized_slot = value["finalized_slot"].Count();
  if (value.Has("released")) {
    for (const Value& each : value["released"].List()) {
      applied.event.released.push_back({each["block"].Text(), each["outcome"].Text()});
    }
  }
  return applied;
}

Ticked ParseTicked(const Value& value) {
  Ticked ticked;
  ticked.interval = value["interval"].Count();
  if (value.Has("snapshot")) ticked.snapshot = ParseSnapshot(value["snapshot"]);
  return ticked;
}

Refused ParseRefused(const Value& value) {
  return {value["instance"].Count<uint32_t>(), value["index"].Count(), value["code"].Text()};
}

Ended ParseEnded(const Value& value) {
  Ended ended;
  ended.state.interval = value["interval"].Count();
  ended.state.pending_blocks = value["pending_blocks"].Count();
  ended.state.pending_attestations = value["pending_attestations"].Count();
  ended.state.pending_aggregates = value["pending_aggregates"].Count();
  ended.state.snapshot = ParseSnapshot(value["snapshot"]);
  ended.node_counters = ParseCounters(value["counters"]["node"]);
  ended.instance_counters = ParseInstances(value["counters"]["instances"]);
  return ended;
}

Failed ParseFailed(const Value& value) {
  return {value["status"].Text(), ParseInstances(value["counters"]["instances"])};
}

// What a line says that is not the first; nothing if there is no such line.
std::optional<HostLine::What> ParseLine(const std::string& at, const Value& value) {
  if (at == "event") return ParseApplied(value);
  if (at == "tick") return ParseTicked(value);
  if (at == "refused") return ParseRefused(value);
  if (at == "end") return ParseEnded(value);
  if (at == "failed") return ParseFailed(value);
  value.Fail(absl::StrCat("unknown line \"", json::Excerpt(at), "\""));
  return std::nullopt;
}

}  // namespace

uint64_t Ended::Count(const std::string& name) const {
  uint64_t sum = 0;
  for (const auto& counters : instance_counters) {
    const auto found = counters.find(name);
    if (found != counters.end()) sum += found->second;
  }
  return sum;
}

const HostLine::What* KnownLines::Find(const std::string& text) const {
  const auto found = lines_.find(text);
  return found == lines_.end() ? nullptr : &found->second;
}

void KnownLines::Add(const std::string& text, const HostLine::What& what) {
  if (bytes_ + text.size() > kMostBytes) {
    lines_.clear();
    bytes_ = 0;
  }
  if (lines_.emplace(text, what).second) bytes_ += text.size();
}

absl::StatusOr<std::unique_ptr<ResultReader>> ResultReader::Open(const std::string& path,
                                                                 KnownLines* known) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  return std::unique_ptr<ResultReader>(new ResultReader(path, std::move(stream), known));
}

absl::Status ResultReader::Error(absl::string_view message) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ":", line_, ": ", message));
}

bool ResultReader::ReadText() {
  if (!std::getline(stream_, text_) || stream_.eof()) return false;
  ++line_;
  return true;
}

absl::StatusOr<std::optional<HostLine::What>> ResultReader::Parse() const {
  absl::StatusOr<json::Document> document =
      json::Document::Parse(text_, absl::StrCat(path_, ":", line_));
  if (!document.ok()) return document.status();
  const Value value = document->root();
  const std::string at = value["at"].Text();
  std::optional<HostLine::What> what;
  if (at == "begin") {
    if (value["format"].Text() != host::kResultFormat ||
        value["version"].Count() != host::kResultVersion) {
      value.Fail("a result of another format or version");
    }
  } else {
    what = ParseLine(at, value);
  }
  if (!document->status().ok()) return document->status();
  return what;
}

absl::StatusOr<bool> ResultReader::Take(HostLine* line) {
  const HostLine::What* const known = known_ == nullptr ? nullptr : known_->Find(text_);
  if (known != nullptr) {
    line->what = *known;
  } else {
    absl::StatusOr<std::optional<HostLine::What>> what = Parse();
    if (!what.ok()) return what.status();
    if (!what->has_value()) return false;
    if (known_ != nullptr) known_->Add(text_, **what);
    line->what = **std::move(what);
  }
  line->line = line_;
  complete_ =
      std::holds_alternative<Ended>(line->what) || std::holds_alternative<Failed>(line->what);
  return true;
}

absl::StatusOr<bool> ResultReader::Next(HostLine* line) {
  while (ReadText()) {
    if (complete_) return Error("a line after the end");
    const absl::StatusOr<bool> taken = Take(line);
    if (!taken.ok() || *taken) return taken;
  }
  return false;
}

absl::StatusOr<bool> ResultReader::Last(HostLine* line) {
  std::string last;
  while (ReadText()) last.swap(text_);
  text_.swap(last);
  return text_.empty() ? absl::StatusOr<bool>(false) : Take(line);
}

}  // namespace heddle::harness
