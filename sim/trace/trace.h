// The gossip trace: what crossed the boundary between a network thread and its host, with times.
//
// A trace is JSON Lines (`*.jsonl`), or the same compressed with zstd (`*.jsonl.zst`, known by its
// ending). Line 1 is the header; every other line is one event, in the order of its time.
//
//   {"format":"gossip-trace","version":1,"network":"12345678","genesis_time":...,"validators":[...]}
//   {"t":-11088097030,"kind":"peer_connected","peer":"16Uiu2HAmND..."}
//   {"t":859133862,"kind":"gossip","topic":"/leanconsensus/12345678/attestation_0/ssz_snappy",
//    "peer":"16Uiu2HAkxG...","id":"dde6dd90...","data":"sAQEAgA2..."}       (one line in the file)
//   {"t":...,"kind":"rpc_response","peer":"...","request":1,"protocol":"/leanconsensus/req/...",
//    "data":"AFD/..."}
//   {"t":...,"kind":"rpc_end","peer":"...","request":1}
//
// Reader and writer stream: their memory is bounded by kMaxLineBytes, whatever the file's length.
// Unknown fields are ignored. Anything else that is wrong is an absl::Status whose message starts
// with `file:line: ` and says what was wrong and what was expected.
//
// Thread rule: an object is used by one thread at a time; different objects are independent.
#ifndef HEDDLE_SIM_TRACE_TRACE_H_
#define HEDDLE_SIM_TRACE_TRACE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace heddle::trace {

inline constexpr absl::string_view kFormatName = "gossip-trace";
inline constexpr uint64_t kFormatVersion = 1;

// The longest line that is read, in bytes. The largest payload the protocol allows is 10 MiB
// (MAX_PAYLOAD_SIZE), a third more in base64; the rest is room for a full registry's header.
inline constexpr size_t kMaxLineBytes = 16 << 20;

// The most validators a header may name (VALIDATOR_REGISTRY_LIMIT of the lean specification).
inline constexpr size_t kMaxValidators = 4096;

// Slots last 4 s and have 5 intervals (lean specification, chain configuration).
inline constexpr int64_t kIntervalNs = 800'000'000;
inline constexpr int64_t kIntervalsPerSlot = 5;
inline constexpr int64_t kSlotNs = kIntervalNs * kIntervalsPerSlot;

using PublicKey = std::array<uint8_t, 52>;
using MessageId = std::array<uint8_t, 20>;

struct Validator {
  PublicKey attestation_public_key{};
  PublicKey proposal_public_key{};
  bool operator==(const Validator&) const = default;
};

// What the recording node itself held when the recording ended.
struct ObserverFinal {
  std::string head;  // block root, "0x" and 64 lower-case hex digits
  uint64_t head_slot = 0;
  uint64_t justified = 0;  // slot
  uint64_t finalized = 0;  // slot
  bool operator==(const ObserverFinal&) const = default;
};

struct Header {
  std::string network;                // the fork digest in the topic names, "12345678"
  uint64_t genesis_time = 0;          // Unix seconds
  std::vector<Validator> validators;  // the registry, in index order
  std::optional<ObserverFinal> observer_final;
  bool operator==(const Header&) const = default;
};

enum class Kind { kGossip, kPeerConnected, kPeerDisconnected, kRpcResponse, kRpcEnd };

// The name in the file: "gossip", "peer_connected", ...
absl::string_view KindName(Kind kind);

// One event. Fields that its kind does not have are empty (or 0, or false).
struct Event {
  uint64_t index = 0;   // counts event lines from 0
  uint64_t line = 0;    // line in the file, counted from 1 (the header's); 0: not read from a file
  int64_t time_ns = 0;  // since genesis, negative before it
  Kind kind = Kind::kGossip;
  std::string peer;  // libp2p peer id

  std::string topic;          // gossip
  MessageId id{};             // gossip
  bool duplicate = false;     // gossip: this message id came before
  std::vector<uint8_t> data;  // gossip: raw snappy over SSZ. rpc_response: one response chunk

  uint64_t request = 0;  // rpc_response, rpc_end: the request's number
  std::string protocol;  // rpc_response
};

// The slot in which the event arrived; negative before genesis.
int64_t SlotOf(const Event& event);

class ByteSink;
class JsonLines;

// Whether gossip must have its message id. A recorder that does not know it leaves it out, and
// Complete() of operations.h fills it in; until then Event::id is zero.
enum class Ids { kRequired, kOptional };

// Reads a trace event by event.
class TraceReader {
 public:
  // Opens `path` and reads its header. NotFound, PermissionDenied, ... when it cannot be opened,
  // InvalidArgument when what is there is no trace.
  static absl::StatusOr<std::unique_ptr<TraceReader>> Open(const std::string& path,
                                                           Ids ids = Ids::kRequired);
  ~TraceReader();

  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;

  const Header& header() const { return header_; }

  // Overwrites `*event` (its buffers are used again) and returns true; returns false after the last
  // event of a whole trace. A trace that breaks off or is damaged ends in an error, never in false;
  // after an error every call returns the same error.
  absl::StatusOr<bool> Next(Event* event);

  // Of the uncompressed text, as far as it was read ahead; all of it after the last event.
  uint64_t bytes_read() const;

 private:
  TraceReader(std::unique_ptr<JsonLines> lines, Ids ids);

  std::unique_ptr<JsonLines> lines_;
  const Ids ids_;
  Header header_;
  absl::Status error_;
  uint64_t next_index_ = 0;
  int64_t last_time_ns_ = std::numeric_limits<int64_t>::min();
};

// A whole trace in memory.
struct Trace {
  Header header;
  std::vector<Event> events;
};

// The longest time without an event in a trace that is replayed. A node does its duties in every
// interval of it, and reports them.
inline constexpr int64_t kMaxQuietNs = int64_t{7} * 24 * 3600 * 1'000'000'000;

// Reads all of `path`, to replay it. InvalidArgument for an event that comes more than kMaxQuietNs
// after the one before it, or the first so far from genesis. A trace with more than `max_events`
// events, or with more than `max_bytes` of payload in all, is ResourceExhausted: stream it with
// TraceReader instead.
absl::StatusOr<Trace> ReadTrace(const std::string& path, size_t max_events = 10'000'000,
                                size_t max_bytes = size_t{2} << 30);

// Writes a trace event by event. The file appears under its name when Close() succeeds; until then
// it is `<path>.partial`, which the destructor removes.
class TraceWriter {
 public:
  // Creates the file and writes the header.
  static absl::StatusOr<std::unique_ptr<TraceWriter>> Create(const std::string& path,
                                                             const Header& header);
  ~TraceWriter();

  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;

  // Appends an event; `event.index` and `event.line` are not looked at. InvalidArgument, and
  // nothing written, for an event that a reader would refuse (for example a time that goes back).
  absl::Status Write(const Event& event);

  // Finishes the file and moves it to its name. Nothing can be written afterwards.
  absl::Status Close();

 private:
  TraceWriter(std::string path, std::unique_ptr<ByteSink> sink);
  absl::Status WriteLine();

  std::string path_;
  std::unique_ptr<ByteSink> sink_;  // null once closed
  absl::Status error_;              // what the file system said, for every later call
  std::string line_;                // under construction
  int64_t last_time_ns_ = std::numeric_limits<int64_t>::min();
};

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_TRACE_H_
