// What a host process reports: RESULT.jsonl, one JSON object a line, each written when it happens
// with one write(2), so that a crash leaves a readable prefix (at most the last line is cut short).
// The order of the lines is the order of application. (With `unsync` there is no such thing: two
// threads apply at once, and the lines come as they come.)
//
//   {"at":"begin","format":"heddle-result","version":1,"request":{...}}
//   {"at":"event","instance":I,"sequence":K,"index":N,"kind":"gossip","outcome":"accepted",
//    "head":"0x..","justified_slot":S,"finalized_slot":S,"released":[{"block":"0x..","outcome":..}]}
//       The K-th callback (from 0) that instance I had taken was applied; it carried event N of the
//       trace. `outcome`, `head`, ... are those of the expectation (design: formats), and
//       `released` is there when it is not empty. Events that carry nothing for the chain (peers,
//       status responses, ends) have the outcome "none".
//   {"at":"tick","interval":K,"snapshot":{...}}       snapshot: if the request asked for it
//   {"at":"refused","instance":I,"index":N,"code":"stopped"}
//       Event N was answered with a final refusal (heddle_status_name) and was not applied. After
//       "stopped" the instance delivers nothing more. ("full" is not final: the producer tries
//       again.)
//   {"at":"end","interval":K,"pending_blocks":N,"pending_attestations":N,"pending_aggregates":N,
//    "snapshot":{...},"counters":{...}}
//       The run came to its end: everything taken is applied. Always the last line.
//   {"at":"failed","status":"no_memory","counters":{"instances":[...]}}
//       In the place of "end", for a request with system_faults: the host stopped for want of
//       memory (or never started). What it had taken by then may not be applied; nothing more was
//       taken.
//
// `counters` is {"node":{name: count...},"instances":[{name: count...}...]}; see
// node::Counters and Run::InstanceCounters.
//
// Nothing here synchronises threads: a recorder that did would hide the data races it is there to
// see. Each thread formats into its own buffer and writes through its own file description, opened
// with O_APPEND, so that the kernel puts whole lines one after the other. (ThreadSanitizer takes a
// write(2) on a shared descriptor for synchronisation; descriptors are not shared here.)
#ifndef HEDDLE_HARNESS_HOST_RESULT_H_
#define HEDDLE_HARNESS_HOST_RESULT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace heddle::host {

inline constexpr absl::string_view kResultFormat = "heddle-result";
inline constexpr uint64_t kResultVersion = 1;

}  // namespace heddle::host

#endif  // HEDDLE_HARNESS_HOST_RESULT_H_
