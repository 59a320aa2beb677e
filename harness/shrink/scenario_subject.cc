#include "harness/shrink/scenario_subject.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "harness/host/result_reader.h"
#include "harness/run/host_run.h"
#include "harness/run/scenario_schedule.h"
#include "harness/shrink/event_words.h"
#include "harness/shrink/violations.h"
#include "sim/trace/operations.h"

namespace heddle::harness {
namespace {

absl::Status WriteTrace(const trace::Trace& trace, const std::string& path) {
  absl::StatusOr<std::unique_ptr<trace::TraceWriter>> writer =
      trace::TraceWriter::Create(path, trace.header);
  if (!writer.ok()) return writer.status();
  for (const trace::Event& event : trace.events) {
    if (absl::Status status = (*writer)->Write(event); !status.ok()) return status;
  }
  return (*writer)->Close();
}

template <typename Names>
YAML::Node Sequence(const Names& names) {
  YAML::Node node(YAML::NodeType::Sequence);
  for (const auto& name : names) node.push_back(std::string(name));
  node.SetStyle(YAML::EmitterStyle::Flow);
  return node;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScenarioSubject>> ScenarioSubject::Create(
    const sim::Schedule& schedule, const std::string& path, const std::string& host_folder) {
  absl::StatusOr<ScheduledScenario> scheduled = ScenarioOf(schedule, path);
  if (!scheduled.ok()) return scheduled.status();
  const absl::StatusOr<Flavour> flavour = ParseFlavour(schedule.flavour);
  if (!flavour.ok()) return flavour.status();
  const absl::StatusOr<std::string> host =
      FindHost(host_folder, *flavour, scheduled->scenario.producer);
  if (!host.ok()) return host.status();
  absl::StatusOr<trace::Trace> trace = trace::ReadTrace(scheduled->scenario.trace);
  if (!trace.ok()) return trace.status();
  absl::StatusOr<sim::TemporaryFolder> folder = sim::TemporaryFolder::Create();
  if (!folder.ok()) return folder.status();
  absl::StatusOr<sim::TemporaryFolder> other = sim::TemporaryFolder::Create();
  if (!other.ok()) return other.status();
  std::unique_ptr<ScenarioSubject> subject(
      new ScenarioSubject(*std::move(folder), *std::move(other)));
  subject->scenario_ = std::move(scheduled->scenario);
  subject->scenario_.flavours = {*flavour};
  subject->dispatcher_ = scheduled->dispatcher;
  subject->host_ = *host;
  // What the network does to the traffic is in the events from here on.
  trace::Window window = WindowOf(subject->scenario_);
  *trace = Delivered(subject->scenario_, *std::move(trace), &window);
  subject->scenario_.faults.traffic = {};
  subject->header_ = std::move(trace->header);
  subject->header_.observer_final.reset();  // true of the whole trace only
  for (trace::Event& event : trace->events) {
    if (window.IsPast(event)) break;
    if (!window.Contains(event)) subject->before_window_ = subject->events_.size() + 1;
    subject->events_.push_back(std::move(event));
  }
  return subject;
}

// A message whose first copy is left out is a first copy now.
trace::Trace ScenarioSubject::Select(const std::vector<uint32_t>& kept) const {
  trace::Trace trace{header_, {}};
  std::set<trace::MessageId> seen;
  for (const uint32_t i : kept) {
    trace::Event event = events_[i];
    event.index = trace.events.size();
    if (event.kind == trace::Kind::kGossip) event.duplicate = !seen.insert(event.id).second;
    trace.events.push_back(std::move(event));
  }
  return trace;
}

Scenario ScenarioSubject::Reduced(const std::vector<uint32_t>& kept,
                                  const std::string& path) const {
  Scenario reduced = scenario_;
  reduced.trace = path;
  reduced.expectation.reset();
  std::erase(reduced.compare, Oracle::kExpectation);
  reduced.window.reset();
  const auto before = std::lower_bound(kept.begin(), kept.end(), before_window_) - kept.begin();
  if (before > 0) {
    reduced.window = EventWindow{
        .by = WindowUnit::kIndex, .from = before, .to = static_cast<int64_t>(kept.size())};
  }
  return reduced;
}

std::optional<Dispatcher> ScenarioSubject::Other() const {
  for (const Dispatcher other : scenario_.HostDispatchers()) {
    if (other != dispatcher_) return other;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<sim::Prober>> ScenarioSubject::Start(
    const std::vector<uint32_t>& kept, const sim::Target& target) {
  const std::string path = folder_.path() + "/trace.jsonl";
  auto trace = std::make_shared<const trace::Trace>(Select(kept));
  if (absl::Status status = WriteTrace(*trace, path); !status.ok()) return status;
  const Scenario reduced = Reduced(kept, path);
  const HostJob job{host_, folder_.path(), ExploredRequest(reduced, dispatcher_),
                    scenario_.time_limit};
  absl::StatusOr<sim::ProgramOptions> program = ControlledHost(job);
  if (!program.ok()) return program.status();
  const std::string result = ResultIn(job.folder);
  trace_ = trace;
  sim::Check check;
  if (target.kind == sim::FailureKind::kNone) {
    std::optional<NamedResult> base;
    const std::optional<Dispatcher> other = Other();
    if (reduced.Compares(Oracle::kEquivalence) && other.has_value()) {
      absl::StatusOr<std::string> made = RunHostInDefaultSchedule(
          {host_, other_folder_.path(), ExploredRequest(reduced, *other), reduced.time_limit});
      if (!made.ok()) return made.status();
      base = NamedResult{*other, *std::move(made)};
    }
    check = [=, dispatcher = dispatcher_](const sim::Outcome&) {
      std::vector<sim::Violation> violations;
      const auto findings = ViolationsIn(reduced, dispatcher, *trace, result, base);
      if (!findings.ok()) return violations;  // on fewer events the host need not complete
      for (const Finding& finding : *findings) {
        violations.push_back({finding.message, finding.dedup_key});
      }
      return violations;
    };
  }
  return sim::Prober::Start(*std::move(program), target, check);
}

std::string ScenarioSubject::Progress() const {
  const auto reader = ResultReader::Open(ResultIn(folder_.path()));
  if (!reader.ok() || trace_ == nullptr) return "";
  std::set<uint64_t> applied;
  HostLine line;
  for (;;) {
    const absl::StatusOr<bool> more = (*reader)->Next(&line);
    if (!more.ok() || !*more) break;
    if (const auto* one = std::get_if<Applied>(&line.what)) applied.insert(one->event.index);
  }
  for (const trace::Event& event : trace_->events) {
    if (applied.contains(event.index)) continue;
    return absl::StrCat(applied.size(), " of ", trace_->events.size(),
                        " events are applied; the first event that is not applied is event ",
                        event.index, " (", EventWords(event), ")");
  }
  return absl::StrCat("all ", trace_->events.size(), " events are applied");
}

absl::Status ScenarioSubject::Write(const std::vector<uint32_t>& kept, const std::string& finding,
                                    const std::string& folder) const {
  const Scenario reduced = Reduced(kept, "trace.jsonl");
  // Only a divergence can be one from another dispatcher.
  const std::optional<Dispatcher> other = Other();
  const bool compares_two = finding == Name(FindingKind::kDivergence) &&
                            reduced.Compares(Oracle::kEquivalence) && other.has_value();
  YAML::Node yaml;
  try {
    yaml = YAML::LoadFile(scenario_.path);
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(scenario_.path, ": ", error.what()));
  }
  for (const char* gone : {"window", "expectation", "reach", "runs", "controls"}) yaml.remove(gone);
  yaml["trace"] = "trace.jsonl";
  if (reduced.window.has_value()) {
    yaml["window"]["from"] = reduced.window->from;
    yaml["window"]["to"] = reduced.window->to;
  }
  std::vector<absl::string_view> compare;
  for (const Oracle oracle : reduced.compare) {
    if (oracle != Oracle::kEquivalence || compares_two) compare.push_back(Name(oracle));
  }
  yaml.remove("faults");
  for (const std::string& setting : FaultSettings(scenario_.faults)) {
    const std::vector<std::string> parts = absl::StrSplit(setting, '=');
    yaml["faults"][parts[0]] = parts[1];
  }
  yaml["dispatchers"] = Sequence(std::vector<absl::string_view>{Name(dispatcher_)});
  if (compares_two) {
    yaml["controls"]["dispatchers"] = Sequence(std::vector<absl::string_view>{Name(*other)});
  }
  yaml["flavours"] = Sequence(std::vector<absl::string_view>{Name(scenario_.flavours.front())});
  yaml["compare"] = Sequence(compare);
  YAML::Node expected;
  expected["finding"] = finding;
  yaml["expect"] = YAML::Node(YAML::NodeType::Sequence);
  yaml["expect"].push_back(expected);
  yaml["other_findings"] = "allowed";
  if (!yaml["explore"]) {
    yaml["explore"]["strategy"] = "random";
    yaml["explore"]["schedules"] = 1000;
  }
  YAML::Emitter out;
  out << yaml;
  std::ofstream file(folder + "/scenario.yaml", std::ios::binary);
  file << "# Written by heddle shrink.\n" << out.c_str() << "\n";
  file.close();
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("writing ", folder, "/scenario.yaml"));
  return WriteTrace(Select(kept), folder + "/trace.jsonl");
}

}  // namespace heddle::harness
