// External expectation: every outcome and snapshot is what the specification's own code made of the
// trace. For runs in lockstep, which have one right result.
#ifndef HEDDLE_HARNESS_ORACLES_EXPECTATION_H_
#define HEDDLE_HARNESS_ORACLES_EXPECTATION_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "harness/oracles/oracle.h"
#include "sim/trace/observation.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

using reports::Finding;

class ExpectationOracle : public RunOracle {
 public:
  // `trace` must outlive the oracle; it is only used to say where a difference is.
  static absl::StatusOr<std::unique_ptr<ExpectationOracle>> Create(const trace::Trace& trace,
                                                                   const std::string& path);
  std::optional<Finding> OnLine(const HostLine& line) override;

 private:
  ExpectationOracle(const trace::Trace& trace, std::string path,
                    std::unique_ptr<trace::ObservationReader> reader)
      : trace_(trace), path_(std::move(path)), reader_(std::move(reader)) {}

  Finding Violation(const std::string& field, const std::string& message) const;
  std::optional<Finding> WithNextTrees(const HostLine& line);
  // What the expectation's next line is about: "event 3 (...)".
  std::string Label(const trace::ObservedLine& line) const;

  const trace::Trace& trace_;
  std::string path_;
  std::unique_ptr<trace::ObservationReader> reader_;
  // A violation at an event, until the host shows its tree: events come without one.
  std::optional<Finding> parted_;
};

// Reads the expectation file to its end. InvalidArgument or NotFound, with the file and line, when
// it is none: call it before a run, for a bad file is not the run's fault.
absl::Status VerifyExpectation(const std::string& path);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_EXPECTATION_H_
