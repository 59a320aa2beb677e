// What a bad network, or a hostile one, makes of traffic: the faults of `heddle trace mutate` and
// of scenarios.
#ifndef HEDDLE_SIM_TRAFFIC_NETWORK_FAULTS_H_
#define HEDDLE_SIM_TRAFFIC_NETWORK_FAULTS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "sim/protocol/random.h"
#include "sim/trace/operations.h"
#include "sim/trace/trace.h"
#include "sim/traffic/event_queue.h"

namespace heddle::traffic {

// Rates are probabilities for each event, 0 to 1; each event is drawn for once for each of them, so
// one rate does not change what another does.
struct NetworkFaults {
  uint64_t seed = 1;
  double drop = 0;        // gossip and response chunks that do not arrive
  double duplicate = 0;   // gossip that arrives once more, up to 500 ms later
  double reorder = 0;     // gossip that arrives up to `reorder_ns` later: behind its neighbours
  double delay = 0;       // gossip that arrives `delay_ns` / 30 to `delay_ns` later
  double corrupt = 0;     // gossip payloads and chunks that arrive damaged
  double disconnect = 0;  // the peer goes, its open requests end, and what it sends is lost until
                          // it comes back `away_ns` later
  int64_t reorder_ns = 200'000'000;
  int64_t delay_ns = 6'000'000'000;
  int64_t away_ns = 4'000'000'000;

  bool Any() const {
    return drop > 0 || duplicate > 0 || reorder > 0 || delay > 0 || corrupt > 0 || disconnect > 0;
  }
  friend bool operator==(const NetworkFaults&, const NetworkFaults&) = default;
};

// InvalidArgument, with the name, for a rate or a time that is none.
absl::Status Check(const NetworkFaults& faults);

struct NetworkFaultCounts {
  uint64_t dropped = 0, duplicated = 0, delayed = 0, corrupted = 0, disconnected = 0;
};

// A network with faults: events go in in the order of their time, and what arrives comes out in
// that order, with indices from 0 on and duplicate flags and message ids that are true of it. The
// same seed gives the same events. Holds what is late, and the ids of all messages (about 64 bytes
// each). Thread rule: one thread at a time.
class FaultyNetwork {
 public:
  // `faults` are right (see Check) and outlive the network.
  FaultyNetwork(const NetworkFaults& faults, EventSink sink)
      : faults_(faults), random_(faults.seed), queue_(std::move(sink)) {}

  // An error is the sink's.
  absl::Status Take(trace::Event event);
  // One that meets no fault.
  absl::Status Pass(trace::Event event);
  // What is still under way arrives, and who is away comes back.
  absl::Status Finish();

  const NetworkFaultCounts& counts() const { return counts_; }
  uint64_t arrived() const { return queue_.taken(); }

 private:
  bool Chance(double rate) { return random_.Unit() < rate; }
  int64_t Within(int64_t ns) {
    return static_cast<int64_t>(random_.Unit() * static_cast<double>(ns));
  }
  void Change(trace::Event event);
  void Arrive(trace::Event event);
  void Corrupt(trace::Event* event);
  void PeerEvent(trace::Event event);
  void Disconnect(const trace::Event& event);
  void ComeBack(int64_t now);

  const NetworkFaults& faults_;
  sim::Random random_;
  EventQueue queue_;
  std::map<std::string, int64_t> away_;  // by our doing, until when
  std::set<std::string> gone_;           // as the trace says; what they sent may still come
  // Requests that are under way, by peer and number: their protocols.
  std::map<std::string, std::map<uint64_t, std::string>> open_;
  std::set<uint64_t> cut_;  // requests that a disconnect ended
  NetworkFaultCounts counts_;
};

// Makes of `*trace` what arrives when the events of `*window` meet `faults`: those before it stay
// as they are, those after it are left out. `*window` becomes the same part of the new trace, by
// index. Does nothing without faults, which must be right (see Check).
void ApplyNetworkFaults(const NetworkFaults& faults, trace::Trace* trace, trace::Window* window);

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_NETWORK_FAULTS_H_
