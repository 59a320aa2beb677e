// The results of scenarios. Reports are made from them.
#ifndef HEDDLE_REPORTS_MODEL_VERDICT_H_
#define HEDDLE_REPORTS_MODEL_VERDICT_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/model/finding.h"
#include "reports/model/situation.h"
#include "sim/hosts/dispatcher.h"
#include "sim/hosts/flavour.h"

namespace heddle::reports {

// What a search of every interleaving has shown (heddle verify), or some shares of it.
struct Proof {
  // The shares that were run came to their end, none of their executions failed or ended early, and
  // no bound left anything out.
  bool complete = false;
  uint64_t executions = 0;       // run to their end, each of them another interleaving
  uint64_t repeated = 0;         // cut short: they would have repeated others
  uint64_t left_out = 0;         // choices beyond a bound
  uint64_t stores_left_out = 0;  // of them: old values that were not read (sim/README.md)
  uint64_t threads = 0;          // in one execution, at most
  uint64_t operations = 0;       // likewise
  uint64_t in_process = 0;       // of both: shared a process, which put its memory back
  std::string memory{};          // the memory model: "c11"
  uint64_t shares = 1;
  std::vector<uint64_t> shares_run{};  // from 1, ascending
  bool AllShares() const { return shares_run.size() == shares; }
  // Whether every interleaving is known not to fail.
  bool Holds() const { return complete && AllShares(); }
};

// The statistics of a campaign.
struct Explored {
  // The progress of a campaign at one moment.
  struct Sample {
    uint64_t schedules = 0, distinct = 0, interleavings = 0, findings = 0;
  };

  uint64_t schedules = 0;      // executions; each is a run of the cell
  uint64_t distinct = 0;       // distinct schedules
  uint64_t interleavings = 0;  // distinct ones (orders of dependent operations)
  uint64_t histories = 0;      // distinct outcomes, each checked by the oracles
  uint64_t points = 0;         // total schedule points
  uint64_t faults = 0;         // injected faults of the environment
  uint64_t ended_early = 0;    // executions that are neither clean nor findings
  uint64_t threads_left = 0;   // that still ran when an execution ended, at most
  bool exhausted = false;      // the strategy ran every schedule within its bounds
  uint64_t races = 0;          // data races that strategy `race` drove execution into
  std::string strategy{};      // "pct:d=3"
  // Pairs of operations that were seen (sim/protocol/coverage.h), interleavings that came exactly
  // once, and the last schedule that showed a new interleaving or pair.
  uint64_t reads_from = 0, adjacent = 0, lock_orders = 0, once = 0, last_new = 0;
  // For people: what `auto` divided the schedules over; that the campaign has stopped learning.
  // "": nothing to say.
  std::string took{}, hint{};
  // For people, a sentence each: what a campaign without findings cannot have seen, and why nearly
  // all executions were the same ("": they were not).
  std::vector<std::string> unseen{};
  std::string why_few{};
  // For people: why each execution was a process of its own where they could expect otherwise; "":
  // they were not, or it was asked for.
  std::string by_fork{};
  std::vector<Sample> curve{};  // in order; the last one is the end
  std::optional<Proof> proof{};
};

// One dispatcher in one flavour.
struct CellResult {
  sim::Dispatcher dispatcher = sim::Dispatcher::kReference;
  sim::Flavour flavour = sim::Flavour::kNative;  // kReference has none; it says kNative

  int64_t runs = 0;  // attempts for an expected finding included
  std::chrono::nanoseconds duration{};

  // Sums over all completed runs.
  uint64_t events = 0;     // applied
  uint64_t snapshots = 0;  // checked by the oracles
  uint64_t refused = 0;    // final refusals
  uint64_t full = 0;       // answers "full": back-pressure
  std::vector<Situation> reached;

  std::vector<Finding> findings;  // one for each dedup key, in the order of first appearance
  bool met = false;
  std::string reason;  // one line: why it is not met, or how it is met
  std::optional<Explored> explored;
  std::string kept_folder;  // the files of the first run that shows why; "" if none are kept
};

struct ScenarioResult {
  std::string name;
  std::string path;
  std::string description;
  std::string again;  // the command that runs it again: "heddle run scenarios/x.yaml"
  bool expects_findings = false;
  // True if `path` is a program of the user instead of a scenario. Its only cell has no dispatcher.
  bool is_program = false;
  std::vector<CellResult> cells;
  std::chrono::nanoseconds duration{};
  // If not empty: what the environment lacks (exit code 3), and how to fix it.
  std::string environment;
  bool interrupted = false;

  bool met() const {
    return environment.empty() && !interrupted &&
           std::all_of(cells.begin(), cells.end(), [](const CellResult& c) { return c.met; });
  }
};

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_VERDICT_H_
