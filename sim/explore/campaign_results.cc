// What the executions of a campaign came to.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/explore/campaign.h"
#include "sim/explore/replay.h"

namespace heddle::sim {
namespace {

// Beyond it the keys depend on something that changes with each execution, and tell nothing.
constexpr size_t kMaxDistinctFindings = 1000;

// Its first report is known from now on. Not when it crashed as well: that is its key then.
bool HasReportAlone(const ExecutionSummary& execution, const Outcome& outcome) {
  return execution.report != 0 && outcome.finding == FailureKind::kSanitizer &&
         (execution.state == ExecutionState::kComplete ||
          execution.state == ExecutionState::kAbandoned);
}

}  // namespace

void Campaign::Account(Job& job, const Batch& batch) {
  job.progress = batch.progress;
  job.corpus.schedules += batch.executions.size();
  const std::string by_fork = job.supervisor->WhyByFork();
  std::lock_guard lock(mutex_);
  if (job.supervisor->DiffersFromForks()) {
    difference_ = by_fork;
    stopping_ = true;
  }
  if (result_.by_fork.empty()) result_.by_fork = by_fork;
  coverage_.Join(job.supervisor->coverage());
  const uint64_t before = result_.progress.executions;
  result_.progress.executions += batch.executions.size();
  for (size_t i = 0; i < kFaultKinds; ++i) {
    faults_[i] += batch.faults[i];
    result_.progress.faults += batch.faults[i];
  }
  const ExecutionSummary* const first = batch.executions.data();
  for (const ExecutionSummary& execution : batch.executions) {
    result_.progress.points += execution.points;
    if (execution.threads_left > 0) ++result_.executions_with_threads_left;
    result_.most_threads_left = std::max(result_.most_threads_left, execution.threads_left);
    if (execution.known != 0) CountKnown(job, execution);
    if (execution.state == ExecutionState::kAbandoned) continue;
    schedules_.insert(execution.hash);
    bool fresh = false;
    if (execution.order != 0) {
      uint32_t& times = orders_[execution.order];
      fresh = times == 0;
      if (times <= 1) ++times;  // once or more often
    }
    if (fresh) result_.coverage.last_new_interleaving = before + 1 + (&execution - first);
    if (execution.arm != 0) AccountForPlan(execution, fresh);
  }
  uint64_t pairs = 0;
  for (const Covered set : {Covered::kReadsFrom, Covered::kAdjacent, Covered::kLockOrders}) {
    pairs += coverage_.Count(set);
  }
  if (pairs > pairs_) result_.coverage.last_new_pair = result_.progress.executions;
  pairs_ = pairs;
}

void Campaign::AccountForPlan(const ExecutionSummary& execution, bool fresh) {
  // The number is the program's word.
  if (execution.arm > plans_.size()) return;
  PlanUse& use = plans_[execution.arm - 1];
  ++use.executions;
  if (fresh) ++use.fresh;
}

// Arms stay in their places; those of the sites come behind those that there were.
void Campaign::NamePlans(const std::vector<AutoArm>& arms) {
  std::vector<PlanUse> plans;
  for (const AutoArm& arm : arms) {
    PlanUse& use = plans.emplace_back();
    use.plan = arm.plan;
    for (const PlanUse& old : plans_) {
      if (old.plan == arm.plan) use = old;
    }
    use.plan = arm.plan;
  }
  plans_ = std::move(plans);
}

// With the lock. An execution that needs no look: another with the same first report has been
// examined.
void Campaign::CountKnown(const Job& job, const ExecutionSummary& execution) {
  const auto key = job.reports.find(execution.report);
  DistinctFinding* finding = key != job.reports.end() ? Known(key->second) : nullptr;
  if (finding != nullptr) {
    ++finding->times;
    return;
  }
  difference_ = absl::StrCat("runs by fork: execution ", execution.execution,
                             " ended with a report that no fork had shown");
  stopping_ = true;
}

// With the lock.
DistinctFinding* Campaign::Known(const std::string& dedup_key) {
  const auto known =
      std::find_if(result_.findings.begin(), result_.findings.end(),
                   [&](const DistinctFinding& finding) { return finding.dedup_key == dedup_key; });
  return known != result_.findings.end() ? &*known : nullptr;
}

void Campaign::Examine(Job& job, Batch batch) {
  const ExecutionSummary& last = batch.executions.back();
  if (last.known != 0) return;
  Outcome& outcome = batch.last;
  {
    std::lock_guard lock(mutex_);
    result_.facts.Add(outcome.steps);
  }
  if (outcome.finding != FailureKind::kNone) {
    std::string dedup_key = job.supervisor->DedupKeyOf(outcome);
    if (HasReportAlone(last, outcome)) job.reports[last.report] = dedup_key;
    Report(job, outcome, outcome.message, std::move(dedup_key));
    // Of the kernel, not of the program: every further execution would meet it too.
    if (outcome.finding == FailureKind::kLimit || outcome.finding == FailureKind::kInternal) Stop();
    return;
  }
  if (outcome.EndedEarly()) {
    std::lock_guard lock(mutex_);
    if (result_.ended_early++ == 0) result_.first_early_end = outcome.message;
    return;
  }
  if (outcome.state != ExecutionState::kComplete) return;
  if (options_.check == nullptr) {
    if (Keeps()) KeepClean(job, outcome);
    return;
  }
  ExploreOptions::Check check = options_.check(job.number, outcome);
  job.checked = Checked{std::move(outcome), batch.in_process,
                        std::async(std::launch::async, std::move(check))};
}

// Waits for what the check says of the job's last execution. Whether the campaign ends.
bool Campaign::FinishCheck(Job& job) {
  if (!job.checked) return false;
  Checked checked = *std::exchange(job.checked, std::nullopt);
  const Outcome& outcome = checked.outcome;
  absl::StatusOr<std::vector<Violation>> violations = checked.violations.get();
  if (violations.ok() && checked.in_process && !AllKnown(*violations)) {
    const absl::StatusOr<bool> same = IsSameByFork(job, outcome, *violations);
    if (same.ok() && !*same) {
      std::lock_guard lock(mutex_);
      difference_ = absl::StrCat("runs by fork: the result of execution ", outcome.execution,
                                 " was another one than in a fork");
      stopping_ = true;
      return true;
    }
    if (!same.ok()) violations = same.status();
  }
  if (!violations.ok()) {
    std::lock_guard lock(mutex_);
    check_status_.Update(violations.status());
    stopping_ = true;
    return true;
  }
  for (Violation& violation : *violations) {
    Report(job, outcome, violation.message, std::move(violation.dedup_key));
  }
  if (violations->empty() && Keeps()) KeepClean(job, outcome);
  std::lock_guard lock(mutex_);
  return stopping_;
}

bool Campaign::AllKnown(const std::vector<Violation>& violations) {
  std::lock_guard lock(mutex_);
  return std::all_of(violations.begin(), violations.end(), [&](const Violation& violation) {
    return Known(violation.dedup_key) != nullptr;
  });
}

// Replays an execution that was no fork as one, and checks that too.
absl::StatusOr<bool> Campaign::IsSameByFork(const Job& job, const Outcome& outcome,
                                            const std::vector<Violation>& violations) {
  ProgramOptions program = ProgramOf(jobs_ + job.number);
  program.in_process = false;
  const absl::StatusOr<ReplayReport> replay = Replay(program, ScheduleOf(job, outcome), 1);
  if (!replay.ok()) return replay.status();
  if (replay->exact == 0) return false;
  const absl::StatusOr<std::vector<Violation>> again =
      options_.check(jobs_ + job.number, replay->last)();
  if (!again.ok()) return again.status();
  return std::equal(
      again->begin(), again->end(), violations.begin(), violations.end(),
      [](const Violation& a, const Violation& b) { return a.dedup_key == b.dedup_key; });
}

bool Campaign::Keeps() {
  std::lock_guard lock(mutex_);
  return result_.kept.size() < options_.keep_clean;
}

Schedule Campaign::ScheduleOf(const Job& job, const Outcome& outcome) const {
  Schedule schedule = FromOutcome(outcome, job.campaign, *job.supervisor);
  schedule.subject_kind = options_.subject_kind;
  schedule.subject_path = options_.subject_path;
  schedule.subject_hash = options_.subject_hash;
  schedule.subject_builds = options_.subject_builds;
  schedule.extra = options_.extra;
  return schedule;
}

void Campaign::KeepClean(Job& job, const Outcome& outcome) {
  const std::string path =
      absl::StrFormat("%s/clean-%08x-%u.schedule.json", options_.out,
                      HashOfText(campaign_name_) & 0xffffffff, outcome.execution);
  const absl::Status status = WriteSchedule(ScheduleOf(job, outcome), path);
  std::lock_guard lock(mutex_);
  if (status.ok()) {
    result_.kept.push_back(path);
  } else {
    result_.warnings.push_back(std::string(status.message()));
  }
}

void Campaign::Report(Job& job, const Outcome& outcome, const std::string& message,
                      std::string dedup_key) {
  std::lock_guard lock(mutex_);
  if (options_.stop_at_first) stopping_ = true;
  if (DistinctFinding* known = Known(dedup_key); known != nullptr) {
    ++known->times;
    return;
  }
  if (result_.findings.size() >= kMaxDistinctFindings) {
    result_.warnings.push_back(
        absl::StrCat("more than ", kMaxDistinctFindings, " distinct findings; the campaign stops"));
    stopping_ = true;
    return;
  }
  DistinctFinding finding;
  finding.dedup_key = std::move(dedup_key);
  finding.kind = outcome.finding;
  finding.message = message;
  if (outcome.finding != FailureKind::kNone) {
    finding.description = job.supervisor->Describe(outcome);
    finding.stacks = job.supervisor->StacksOf(outcome);
  }
  finding.standard_error = outcome.standard_error;
  finding.standard_output = outcome.standard_output;
  finding.execution = outcome.execution;
  finding.nth = jobs_ == 1 ? outcome.execution + 1 : result_.progress.executions;
  finding.schedule = ScheduleOf(job, outcome);
  finding.schedule.dedup_key = finding.dedup_key;
  finding.schedule.message = finding.message;
  Write(finding);
  if (options_.enough != nullptr && options_.enough(finding)) stopping_ = true;
  result_.findings.push_back(std::move(finding));
}

void Campaign::Write(DistinctFinding& finding) {
  if (options_.out.empty()) return;
  const char* kind = finding.kind == FailureKind::kNone ? "oracle" : FailureKindName(finding.kind);
  const std::string path = absl::StrFormat("%s/%s-%016x.schedule.json", options_.out, kind,
                                           HashOfText(finding.dedup_key + campaign_name_));
  if (absl::Status status = WriteSchedule(finding.schedule, path); !status.ok()) {
    result_.warnings.push_back(std::string(status.message()));
    return;
  }
  finding.path = path;
}

}  // namespace heddle::sim
