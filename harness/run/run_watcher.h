// Shows the lines of one run's result to its oracles, and counts what the run did.
#ifndef HEDDLE_HARNESS_RUN_RUN_WATCHER_H_
#define HEDDLE_HARNESS_RUN_RUN_WATCHER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "harness/host/result_reader.h"
#include "harness/oracles/oracle.h"
#include "harness/scenario/scenario.h"
#include "reports/model/finding.h"
#include "reports/model/verdict.h"

namespace heddle::harness {

using reports::CellResult;
using reports::Finding;

// Thread rule: one thread at a time.
class RunWatcher {
 public:
  explicit RunWatcher(std::vector<std::unique_ptr<RunOracle>> oracles)
      : oracles_(std::move(oracles)) {}

  void OnLine(const HostLine& line);
  // Shows it every line of the result file `path`. `known` may be null. NotFound or InvalidArgument
  // when the file cannot be read or is garbled, Internal when the run did not complete.
  absl::Status ReadResult(const std::string& path, KnownLines* known = nullptr);

  // The last line of a complete result was seen.
  bool complete() const { return complete_; }
  // "after event 812", the trace's number.
  const std::string& progress() const { return progress_; }

  // For a complete run: adds its counts and the situations that it reached.
  void AddTo(CellResult* cell) const;
  // For a complete run: the first violation of each oracle, in the order of the lines.
  std::vector<Finding> TakeViolations() { return std::move(violations_); }

 private:
  void Count(const HostLine& line);
  void Reach(Situation situation);

  std::vector<std::unique_ptr<RunOracle>> oracles_;  // null: it has found a violation
  std::vector<Finding> violations_;
  std::vector<Situation> reached_;
  std::string progress_ = "before its first event";
  bool complete_ = false;
  bool ticked_after_event_ = false;
  uint64_t events_ = 0, snapshots_ = 0, refused_ = 0, full_ = 0;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_RUN_WATCHER_H_
