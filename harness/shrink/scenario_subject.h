// A scenario whose trace and schedule are made smaller while a finding of one of its dispatchers
// stays.
#ifndef HEDDLE_HARNESS_SHRINK_SCENARIO_SUBJECT_H_
#define HEDDLE_HARNESS_SHRINK_SCENARIO_SUBJECT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/scenario/scenario.h"
#include "sim/process/process.h"
#include "sim/schedule/schedule.h"
#include "sim/shrink/prober.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

class ScenarioSubject {
 public:
  // Of the schedule file `path`. `host_folder` holds the hosts.
  static absl::StatusOr<std::unique_ptr<ScenarioSubject>> Create(const sim::Schedule& schedule,
                                                                 const std::string& path,
                                                                 const std::string& host_folder);

  // The events that the scenario delivers: those past its window are left out.
  const std::vector<trace::Event>& events() const { return events_; }
  const Scenario& scenario() const { return scenario_; }
  Dispatcher dispatcher() const { return dispatcher_; }

  // A host that waits with the events at the positions `kept` (ascending) delivered before the
  // window or ready to be. The one of an earlier call must be gone.
  absl::StatusOr<std::unique_ptr<sim::Prober>> Start(const std::vector<uint32_t>& kept,
                                                     const sim::Target& target);

  // The finding comes without faults of the environment: the scenario asks for none any more.
  void DropSystemFaults() { scenario_.faults.system = {}; }

  // Writes scenario.yaml, with the finding as what is expected, and trace.jsonl into `folder`.
  absl::Status Write(const std::vector<uint32_t>& kept, const std::string& finding,
                     const std::string& folder) const;

  // How far the host that was started last has come, from its result: "events 0 to 4 are applied,
  // the next one is ...". "" when there is nothing to say.
  std::string Progress() const;

 private:
  ScenarioSubject(sim::TemporaryFolder folder, sim::TemporaryFolder other_folder)
      : folder_(std::move(folder)), other_folder_(std::move(other_folder)) {}
  trace::Trace Select(const std::vector<uint32_t>& kept) const;
  // The scenario on those events, as trace `path`.
  Scenario Reduced(const std::vector<uint32_t>& kept, const std::string& path) const;
  // What the dispatcher is compared with: the first other one.
  std::optional<Dispatcher> Other() const;

  Scenario scenario_;
  Dispatcher dispatcher_ = Dispatcher::kAsync;
  std::string host_;
  trace::Header header_;
  std::vector<trace::Event> events_;
  size_t before_window_ = 0;  // of events_
  sim::TemporaryFolder folder_;
  sim::TemporaryFolder other_folder_;          // of the other dispatcher's run
  std::shared_ptr<const trace::Trace> trace_;  // of the host that was started last
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SHRINK_SCENARIO_SUBJECT_H_
