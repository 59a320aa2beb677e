// The faults that a scenario asks for: `faults:` in its file, `--fault NAME=VALUE` on the command
// line. One reader, one set of names.
#ifndef HEDDLE_HARNESS_SCENARIO_FAULTS_H_
#define HEDDLE_HARNESS_SCENARIO_FAULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "harness/scenario/fields.h"
#include "sim/protocol/faults.h"
#include "sim/traffic/network_faults.h"

namespace heddle::harness {

struct Faults {
  // Of the network: decided by their own seed alone, so what arrives is the same for every
  // dispatcher, flavour and schedule.
  traffic::NetworkFaults traffic;
  // Of the environment: decided by the execution's seed, under the sim kernel only.
  sim::FaultPlan system{};
  // The host is stopped when it has taken so many events.
  std::optional<int64_t> stop_after;

  bool Any() const { return traffic.Any() || sim::AnyFault(system) || stop_after.has_value(); }
  // A host that gets no memory stops by itself, at another event each time.
  bool MayFail() const { return system[static_cast<size_t>(sim::FaultKind::kAllocation)].Any(); }
  friend bool operator==(const Faults&, const Faults&) = default;
};

// Reads every key of `fields` into `*faults`; what is absent stays.
void ReadFaults(Fields* fields, Faults* faults);

// The same from "NAME=VALUE" texts, as a command line has them. InvalidArgument with the nearest
// name, or what was expected.
absl::Status ReadFaultSettings(const std::vector<std::string>& settings, Faults* faults);

// "NAME=VALUE" for everything that is not as it is by default: ReadFaultSettings makes the same of
// it.
std::vector<std::string> FaultSettings(const Faults& faults);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SCENARIO_FAULTS_H_
