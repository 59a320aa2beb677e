// The reference: the node and chain that every host runs, on one thread, in a given order.
#ifndef HEDDLE_HARNESS_ORACLES_REFERENCE_H_
#define HEDDLE_HARNESS_ORACLES_REFERENCE_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/host/request.h"
#include "harness/host/result_reader.h"
#include "sim/trace/trace.h"
#include "src/node/node.h"

namespace heddle::harness {

class Reference : private node::NodeObserver {
 public:
  // At genesis. InvalidArgument when `header` makes no genesis.
  static absl::StatusOr<std::unique_ptr<Reference>> Create(const trace::Header& header);

  // Applies one event of a trace, as `instance` delivered it. An event that carries nothing for the
  // chain has the outcome "none".
  trace::ObservedEvent Apply(uint32_t instance, const trace::Event& event);

  // Advances to `interval`.
  void Tick(uint64_t interval) { node_->Tick(interval); }

  Snapshot TakeSnapshot() const;

  // The state as an expectation's last line has it.
  trace::ObservedEnd End() const;

 private:
  Reference() = default;
  void OnApplied(const node::Application& application) override;
  void OnTicked(chain::Interval) override {}

  std::unique_ptr<node::Node> node_;
  uint64_t sequence_ = 0;
  trace::ObservedEvent applied_;  // by the call under way
};

// Replays what `request` asks for in lockstep, in process: ticks that are due at or before an event
// come before it, and the clock runs on to interval 4 of the slot after the last event's. Every
// line that a host would have reported goes to `line`; a false return ends the replay.
absl::Status ReplayInLockstep(const trace::Trace& trace, const host::Request& request,
                              const std::function<bool(const HostLine&)>& line);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_REFERENCE_H_
