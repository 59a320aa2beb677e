// A recorded trace made worse: what a bad network, or a hostile one, makes of it.
#ifndef HEDDLE_SIM_TRAFFIC_MUTATE_H_
#define HEDDLE_SIM_TRAFFIC_MUTATE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace heddle::traffic {

// Rates are probabilities for each event, 0 to 1; each event is drawn for once for each of them.
struct MutateOptions {
  uint64_t seed = 1;
  double drop = 0;       // gossip and response chunks that do not arrive
  double duplicate = 0;  // gossip that arrives once more, up to 500 ms later
  double reorder = 0;    // gossip that arrives up to 200 ms later: behind its neighbours
  double delay = 0;      // gossip that arrives 0.2 to 6 s later
  double corrupt = 0;    // gossip payloads and chunks that arrive damaged
  double disconnect =
      0;  // the peer goes, and comes back 4 s later; what it sent in between is lost
};

struct MutateSummary {
  uint64_t read = 0;     // events
  uint64_t written = 0;  // events
  uint64_t dropped = 0, duplicated = 0, delayed = 0, corrupted = 0, disconnected = 0;
};

// Writes the trace at `from` to `to`, made worse. The same seed gives the same events. Message ids
// and duplicate flags are true of the new trace, so it passes `heddle trace verify`. Streams, but
// for the ids of all messages (about 64 bytes each). InvalidArgument for a rate that is none, and
// what reading and writing say.
absl::StatusOr<MutateSummary> MutateTrace(const std::string& from, const std::string& to,
                                          const MutateOptions& options);

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_MUTATE_H_
