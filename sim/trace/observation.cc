#include "sim/trace/observation.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sim/trace/json_fields.h"
#include "sim/trace/json_lines.h"

namespace heddle::trace {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

std::string At(absl::string_view list, size_t index) { return absl::StrCat(list, "[", index, "]"); }

// Parses every element of the array `name` with `parse(element, path of the element, out)`.
template <typename T, typename Parse>
absl::Status GetList(const Fields& fields, absl::string_view name, std::vector<T>* out,
                     Parse parse) {
  array list;
  if (absl::Status status = fields.Get(name, &list); !status.ok()) return status;
  out->clear();
  for (const element value : list) {
    out->emplace_back();
    absl::Status status = parse(value, fields.Path(At(name, out->size() - 1)), &out->back());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ParseNumber(element value, const std::string& path, uint64_t* out) {
  if (value.get(*out) == simdjson::SUCCESS) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "field \"", path, "\": expected a non-negative integer, found ", Describe(value)));
}

absl::Status ParseNumbers(element value, const std::string& path, std::vector<uint64_t>* out) {
  array list;
  if (value.get(list) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrCat("field \"", path, "\": expected an array, found ", Describe(value)));
  }
  for (const element number : list) {
    out->emplace_back();
    absl::Status status = ParseNumber(number, At(path, out->size() - 1), &out->back());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ParseRoot(element value, const std::string& path, RootText* out) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS &&
      NormalizeRoot(absl::string_view(text.data(), text.size()), out)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("field \"", path, "\": expected a root, 64 hexadecimal digits"));
}

absl::Status ParseWeight(element value, const std::string& path, ObservedSnapshot::Weight* out) {
  const absl::StatusOr<Fields> fields = Fields::Of(value, {"root", "weight"}, path + ".");
  if (!fields.ok()) return fields.status();
  absl::Status status = fields->GetRoot("root", &out->root);
  status.Update(fields->Get("weight", &out->weight));
  return status;
}

absl::Status ParseSignatures(element value, const std::string& path,
                             ObservedSnapshot::Signatures* out) {
  const absl::StatusOr<Fields> fields =
      Fields::Of(value, {"data_root", "validator_indices"}, path + ".");
  if (!fields.ok()) return fields.status();
  absl::Status status = fields->GetRoot("data_root", &out->data_root);
  status.Update(GetList(*fields, "validator_indices", &out->validator_indices, ParseNumber));
  return status;
}

absl::Status ParsePayloads(element value, const std::string& path,
                           ObservedSnapshot::Payloads* out) {
  const absl::StatusOr<Fields> fields =
      Fields::Of(value, {"data_root", "participant_sets"}, path + ".");
  if (!fields.ok()) return fields.status();
  absl::Status status = fields->GetRoot("data_root", &out->data_root);
  status.Update(GetList(*fields, "participant_sets", &out->participant_sets, ParseNumbers));
  return status;
}

absl::Status GetCheckpoint(const Fields& parent, absl::string_view name, ObservedCheckpoint* out) {
  element value;
  if (absl::Status status = parent.Get(name, &value); !status.ok()) return status;
  const absl::StatusOr<Fields> fields =
      Fields::Of(value, {"root", "slot"}, absl::StrCat(parent.Path(name), "."));
  if (!fields.ok()) return fields.status();
  absl::Status status = fields->GetRoot("root", &out->root);
  status.Update(fields->Get("slot", &out->slot));
  return status;
}

absl::Status GetSnapshot(const Fields& line, ObservedSnapshot* out) {
  element value;
  if (absl::Status status = line.Get("snapshot", &value); !status.ok()) return status;
  const absl::StatusOr<Fields> fields =
      Fields::Of(value,
                 {"time", "head_root", "safe_target_root", "latest_justified", "latest_finalized",
                  "block_roots", "block_weights", "attestation_signatures",
                  "new_aggregated_payloads", "known_aggregated_payloads"},
                 "snapshot.");
  if (!fields.ok()) return fields.status();
  absl::Status status = fields->Get("time", &out->time);
  status.Update(fields->GetRoot("head_root", &out->head_root));
  status.Update(fields->GetRoot("safe_target_root", &out->safe_target_root));
  status.Update(GetCheckpoint(*fields, "latest_justified", &out->latest_justified));
  status.Update(GetCheckpoint(*fields, "latest_finalized", &out->latest_finalized));
  status.Update(GetList(*fields, "block_roots", &out->block_roots, ParseRoot));
  status.Update(GetList(*fields, "block_weights", &out->block_weights, ParseWeight));
  status.Update(
      GetList(*fields, "attestation_signatures", &out->attestation_signatures, ParseSignatures));
  status.Update(
      GetList(*fields, "new_aggregated_payloads", &out->new_aggregated_payloads, ParsePayloads));
  status.Update(GetList(*fields, "known_aggregated_payloads", &out->known_aggregated_payloads,
                        ParsePayloads));
  return status;
}

bool IsOutcome(absl::string_view text) {
  uint64_t code = 0;
  if (absl::ConsumePrefix(&text, "rejected:")) return !text.empty();
  if (absl::ConsumePrefix(&text, "rpc_error:")) return absl::SimpleAtoi(text, &code);
  return text == "accepted" || text == "duplicate" || text == "pending" || text == "undecodable";
}

absl::Status GetOutcome(const Fields& fields, std::string* out) {
  if (absl::Status status = fields.Get("outcome", out); !status.ok()) return status;
  if (IsOutcome(*out)) return absl::OkStatus();
  return fields.Error("outcome",
                      absl::StrCat("found \"", *out,
                                   "\", expected accepted, duplicate, pending, undecodable, "
                                   "rejected:REASON or rpc_error:CODE"));
}

absl::Status ParseRelease(element value, const std::string& path, ObservedRelease* out) {
  const absl::StatusOr<Fields> fields = Fields::Of(value, {"block", "outcome"}, path + ".");
  if (!fields.ok()) return fields.status();
  absl::Status status = fields->GetRoot("block", &out->block);
  status.Update(GetOutcome(*fields, &out->outcome));
  return status;
}

absl::Status ParseEvent(const Fields& fields, ObservedEvent* event) {
  absl::Status status = fields.Get("index", &event->index);
  status.Update(GetOutcome(fields, &event->outcome));
  status.Update(fields.GetRoot("head", &event->head));
  status.Update(fields.Get("justified_slot", &event->justified_slot));
  status.Update(fields.Get("finalized_slot", &event->finalized_slot));
  if (fields.Has("released")) {
    status.Update(GetList(fields, "released", &event->released, ParseRelease));
  }
  return status;
}

absl::Status ParseTick(const Fields& fields, ObservedTick* tick) {
  absl::Status status = fields.Get("interval", &tick->interval);
  status.Update(GetSnapshot(fields, &tick->snapshot));
  return status;
}

absl::Status ParseEnd(const Fields& fields, ObservedEnd* end) {
  absl::Status status = fields.Get("interval", &end->interval);
  status.Update(fields.Get("pending_blocks", &end->pending_blocks));
  status.Update(fields.Get("pending_attestations", &end->pending_attestations));
  status.Update(fields.Get("pending_aggregates", &end->pending_aggregates));
  status.Update(GetSnapshot(fields, &end->snapshot));
  return status;
}

absl::Status ParseLine(element value, ObservedLine* line) {
  const absl::StatusOr<Fields> fields =
      Fields::Of(value, {"at", "index", "outcome", "head", "justified_slot", "finalized_slot",
                         "released", "interval", "snapshot", "pending_blocks",
                         "pending_attestations", "pending_aggregates"});
  if (!fields.ok()) return fields.status();
  absl::string_view at;
  if (absl::Status status = fields->Get("at", &at); !status.ok()) return status;
  if (at == "event") return ParseEvent(*fields, &line->value.emplace<ObservedEvent>());
  if (at == "tick") return ParseTick(*fields, &line->value.emplace<ObservedTick>());
  if (at == "end") return ParseEnd(*fields, &line->value.emplace<ObservedEnd>());
  return fields->Error("at", absl::StrCat("found \"", at, "\", expected event, tick or end"));
}

// `*last` is the number of the line of the same kind before, if any.
absl::Status CheckRises(absl::string_view name, uint64_t number, std::optional<uint64_t>* last) {
  if (last->has_value() && number <= **last) {
    return absl::InvalidArgumentError(absl::StrCat("field \"", name, "\": ", number, " follows ",
                                                   **last, ", expected it to rise"));
  }
  *last = number;
  return absl::OkStatus();
}

}  // namespace

ObservationReader::ObservationReader(std::unique_ptr<JsonLines> lines) : lines_(std::move(lines)) {}

ObservationReader::~ObservationReader() = default;

absl::StatusOr<std::unique_ptr<ObservationReader>> ObservationReader::Open(
    const std::string& path) {
  absl::StatusOr<std::unique_ptr<JsonLines>> lines = JsonLines::Open(path);
  if (!lines.ok()) return lines.status();
  return std::unique_ptr<ObservationReader>(new ObservationReader(*std::move(lines)));
}

absl::StatusOr<bool> ObservationReader::Next(ObservedLine* line) {
  if (!error_.ok()) return error_;
  element value;
  const absl::StatusOr<bool> more = lines_->Next(&value);
  if (!more.ok()) return error_ = more.status();
  if (!*more) {
    if (ended_) return false;
    return error_ =
               lines_->lines().Error("the file ends here, expected a line with \"at\":\"end\"");
  }
  absl::Status status = ended_
                            ? absl::InvalidArgumentError("a line after the one with \"at\":\"end\"")
                            : ParseLine(value, line);
  if (status.ok()) status = CheckOrder(*line);
  if (!status.ok()) return error_ = lines_->Locate(status);
  line->line = lines_->lines().line_number();
  return true;
}

absl::Status ObservationReader::CheckOrder(const ObservedLine& line) {
  if (const auto* event = std::get_if<ObservedEvent>(&line.value)) {
    return CheckRises("index", event->index, &last_index_);
  }
  if (const auto* tick = std::get_if<ObservedTick>(&line.value)) {
    return CheckRises("interval", tick->interval, &last_interval_);
  }
  ended_ = true;
  return absl::OkStatus();
}

}  // namespace heddle::trace
