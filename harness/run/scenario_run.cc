#include "harness/run/scenario_run.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/host/request.h"
#include "harness/oracles/conservation.h"
#include "harness/oracles/equivalence.h"
#include "harness/oracles/expectation.h"
#include "harness/oracles/serialisability.h"
#include "harness/process.h"
#include "harness/reference.h"
#include "harness/result_reader.h"
#include "harness/run/host_run.h"
#include "sim/trace/trace.h"

namespace heddle::harness {
namespace {

// A scenario that should be clean and is not has made its point after so many runs that are not.
constexpr int64_t kEnoughFailures = 3;

using Clock = std::chrono::steady_clock;

template <typename T>
bool Contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

template <typename T>
std::vector<T> Selected(const std::vector<T>& all, const std::vector<T>& filter) {
  std::vector<T> selected;
  for (const T& value : all) {
    if (filter.empty() || Contains(filter, value)) selected.push_back(value);
  }
  return selected;
}

// The reference has no flavour of its own; it goes with the native ones.
bool ReferenceRuns(const std::vector<Dispatcher>& selected, const RunOptions& options) {
  return Contains(selected, Dispatcher::kReference) &&
         (options.flavours.empty() || Contains(options.flavours, Flavour::kNative));
}

host::Request MakeRequest(const Scenario& scenario, Dispatcher dispatcher, uint64_t seed) {
  host::Request request;
  request.trace = std::filesystem::absolute(scenario.trace).string();
  if (scenario.window) {
    request.window.by = scenario.window->by == WindowUnit::kSlot ? trace::Window::By::kSlot
                                                                 : trace::Window::By::kIndex;
    request.window.from = scenario.window->from;
    request.window.to = scenario.window->to;
  }
  // The reference is no host; its request says what to replay.
  if (dispatcher == Dispatcher::kUnsync) request.dispatcher = host::Dispatcher::kUnsync;
  if (dispatcher == Dispatcher::kMutex) request.dispatcher = host::Dispatcher::kMutex;
  if (dispatcher == Dispatcher::kAsync) request.dispatcher = host::Dispatcher::kAsync;
  if (scenario.mode == Mode::kLockstep) request.mode = host::Mode::kLockstep;
  if (scenario.mode == Mode::kRecorded) request.mode = host::Mode::kRecorded;
  if (scenario.mode == Mode::kBurst) request.mode = host::Mode::kBurst;
  request.speed = static_cast<double>(scenario.speed);
  if (scenario.tick_interval) request.tick_interval_ns = scenario.tick_interval->count();
  request.instances = static_cast<uint32_t>(scenario.instances);
  request.split = scenario.split == Split::kCopy ? host::Split::kCopy : host::Split::kRoundRobin;
  if (scenario.channel_capacity) {
    request.channel_capacity = static_cast<uint32_t>(*scenario.channel_capacity);
  }
  request.duplicates = scenario.duplicates;
  if (scenario.signature_cost.count() > 0) {
    request.signature = {host::Signature::Kind::kCostModel,
                         static_cast<uint64_t>(scenario.signature_cost.count())};
  }
  if (scenario.stop_after) request.stop_after = static_cast<uint64_t>(*scenario.stop_after);
  request.seed = seed;
  return request;
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
    } else if (const auto* ticked = std::get_if<Ticked>(&line.what)) {
      if (ticked->snapshot) ++snapshots_;
    } else if (const auto* refused = std::get_if<Refused>(&line.what)) {
      ++refused_;
      if (refused->code == "stopped") Reach(Situation::kStopped);
    } else if (const auto* ended = std::get_if<Ended>(&line.what)) {
      complete_ = true;
      ++snapshots_;
      full_ = ended->Count("full");
      if (full_ > 0) Reach(Situation::kBackPressure);
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
  uint64_t events_ = 0, snapshots_ = 0, refused_ = 0, full_ = 0;
};

class ScenarioRunner {
 public:
  ScenarioRunner(const Scenario& scenario, const RunOptions& options, trace::Trace trace,
                 std::filesystem::path folder)
      : scenario_(scenario),
        options_(options),
        trace_(std::move(trace)),
        folder_(std::move(folder)) {}

  // Unavailable goes into the result; other errors go up.
  absl::Status Run(ScenarioResult* result) {
    const auto dispatchers = Selected(scenario_.dispatchers, options_.dispatchers);
    const auto flavours = Selected(scenario_.flavours, options_.flavours);
    if (ReferenceRuns(dispatchers, options_)) {
      absl::Status status = RunCell(Dispatcher::kReference, Flavour::kNative, "", result);
      if (!status.ok()) return status;
    }
    for (const Flavour flavour : flavours) {
      for (const Dispatcher dispatcher : dispatchers) {
        if (dispatcher == Dispatcher::kReference) continue;
        const absl::StatusOr<std::string> host = FindHost(options_.host_folder, flavour);
        if (!host.ok()) return host.status();
        absl::Status status = RunCell(dispatcher, flavour, *host, result);
        if (!status.ok()) return status;
      }
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
    absl::Status status = scenario_.expect.empty() ? RunClean() : RunForFindings();
    cell_->duration = Clock::now() - start;
    if (Interrupted()) cell_->met = false;  // cut off: without a reason, nothing is proved
    if (status.ok() && cell_->met) CheckReached();
    return status;
  }

  int64_t Runs() const {
    if (cell_->dispatcher == Dispatcher::kReference) return 1;
    return options_.runs.value_or(scenario_.runs);
  }

  absl::Status RunClean() {
    int64_t failures = 0;
    for (int64_t run = 1; run <= Runs() && failures < kEnoughFailures && !Interrupted(); ++run) {
      absl::StatusOr<std::vector<Finding>> findings = RunOnce(Runs());
      if (!findings.ok()) return findings.status();
      if (findings->empty()) continue;
      ++failures;
      Merge(*std::move(findings), cell_->runs, &cell_->findings);
    }
    cell_->met = failures == 0;
    if (failures > 0) {
      cell_->reason = absl::StrCat(cell_->findings.size(), " finding",
                                   cell_->findings.size() == 1 ? "" : "s", ", expected clean");
    }
    return absl::OkStatus();
  }

  // Each run is up to `within` tries, until every expected finding came.
  absl::Status RunForFindings() {
    int64_t tries = 1;
    for (const ExpectedFinding& expected : scenario_.expect)
      tries = std::max(tries, expected.within);
    cell_->met = true;
    for (int64_t run = 1; run <= Runs() && cell_->met && !Interrupted(); ++run) {
      std::vector<const ExpectedFinding*> missing;
      for (const ExpectedFinding& expected : scenario_.expect) missing.push_back(&expected);
      for (int64_t attempt = 1; attempt <= tries && !missing.empty() && !Interrupted(); ++attempt) {
        absl::StatusOr<std::vector<Finding>> findings = RunOnce(Runs());
        if (!findings.ok()) return findings.status();
        std::erase_if(missing, [&](const ExpectedFinding* expected) {
          return attempt <= expected->within && Came(*expected, *findings);
        });
        Merge(*std::move(findings), cell_->runs, &cell_->findings);
      }
      cell_->met = missing.empty();
      if (!cell_->met && !Interrupted()) cell_->reason = DidNotCome(*missing.front());
    }
    return absl::OkStatus();
  }

  static bool Came(const ExpectedFinding& expected, const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.kind == expected.kind && MatchesWhere(finding, expected.where);
    });
  }

  static std::string DidNotCome(const ExpectedFinding& expected) {
    return absl::StrCat("expected ", Name(expected.kind),
                        expected.where.empty() ? "" : absl::StrCat(" in '", expected.where, "'"),
                        ": did not come in ", expected.within,
                        expected.within == 1 ? " try" : " tries");
  }

  void CheckReached() {
    for (const Situation situation : scenario_.reach) {
      if (Contains(cell_->reached, situation)) continue;
      cell_->met = false;
      cell_->reason = absl::StrCat("never reached ", Name(situation),
                                   ": the scenario does not show what it is for");
      return;
    }
  }

  // One run of the cell, and what it found.
  absl::StatusOr<std::vector<Finding>> RunOnce(int64_t planned) {
    ++cell_->runs;
    if (options_.progress) {
      options_.progress({scenario_, cell_->dispatcher, cell_->flavour, cell_->runs, planned,
                         cell_->findings.size()});
    }
    const host::Request request =
        MakeRequest(scenario_, cell_->dispatcher, static_cast<uint64_t>(cell_->runs));
    Watcher watcher(cell_);
    if (absl::Status status = AddOracles(request, &watcher); !status.ok()) return status;
    return cell_->dispatcher == Dispatcher::kReference ? RunReference(request, &watcher)
                                                       : RunInHost(request, &watcher);
  }

  absl::Status AddOracles(const host::Request& request, Watcher* watcher) const {
    if (scenario_.Compares(Oracle::kConservation)) {
      watcher->Add(std::make_unique<ConservationOracle>(trace_, request));
    }
    // The reference compared with itself would prove nothing.
    if (scenario_.Compares(Oracle::kSerialisability) &&
        cell_->dispatcher != Dispatcher::kReference) {
      absl::StatusOr<std::unique_ptr<Reference>> reference = Reference::Create(trace_.header);
      if (!reference.ok()) return reference.status();
      watcher->Add(std::make_unique<SerialisabilityOracle>(trace_, *std::move(reference)));
    }
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
    absl::Status status = ReplayInLockstep(trace_, request, [&](const HostLine& line) {
      watcher->OnLine(line);
      return !Interrupted();
    });
    if (!status.ok()) return status;
    return watcher->Finish();
  }

  absl::StatusOr<std::vector<Finding>> RunInHost(const host::Request& request, Watcher* watcher) {
    const std::filesystem::path folder =
        folder_ /
        absl::StrCat(Name(cell_->dispatcher), "-", Name(cell_->flavour), "-", cell_->runs);
    std::error_code error;
    std::filesystem::remove_all(folder, error);  // hosts add to a result that is there
    std::filesystem::create_directories(folder, error);
    if (error) return absl::UnavailableError(absl::StrCat("cannot create ", folder.string()));
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

  // Whether the result is whole. One that is garbled in the middle is not.
  static bool ReadResult(const HostRun& run, Watcher* watcher) {
    absl::StatusOr<std::unique_ptr<ResultReader>> reader = ResultReader::Open(run.result_path);
    if (!reader.ok()) return false;
    HostLine line;
    absl::StatusOr<bool> more = true;
    while ((more = (*reader)->Next(&line)).ok() && *more) watcher->OnLine(line);
    return more.ok() && watcher->complete() && run.outcome.end == ProcessOutcome::End::kExited;
  }

  // Compares a complete result with that of the flavour's first dispatcher, or makes it the one to
  // compare with.
  absl::Status Equivalence(const std::string& result, std::vector<Finding>* findings) {
    if (!scenario_.Compares(Oracle::kEquivalence)) return absl::OkStatus();
    const auto base = bases_.find(cell_->flavour);
    if (base == bases_.end()) {
      const std::filesystem::path copy = folder_ / absl::StrCat("base-", Name(cell_->flavour));
      std::error_code error;
      std::filesystem::copy_file(result, copy, error);
      if (error) return absl::UnavailableError(absl::StrCat("cannot write ", copy.string()));
      bases_[cell_->flavour] = {cell_->dispatcher, copy};
      return absl::OkStatus();
    }
    absl::StatusOr<std::optional<Finding>> finding =
        CheckEquivalence(trace_, scenario_.mode, base->second, {cell_->dispatcher, result});
    if (!finding.ok()) return finding.status();
    if (finding->has_value()) findings->push_back(**std::move(finding));
    return absl::OkStatus();
  }

  void KeepOrRemove(const std::filesystem::path& folder, const std::vector<Finding>& findings) {
    const bool unexpected = findings.empty() != scenario_.expect.empty();
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
  const trace::Trace trace_;
  const std::filesystem::path folder_;
  CellResult* cell_ = nullptr;
  std::string host_;
  std::map<Flavour, NamedResult> bases_;
  bool kept_ = false;
};

}  // namespace

bool AnythingToRun(const Scenario& scenario, const RunOptions& options) {
  const auto dispatchers = Selected(scenario.dispatchers, options.dispatchers);
  const bool any_host = std::any_of(dispatchers.begin(), dispatchers.end(),
                                    [](Dispatcher d) { return d != Dispatcher::kReference; });
  return ReferenceRuns(dispatchers, options) ||
         (any_host && !Selected(scenario.flavours, options.flavours).empty());
}

absl::StatusOr<ScenarioResult> RunScenario(const Scenario& scenario, const RunOptions& options) {
  ScenarioResult result;
  result.name = scenario.name;
  result.path = scenario.path;
  result.description = scenario.description;
  result.again = absl::StrCat("heddle run ", scenario.path);
  result.expects_findings = !scenario.expect.empty();
  if (scenario.explore) {
    result.environment =
        "the scenario asks for explored schedules, and this build has no sim kernel";
    return result;
  }
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
