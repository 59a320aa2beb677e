#include "harness/run/scenario_run.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/host/request.h"
#include "harness/host/result_reader.h"
#include "harness/oracles/chain_view.h"
#include "harness/oracles/equivalence.h"
#include "harness/oracles/expectation.h"
#include "harness/oracles/reference.h"
#include "harness/oracles/run_oracles.h"
#include "harness/run/cell_verdict.h"
#include "harness/run/cells.h"
#include "harness/run/history_verdicts.h"
#include "harness/run/host_run.h"
#include "harness/run/race_targets.h"
#include "harness/run/scenario_schedule.h"
#include "sim/explore/explore.h"
#include "sim/process/process.h"
#include "sim/trace/trace.h"

namespace heddle::harness {
namespace {

// A scenario that should be clean and is not has made its point after so many runs that are not.
constexpr int64_t kEnoughFailures = 3;
// What a scenario must reach comes by luck in free runs: there are so many more to get there.
constexpr int64_t kRunsToReach = 50;

using Clock = std::chrono::steady_clock;

template <typename T>
bool Contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Shows one run's lines to its oracles, and counts.
class Watcher {
 public:
  explicit Watcher(CellResult* cell) : cell_(cell) {}

  void Add(std::unique_ptr<RunOracle> oracle) { oracles_.push_back(std::move(oracle)); }

  void OnLine(const HostLine& line) {
    if (const auto* applied = std::get_if<Applied>(&line.what)) {
      ++events_;
      progress_ = absl::StrCat("after event ", applied->event.index);
      if (applied->event.outcome == "pending") Reach(Situation::kWaiting);
      if (ticked_after_event_) Reach(Situation::kInterleaved);
    } else if (const auto* ticked = std::get_if<Ticked>(&line.what)) {
      if (ticked->snapshot) ++snapshots_;
      ticked_after_event_ = events_ > 0;
    } else if (const auto* refused = std::get_if<Refused>(&line.what)) {
      ++refused_;
      if (refused->code == "stopped") Reach(Situation::kStopped);
    } else if (const auto* ended = std::get_if<Ended>(&line.what)) {
      complete_ = true;
      ++snapshots_;
      full_ = ended->Count("full");
      if (full_ > 0) Reach(Situation::kBackPressure);
    } else if (std::holds_alternative<Failed>(line.what)) {
      complete_ = true;
    }
    for (std::unique_ptr<RunOracle>& oracle : oracles_) {
      if (oracle == nullptr) continue;
      if (std::optional<Finding> finding = oracle->OnLine(line)) {
        findings_.push_back(*std::move(finding));
        oracle.reset();
      }
    }
  }

  bool complete() const { return complete_; }
  const std::string& progress() const { return progress_; }

  // For a run that came to its end: adds what was seen to the cell, and returns the violations.
  std::vector<Finding> Finish() {
    cell_->events += events_;
    cell_->snapshots += snapshots_;
    cell_->refused += refused_;
    cell_->full += full_;
    for (const Situation situation : reached_) {
      if (!Contains(cell_->reached, situation)) cell_->reached.push_back(situation);
    }
    return std::move(findings_);
  }

 private:
  void Reach(Situation situation) {
    if (!Contains(reached_, situation)) reached_.push_back(situation);
  }

  CellResult* cell_;
  std::vector<std::unique_ptr<RunOracle>> oracles_;
  std::vector<Finding> findings_;
  std::vector<Situation> reached_;
  std::string progress_ = "before its first event";
  bool complete_ = false;
  bool ticked_after_event_ = false;
  uint64_t events_ = 0, snapshots_ = 0, refused_ = 0, full_ = 0;
};

class ScenarioRunner {
 public:
  ScenarioRunner(const Scenario& scenario, const RunOptions& options, trace::Trace trace,
                 std::filesystem::path folder)
      : scenario_(scenario),
        options_(options),
        window_(WindowOf(scenario)),
        trace_(Delivered(scenario, std::move(trace), &window_)),
        folder_(std::move(folder)) {}

  // Unavailable goes into the result; other errors go up.
  absl::Status Run(ScenarioResult* result) {
    for (const auto& [dispatcher, flavour] : CellsOf(scenario_, options_)) {
      std::string host;
      if (dispatcher != Dispatcher::kReference) {
        absl::StatusOr<std::string> found = FindHost(options_.host_folder, flavour);
        if (!found.ok()) return found.status();
        host = *std::move(found);
      }
      absl::Status status = RunCell(dispatcher, flavour, host, result);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  bool kept() const { return kept_; }

 private:
  absl::Status RunCell(Dispatcher dispatcher, Flavour flavour, const std::string& host,
                       ScenarioResult* result) {
    if (Interrupted()) return absl::OkStatus();
    result->cells.push_back({.dispatcher = dispatcher, .flavour = flavour});
    cell_ = &result->cells.back();
    host_ = host;
    const Clock::time_point start = Clock::now();
    absl::Status status;
    if (scenario_.explore && dispatcher != Dispatcher::kReference) {
      status = Explore(*scenario_.explore);
    } else {
      status = Expected().empty() ? RunClean() : RunForFindings();
    }
    if (absl::IsUnavailable(status) && cell_->runs == 0) {
      result->cells.pop_back();  // nothing ran: the result says why
      return status;
    }
    cell_->duration = Clock::now() - start;
    CompleteChains(trace_, &cell_->findings);
    if (Interrupted()) cell_->met = false;  // cut off: without a reason, nothing is proved
    if (status.ok() && cell_->met) SetVerdict(CheckReached(scenario_, *cell_), cell_);
    return status;
  }

  const std::vector<ExpectedFinding>& Expected() const {
    return ExpectedOf(scenario_, cell_->dispatcher);
  }

  int64_t Runs() const {
    if (cell_->dispatcher == Dispatcher::kReference) return 1;
    return options_.runs.value_or(scenario_.runs);
  }

  absl::Status RunClean() {
    int64_t failures = 0;
    for (int64_t run = 1; failures < kEnoughFailures && !Interrupted(); ++run) {
      if (run > Runs() &&
          (failures > 0 || Unreached(scenario_, *cell_).empty() || run > Runs() + kRunsToReach))
        break;
      absl::StatusOr<std::vector<Finding>> findings = RunOnce(std::max(run, Runs()));
      if (!findings.ok()) return findings.status();
      if (findings->empty()) continue;
      ++failures;
      Merge(*std::move(findings), cell_->runs, &cell_->findings);
    }
    SetVerdict(CheckClean(*cell_), cell_);
    return absl::OkStatus();
  }

  // Each run is up to `within` tries, until every expected finding came.
  absl::Status RunForFindings() {
    int64_t tries = 1;
    for (const ExpectedFinding& expected : Expected()) tries = std::max(tries, expected.within);
    cell_->met = true;
    for (int64_t run = 1; run <= Runs() && cell_->met && !Interrupted(); ++run) {
      std::vector<const ExpectedFinding*> missing;
      for (const ExpectedFinding& expected : Expected()) missing.push_back(&expected);
      for (int64_t attempt = 1; attempt <= tries && !missing.empty() && !Interrupted(); ++attempt) {
        absl::StatusOr<std::vector<Finding>> findings = RunOnce(Runs());
        if (!findings.ok()) return findings.status();
        std::erase_if(missing, [&](const ExpectedFinding* expected) {
          return attempt <= expected->within && Found(*expected, *findings);
        });
        Merge(*std::move(findings), cell_->runs, &cell_->findings);
      }
      Reasons reasons;
      for (const ExpectedFinding* expected : missing) {
        reasons.push_back(NotFound(*expected, *cell_));
      }
      SetVerdict(reasons, cell_);
    }
    return absl::OkStatus();
  }

  // Schedule after schedule, until the expected finding came, or one that is not expected, or the
  // budget is spent.
  absl::Status Explore(Exploration explore) {
    if (IsControl(scenario_, cell_->dispatcher) && scenario_.controls.schedules) {
      explore.schedules = *scenario_.controls.schedules;
    }
    RaceTargets targets;
    if (explore.spec.strategy.name == "race" && explore.sites.empty()) {
      absl::StatusOr<RaceTargets> found = FindTargets(explore);
      if (!found.ok()) return found.status();
      targets = *std::move(found);
      // Where everything should be clean, it is looked at all the same, in any order.
      if (targets.sites.empty() && !Expected().empty()) return NothingToSteerTo(targets);
      explore.sites = targets.sites;
      if (!targets.sites.empty()) explore.spec.preempt = sim::Preempt::kSites;
    }
    sim::ExploreOptions options = ExploreOptionsOf(scenario_, cell_->dispatcher, explore);
    if (absl::Status status = PrepareJobs(host_, &options); !status.ok()) return status;
    options.stop_at_first = Expected().empty() && !options_.go_on;
    if (options_.schedules) options.out = *options_.schedules;
    options.shard = options_.shard;
    options.self_check = options_.self_check;
    options.keep_clean = options_.keep_clean;
    Judged judged;
    options.check = [&](uint32_t job, const sim::Outcome&) { return Judge(job, &judged); };
    // What comes first need not be what is expected.
    std::vector<Finding> came;
    if (!Expected().empty() && !options_.go_on) {
      options.enough = [&](const sim::DistinctFinding& found) {
        const std::lock_guard lock(judged.mutex);
        Merge(FindingsIn(found, judged), found.nth, &came);
        return AllFound(Expected(), came);
      };
    }
    std::atomic<bool> stop{false};
    options.interrupted = &stop;
    std::vector<Explored::Sample> curve;
    options.on_progress = [&](const sim::ExploreProgress& progress) {
      cell_->runs = static_cast<int64_t>(progress.executions);
      AddSample(progress, &curve);
      Announce(static_cast<int64_t>(options.schedules), &progress);
      stop = Interrupted();
    };
    absl::StatusOr<sim::ExploreResult> result = sim::Explore(options);
    if (absl::IsNotFound(result.status()) && targets.races > 0) return NothingToSteerTo(targets);
    if (!result.ok()) return OfCampaign(result.status());
    if (!judged.error.ok()) return judged.error;
    TakeOver(*result, judged);
    cell_->explored->curve = std::move(curve);
    cell_->explored->races = targets.races;
    SetVerdict(CheckExplored(Expected(), *cell_), cell_);
    return absl::OkStatus();
  }

  // The environment's fault has a status of its own here.
  static absl::Status OfCampaign(const absl::Status& status) {
    return absl::IsFailedPrecondition(status) ? absl::UnavailableError(status.message()) : status;
  }

  // The cell's data races, as ThreadSanitizer sees them.
  absl::StatusOr<RaceTargets> FindTargets(const Exploration& explore) {
    if (cell_->flavour == Flavour::kTsan) {
      return absl::InvalidArgumentError(
          absl::StrCat(scenario_.path,
                       ": strategy race searches for failures that races cause, in det or asan; "
                       "tsan reports the races themselves"));
    }
    const absl::StatusOr<std::string> host = FindHost(options_.host_folder, Flavour::kTsan);
    if (!host.ok()) return host.status();
    Exploration detect = explore;
    detect.spec.strategy = {};
    sim::ExploreOptions options = ExploreOptionsOf(scenario_, cell_->dispatcher, detect);
    if (absl::Status status = PrepareJobs(*host, &options); !status.ok()) return status;
    std::atomic<bool> stop{false};
    options.interrupted = &stop;
    options.on_progress = [&](const sim::ExploreProgress& progress) {
      Announce(static_cast<int64_t>(options.schedules), &progress);
      stop = Interrupted();
    };
    absl::StatusOr<RaceTargets> targets = FindRaceTargets(options);
    if (!targets.ok()) return OfCampaign(targets.status());
    return targets;
  }

  absl::Status NothingToSteerTo(const RaceTargets& targets) {
    cell_->runs = static_cast<int64_t>(targets.schedules);
    cell_->explored = Explored{.schedules = targets.schedules, .races = targets.races};
    cell_->met = false;
    cell_->reason = targets.races == 0 ? absl::StrCat("no data race found in ", targets.schedules,
                                                      " schedules of tsan")
                                       : std::string(kNothingToSteerTo);
    return absl::OkStatus();
  }

  // A folder and a request for each job.
  absl::Status PrepareJobs(const std::string& host, sim::ExploreOptions* options) {
    const std::filesystem::path folder = MakeFolder();
    const host::Request request = ExploredRequest(scenario_, cell_->dispatcher);
    results_.clear();
    std::vector<sim::ProgramOptions> programs;
    for (uint32_t job = 0; job < options->jobs; ++job) {
      const std::string path = folder / absl::StrCat("request-", job, ".json");
      if (absl::Status status = WriteRequest(request, path); !status.ok()) return status;
      results_.push_back(folder / absl::StrCat("result-", job, ".jsonl"));
      programs.push_back(ControlledProgram(host, path, results_.back(), scenario_.time_limit));
    }
    options->program = programs.front();
    options->program_of_job = [programs](uint32_t job) { return programs[job]; };
    const absl::StatusOr<std::string> hash = SubjectHash(scenario_, cell_->dispatcher);
    if (!hash.ok()) return hash.status();
    options->subject_hash = *hash;
    return absl::OkStatus();
  }

  // What the oracles said in a campaign.
  struct Judged {
    std::mutex mutex;  // everything below, and the cell
    HistoryVerdicts histories;
    KnownLines lines;
    std::map<std::string, Finding> findings;  // by dedup key
    absl::Status error;
  };

  // The oracles on an execution that looked clean.
  std::optional<sim::Violation> Judge(uint32_t job, Judged* judged) {
    std::ifstream stream(results_[job], std::ios::binary);
    std::stringstream history;
    history << stream.rdbuf();
    const std::lock_guard lock(judged->mutex);
    const absl::StatusOr<HistoryVerdicts::Verdict> verdict =
        judged->histories.Of(history.view(), [&] { return CheckHistory(results_[job], judged); });
    if (verdict.ok()) return *verdict;
    judged->error.Update(verdict.status());
    return std::nullopt;
  }

  absl::StatusOr<HistoryVerdicts::Verdict> CheckHistory(const std::string& result, Judged* judged) {
    Watcher watcher(cell_);
    absl::Status status = AddOracles(ExploredRequest(scenario_, cell_->dispatcher), &watcher);
    if (!status.ok()) return status;
    if (!ReadLines(result, &watcher, &judged->lines)) {
      return absl::InternalError(
          absl::StrCat(result, ": the execution completed, but its result is incomplete"));
    }
    std::vector<Finding> findings = watcher.Finish();
    if (status = Equivalence(result, &findings); !status.ok()) return status;
    if (findings.empty()) return std::nullopt;
    Finding& first = findings.front();
    const sim::Violation violation{first.message, first.signature};
    judged->findings.emplace(first.signature, std::move(first));
    return violation;
  }

  static std::vector<Finding> FindingsIn(const sim::DistinctFinding& found, const Judged& judged) {
    const auto own = judged.findings.find(found.dedup_key);
    return own != judged.findings.end() ? std::vector<Finding>{own->second} : FindingsOf(found);
  }

  void TakeOver(const sim::ExploreResult& result, const Judged& judged) {
    cell_->findings.clear();
    cell_->runs = static_cast<int64_t>(result.progress.executions);
    cell_->explored = Explored{.schedules = result.progress.executions,
                               .distinct = result.progress.distinct_schedules,
                               .orders = result.progress.distinct_orders,
                               .histories = judged.histories.size(),
                               .points = result.progress.points,
                               .faults = result.progress.faults,
                               .exhausted = result.exhausted};
    for (const sim::DistinctFinding& found : result.findings) {
      std::vector<Finding> findings = FindingsIn(found, judged);
      for (Finding& finding : findings) {
        finding.schedule = found.path;
        finding.count *= found.times;
        finding.runs = found.times;
      }
      Merge(std::move(findings), found.nth, &cell_->findings);
    }
  }

  // One run of the cell, and what it found.
  absl::StatusOr<std::vector<Finding>> RunOnce(int64_t planned) {
    ++cell_->runs;
    Announce(planned);
    const host::Request request =
        MakeRequest(scenario_, cell_->dispatcher, static_cast<uint64_t>(cell_->runs));
    Watcher watcher(cell_);
    if (absl::Status status = AddOracles(request, &watcher); !status.ok()) return status;
    return cell_->dispatcher == Dispatcher::kReference ? RunReference(request, &watcher)
                                                       : RunInHost(request, &watcher);
  }

  void Announce(int64_t planned, const sim::ExploreProgress* explored = nullptr) {
    if (options_.progress) {
      options_.progress({scenario_, cell_->dispatcher, cell_->flavour, cell_->runs, planned,
                         explored, cell_->findings.size()});
    }
  }

  // The request in terms of what is delivered: what the network did to it is in trace_ already.
  host::Request AsDelivered(host::Request request) const {
    request.window = window_;
    request.faults = {};
    return request;
  }

  absl::Status AddOracles(const host::Request& request, Watcher* watcher) const {
    absl::StatusOr<std::vector<std::unique_ptr<RunOracle>>> oracles =
        MakeRunOracles(scenario_, cell_->dispatcher, trace_, AsDelivered(request));
    if (!oracles.ok()) return oracles.status();
    for (std::unique_ptr<RunOracle>& oracle : *oracles) watcher->Add(std::move(oracle));
    if (scenario_.Compares(Oracle::kExpectation)) {
      absl::StatusOr<std::unique_ptr<ExpectationOracle>> expectation =
          ExpectationOracle::Create(trace_, *scenario_.expectation);
      if (!expectation.ok()) return expectation.status();
      watcher->Add(*std::move(expectation));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Finding>> RunReference(const host::Request& request,
                                                    Watcher* watcher) {
    absl::Status status = ReplayInLockstep(trace_, AsDelivered(request), [&](const HostLine& line) {
      watcher->OnLine(line);
      return !Interrupted();
    });
    if (!status.ok()) return status;
    return watcher->Finish();
  }

  absl::StatusOr<std::vector<Finding>> RunInHost(const host::Request& request, Watcher* watcher) {
    const std::filesystem::path folder = MakeFolder();
    const HostJob job{host_, folder, request, scenario_.time_limit};
    absl::StatusOr<HostRun> run = RunHost(job);
    if (!run.ok()) return run.status();
    if (run->outcome.end == ProcessOutcome::End::kInterrupted) return std::vector<Finding>();

    std::vector<Finding> findings;
    const bool complete = ReadResult(*run, watcher);
    if (std::optional<Finding> end =
            JudgeEnd(*run, scenario_.time_limit, complete, watcher->progress())) {
      findings.push_back(*std::move(end));
    }
    if (scenario_.Compares(Oracle::kSanitizers)) {
      std::move(run->sanitizer_findings.begin(), run->sanitizer_findings.end(),
                std::back_inserter(findings));
    }
    if (complete) {
      for (Finding& violation : watcher->Finish()) findings.push_back(std::move(violation));
      absl::Status status = Equivalence(run->result_path, &findings);
      if (!status.ok()) return status;
    }
    KeepOrRemove(folder, findings);
    return findings;
  }

  // A new folder for the files of the run that starts. One that cannot be made shows when a file is
  // written there.
  std::filesystem::path MakeFolder() const {
    std::filesystem::path folder = folder_ / absl::StrCat(Name(cell_->dispatcher), "-",
                                                          Name(cell_->flavour), "-", cell_->runs);
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    std::filesystem::create_directories(folder, ignored);
    return folder;
  }

  static bool ReadResult(const HostRun& run, Watcher* watcher) {
    return ReadLines(run.result_path, watcher) && run.outcome.end == ProcessOutcome::End::kExited;
  }

  // Whether the result is whole. One that is garbled in the middle is not.
  static bool ReadLines(const std::string& result_path, Watcher* watcher,
                        KnownLines* known = nullptr) {
    absl::StatusOr<std::unique_ptr<ResultReader>> reader = ResultReader::Open(result_path, known);
    if (!reader.ok()) return false;
    HostLine line;
    absl::StatusOr<bool> more = true;
    while ((more = (*reader)->Next(&line)).ok() && *more) watcher->OnLine(line);
    return more.ok() && watcher->complete();
  }

  // Compares a complete result with one of the scenario's first dispatcher, in the same flavour.
  absl::Status Equivalence(const std::string& result, std::vector<Finding>* findings) {
    if (!scenario_.Compares(Oracle::kEquivalence)) return absl::OkStatus();
    auto base = bases_.find(cell_->flavour);
    if (base == bases_.end()) {
      absl::StatusOr<NamedResult> made = MakeBase(result);
      if (!made.ok()) return made.status();
      base = bases_.emplace(cell_->flavour, *std::move(made)).first;
    }
    absl::StatusOr<std::optional<Finding>> finding =
        CheckEquivalence(trace_, scenario_.mode, base->second, {cell_->dispatcher, result});
    if (!finding.ok()) return finding.status();
    if (finding->has_value()) findings->push_back(**std::move(finding));
    return absl::OkStatus();
  }

  // A result of the first dispatcher: this one, or if it is another's, that of a run of its own.
  absl::StatusOr<NamedResult> MakeBase(const std::string& result) const {
    const Dispatcher first = scenario_.HostDispatchers().front();
    const std::filesystem::path folder = folder_ / absl::StrCat("base-", Name(cell_->flavour));
    std::error_code error;
    std::filesystem::remove_all(folder, error);  // an earlier run's, with --keep
    std::filesystem::create_directories(folder, error);
    if (cell_->dispatcher == first) {
      const std::filesystem::path copy = folder / "result.jsonl";
      std::filesystem::copy_file(result, copy, error);
      if (error) return absl::UnavailableError(absl::StrCat("cannot write ", copy.string()));
      return NamedResult{first, copy};
    }
    const HostJob job{host_, folder, MakeRequest(scenario_, first, 1), scenario_.time_limit};
    if (cell_->flavour != Flavour::kNative) {
      absl::StatusOr<std::string> orderly = RunHostOrderly(job);
      if (!orderly.ok()) return orderly.status();
      return NamedResult{first, *std::move(orderly)};
    }
    const absl::StatusOr<HostRun> run = RunHost(job);
    if (!run.ok()) return run.status();
    if (run->outcome.end != ProcessOutcome::End::kExited || run->outcome.code != 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          scenario_.path, ": ", Name(first), ", the base of the comparison, does not complete"));
    }
    return NamedResult{first, run->result_path};
  }

  void KeepOrRemove(const std::filesystem::path& folder, const std::vector<Finding>& findings) {
    const bool unexpected = findings.empty() != Expected().empty();
    if (unexpected && cell_->kept_folder.empty()) {
      cell_->kept_folder = folder;
      kept_ = true;
    } else if (!options_.keep) {
      std::error_code ignored;
      std::filesystem::remove_all(folder, ignored);
    }
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  trace::Window window_;      // of trace_
  const trace::Trace trace_;  // what is delivered
  const std::filesystem::path folder_;
  CellResult* cell_ = nullptr;
  std::string host_;
  std::vector<std::string> results_;  // of each job that explores
  std::map<Flavour, NamedResult> bases_;
  bool kept_ = false;
};

}  // namespace

absl::StatusOr<ScenarioResult> RunScenario(const Scenario& given, const RunOptions& options) {
  Scenario scenario = given;
  if (options.explore) scenario.explore = options.explore;
  ScenarioResult result;
  result.name = scenario.name;
  result.path = scenario.path;
  result.description = scenario.description;
  result.again = absl::StrCat("heddle run ", scenario.path);
  result.expects_findings = !scenario.expect.empty();
  absl::StatusOr<trace::Trace> trace = trace::ReadTrace(scenario.trace);
  if (!trace.ok()) return trace.status();
  if (scenario.expectation) {
    const absl::Status status = VerifyExpectation(*scenario.expectation);
    if (!status.ok()) return status;
  }
  absl::StatusOr<TemporaryFolder> temporary = TemporaryFolder::Create();
  if (!temporary.ok()) return temporary.status();
  const std::filesystem::path folder = options.keep
                                           ? std::filesystem::path(*options.keep) / scenario.name
                                           : std::filesystem::path(temporary->path());

  const Clock::time_point start = Clock::now();
  ScenarioRunner runner(scenario, options, *std::move(trace), folder);
  const absl::Status status = runner.Run(&result);
  result.duration = Clock::now() - start;
  result.interrupted = Interrupted();
  if (runner.kept()) temporary->Keep();
  if (absl::IsUnavailable(status)) {
    result.environment = std::string(status.message());
  } else if (!status.ok()) {
    return status;
  }
  return result;
}

}  // namespace heddle::harness
