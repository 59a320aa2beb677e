#include "harness/oracles/delivery.h"

#include <cstdint>
#include <set>

namespace heddle::harness {

std::vector<bool> DeliveredEvents(const trace::Trace& trace, const host::Request& request) {
  std::vector<bool> delivered(trace.events.size());
  std::set<trace::MessageId> seen;
  std::set<uint64_t> closed;
  for (const trace::Event& event : trace.events) {
    if (request.window.IsPast(event)) break;
    if (!request.warm_up && !request.window.Contains(event)) continue;
    bool admitted = true;
    if (event.kind == trace::Kind::kGossip) {
      admitted = seen.insert(event.id).second || request.duplicates;
    } else if (event.kind == trace::Kind::kRpcResponse) {
      admitted = closed.count(event.request) == 0;
    } else if (event.kind == trace::Kind::kRpcEnd) {
      closed.insert(event.request);
    }
    delivered[event.index] = admitted;
  }
  return delivered;
}

}  // namespace heddle::harness
