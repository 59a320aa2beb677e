// A campaign while it runs (explore.h says what it is). Private to explore.cc, campaign.cc, which
// runs the executions, and campaign_results.cc, which accounts for them and reports what they
// found.
#ifndef HEDDLE_SIM_EXPLORE_CAMPAIGN_H_
#define HEDDLE_SIM_EXPLORE_CAMPAIGN_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/explore/explore.h"
#include "sim/explore/rff_corpus.h"
#include "sim/runtime/strategies/auto.h"

namespace heddle::sim {

// FNV-1a.
uint64_t HashOfText(const std::string& text);

// Use: Run(), once, on one thread. `options` outlive it.
class Campaign {
 public:
  explicit Campaign(const ExploreOptions& options) : options_(options), start_(Clock::now()) {
    jobs_ = options.spec.strategy.Systematic() || options.spec.strategy.Constant()
                ? 1
                : std::max<uint32_t>(options.jobs, 1);
    limit_ = options.spec.strategy.Constant() ? 1 : options.schedules;
    next_ = options.shard.index - 1;
    stride_ = options.shard.count;
    if (!options.spec.strategy.Systematic() || options.shard.count == 1) return;
    // The executions of dfs are shared out by how they begin (DfsOptions), each job numbers its
    // own. What cannot be shared out is the first job's.
    stride_ = 1;
    if (options.spec.strategy.name == "dfs") {
      next_ = 0;
    } else {
      stopping_ = options.shard.index != 1;
    }
  }

  absl::StatusOr<ExploreResult> Run();
  // After Run(): executions in one process were not the same as forks, and why that is known.
  const std::string& difference() const { return difference_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Chunk {
    uint64_t first = 0;
    uint32_t count = 0;
  };
  // An execution that looked clean, and what the caller's check says of it.
  struct Checked {
    Outcome outcome;
    bool in_process = false;
    std::future<absl::StatusOr<std::vector<Violation>>> violations;
  };
  // A job's own state; used by its thread only.
  struct Job {
    uint32_t number = 0;
    std::unique_ptr<Supervisor> supervisor;
    CampaignOptions campaign;
    uint32_t chunk = 1;      // executions to ask for next time
    bool has_sites = false;  // those that find_sites found
    StrategyProgress progress;
    std::string corpus_path;         // of rff; empty: nothing is kept
    RffCorpus corpus;                // as it was read, and with this campaign's schedules
    std::optional<Checked> checked;  // its last execution
    // The dedup key of executions by their first report (ExecutionSummary::report).
    std::unordered_map<uint64_t, std::string> reports;
  };

  absl::Status Check() const;
  absl::Status MakeFolder() const;
  absl::Status StartJobs(std::vector<Job>& jobs);
  void RunJobs(std::vector<Job>& jobs);
  absl::Status GoOnFromCorpus(Job& job);
  void KeepCorpora(std::vector<Job>& jobs);
  void Summarize(const std::vector<Job>& jobs);
  ProgramOptions ProgramOf(uint32_t job) const;
  absl::Status StartProgram(Job& job);
  void Work(Job& job);
  void RunChunk(Job& job, Chunk chunk);
  absl::StatusOr<Batch> RunSome(Job& job, Chunk chunk);
  bool Recover(Job& job, const absl::Status& status);
  void UseSites(Job& job);
  bool SitesAreDue() const;
  Chunk Take(uint32_t wanted);
  void Adapt(Job& job, uint32_t ran, Clock::duration took) const;
  void Account(Job& job, const Batch& batch);
  void NamePlans(const std::vector<AutoArm>& arms);
  void AccountForPlan(const ExecutionSummary& execution, bool fresh);
  void Examine(Job& job, Batch batch);
  void CountKnown(const Job& job, const ExecutionSummary& execution);
  bool FinishCheck(Job& job);
  DistinctFinding* Known(const std::string& dedup_key);
  bool AllKnown(const std::vector<Violation>& violations);
  absl::StatusOr<bool> IsSameByFork(const Job& job, const Outcome& outcome,
                                    const std::vector<Violation>& violations);
  void Report(Job& job, const Outcome& outcome, const std::string& message, std::string dedup_key);
  void Write(DistinctFinding& finding);
  Schedule ScheduleOf(const Job& job, const Outcome& outcome) const;
  bool Keeps();
  void KeepClean(Job& job, const Outcome& outcome);
  bool Over();
  void Stop();
  ExploreProgress Progress();
  void ShowProgressUntilDone();

  const ExploreOptions& options_;
  const Clock::time_point start_;
  uint32_t jobs_;
  uint64_t limit_;
  uint32_t stride_;

  std::string campaign_name_;  // set before the jobs start

  std::mutex mutex_;  // guards all below
  std::condition_variable job_ended_;
  uint32_t running_ = 0;
  bool stopping_ = false;
  absl::Status status_;        // why no job could go on
  absl::Status check_status_;  // the first error of options_.check
  uint64_t next_ = 0;          // execution to hand out
  ExploreResult result_;
  std::string difference_;
  std::unordered_set<uint64_t> schedules_;
  std::unordered_map<uint64_t, uint32_t> orders_;  // how often each came
  Coverage coverage_{};
  uint64_t pairs_ = 0;          // in it
  std::vector<PlanUse> plans_;  // by arm
  bool sites_found_ = false;    // whether they were looked for
  std::vector<std::string> sites_;
  std::array<uint64_t, kFaultKinds> faults_{};  // that came, by kind
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_CAMPAIGN_H_
