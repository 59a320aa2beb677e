#include "harness/run/scenario_schedule.h"

#include <openssl/sha.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "harness/run/schedule_extra.h"
#include "nlohmann/json.hpp"
#include "reports/model/evidence.h"
#include "sim/explore/learnt.h"

namespace heddle::harness {
namespace {

namespace fs = std::filesystem;

constexpr char kScenarioSubject[] = "scenario";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), {});
  if (!stream.good() && !stream.eof()) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  return text;
}

}  // namespace

std::string SubjectPath(const std::string& subject, const std::string& schedule) {
  std::error_code ignored;
  fs::path folder = fs::absolute(schedule, ignored).parent_path();
  if (fs::exists(folder / subject, ignored)) return folder / subject;
  if (fs::exists(subject, ignored)) return subject;
  while (folder != folder.parent_path()) {
    folder = folder.parent_path();
    if (fs::exists(folder / subject, ignored)) return folder / subject;
  }
  return subject;
}

host::Request MakeRequest(const Scenario& scenario, Dispatcher dispatcher, uint64_t seed) {
  host::Request request;
  request.trace = std::filesystem::absolute(scenario.trace).string();
  request.window = WindowOf(scenario);
  // The reference is no host; its request says what to replay.
  if (dispatcher != Dispatcher::kReference) request.dispatcher = dispatcher;
  request.mode = scenario.mode;
  request.speed = static_cast<double>(scenario.speed);
  if (scenario.tick_interval) request.tick_interval_ns = scenario.tick_interval->count();
  request.instances = static_cast<uint32_t>(scenario.instances);
  request.split = scenario.split;
  if (scenario.channel_capacity) {
    request.channel_capacity = static_cast<uint32_t>(*scenario.channel_capacity);
  }
  request.duplicates = scenario.duplicates;
  if (scenario.signature_cost.count() > 0) {
    request.signature = {host::Signature::Kind::kCostModel,
                         static_cast<uint64_t>(scenario.signature_cost.count())};
  }
  request.faults = scenario.faults.traffic;
  request.system_faults = sim::AnyFault(scenario.faults.system);
  if (scenario.faults.stop_after) {
    request.stop_after = static_cast<uint64_t>(*scenario.faults.stop_after);
  }
  request.seed = seed;
  return request;
}

trace::Window WindowOf(const Scenario& scenario) {
  trace::Window window;
  if (scenario.window) {
    window.by = scenario.window->by == WindowUnit::kSlot ? trace::Window::By::kSlot
                                                         : trace::Window::By::kIndex;
    window.from = scenario.window->from;
    window.to = scenario.window->to;
  }
  return window;
}

trace::Trace Delivered(const Scenario& scenario, trace::Trace trace, trace::Window* window) {
  traffic::ApplyNetworkFaults(scenario.faults.traffic, &trace, window);
  return trace;
}

host::Request ExploredRequest(const Scenario& scenario, Dispatcher dispatcher) {
  return MakeRequest(scenario, dispatcher, /*seed=*/0);
}

sim::ExploreOptions ExploreOptionsOf(const Scenario& scenario, Dispatcher dispatcher,
                                     const Exploration& explore) {
  sim::ExploreOptions options;
  options.spec = explore.spec;
  options.spec.faults = scenario.faults.system;
  options.sites = explore.sites;
  options.schedules = static_cast<uint64_t>(explore.schedules);
  options.time_limit = explore.time;
  options.jobs = options.spec.strategy.Systematic() ? 1 : explore.jobs;
  options.subject_kind = kScenarioSubject;
  options.subject_path = scenario.path;
  nlohmann::json extra = {{"dispatcher", std::string(Name(dispatcher))},
                          {"faults", FaultSettings(scenario.faults)}};
  if (scenario.producer != Producer::kSimulated) {
    extra["producer"] = std::string(Name(scenario.producer));
  }
  options.extra = extra.dump();
  return options;
}

absl::StatusOr<std::string> SubjectHash(const Scenario& scenario, Dispatcher dispatcher) {
  absl::StatusOr<std::string> trace = ReadFile(scenario.trace);
  if (!trace.ok()) return trace.status();
  // Wherever the trace lies: its bytes count.
  const std::string text =
      absl::StrCat(FormatWithoutTrace(ExploredRequest(scenario, dispatcher)), *trace);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(uint64_t)));
}

std::vector<Finding> FindingsOf(const sim::DistinctFinding& found) {
  return FindingsOf(reports::FailedExecution{.kind = found.kind,
                                             .message = found.message,
                                             .description = found.description,
                                             .standard_error = found.standard_error,
                                             .standard_output = found.standard_output,
                                             .dedup_key = found.dedup_key,
                                             .stacks = found.stacks});
}

Finding FindingOf(const sim::Schedule& schedule, const sim::OperationLog* log) {
  reports::FailedExecution failed{.kind = schedule.finding,
                                  .message = schedule.message,
                                  .description = "",
                                  .standard_error = "",
                                  .dedup_key = schedule.dedup_key};
  if (log != nullptr) {
    failed.description = log->description;
    failed.standard_error = log->outcome.standard_error;
    failed.standard_output = log->outcome.standard_output;
    failed.stacks = log->finding_stacks;
  }
  Finding finding = FindingsOf(failed).front();
  if (schedule.finding == sim::FailureKind::kNone) {
    finding.kind = reports::FindingKind::kDivergence;
    finding.source = "oracle";
    finding.detail = "violation";
  }
  return finding;
}

void MergeFound(std::vector<Finding> findings, const sim::DistinctFinding& found,
                std::vector<Finding>* all) {
  for (Finding& finding : findings) {
    finding.schedule = found.path;
    finding.count *= found.times;
    finding.runs = found.times;
  }
  Merge(std::move(findings), found.nth, all);
}

Explored ExploredOf(const sim::ExploreResult& result, const sim::CampaignSpec& spec,
                    std::vector<Explored::Sample> curve, const std::optional<sim::Gap>& gap) {
  Explored explored{
      .schedules = result.progress.executions,
      .distinct = result.progress.distinct_schedules,
      .interleavings = result.progress.distinct_orders,
      .points = result.progress.points,
      .faults = result.progress.faults,
      .ended_early = result.ended_early,
      .threads_left = result.most_threads_left,
      .exhausted = result.exhausted,
      .strategy = spec.strategy.ToString(),
      .reads_from = result.coverage.reads_from,
      .adjacent = result.coverage.adjacent,
      .lock_orders = result.coverage.lock_orders,
      .once = result.coverage.once,
      .last_new = std::max(result.coverage.last_new_interleaving, result.coverage.last_new_pair),
      .took = sim::Took(result),
      .hint = sim::LearningHint(result),
      .by_fork = result.by_fork,
      .curve = std::move(curve),
      .proof = {}};
  if (result.findings.empty()) {
    explored.unseen = sim::Unseen(spec, result, gap);
    explored.why_few = sim::WhyFew(spec, result);
  }
  return explored;
}

void AddSample(const sim::ExploreProgress& progress, std::vector<Explored::Sample>* curve) {
  constexpr size_t kMostSamples = 400;
  if (!curve->empty() && progress.executions < curve->back().schedules) curve->clear();
  if (curve->size() == kMostSamples) {  // every other one goes
    for (size_t i = 0; i < kMostSamples / 2; ++i) (*curve)[i] = (*curve)[2 * i + 1];
    curve->resize(kMostSamples / 2);
  }
  curve->push_back({progress.executions, progress.distinct_schedules, progress.distinct_orders,
                    progress.findings});
}

absl::StatusOr<ScheduledScenario> ScenarioOf(const sim::Schedule& schedule,
                                             const std::string& path) {
  const auto invalid = [&path](absl::string_view message) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", message));
  };
  if (schedule.subject_kind != kScenarioSubject) {
    return invalid(absl::StrCat("is a schedule of a ", schedule.subject_kind, ", not a scenario"));
  }
  const absl::StatusOr<ScheduleExtra> extra = ReadExtra(schedule, path);
  if (!extra.ok()) return extra.status();
  ScheduledScenario result;
  absl::StatusOr<Dispatcher> dispatcher = ParseDispatcher(extra->dispatcher);
  if (!dispatcher.ok()) {
    return invalid(absl::StrCat("extra.dispatcher: ", dispatcher.status().message()));
  }
  result.dispatcher = *dispatcher;
  absl::StatusOr<Scenario> scenario = ReadScenario(SubjectPath(schedule.subject_path, path));
  if (!scenario.ok()) return scenario.status();
  result.scenario = *std::move(scenario);
  // Not those of the file: a command line may have asked for others.
  absl::StatusOr<Producer> producer =
      ParseProducer(extra->producer.empty() ? Name(Producer::kSimulated) : extra->producer);
  if (!producer.ok()) {
    return invalid(absl::StrCat("extra.producer: ", producer.status().message()));
  }
  result.scenario.producer = *producer;
  Faults faults = result.scenario.faults;
  if (extra->faults) {
    faults = {};
    if (absl::Status status = ReadFaultSettings(*extra->faults, &faults); !status.ok()) {
      return invalid(status.message());
    }
  }
  if (faults != result.scenario.faults) {
    if (!result.scenario.explore) result.scenario.explore = Exploration();
    if (absl::Status status = result.scenario.UseFaults(faults); !status.ok()) {
      return invalid(status.message());
    }
  }
  const absl::StatusOr<std::string> hash = SubjectHash(result.scenario, result.dispatcher);
  if (!hash.ok()) return hash.status();
  if (*hash != schedule.subject_hash) {
    return invalid(absl::StrCat("was recorded on another version of ", schedule.subject_path,
                                " or its trace (", schedule.subject_hash, ", now ", *hash, ")"));
  }
  return result;
}

}  // namespace heddle::harness
