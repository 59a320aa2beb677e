#include "harness/host/result_reader.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "harness/host/result.h"
#include "nlohmann/json.hpp"

namespace heddle::trace {

using nlohmann::json;

// Found by nlohmann::json through their namespace.
static void from_json(const json& value, ObservedCheckpoint& checkpoint) {
  value.at("root").get_to(checkpoint.root);
  value.at("slot").get_to(checkpoint.slot);
}
static void from_json(const json& value, ObservedSnapshot::Weight& weight) {
  value.at("root").get_to(weight.root);
  value.at("weight").get_to(weight.weight);
}
static void from_json(const json& value, ObservedSnapshot::Signatures& signatures) {
  value.at("data_root").get_to(signatures.data_root);
  value.at("validator_indices").get_to(signatures.validator_indices);
}
static void from_json(const json& value, ObservedSnapshot::Payloads& payloads) {
  value.at("data_root").get_to(payloads.data_root);
  value.at("participant_sets").get_to(payloads.participant_sets);
}
static void from_json(const json& value, ObservedSnapshot& snapshot) {
  value.at("time").get_to(snapshot.time);
  value.at("head_root").get_to(snapshot.head_root);
  value.at("safe_target_root").get_to(snapshot.safe_target_root);
  value.at("latest_justified").get_to(snapshot.latest_justified);
  value.at("latest_finalized").get_to(snapshot.latest_finalized);
  value.at("block_roots").get_to(snapshot.block_roots);
  value.at("block_weights").get_to(snapshot.block_weights);
  value.at("attestation_signatures").get_to(snapshot.attestation_signatures);
  value.at("new_aggregated_payloads").get_to(snapshot.new_aggregated_payloads);
  value.at("known_aggregated_payloads").get_to(snapshot.known_aggregated_payloads);
}
static void from_json(const json& value, ObservedRelease& release) {
  value.at("block").get_to(release.block);
  value.at("outcome").get_to(release.outcome);
}

}  // namespace heddle::trace

namespace heddle::harness {
namespace {

using nlohmann::json;

Applied ParseApplied(const json& value) {
  Applied applied;
  value.at("instance").get_to(applied.instance);
  value.at("sequence").get_to(applied.sequence);
  value.at("kind").get_to(applied.kind);
  value.at("index").get_to(applied.event.index);
  value.at("outcome").get_to(applied.event.outcome);
  value.at("head").get_to(applied.event.head);
  value.at("justified_slot").get_to(applied.event.justified_slot);
  value.at("finalized_slot").get_to(applied.event.finalized_slot);
  if (value.contains("released")) value.at("released").get_to(applied.event.released);
  return applied;
}

Ticked ParseTicked(const json& value) {
  Ticked ticked;
  value.at("interval").get_to(ticked.interval);
  if (value.contains("snapshot")) ticked.snapshot = value.at("snapshot").get<Snapshot>();
  return ticked;
}

Refused ParseRefused(const json& value) {
  Refused refused;
  value.at("instance").get_to(refused.instance);
  value.at("index").get_to(refused.index);
  value.at("code").get_to(refused.code);
  return refused;
}

Ended ParseEnded(const json& value) {
  Ended ended;
  value.at("interval").get_to(ended.state.interval);
  value.at("pending_blocks").get_to(ended.state.pending_blocks);
  value.at("pending_attestations").get_to(ended.state.pending_attestations);
  value.at("pending_aggregates").get_to(ended.state.pending_aggregates);
  value.at("snapshot").get_to(ended.state.snapshot);
  value.at("counters").at("node").get_to(ended.node_counters);
  value.at("counters").at("instances").get_to(ended.instance_counters);
  return ended;
}

Failed ParseFailed(const json& value) {
  Failed failed;
  value.at("status").get_to(failed.status);
  value.at("counters").at("instances").get_to(failed.instance_counters);
  return failed;
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
  try {
    const json value = json::parse(text_);
    const std::string at = value.at("at").get<std::string>();
    if (at == "begin") {
      if (value.at("format").get<std::string>() != host::kResultFormat ||
          value.at("version") != host::kResultVersion) {
        return Error("a result of another format or version");
      }
      return std::nullopt;
    }
    if (at == "event") return ParseApplied(value);
    if (at == "tick") return ParseTicked(value);
    if (at == "refused") return ParseRefused(value);
    if (at == "end") return ParseEnded(value);
    if (at == "failed") return ParseFailed(value);
    return Error(absl::StrCat("unknown line '", at, "'"));
  } catch (const json::exception& error) {
    return Error(error.what());
  }
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
