// Which events of a trace the network hands to the host, worked out from the trace and the request
// alone, so that oracles need not ask whoever is on trial.
#ifndef HEDDLE_HARNESS_ORACLES_DELIVERY_H_
#define HEDDLE_HARNESS_ORACLES_DELIVERY_H_

#include <vector>

#include "harness/host/request.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

// By event: whether it is handed over. It is not when it lies past the window, when its message was
// seen before (unless the request asks for duplicates), or when it is a chunk for a stream that has
// closed.
std::vector<bool> DeliveredEvents(const trace::Trace& trace, const host::Request& request);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_DELIVERY_H_
