// A campaign: many executions of one program under one strategy, by several processes, and what
// came of them.
//
// Explore() runs until it has found something (or goes on), until the budget of schedules or time
// is spent, until the strategy has seen everything, or until it is interrupted. Whatever the
// program does to itself ends one execution, never the campaign. Findings are told apart by their
// deduplication key (sim/stacks/dedup_key.h); the first of each is written to a schedule file at
// once, so nothing found is lost when the campaign itself is killed.
//
// With one job and the same options a campaign runs the same executions in the same order every
// time. With several, `random` and `pos` run the same set of executions; `auto`, `pct`, `surw` and
// others that learn do so in each process for itself; `dfs` and `exhaustive` always use one job.
#ifndef HEDDLE_SIM_EXPLORE_EXPLORE_H_
#define HEDDLE_SIM_EXPLORE_EXPLORE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/explore/shard.h"
#include "sim/explore/strategy_spec.h"
#include "sim/schedule/schedule.h"
#include "sim/stacks/frame.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

struct ExploreProgress {
  uint64_t executions = 0;  // started, the abandoned ones included
  uint64_t points = 0;
  uint64_t distinct_schedules = 0;
  uint64_t distinct_orders = 0;  // partial orders of operations (sim/runtime/strategies/order.h)
  uint64_t findings = 0;         // distinct ones
  uint64_t faults = 0;           // of the environment that came
  std::chrono::nanoseconds elapsed{0};
  double executions_per_second = 0;
  // Until the budget is spent at this rate; absent without a budget.
  std::optional<std::chrono::nanoseconds> left;
};

// What a caller's own check of an execution found wrong with it.
struct Violation {
  std::string message;
  std::string dedup_key;  // as in DistinctFinding
};

struct DistinctFinding {
  std::string dedup_key;                  // what tells it apart (dedup_key.h)
  FailureKind kind = FailureKind::kNone;  // kNone: a violation that the caller's check found
  std::string message;
  std::string description;     // with all stacks
  std::vector<Stack> stacks;   // the same, for reports (Supervisor::StacksOf)
  std::string standard_error;  // of that execution
  std::string standard_output;
  uint64_t execution = 0;  // of its first occurrence
  uint64_t nth = 0;        // as which of the campaign's executions it came, from 1
  uint64_t times = 1;
  Schedule schedule;
  std::string path;  // of the schedule file; empty when none was asked for
};

struct ExploreOptions {
  ProgramOptions program;
  // The program for each job, where they must differ (the paths of results); otherwise `program`.
  // With `check` and in_process for twice as many jobs.
  std::function<ProgramOptions(uint32_t job)> program_of_job;

  // With the order of operations, whatever it says (track_objects). `dfs` takes no faults that come
  // with a probability: they would be others in each execution.
  CampaignSpec spec;
  std::vector<std::string> sites;  // with Preempt::kSites

  uint64_t schedules = 1000;               // executions to start at most; 0: no limit
  Shard shard;                             // of these
  std::chrono::nanoseconds time_limit{0};  // real time; 0: none
  uint32_t jobs = 1;
  bool stop_at_first = true;
  // Without stop_at_first: asked about each distinct finding, on a job's thread, one at a time;
  // true ends the campaign. May be empty.
  std::function<bool(const DistinctFinding&)> enough;
  // Runs each schedule twice and compares operation by operation: what differs is a finding
  // (uncontrolled nondeterminism). Not for `dfs`, whose executions depend on one another.
  bool self_check = false;
  // Writes the schedules of so many clean executions too, the first ones that come.
  uint64_t keep_clean = 0;
  // With a strategy that plans (auto): asked once, when kSitesAfter executions have run, for the
  // sites of suspected races, which it then has points at too. An error is a warning. May be empty.
  std::function<absl::StatusOr<std::vector<std::string>>()> find_sites;

  // Where the schedule files go, made when missing; empty: none are written. Of a program explored
  // by rff also what that has learnt (rff_corpus.h), and what it goes on from.
  std::string out;
  // For the schedule files: what is run, as sim/schedule/schedule.h has it.
  std::string subject_kind = "program";
  std::string subject_path;
  std::string subject_hash;
  std::map<std::string, std::string> subject_builds;
  std::string extra = "{}";

  // Asked about every execution that looked clean; then each is fetched from the program by itself,
  // which costs some speed. The call takes what the execution has left, on the job's own thread,
  // before the job's next one begins. What it returns is called once, on any thread, while that one
  // runs: for all violations in it; an error ends the campaign. (The next one counts only if the
  // campaign goes on.) With ProgramOptions::in_process, a violation that is new is looked for in a
  // fork as well, by a job with a number of its own: `jobs` + `job`.
  using Check = std::function<absl::StatusOr<std::vector<Violation>>()>;
  std::function<Check(uint32_t job, const Outcome& outcome)> check;
  // Called on the caller's thread, about every `progress_every` and once at the end.
  std::function<void(const ExploreProgress&)> on_progress;
  std::chrono::milliseconds progress_every{200};
  // Set by a signal handler, for example: the campaign ends, and says what it has.
  const std::atomic<bool>* interrupted = nullptr;
};

// What the executions of a campaign did, as far as it was looked at: all of some executions.
struct OperationFacts {
  uint32_t threads = 0;  // that reached points, in one execution at most
  bool atomics = false;  // atomic operations or fences among them

  void Add(const std::vector<Step>& steps);
};

inline constexpr uint64_t kSitesAfter = 128;

// How often a strategy that plans ran executions by one plan.
struct PlanUse {
  ExecutionPlan plan;
  uint64_t executions = 0;
  uint64_t fresh = 0;  // that showed an interleaving which no execution had before
};

// What the executions covered (sim/protocol/coverage.h).
struct CoverageFacts {
  uint64_t reads_from = 0, adjacent = 0, lock_orders = 0;  // pairs; estimates
  uint64_t once = 0;                                       // interleavings that came exactly once
  // The last execution, counted as they ended, that showed a new interleaving; or, as far as is
  // known, a new pair.
  uint64_t last_new_interleaving = 0, last_new_pair = 0;

  // The probability that one execution more shows a new interleaving: I. Good, "The Population
  // Frequencies of Species and the Estimation of Population Parameters", 1953.
  double ShareUnseen(uint64_t executions) const {
    return executions == 0 ? 1 : static_cast<double>(once) / static_cast<double>(executions);
  }
};

struct ExploreResult {
  ExploreProgress progress;    // at the end
  std::vector<PlanUse> plans;  // those that were used; with a strategy that plans
  CoverageFacts coverage;
  bool raced_sites = false;  // find_sites found some
  // Of earlier campaigns into the folder: what rff learnt in so many schedules was there to go on
  // from (rff_corpus.h).
  uint64_t learnt_before = 0;
  OperationFacts facts;
  std::vector<DistinctFinding> findings;  // in order of `nth`
  StrategyProgress strategy;              // summed over the jobs
  std::vector<std::string> kept;          // files of clean executions
  bool exhausted = false;                 // the strategy has seen everything (within its bounds)
  // Executions that ended early (Outcome::EndedEarly), and what the first of them said. Neither
  // clean nor findings.
  uint64_t ended_early = 0;
  std::string first_early_end;
  // Executions that ended while other threads ran, and how many did at most.
  uint64_t executions_with_threads_left = 0;
  uint32_t most_threads_left = 0;
  bool interrupted = false;
  // Executions that were killed because time was up, or an interrupt came. Not counted.
  uint64_t unfinished = 0;
  // Why it ended before its time: the machine failed it, or the program's fork server kept dying.
  absl::Status cut_short;
  uint32_t jobs = 1;  // used
  // With ProgramOptions::in_process: executions that were no forks, and why others were, if that
  // can surprise ("runs by fork: ...").
  uint64_t in_process = 0;
  std::string by_fork;
  std::string flavour, compiler;
  // What went wrong with the campaign itself without ending it: a process that had to be started
  // anew, a schedule file that could not be written.
  std::vector<std::string> warnings;
};

// With ProgramOptions::in_process, a campaign whose executions turn out to differ from forks begins
// again, with forks alone: what it had seen counts for nothing.
//
// Unavailable and FailedPrecondition as from Supervisor::Start(), if nothing has run yet;
// InvalidArgument for a strategy or parameter that is wrong, and the first error of
// ExploreOptions::check: what it could not check is not counted as clean.
absl::StatusOr<ExploreResult> Explore(const ExploreOptions& options);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_EXPLORE_H_
