// Conservation: every event that the network delivered was applied exactly once, or refused with a
// reason; and each instance's events were applied in the order of the trace. A host that fails for
// want of memory must have answered every event all the same.
#ifndef HEDDLE_HARNESS_ORACLES_CONSERVATION_H_
#define HEDDLE_HARNESS_ORACLES_CONSERVATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "harness/host/request.h"
#include "harness/oracles/oracle.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::Finding;

// What was delivered is worked out here, from the trace and the request; the host is not asked. The
// trace must outlive the oracle.
class ConservationOracle : public RunOracle {
 public:
  ConservationOracle(const trace::Trace& trace, const host::Request& request);
  std::optional<Finding> OnLine(const HostLine& line) override;

 private:
  struct Instance {
    uint64_t applied = 0;
    std::optional<uint64_t> last_index;
    std::optional<uint64_t> stopped_at;  // index of the first event answered with "stopped"
    std::vector<bool> seen;              // by event: applied or refused
    uint64_t refused = 0;
  };

  std::optional<Finding> OnApplied(const Applied& applied);
  std::optional<Finding> OnRefused(const Refused& refused);
  std::optional<Finding> OnEnded(const Ended& ended);
  std::optional<Finding> OnFailed(const Failed& failed);
  // Marks `index` as seen by `instance`.
  std::optional<Finding> See(uint32_t instance, uint64_t index);
  Finding Violation(const char* detail, std::string message) const;

  const trace::Trace& trace_;
  const host::Request request_;
  const std::vector<bool> delivered_;  // by event: whether it was to be
  std::vector<Instance> instances_;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_CONSERVATION_H_
