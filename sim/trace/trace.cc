#include "sim/trace/trace.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/trace/json_fields.h"
#include "sim/trace/json_lines.h"

namespace heddle::trace {
namespace {

using simdjson::dom::element;

constexpr Kind kKinds[] = {Kind::kGossip, Kind::kPeerConnected, Kind::kPeerDisconnected,
                           Kind::kRpcResponse, Kind::kRpcEnd};

uint64_t Distance(int64_t a, int64_t b) {
  return static_cast<uint64_t>(std::max(a, b)) - static_cast<uint64_t>(std::min(a, b));
}

absl::Status ParseValidator(element value, size_t index, Validator* validator) {
  const absl::StatusOr<Fields> fields =
      Fields::Of(value, {"attestation_public_key", "proposal_public_key"},
                 absl::StrCat("validators[", index, "]."));
  if (!fields.ok()) return fields.status();
  absl::Status status =
      fields->GetHex("attestation_public_key", absl::MakeSpan(validator->attestation_public_key));
  status.Update(
      fields->GetHex("proposal_public_key", absl::MakeSpan(validator->proposal_public_key)));
  return status;
}

absl::Status ParseValidators(const Fields& header, std::vector<Validator>* validators) {
  simdjson::dom::array array;
  if (absl::Status status = header.Get("validators", &array); !status.ok()) return status;
  for (const element value : array) {
    if (validators->size() == kMaxValidators) {
      return header.Error("validators", absl::StrCat("more than ", kMaxValidators,
                                                     " validators, the registry's limit"));
    }
    validators->emplace_back();
    absl::Status status = ParseValidator(value, validators->size() - 1, &validators->back());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ParseObserverFinal(const Fields& header, std::optional<ObserverFinal>* result) {
  if (!header.Has("observer_final")) return absl::OkStatus();
  element value;
  if (absl::Status status = header.Get("observer_final", &value); !status.ok()) return status;
  const absl::StatusOr<Fields> fields =
      Fields::Of(value, {"head", "head_slot", "justified", "finalized"}, "observer_final.");
  if (!fields.ok()) return fields.status();
  ObserverFinal observer;
  absl::Status status = fields->GetRoot("head", &observer.head);
  status.Update(fields->Get("head_slot", &observer.head_slot));
  status.Update(fields->Get("justified", &observer.justified));
  status.Update(fields->Get("finalized", &observer.finalized));
  *result = std::move(observer);
  return status;
}

// Checks first what tells a trace from any other file.
absl::Status CheckFormat(const Fields& fields) {
  absl::string_view format;
  if (absl::Status status = fields.Get("format", &format); !status.ok()) return status;
  if (format != kFormatName) {
    return fields.Error("format",
                        absl::StrCat("found \"", format, "\", expected \"", kFormatName, "\""));
  }
  uint64_t version = 0;
  if (absl::Status status = fields.Get("version", &version); !status.ok()) return status;
  if (version != kFormatVersion) {
    return fields.Error("version", absl::StrCat("found ", version, ", expected ", kFormatVersion));
  }
  return absl::OkStatus();
}

absl::Status ParseHeader(element value, Header* header) {
  const absl::StatusOr<Fields> fields = Fields::Of(
      value, {"format", "version", "network", "genesis_time", "validators", "observer_final"});
  if (!fields.ok()) return fields.status();
  absl::Status status = CheckFormat(*fields);
  status.Update(fields->Get("network", &header->network));
  if (status.ok() && header->network.empty()) status = fields->Error("network", "is empty");
  status.Update(fields->Get("genesis_time", &header->genesis_time));
  if (status.ok()) status = ParseValidators(*fields, &header->validators);
  if (status.ok()) status = ParseObserverFinal(*fields, &header->observer_final);
  return status;
}

absl::Status ParseKind(const Fields& fields, Kind* result) {
  absl::string_view name;
  if (absl::Status status = fields.Get("kind", &name); !status.ok()) return status;
  for (Kind kind : kKinds) {
    if (KindName(kind) != name) continue;
    *result = kind;
    return absl::OkStatus();
  }
  return fields.Error("kind", absl::StrCat("unknown kind \"", name,
                                           "\", expected gossip, peer_connected, "
                                           "peer_disconnected, rpc_response or rpc_end"));
}

// Empties what the previous event left behind; buffers keep their capacity.
void Reset(Event* event) {
  event->peer.clear();
  event->topic.clear();
  event->id = {};
  event->duplicate = false;
  event->data.clear();
  event->request = 0;
  event->protocol.clear();
}

absl::Status ParseEvent(element value, Ids ids, Event* event) {
  const absl::StatusOr<Fields> fields = Fields::Of(
      value, {"t", "kind", "peer", "topic", "id", "duplicate", "data", "request", "protocol"});
  if (!fields.ok()) return fields.status();
  Reset(event);
  absl::Status status = fields->Get("t", &event->time_ns);
  status.Update(ParseKind(*fields, &event->kind));
  status.Update(fields->Get("peer", &event->peer));
  if (!status.ok()) return status;
  switch (event->kind) {
    case Kind::kPeerConnected:
    case Kind::kPeerDisconnected:
      break;
    case Kind::kGossip:
      status = fields->Get("topic", &event->topic);
      if (ids == Ids::kRequired || fields->Has("id")) {
        status.Update(fields->GetHex("id", absl::MakeSpan(event->id)));
      }
      if (fields->Has("duplicate")) status.Update(fields->Get("duplicate", &event->duplicate));
      status.Update(fields->GetBase64("data", &event->data));
      break;
    case Kind::kRpcResponse:
      status = fields->Get("request", &event->request);
      status.Update(fields->Get("protocol", &event->protocol));
      status.Update(fields->GetBase64("data", &event->data));
      break;
    case Kind::kRpcEnd:
      status = fields->Get("request", &event->request);
      break;
  }
  return status;
}

}  // namespace

absl::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kGossip:
      return "gossip";
    case Kind::kPeerConnected:
      return "peer_connected";
    case Kind::kPeerDisconnected:
      return "peer_disconnected";
    case Kind::kRpcResponse:
      return "rpc_response";
    case Kind::kRpcEnd:
      return "rpc_end";
  }
  return "unknown";
}

int64_t SlotOf(const Event& event) {
  const int64_t slot = event.time_ns / kSlotNs;
  return event.time_ns % kSlotNs < 0 ? slot - 1 : slot;
}

TraceReader::TraceReader(std::unique_ptr<JsonLines> lines, Ids ids)
    : lines_(std::move(lines)), ids_(ids) {}

TraceReader::~TraceReader() = default;

absl::StatusOr<std::unique_ptr<TraceReader>> TraceReader::Open(const std::string& path, Ids ids) {
  absl::StatusOr<std::unique_ptr<JsonLines>> lines = JsonLines::Open(path);
  if (!lines.ok()) return lines.status();
  std::unique_ptr<TraceReader> reader(new TraceReader(*std::move(lines), ids));
  element value;
  const absl::StatusOr<bool> more = reader->lines_->Next(&value);
  if (!more.ok()) return more.status();
  if (!*more) return reader->lines_->lines().Error("empty file, expected a trace's header");
  if (absl::Status status = ParseHeader(value, &reader->header_); !status.ok()) {
    return reader->lines_->Locate(status);
  }
  return reader;
}

absl::StatusOr<bool> TraceReader::Next(Event* event) {
  if (!error_.ok()) return error_;
  element value;
  const absl::StatusOr<bool> more = lines_->Next(&value);
  if (!more.ok()) return error_ = more.status();
  if (!*more) return false;
  absl::Status status = ParseEvent(value, ids_, event);
  if (status.ok() && event->time_ns < last_time_ns_) {
    status = absl::InvalidArgumentError(
        absl::StrCat("field \"t\": goes back, from ", last_time_ns_, " to ", event->time_ns));
  }
  if (!status.ok()) return error_ = lines_->Locate(status);
  last_time_ns_ = event->time_ns;
  event->index = next_index_++;
  event->line = lines_->lines().line_number();
  return true;
}

uint64_t TraceReader::bytes_read() const { return lines_->lines().bytes_read(); }

absl::StatusOr<Trace> ReadTrace(const std::string& path, size_t max_events, size_t max_bytes) {
  absl::StatusOr<std::unique_ptr<TraceReader>> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  Trace trace;
  trace.header = (*reader)->header();
  size_t bytes = 0;
  while (true) {
    Event event;
    const absl::StatusOr<bool> more = (*reader)->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) return trace;
    const int64_t before = trace.events.empty() ? 0 : trace.events.back().time_ns;
    if (Distance(before, event.time_ns) > uint64_t{kMaxQuietNs}) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ":", event.line, ": field \"t\": jumps from ", before, " to ", event.time_ns,
          "; a trace that is replayed has an event at least every ", kMaxQuietNs, " ns (7 days)"));
    }
    bytes += event.data.size();
    if (trace.events.size() == max_events || bytes > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ":", event.line, ": more than ", max_events, " events or ", max_bytes,
                       " bytes of payload: too large to hold in memory"));
    }
    trace.events.push_back(std::move(event));
  }
}

}  // namespace heddle::trace
