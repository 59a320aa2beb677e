#include "sim/trace/operations.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace heddle::trace {
namespace {

int64_t KeyOf(const Event& event, Window::By by) {
  switch (by) {
    case Window::By::kIndex:
      return static_cast<int64_t>(event.index);
    case Window::By::kTime:
      return event.time_ns;
    case Window::By::kSlot:
      break;
  }
  return SlotOf(event);
}

void CountUnder(absl::string_view name, const Event& event,
                std::map<std::string, Summary::Count>* counts) {
  auto found = counts->find(std::string(name));
  if (found == counts->end()) {
    const bool full = counts->size() >= Summary::kMaxNames;
    found = counts->try_emplace(std::string(full ? Summary::kOtherNames : name)).first;
  }
  ++found->second.events;
  found->second.duplicates += event.duplicate ? 1 : 0;
  found->second.bytes += event.data.size();
}

void AddTo(const Event& event, Summary* summary) {
  if (summary->events == 0) summary->first_time_ns = event.time_ns;
  summary->last_time_ns = event.time_ns;
  ++summary->events;
  summary->duplicates += event.duplicate ? 1 : 0;
  summary->payload_bytes += event.data.size();
  summary->largest_payload = std::max<uint64_t>(summary->largest_payload, event.data.size());
  CountUnder(KindName(event.kind), event, &summary->by_kind);
  CountUnder(event.peer, event, &summary->by_peer);
  if (event.kind == Kind::kGossip) CountUnder(event.topic, event, &summary->by_topic);
  if (event.kind == Kind::kRpcResponse) CountUnder(event.protocol, event, &summary->by_protocol);
}

// "16*xof1vk": how libp2p shortens a peer id.
std::string ShortPeer(absl::string_view peer) {
  if (peer.size() <= 9) return absl::Utf8SafeCEscape(peer);
  return absl::Utf8SafeCEscape(absl::StrCat(peer.substr(0, 2), "*", peer.substr(peer.size() - 6)));
}

// What stands between a topic's second and last slash, when it looks like one of ours.
std::string ShortTopic(absl::string_view topic) {
  const absl::string_view whole = topic;
  if (absl::ConsumePrefix(&topic, "/leanconsensus/") &&
      absl::ConsumeSuffix(&topic, "/ssz_snappy")) {
    const size_t slash = topic.find('/');
    if (slash != absl::string_view::npos) return absl::Utf8SafeCEscape(topic.substr(slash + 1));
  }
  return absl::Utf8SafeCEscape(whole);
}

}  // namespace

bool Window::Contains(const Event& event) const {
  const int64_t key = KeyOf(event, by);
  return key >= from && key < to;
}

bool Window::IsPast(const Event& event) const { return KeyOf(event, by) >= to; }

bool Window::IsUnbounded() const {
  return from == std::numeric_limits<int64_t>::min() && to == std::numeric_limits<int64_t>::max();
}

absl::Status ForEach(TraceReader* reader, const std::function<bool(const Event&)>& visit) {
  Event event;
  while (true) {
    const absl::StatusOr<bool> more = reader->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more || !visit(event)) return absl::OkStatus();
  }
}

std::string Hex(absl::Span<const uint8_t> bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

absl::StatusOr<Summary> Summarise(const std::string& path) {
  absl::StatusOr<std::unique_ptr<TraceReader>> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  Summary summary;
  summary.header = (*reader)->header();
  absl::Status status = ForEach(reader->get(), [&summary](const Event& event) {
    AddTo(event, &summary);
    return true;
  });
  if (!status.ok()) return status;
  summary.uncompressed_bytes = (*reader)->bytes_read();
  std::error_code error;
  summary.file_bytes = std::filesystem::file_size(path, error);
  if (error) summary.file_bytes = 0;  // a pipe has no size
  return summary;
}

// Writes the events of `window` to `to_path`, with their duplicate flags, and their ids when
// `message_id` is given.
static absl::StatusOr<uint64_t> Copy(TraceReader* reader, const Header& header,
                                     const std::string& to_path, const Window& window,
                                     const MessageIdFunction& message_id) {
  absl::StatusOr<std::unique_ptr<TraceWriter>> writer = TraceWriter::Create(to_path, header);
  if (!writer.ok()) return writer.status();
  MessageIdSet seen;
  uint64_t count = 0;
  absl::Status written;
  absl::Status read = ForEach(reader, [&](const Event& event) {
    if (window.IsPast(event)) return false;
    if (!window.Contains(event)) return true;
    Event copy = event;
    if (event.kind == Kind::kGossip) {
      if (message_id) copy.id = message_id(event.topic, event.data);
      copy.duplicate = !seen.insert(copy.id).second;
    }
    written = (*writer)->Write(copy);
    ++count;
    return written.ok();
  });
  read.Update(written);
  if (!read.ok()) return read;
  if (absl::Status status = (*writer)->Close(); !status.ok()) return status;
  return count;
}

absl::StatusOr<uint64_t> Slice(const std::string& from_path, const std::string& to_path,
                               const Window& window) {
  absl::StatusOr<std::unique_ptr<TraceReader>> reader = TraceReader::Open(from_path);
  if (!reader.ok()) return reader.status();
  Header header = (*reader)->header();
  if (!window.IsUnbounded()) header.observer_final.reset();
  return Copy(reader->get(), header, to_path, window, nullptr);
}

absl::StatusOr<uint64_t> Complete(const std::string& from_path, const std::string& to_path,
                                  const MessageIdFunction& message_id) {
  absl::StatusOr<std::unique_ptr<TraceReader>> reader =
      TraceReader::Open(from_path, Ids::kOptional);
  if (!reader.ok()) return reader.status();
  return Copy(reader->get(), (*reader)->header(), to_path, Window(), message_id);
}

std::string Describe(const Event& event) {
  const int64_t interval = event.time_ns / kIntervalNs - (event.time_ns % kIntervalNs < 0 ? 1 : 0);
  std::string line = absl::StrFormat("%6d %14.6f s  slot %d.%d  %-17s %s", event.index,
                                     static_cast<double>(event.time_ns) / 1e9, SlotOf(event),
                                     interval - SlotOf(event) * kIntervalsPerSlot,
                                     KindName(event.kind), ShortPeer(event.peer));
  switch (event.kind) {
    case Kind::kPeerConnected:
    case Kind::kPeerDisconnected:
      break;
    case Kind::kGossip:
      absl::StrAppendFormat(&line, "  %s  %d bytes  id %s%s", ShortTopic(event.topic),
                            event.data.size(), Hex(absl::MakeSpan(event.id).subspan(0, 4)),
                            event.duplicate ? "  duplicate" : "");
      break;
    case Kind::kRpcResponse:
      absl::StrAppendFormat(&line, "  request %d  %s  %d bytes", event.request,
                            absl::Utf8SafeCEscape(event.protocol), event.data.size());
      break;
    case Kind::kRpcEnd:
      absl::StrAppendFormat(&line, "  request %d", event.request);
      break;
  }
  return line;
}

absl::Status Cat(const std::string& path, const Window& window,
                 const std::function<void(absl::string_view)>& line) {
  absl::StatusOr<std::unique_ptr<TraceReader>> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  return ForEach(reader->get(), [&](const Event& event) {
    if (window.IsPast(event)) return false;
    if (window.Contains(event)) line(Describe(event));
    return true;
  });
}

}  // namespace heddle::trace
