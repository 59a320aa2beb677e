#include "harness/scenario/scenario.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace heddle::harness {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr int64_t kMaxEvents = int64_t{1} << 40;  // of a window: far above any trace
constexpr int64_t kMaxSpeed = 1'000'000;
constexpr int64_t kMaxInstances = 64;
constexpr int64_t kMaxChannelCapacity = int64_t{1} << 20;  // events
constexpr int64_t kMaxRuns = 100'000;
constexpr int64_t kMaxSchedules = 1'000'000'000;
constexpr int64_t kMaxStepBudget = 20'000'000;

bool AllComeToTheSame(const Faults& faults) {
  return !faults.stop_after.has_value() && !faults.MayFail();
}

// Whether `scenario` can have `faults`; if not, why.
absl::Status FaultsMakeSense(const Scenario& scenario, const Faults& faults) {
  if (sim::AnyFault(faults.system) && !scenario.explore) {
    for (size_t i = 0; i < sim::kFaultKinds; ++i) {
      if (!faults.system[i].Any()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("Heddle injects environment faults only when it controls the schedule: '",
                       sim::kFaultKindNames[i], "' requires 'explore'"));
    }
  }
  for (const sim::FaultRule& rule : faults.system) {
    if (rule.per_million == 0 || !scenario.explore ||
        !scenario.explore->spec.strategy.Systematic()) {
      continue;
    }
    return absl::InvalidArgumentError(
        "strategy dfs requires executions that differ only in their schedule: give the occasion of "
        "a "
        "fault as a number (interrupt: 3), not a probability");
  }
  if (faults.traffic.duplicate > 0 && !scenario.duplicates) {
    return absl::InvalidArgumentError(
        "the gossip layer drops duplicates: 'duplicate' requires 'duplicates: true'");
  }
  return absl::OkStatus();
}

// Reads the document's fields one group at a time, then checks what they mean together.
class ScenarioParser {
 public:
  // `root` may be null: then keys are only declared.
  ScenarioParser(const std::string& path, const YamlNode* root, FieldContext* context)
      : root_(root), context_(context), folder_(std::filesystem::path(path).parent_path()) {
    scenario_.path = path;
    scenario_.name = std::filesystem::path(path).stem().string();
  }

  Scenario Parse() {
    Fields fields(root_, "", context_);
    fields.Text("description", Need::kRequired, &scenario_.description);
    ParseInput(&fields);
    ParseHost(&fields);
    ParseTries(&fields);
    ParseChecks(&fields);
    fields.Finish();
    if (root_ != nullptr) {
      CheckControls();
      CheckMode();
      CheckFlavours();
      CheckFaults();
      CheckOracles();
    }
    return std::move(scenario_);
  }

 private:
  void ParseInput(Fields* fields) {
    CheckFile(fields->Text("trace", Need::kRequired, &scenario_.trace), &scenario_.trace);
    Fields window = fields->Map("window");
    EventWindow range{.to = kMaxEvents};
    window.Choice("by", Need::kOptional, kWindowUnitNames, &range.by);
    window.Integer("from", 0, kMaxEvents, &range.from);
    window.Integer("to", 1, kMaxEvents, &range.to);
    window.Finish();
    if (window.present()) {
      if (range.from >= range.to) {
        context_->AddError(window.mark(), absl::StrCat("the window is empty: from ", range.from,
                                                       " up to (and without) ", range.to));
      }
      scenario_.window = range;
    }
    fields->Boolean("duplicates", &scenario_.duplicates);
    fields->Choice("producer", Need::kOptional, kProducerNames, &scenario_.producer);
  }

  void ParseHost(Fields* fields) {
    fields->Choices("dispatchers", Need::kRequired, sim::kDispatcherNames, &scenario_.dispatchers);
    fields->Choices("flavours", Need::kOptional, sim::kFlavourNames, &scenario_.flavours);
    fields->Choice("mode", Need::kRequired, kModeNames, &scenario_.mode);
    fields->Integer("speed", 1, kMaxSpeed, &scenario_.speed);
    nanoseconds interval{};
    if (fields->Duration("tick_interval", microseconds(1), seconds(60), &interval) != nullptr) {
      scenario_.tick_interval = interval;
    }
    fields->Integer("instances", 1, kMaxInstances, &scenario_.instances);
    fields->Choice("split", Need::kOptional, kSplitNames, &scenario_.split);
    int64_t capacity = 0;
    if (fields->Integer("channel_capacity", 1, kMaxChannelCapacity, &capacity) != nullptr) {
      scenario_.channel_capacity = capacity;
    }
    fields->Duration("signature_cost", nanoseconds(0), seconds(10), &scenario_.signature_cost);
    Fields faults = fields->Map("faults");
    ReadFaults(&faults, &scenario_.faults);
    faults.Finish();
  }

  void ParseTries(Fields* fields) {
    fields->Integer("runs", 1, kMaxRuns, &scenario_.runs);
    fields->Duration("time_limit", milliseconds(100), hours(24), &scenario_.time_limit);
    Fields explore = fields->Map("explore");
    Exploration exploration;
    sim::CampaignSpec& spec = exploration.spec;
    size_t strategy = 0;
    if (explore.Choice("strategy", Need::kRequired, kStrategyNames, &strategy) != nullptr) {
      spec.strategy.name = kStrategyNames[strategy].data();
    }
    int64_t seed = 1;
    explore.Integer("seed", 0, std::numeric_limits<int64_t>::max(), &seed);
    spec.seed = static_cast<uint64_t>(seed);
    explore.Integer("schedules", 1, kMaxSchedules, &exploration.schedules);
    explore.Choice("preempt", Need::kOptional, kPreemptNames, &spec.preempt);
    explore.Choice("memory", Need::kOptional, kMemoryModelNames, &spec.memory);
    std::string parameters;
    const YamlNode* node = explore.Text("parameters", Need::kOptional, &parameters);
    if (!spec.strategy.parameters.Set(parameters)) {
      context_->AddError(node->mark, absl::StrCat("too long; expected fewer than ",
                                                  sim::kMaxStrategyParameters, " characters"));
    }
    auto step_budget = static_cast<int64_t>(spec.step_budget);
    explore.Integer("step_budget", 1, kMaxStepBudget, &step_budget);
    spec.step_budget = static_cast<uint64_t>(step_budget);
    explore.Boolean("thread_leaks", &spec.report_thread_leaks);
    explore.Finish();
    if (explore.present()) scenario_.explore = exploration;
    ParseControls(fields->Map("controls"));
  }

  void ParseControls(Fields controls) {
    controls.Choices("dispatchers", Need::kRequired, sim::kDispatcherNames,
                     &scenario_.controls.dispatchers);
    int64_t schedules = 0;
    if (controls.Integer("schedules", 1, kMaxSchedules, &schedules) != nullptr) {
      scenario_.controls.schedules = schedules;
    }
    controls.Finish();
  }

  void ParseChecks(Fields* fields) {
    ParseCompared(fields);
    ParseExpect(fields);
    fields->Choice("other_findings", Need::kOptional, kOtherFindingsNames,
                   &scenario_.other_findings);
  }

  void ParseCompared(Fields* fields) {
    fields->Choices("compare", Need::kOptional, kOracleNames, &scenario_.compare);
    std::string expectation;
    const YamlNode* node = fields->Text("expectation", Need::kOptional, &expectation);
    CheckFile(node, &expectation);
    if (node != nullptr) scenario_.expectation = expectation;
    fields->Choices("reach", Need::kOptional, reports::kSituationNames, &scenario_.reach);
  }

  void ParseExpect(Fields* fields) {
    const YamlNode* expect = fields->WordOrMaps("expect", "clean");
    if (expect == nullptr) {
      ParseExpected(nullptr, fields->ItemPath("expect"));
      return;
    }
    for (const YamlNode& item : expect->items) {
      scenario_.expect.push_back(ParseExpected(&item, fields->ItemPath("expect")));
    }
  }

  ExpectedFinding ParseExpected(const YamlNode* item, const std::string& path) {
    Fields fields(item, path, context_);
    ExpectedFinding expected;
    fields.Choice("finding", Need::kRequired, reports::kFindingKindNames, &expected.kind);
    fields.Text("where", Need::kOptional, &expected.where);
    fields.Integer("within", 1, kMaxRuns, &expected.within);
    fields.Finish();
    return expected;
  }

  // Makes `*path`, the text of `node`, relative to the scenario's folder. It must be a file.
  void CheckFile(const YamlNode* node, std::string* path) {
    if (node == nullptr) return;
    *path = (folder_ / *path).lexically_normal().string();
    std::error_code error;
    if (!std::filesystem::is_regular_file(*path, error)) {
      context_->AddError(node->mark, absl::StrCat("no such file: ", *path));
    }
  }

  // An error at `key` (or at the document's start, when it is not given).
  void Wrong(absl::string_view key, absl::string_view message) {
    const YamlNode* node = root_->Find(key);
    context_->AddError(node == nullptr ? root_->mark : node->mark,
                       absl::StrCat("'", key, "': ", message));
  }
  bool Given(absl::string_view key) const { return root_->Find(key) != nullptr; }
  static bool Contains(const std::vector<Dispatcher>& list, Dispatcher dispatcher) {
    return std::find(list.begin(), list.end(), dispatcher) != list.end();
  }
  bool Runs(Dispatcher dispatcher) const {
    return Contains(scenario_.dispatchers, dispatcher) ||
           Contains(scenario_.controls.dispatchers, dispatcher);
  }

  void CheckControls() {
    if (Given("other_findings") && scenario_.expect.empty()) {
      Wrong("other_findings", "a scenario that expects clean runs allows no findings");
    }
    if (!Given("controls")) return;
    if (scenario_.expect.empty()) {
      Wrong("controls", "a scenario that expects clean runs needs no controls");
    }
    for (const Dispatcher dispatcher : scenario_.controls.dispatchers) {
      if (!Contains(scenario_.dispatchers, dispatcher)) continue;
      Wrong("controls", absl::StrCat(Name(dispatcher), " is also in 'dispatchers'"));
    }
    if (scenario_.controls.schedules && !scenario_.explore) {
      Wrong("controls", "'schedules' requires 'explore'");
    }
  }

  void CheckMode() {
    if (Given("speed") && scenario_.mode != Mode::kRecorded) {
      Wrong("speed", "only mode recorded has a speed");
    }
    if (Given("tick_interval") && scenario_.mode != Mode::kBurst) {
      Wrong("tick_interval", "only mode burst has a tick_interval");
    }
    if (Given("split") && scenario_.instances == 1) {
      Wrong("split", "requires more than one instance (see 'instances')");
    }
    if (Runs(Dispatcher::kReference) && scenario_.mode != Mode::kLockstep) {
      Wrong("dispatchers", "the reference has no threads, so it runs in mode lockstep only");
    }
    if (Runs(Dispatcher::kReference) &&
        (scenario_.instances > 1 || scenario_.faults.stop_after.has_value())) {
      Wrong("dispatchers", "the reference has one instance and cannot be stopped");
    }
  }

  void CheckFaults() {
    const absl::Status status = FaultsMakeSense(scenario_, scenario_.faults);
    if (!status.ok()) Wrong("faults", std::string(status.message()));
  }

  void CheckFlavours() {
    if (!scenario_.explore) return;
    for (const Flavour flavour : scenario_.flavours) {
      if (flavour == Flavour::kNative) {
        Wrong("flavours", "flavour native runs free: 'explore' requires det, tsan or asan");
      }
    }
  }

  // Events are applied in the order of the trace, each when the node is quiet.
  bool IsSequential() const {
    const bool in_virtual_time = scenario_.mode == Mode::kRecorded && scenario_.speed == 1 &&
                                 scenario_.explore && scenario_.explore->spec.strategy.Constant();
    return scenario_.mode == Mode::kLockstep || in_virtual_time;
  }
  bool OneRightResult() const {
    return IsSequential() && scenario_.instances == 1 && !scenario_.window &&
           !scenario_.duplicates && !scenario_.faults.Any();
  }
  void CheckOracles() {
    if (!Given("compare")) {
      scenario_.compare = {Oracle::kConservation, Oracle::kSerialisability};
      if (scenario_.HostDispatchers().size() > 1 && AllComeToTheSame(scenario_.faults) &&
          scenario_.expect.empty()) {
        scenario_.compare.push_back(Oracle::kEquivalence);
      }
      if (scenario_.expectation) scenario_.compare.push_back(Oracle::kExpectation);
      scenario_.compare.push_back(Oracle::kSanitizers);
    }
    if (scenario_.Compares(Oracle::kExpectation) != scenario_.expectation.has_value()) {
      Wrong("expectation", scenario_.expectation
                               ? "'compare' does not name expectation"
                               : "'compare' names expectation: name the file here");
    }
    if (scenario_.expectation && !OneRightResult()) {
      Wrong("expectation",
            "an expectation holds for the whole trace in mode lockstep (or recorded, explored by "
            "strategy fifo at speed 1), with one instance, no duplicates and no faults");
    }
    if (scenario_.Compares(Oracle::kEquivalence) && scenario_.HostDispatchers().size() < 2) {
      Wrong("compare", "equivalence requires two dispatchers besides the reference");
    }
    if (scenario_.Compares(Oracle::kEquivalence) && !AllComeToTheSame(scenario_.faults)) {
      Wrong("compare",
            "equivalence does not apply when the hosts stop at different events ('stop_after', "
            "'fail_allocation')");
    }
  }

  const YamlNode* root_;
  FieldContext* context_;
  std::filesystem::path folder_;
  Scenario scenario_;
};

template <typename Enum, size_t N>
absl::StatusOr<Enum> ParseName(absl::string_view what, absl::string_view name,
                               const std::array<absl::string_view, N>& names) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  const std::vector<std::string> known(names.begin(), names.end());
  const std::string nearest = NearestName(name, known);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown ", what, " '", name, "'",
                   nearest.empty() ? absl::StrCat("; known: ", absl::StrJoin(known, ", "))
                                   : absl::StrCat("; did you mean '", nearest, "'?")));
}

}  // namespace

bool Scenario::Compares(Oracle oracle) const {
  return std::find(compare.begin(), compare.end(), oracle) != compare.end();
}

std::vector<Dispatcher> Scenario::HostDispatchers() const {
  std::vector<Dispatcher> hosts = controls.dispatchers;
  hosts.insert(hosts.end(), dispatchers.begin(), dispatchers.end());
  std::erase(hosts, Dispatcher::kReference);
  return hosts;
}

absl::Status Scenario::UseFaults(const Faults& other) {
  if (absl::Status status = FaultsMakeSense(*this, other); !status.ok()) return status;
  faults = other;
  if (faults.Any()) {
    expectation.reset();
    std::erase(compare, Oracle::kExpectation);
  }
  if (!AllComeToTheSame(faults)) std::erase(compare, Oracle::kEquivalence);
  return absl::OkStatus();
}

absl::StatusOr<Scenario> ReadScenario(const std::string& path) {
  absl::StatusOr<YamlNode> root = ReadYaml(path);
  if (!root.ok()) return root.status();
  FieldContext context(path);
  Scenario scenario = ScenarioParser(path, &*root, &context).Parse();
  if (absl::Status status = context.ToStatus(); !status.ok()) return status;
  return scenario;
}

std::vector<KeyInfo> ScenarioKeys() {
  FieldContext context("");
  ScenarioParser("", nullptr, &context).Parse();
  return context.keys();
}

absl::StatusOr<Dispatcher> ParseDispatcher(absl::string_view name) {
  return ParseName<Dispatcher>("dispatcher", name, sim::kDispatcherNames);
}

absl::StatusOr<Flavour> ParseFlavour(absl::string_view name) {
  return ParseName<Flavour>("flavour", name, sim::kFlavourNames);
}

absl::StatusOr<Producer> ParseProducer(absl::string_view name) {
  return ParseName<Producer>("producer", name, kProducerNames);
}

}  // namespace heddle::harness
