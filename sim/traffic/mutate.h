// A recorded trace made worse: what a bad network, or a hostile one, makes of it.
#ifndef HEDDLE_SIM_TRAFFIC_MUTATE_H_
#define HEDDLE_SIM_TRAFFIC_MUTATE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "sim/traffic/network_faults.h"

namespace heddle::traffic {

using MutateOptions = NetworkFaults;

struct MutateSummary : NetworkFaultCounts {
  uint64_t read = 0;     // events
  uint64_t written = 0;  // events
};

// Writes the trace at `from` to `to`, made worse. The same seed gives the same events. Message ids
// and duplicate flags are true of the new trace, so it passes `heddle trace verify`. Streams, but
// for the ids of all messages (about 64 bytes each). InvalidArgument for a rate that is none, and
// what reading and writing say.
absl::StatusOr<MutateSummary> MutateTrace(const std::string& from, const std::string& to,
                                          const MutateOptions& options);

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_MUTATE_H_
