#include "harness/shrink/shrink.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/run/scenario_schedule.h"
#include "harness/shrink/event_words.h"
#include "harness/shrink/scenario_subject.h"
#include "nlohmann/json.hpp"
#include "sim/shrink/minimize.h"
#include "sim/shrink/narrative.h"
#include "sim/shrink/prober.h"
#include "sim/shrink/shrink.h"
#include "sim/shrink/switches.h"

namespace heddle::harness {
namespace {

using Clock = std::chrono::steady_clock;
using sim::Prober;
using sim::Schedule;
using sim::Step;
using sim::Switch;

// Executions in which a smaller trace must show the finding, at least and at most; in between,
// kSearchFactor times as many as the whole trace needed.
constexpr uint64_t kLeastSearch = 24;
constexpr uint64_t kMostSearch = 200;
constexpr uint64_t kSearchFactor = 3;
// Executions of a strategy that switches seldom, to have another schedule to start from.
constexpr uint64_t kSeldomSearch = 100;
// To leave out at least one of so many parts of the events at once is worth a search.
constexpr size_t kManyParts = 10;
// The parts of the time after which few events are left out with a search too, after which the
// events must be done with, and after which everything that is left out; the rest is for the
// narrative.
constexpr double kQuickShare = 0.3;
constexpr double kEventsShare = 0.6;
constexpr double kSearchShare = 0.85;
// A trace of more events is told by its number of events only.
constexpr size_t kMostEventsTold = 40;

absl::Status WriteText(const std::string& text, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("writing ", path));
  return absl::OkStatus();
}

nlohmann::json ExtraOf(const Schedule& schedule) {
  nlohmann::json extra = nlohmann::json::parse(schedule.extra, nullptr, false);
  return extra.is_object() ? extra : nlohmann::json::object();
}

sim::StrategySpec Seldom(int switches) { return {"pct", absl::StrCat("d=", switches).c_str()}; }

// The strategies that may find the finding again on another trace.
std::vector<sim::StrategySpec> StrategiesFor(const Schedule& schedule) {
  const sim::StrategySpec own = schedule.strategy;
  // Only `race` knows what to do at the two sides of a race.
  if (own.name == "race") return {own};
  if (own.name == "random" || own.name == "pos") return {Seldom(3), own};
  return {Seldom(3), {"random", ""}};
}

std::string ThreadName(sim::ThreadNumber thread, const std::vector<std::string>& stack) {
  if (thread == 0) return "main";
  for (const std::string& frame : stack) {
    if (absl::StrContains(frame, "Producer::")) return "producer";
    if (absl::StrContains(frame, "EventLoop::")) return "loop";
    if (absl::StrContains(frame, "Worker")) return "worker";
  }
  return "";
}

std::string SubjectLine(const Schedule& schedule) {
  const nlohmann::json extra = ExtraOf(schedule);
  if (schedule.subject_kind == "program") {
    std::string line = absl::StrCat("Program `", schedule.subject_path);
    for (const auto& argument : extra.value("arguments", nlohmann::json::array())) {
      if (argument.is_string()) absl::StrAppend(&line, " ", argument.get<std::string>());
    }
    return absl::StrCat(line, "`, flavour ", schedule.flavour, ".");
  }
  return absl::StrCat("Scenario `", schedule.subject_path, "`, dispatcher ",
                      extra.value("dispatcher", "?"), ", flavour ", schedule.flavour, ".");
}

class Shrinker {
 public:
  explicit Shrinker(const ShrinkOptions& options) : options_(options), start_(Clock::now()) {}

  absl::StatusOr<ShrinkReport> Run() {
    absl::StatusOr<Schedule> schedule = sim::ReadSchedule(options_.schedule);
    if (!schedule.ok()) return schedule.status();
    schedule_ = *std::move(schedule);
    if (schedule_.dedup_key.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(options_.schedule, ": has no finding, so there is nothing to shrink"));
    }
    target_ = sim::TargetOf(schedule_);
    if (absl::Status status = Open(); !status.ok()) return status;
    report_.before = SizeOf(schedule_.steps, kept_.size());
    if (absl::Status status = ReduceFaults(); !status.ok()) return status;
    if (subject_ != nullptr) {
      if (absl::Status status = ReduceEvents(); !status.ok()) return status;
    }
    if (absl::Status status = ReduceSchedule(); !status.ok()) return status;
    // Of few switches fewer hang on a fault.
    if (absl::Status status = ReduceFaults(); !status.ok()) return status;
    if (absl::Status status = Write(); !status.ok()) return status;
    report_.duration = Clock::now() - start_;
    return std::move(report_);
  }

 private:
  ShrinkSize SizeOf(const std::vector<Step>& steps, size_t events) const {
    return {events, sim::ContextSwitches(steps), steps.size(), target_.faults.size()};
  }

  std::function<bool()> Until(double share) const {
    const Clock::time_point end =
        start_ + std::chrono::duration_cast<Clock::duration>(options_.time_limit * share);
    return [this, end] {
      return Clock::now() < end && (options_.interrupted == nullptr || !options_.interrupted());
    };
  }

  void Say(const std::string& text) const {
    if (options_.progress != nullptr) options_.progress(text);
  }

  // Starts what the schedule is about, and makes sure of its finding.
  absl::Status Open() {
    if (schedule_.subject_kind == "scenario") {
      absl::StatusOr<std::unique_ptr<ScenarioSubject>> subject =
          ScenarioSubject::Create(schedule_, options_.schedule, options_.host_folder);
      if (!subject.ok()) return subject.status();
      subject_ = *std::move(subject);
      kept_.resize(subject_->events().size());
      std::iota(kept_.begin(), kept_.end(), 0);
    }
    if (absl::Status status = Start(); !status.ok()) return status;
    absl::Status status = sim::CanReplayIn(schedule_, prober_->supervisor().flavour(),
                                           prober_->supervisor().compiler());
    if (!status.ok()) return status;
    const std::vector<Switch> switches = sim::SwitchesOf(schedule_.steps);
    absl::StatusOr<sim::Attempt> attempt = prober_->Run(switches);
    if (!attempt.ok()) return attempt.status();
    if (!attempt->same) {
      return absl::FailedPreconditionError(
          absl::StrCat(options_.schedule, ": does not lead to its finding (", schedule_.dedup_key,
                       "). Outcome: ", attempt->outcome));
    }
    steps_ = std::move(attempt->steps);
    switches_ = switches;
    return absl::OkStatus();
  }

  // Makes prober_ one for kept_.
  absl::Status Start() {
    prober_ = nullptr;  // two would share the files of one folder
    absl::StatusOr<std::unique_ptr<Prober>> prober = absl::UnknownError("");
    if (subject_ != nullptr) {
      prober = subject_->Start(kept_, target_);
    } else {
      const absl::StatusOr<sim::ProgramOptions> program = options_.program(schedule_);
      if (!program.ok()) return program.status();
      prober = Prober::Start(*program, target_, nullptr);
    }
    if (!prober.ok()) return prober.status();
    prober_ = *std::move(prober);
    return absl::OkStatus();
  }

  // --- Faults ---

  absl::Status ReduceFaults() {
    const std::vector<sim::Fault> all = target_.faults;
    if (all.empty()) return absl::OkStatus();
    absl::Status error;
    const auto still_fails = [&](const std::vector<uint32_t>& positions) {
      std::vector<sim::Fault> faults;
      for (const uint32_t position : positions) faults.push_back(all[position]);
      prober_->UseFaults(faults);
      ++report_.executions;
      absl::StatusOr<sim::Attempt> attempt = prober_->Run(switches_);
      error.Update(attempt.status());
      if (!attempt.ok() || !attempt->same) return false;
      target_.faults = std::move(faults);
      steps_ = std::move(attempt->steps);
      Say(absl::StrCat("faults: ", target_.faults.size(), " left of ", report_.before.faults));
      return true;
    };
    sim::Minimize(static_cast<uint32_t>(all.size()), still_fails,
                  [&, go_on = Until(kSearchShare)] { return error.ok() && go_on(); });
    prober_->UseFaults(target_.faults);
    return error;
  }

  // --- Events ---

  absl::Status ReduceEvents() {
    const std::function<bool()> go_on = Until(kEventsShare);
    // One that switches seldom survives more of what is left out.
    absl::StatusOr<std::optional<std::vector<Step>>> seldom =
        prober_->Search(Seldom(3), kSeldomSearch, go_on);
    if (!seldom.ok()) return seldom.status();
    if (seldom->has_value()) Adopt(kept_, **std::move(seldom));
    const uint64_t needed = target_.execution + 1;
    prober_ = nullptr;

    absl::Status error;
    const uint64_t search = std::clamp(needed * kSearchFactor, kLeastSearch, kMostSearch);
    DropRepeats(search, &error);
    // Few events often go without another schedule, which is quick to see: those first.
    for (const bool thorough : {false, true}) {
      const std::function<bool()> in_time = thorough ? go_on : Until(kQuickShare);
      const std::vector<uint32_t> all = kept_;
      const sim::Minimized minimized = sim::Minimize(
          static_cast<uint32_t>(all.size()),
          [&](const std::vector<uint32_t>& positions) {
            std::vector<uint32_t> kept;
            for (const uint32_t position : positions) kept.push_back(all[position]);
            Say(absl::StrCat("events: ", kept_.size(), " left of ", report_.before.events));
            const bool many = (kept_.size() - kept.size()) * kManyParts >= kept_.size();
            return TryEvents(kept, thorough || many ? search : 0, &error);
          },
          [&] { return error.ok() && in_time(); });
      if (!error.ok()) return error;
      events_minimal_ = minimized.minimal;
    }
    return Start();
  }

  // Repeated messages go first, at once: a network drops them anyway.
  void DropRepeats(uint64_t search, absl::Status* error) {
    std::vector<uint32_t> firsts;
    for (const uint32_t i : kept_) {
      if (!subject_->events()[i].duplicate) firsts.push_back(i);
    }
    if (firsts.size() < kept_.size()) TryEvents(firsts, search, error);
  }

  // Whether the finding comes on these events: with the switches as they are, or in a search of
  // `search` executions of each strategy.
  bool TryEvents(const std::vector<uint32_t>& kept, uint64_t search, absl::Status* error) {
    absl::StatusOr<std::unique_ptr<Prober>> prober = subject_->Start(kept, target_);
    // A trace on which the host does not start (no event at all) is too small.
    if (absl::IsInvalidArgument(prober.status())) return false;
    error->Update(prober.status());
    if (!prober.ok()) return false;
    ++report_.executions;
    absl::StatusOr<sim::Attempt> attempt = (*prober)->Run(switches_);
    error->Update(attempt.status());
    if (!attempt.ok()) return false;
    if (attempt->same) {
      kept_ = kept;
      steps_ = std::move(attempt->steps);
      return true;
    }
    if (search == 0) return false;
    for (const sim::StrategySpec& strategy : StrategiesFor(schedule_)) {
      report_.executions += search;
      absl::StatusOr<std::optional<std::vector<Step>>> found =
          (*prober)->Search(strategy, search, Until(kEventsShare));
      error->Update(found.status());
      if (!found.ok()) return false;
      if (!found->has_value()) continue;
      target_.execution = (*prober)->target().execution;
      kept_ = kept;
      steps_ = **std::move(found);
      switches_ = sim::SwitchesOf(steps_);
      return true;
    }
    return false;
  }

  void Adopt(const std::vector<uint32_t>& kept, std::vector<Step> steps) {
    target_.execution = prober_->target().execution;
    kept_ = kept;
    steps_ = std::move(steps);
    switches_ = sim::SwitchesOf(steps_);
  }

  // --- Schedule ---

  absl::Status ReduceSchedule() {
    const std::function<bool()> go_on = Until(kSearchShare);
    std::vector<std::vector<Switch>> starts = {switches_};
    for (const int switches : {1, 2, 3}) {
      absl::StatusOr<std::optional<std::vector<Step>>> found =
          prober_->Search(Seldom(switches), kSeldomSearch, go_on);
      if (!found.ok()) return found.status();
      if (found->has_value()) starts.push_back(sim::SwitchesOf(**found));
    }
    prober_->UseExecution(target_.execution);
    std::sort(starts.begin(), starts.end(),
              [](const auto& a, const auto& b) { return a.size() < b.size(); });
    Say(absl::StrCat("switches: ", starts.front().size(), " at the start"));
    absl::StatusOr<sim::ShrunkSchedule> shrunk = sim::ShrinkSchedule(*prober_, starts, go_on);
    if (!shrunk.ok()) return shrunk.status();
    report_.executions += shrunk->executions;
    report_.minimal = shrunk->minimal && (subject_ == nullptr || events_minimal_);
    report_.switches = sim::ThreadSwitches(shrunk->switches);
    report_.time_jumps = shrunk->switches.size() - report_.switches;
    switches_ = std::move(shrunk->switches);
    steps_ = std::move(shrunk->steps);
    return absl::OkStatus();
  }

  // --- Result ---

  absl::Status Write() {
    Say("writing the narrative");
    std::error_code error;
    std::filesystem::create_directories(options_.out, error);
    if (error)
      return absl::FailedPreconditionError(absl::StrCat(options_.out, ": ", error.message()));
    absl::StatusOr<Schedule> result = prober_->Record(steps_);
    if (!result.ok()) return result.status();
    if (subject_ != nullptr && target_.faults.empty()) subject_->DropSystemFaults();
    nlohmann::json extra = ExtraOf(schedule_);
    extra["switches"] = sim::FormatSwitches(switches_);
    if (subject_ != nullptr) extra["faults"] = FaultSettings(subject_->scenario().faults);
    extra["shrunk_from"] = {{"events", report_.before.events},
                            {"context_switches", report_.before.context_switches},
                            {"points", report_.before.points},
                            {"faults", report_.before.faults}};
    result->extra = extra.dump();
    result->subject_kind = schedule_.subject_kind;
    result->subject_path = schedule_.subject_path;
    result->subject_hash = schedule_.subject_hash;
    if (subject_ != nullptr) {
      if (absl::Status status = WriteScenario(&*result); !status.ok()) return status;
    }
    report_.after = SizeOf(steps_, kept_.size());
    report_.schedule = absl::StrCat(options_.out, "/finding.schedule.json");
    if (absl::Status status = sim::WriteSchedule(*result, report_.schedule); !status.ok()) {
      return status;
    }
    absl::StatusOr<std::string> narrative =
        ExplainFinding(report_.schedule, options_.host_folder, options_.program, Until(1));
    if (!narrative.ok()) return narrative.status();
    report_.narrative = *std::move(narrative);
    return WriteText(report_.narrative, absl::StrCat(options_.out, "/narrative.md"));
  }

  absl::Status WriteScenario(Schedule* result) {
    absl::StatusOr<sim::Outcome> outcome = prober_->StopAt(steps_, steps_.size());
    if (!outcome.ok()) return outcome.status();
    FindingKind kind = FindingKind::kDivergence;
    if (outcome->finding != sim::FailureKind::kNone) {
      sim::DistinctFinding found;
      found.kind = outcome->finding;
      found.message = outcome->message;
      found.standard_error = outcome->standard_error;
      kind = FindingsOf(found).front().kind;
    } else {
      for (const ExpectedFinding& expected : subject_->scenario().expect) kind = expected.kind;
    }
    absl::Status status = subject_->Write(kept_, std::string(Name(kind)), options_.out);
    if (!status.ok()) return status;
    absl::StatusOr<Scenario> written = ReadScenario(absl::StrCat(options_.out, "/scenario.yaml"));
    if (!written.ok()) return written.status();
    const absl::StatusOr<std::string> hash = SubjectHash(*written, subject_->dispatcher());
    if (!hash.ok()) return hash.status();
    result->subject_path = "scenario.yaml";
    result->subject_hash = *hash;
    return absl::OkStatus();
  }

  const ShrinkOptions& options_;
  const Clock::time_point start_;
  ShrinkReport report_;
  Schedule schedule_;  // as it was given
  sim::Target target_;
  std::unique_ptr<ScenarioSubject> subject_;  // null for a program
  std::unique_ptr<Prober> prober_;
  bool events_minimal_ = false;
  // The smallest so far.
  std::vector<uint32_t> kept_;  // events
  std::vector<Switch> switches_;
  std::vector<Step> steps_;
};

}  // namespace

absl::StatusOr<ShrinkReport> ShrinkFinding(const ShrinkOptions& options) {
  return Shrinker(options).Run();
}

absl::StatusOr<std::string> ExplainFinding(const std::string& path, const std::string& host_folder,
                                           const ProgramOfSchedule& program_of,
                                           const std::function<bool()>& go_on) {
  absl::StatusOr<Schedule> schedule = sim::ReadSchedule(path);
  if (!schedule.ok()) return schedule.status();
  const nlohmann::json extra = ExtraOf(*schedule);
  if (!extra.contains("switches") || !extra["switches"].is_string()) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": is not shrunk (extra.switches is missing; ", sim::ContextSwitches(schedule->steps),
        " context switches); run heddle shrink first"));
  }
  absl::StatusOr<std::vector<Switch>> switches =
      sim::ParseSwitches(extra["switches"].get<std::string>());
  if (!switches.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": extra.switches: ", switches.status().message()));
  }
  sim::NarrativeOptions words;
  words.title = schedule->dedup_key;
  words.setting.push_back(SubjectLine(*schedule));
  words.name = ThreadName;
  std::unique_ptr<ScenarioSubject> subject;
  absl::StatusOr<std::unique_ptr<Prober>> prober = absl::UnknownError("");
  if (schedule->subject_kind == "scenario") {
    absl::StatusOr<std::unique_ptr<ScenarioSubject>> created =
        ScenarioSubject::Create(*schedule, path, host_folder);
    if (!created.ok()) return created.status();
    subject = *std::move(created);
    std::vector<uint32_t> all(subject->events().size());
    std::iota(all.begin(), all.end(), 0);
    prober = subject->Start(all, sim::TargetOf(*schedule));
    words.state = [&subject] { return subject->Progress(); };
    words.setting.push_back(absl::StrCat("\nThe trace has ", all.size(), " events:\n"));
    for (const trace::Event& event : subject->events()) {
      if (event.index == kMostEventsTold) break;
      words.setting.push_back(absl::StrCat("- event ", event.index, ": ", EventWords(event)));
    }
  } else {
    const absl::StatusOr<sim::ProgramOptions> program = program_of(*schedule);
    if (!program.ok()) return program.status();
    prober = Prober::Start(*program, sim::TargetOf(*schedule), nullptr);
  }
  if (!prober.ok()) return prober.status();
  for (const sim::Fault& fault : schedule->faults) {
    words.setting.push_back(absl::StrCat("- fault: ", sim::FaultKindName(fault.kind),
                                         ", at occasion ", fault.nth, " of thread ", fault.thread));
  }
  absl::StatusOr<std::vector<sim::TestedSwitch>> tested =
      sim::TestSwitches(**prober, *switches, go_on);
  if (!tested.ok()) return tested.status();
  return sim::Narrate(**prober, *schedule, *tested, words);
}

}  // namespace heddle::harness
