// What a host process is asked to do: `heddle-host REQUEST.json RESULT.jsonl`.
//
// One request is one run of one trace through one dispatcher. It is a JSON object; every member but
// `trace` has a default; an unknown member, a wrong type and a value out of range are errors that
// name the place. The harness writes requests (FormatRequest), the host reads them (ParseRequest).
//
//   {"trace": "scenarios/traces/devnet-4v-short.jsonl.zst", "dispatcher": "async",
//    "mode": "burst", "instances": 2, "split": "copy", "channel_capacity": 2,
//    "signature": {"kind": "cost_model", "ns": 100000}}
#ifndef HEDDLE_HARNESS_HOST_REQUEST_H_
#define HEDDLE_HARNESS_HOST_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "harness/scenario/delivery_mode.h"
#include "sim/hosts/dispatcher.h"
#include "sim/trace/operations.h"
#include "sim/traffic/network_faults.h"

namespace heddle::host {

using harness::Mode;
using harness::Split;
using sim::Dispatcher;

// Exit statuses of heddle-host. 0: the run came to its end, whatever the chain said.
inline constexpr int kBadRequestExitStatus = 2;  // the request or the trace is bad
inline constexpr int kCannotRunExitStatus = 3;   // the system does not give what the run needs

struct Signature {
  enum class Kind { kStructural, kCostModel };  // "structural", "cost_model"
  Kind kind = Kind::kStructural;
  uint64_t ns = 0;  // cost model: what one signature takes
};

struct Request {
  static constexpr uint32_t kMaxInstances = 64;
  static constexpr uint32_t kMaxChannelCapacity = 1u << 20;
  static constexpr double kMaxSpeed = 1e6;
  static constexpr uint64_t kDefaultBurstTickNs = 1'000'000;

  std::string trace;  // path; relative to the working directory of the host

  // {"by": "index"|"time"|"slot", "from": N, "to": N}, half-open; `by` is "index" by default, a
  // missing bound is open. Events past it are not delivered. Events before it are delivered first,
  // in lockstep, whatever the mode (without them nothing in the window would have a parent), unless
  // `warm_up` is false: then they are left out.
  trace::Window window;
  bool warm_up = true;

  Dispatcher dispatcher = Dispatcher::kAsync;  // never kReference, which is no host
  Mode mode = Mode::kLockstep;
  double speed = 1;  // recorded only; > 0

  // recorded: 800 ms / speed unless given; burst: kDefaultBurstTickNs; lockstep: has none.
  std::optional<uint64_t> tick_interval_ns;

  uint32_t instances = 1;  // 1..kMaxInstances
  Split split = Split::kRoundRobin;
  uint32_t channel_capacity = 1024;  // events, 1..kMaxChannelCapacity
  uint64_t channel_bytes = 0;        // 0: the host's default
  bool duplicates = false;           // deliver what a gossip layer would drop as seen

  Signature signature;

  // Stop the host when this many callbacks were taken in all; the rest is refused.
  std::optional<uint64_t> stop_after;

  // What the network makes of the window's events before they are delivered:
  // {"seed", "drop", "duplicate", "reorder", "delay", "corrupt", "disconnect" (rates, 0 to 1),
  // "reorder_ns", "delay_ns", "away_ns"}; see sim/traffic/network_faults.h.
  traffic::NetworkFaults faults;

  // Under a supervisor that brings faults of the environment: a start that fails is tried again,
  // and a host that stops for want of memory has come to an end like any other ("failed", see
  // result.h).
  bool system_faults = false;

  bool snapshots = true;  // a snapshot with every tick line (the end line always has one)
  uint64_t seed = 0;
};

absl::string_view SignatureKindName(Signature::Kind kind);

// Checks what the types cannot say: ranges, and members that do not go together.
absl::Status Validate(const Request& request);

// `source` is the file's name for messages: "request.json:3: ...".
absl::StatusOr<Request> ParseRequest(absl::string_view text, absl::string_view source);
absl::StatusOr<Request> ReadRequest(const std::string& path);

// As JSON in one line, every member, defaults too: ParseRequest() of it gives the same request.
// InvalidArgument if a name is not UTF-8.
absl::StatusOr<std::string> FormatRequest(const Request& request);
// The same without the trace: what is asked of any file of the same content.
std::string FormatWithoutTrace(const Request& request);

}  // namespace heddle::host

#endif  // HEDDLE_HARNESS_HOST_REQUEST_H_
