#include "harness/scenario/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/testing/json_schema.h"

namespace heddle::harness {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kMinimal[] =
    "description: a test\n"
    "trace: trace.jsonl\n"
    "dispatchers: [mutex, async]\n"
    "mode: lockstep\n";

json ToJson(const YamlNode& node) {
  switch (node.type) {
    case YamlNode::Type::kNull:
      return nullptr;
    case YamlNode::Type::kBool:
      return node.boolean;
    case YamlNode::Type::kInteger:
      return node.integer;
    case YamlNode::Type::kFloat:
      return std::stod(node.text);
    case YamlNode::Type::kString:
      return node.text;
    case YamlNode::Type::kSequence: {
      json list = json::array();
      for (const YamlNode& item : node.items) list.push_back(ToJson(item));
      return list;
    }
    case YamlNode::Type::kMap: {
      json map = json::object();
      for (const YamlNode::Entry& entry : node.entries) map[entry.key] = ToJson(entry.value);
      return map;
    }
  }
  return nullptr;
}

json Schema() { return reports::LoadJson("scenarios/scenario.schema.json"); }

class ScenarioTest : public ::testing::Test {
 protected:
  ScenarioTest() {
    std::string pattern = ::testing::TempDir() + "scenario-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    Write("trace.jsonl", "");
    Write("trace.expected.jsonl", "");
  }
  ~ScenarioTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  absl::StatusOr<Scenario> Read(const std::string& text) const {
    Write("s.yaml", text);
    return ReadScenario(folder_ / "s.yaml");
  }
  Scenario Accept(const std::string& text) const {
    absl::StatusOr<Scenario> scenario = Read(text);
    EXPECT_TRUE(scenario.ok()) << scenario.status();
    return scenario.ok() ? *std::move(scenario) : Scenario{};
  }
  // The message without the folder's name.
  std::string Refuse(const std::string& text) const {
    absl::StatusOr<Scenario> scenario = Read(text);
    EXPECT_FALSE(scenario.ok()) << "accepted:\n" << text;
    std::string message(scenario.status().message());
    const std::string prefix = folder_.string() + "/";
    for (size_t at; (at = message.find(prefix)) != std::string::npos;) {
      message.erase(at, prefix.size());
    }
    return message;
  }
  bool SchemaAccepts(const std::string& text) const {
    absl::StatusOr<YamlNode> node = ParseYaml("s.yaml", text);
    return node.ok() && reports::ValidateJson(ToJson(*node), Schema(), Schema()).empty();
  }

  std::filesystem::path folder_;
};

TEST_F(ScenarioTest, MinimalHasTheDefaults) {
  const Scenario scenario = Accept(kMinimal);
  EXPECT_EQ(scenario.name, "s");
  EXPECT_EQ(scenario.trace, folder_ / "trace.jsonl");
  EXPECT_THAT(scenario.dispatchers, ElementsAre(Dispatcher::kMutex, Dispatcher::kAsync));
  EXPECT_THAT(scenario.flavours, ElementsAre(Flavour::kNative));
  EXPECT_EQ(scenario.runs, 1);
  EXPECT_EQ(scenario.instances, 1);
  EXPECT_FALSE(scenario.window.has_value());
  EXPECT_TRUE(scenario.expect.empty());
  EXPECT_EQ(scenario.other_findings, OtherFindings::kFail);
  EXPECT_THAT(scenario.compare, ElementsAre(Oracle::kConservation, Oracle::kSerialisability,
                                            Oracle::kEquivalence, Oracle::kSanitizers));
}

TEST_F(ScenarioTest, EveryKeyArrives) {
  const Scenario scenario = Accept(
      "description: all of it\n"
      "trace: trace.jsonl\n"
      "window: {by: slot, from: 3, to: 9}\n"
      "duplicates: true\n"
      "producer: rust\n"
      "dispatchers: [unsync, async, bug-stale-view]\n"
      "flavours: [tsan, asan]\n"
      "mode: burst\n"
      "tick_interval: 250us\n"
      "instances: 4\n"
      "split: copy\n"
      "channel_capacity: 2\n"
      "signature_cost: 1ms\n"
      "faults: {stop_after: 100, fail_thread: 2, seed: 9, drop: 1%, duplicate: 2%, reorder: 3%,\n"
      "         delay: 4%, corrupt: 0.5%, disconnect: 0.05%, reorder_within: 50ms,\n"
      "         delay_up_to: 1s, disconnect_for: 2s, fail_allocation: 0.01%, short_read: 10%,\n"
      "         short_write: 100%, interrupt: 5, again: 0%}\n"
      "runs: 5\n"
      "time_limit: 10s\n"
      "explore: {strategy: pct, seed: 7, schedules: 50, preempt: memory,\n"
      "          parameters: d=5, step_budget: 10000, thread_leaks: true, memory: c11}\n"
      "controls: {dispatchers: [mutex, worker], schedules: 20}\n"
      "compare: [conservation, sanitizers]\n"
      "reach: [back_pressure, stopped]\n"
      "expect:\n"
      "  - {finding: data-race, where: 'chain::*Store', within: 3}\n"
      "  - {finding: heap-corruption}\n"
      "other_findings: allowed\n");
  ASSERT_TRUE(scenario.window.has_value());
  EXPECT_EQ(scenario.window->by, WindowUnit::kSlot);
  EXPECT_EQ(scenario.window->from, 3);
  EXPECT_EQ(scenario.window->to, 9);
  EXPECT_TRUE(scenario.duplicates);
  EXPECT_EQ(scenario.producer, Producer::kRust);
  EXPECT_THAT(scenario.flavours, ElementsAre(Flavour::kTsan, Flavour::kAsan));
  EXPECT_EQ(scenario.mode, Mode::kBurst);
  EXPECT_EQ(scenario.tick_interval, std::chrono::microseconds(250));
  EXPECT_EQ(scenario.instances, 4);
  EXPECT_EQ(scenario.split, Split::kCopy);
  EXPECT_EQ(scenario.channel_capacity, 2);
  EXPECT_EQ(scenario.signature_cost, std::chrono::milliseconds(1));
  const Faults& faults = scenario.faults;
  EXPECT_EQ(faults.stop_after, 100);
  EXPECT_EQ(faults.traffic.seed, 9u);
  EXPECT_EQ(faults.traffic.drop, 0.01);
  EXPECT_EQ(faults.traffic.duplicate, 0.02);
  EXPECT_EQ(faults.traffic.reorder, 0.03);
  EXPECT_EQ(faults.traffic.delay, 0.04);
  EXPECT_EQ(faults.traffic.corrupt, 0.005);
  EXPECT_EQ(faults.traffic.disconnect, 0.0005);
  EXPECT_EQ(faults.traffic.reorder_ns, 50'000'000);
  EXPECT_EQ(faults.traffic.delay_ns, 1'000'000'000);
  EXPECT_EQ(faults.traffic.away_ns, 2'000'000'000);
  const auto rule = [&faults](sim::FaultKind kind) {
    return faults.system[static_cast<size_t>(kind)];
  };
  EXPECT_EQ(rule(sim::FaultKind::kThread), (sim::FaultRule{.nth = 2}));
  EXPECT_EQ(rule(sim::FaultKind::kAllocation), (sim::FaultRule{.per_million = 100}));
  EXPECT_EQ(rule(sim::FaultKind::kShortRead), (sim::FaultRule{.per_million = 100'000}));
  EXPECT_EQ(rule(sim::FaultKind::kShortWrite), (sim::FaultRule{.per_million = 1'000'000}));
  EXPECT_EQ(rule(sim::FaultKind::kInterrupt), (sim::FaultRule{.nth = 5}));
  EXPECT_FALSE(rule(sim::FaultKind::kAgain).Any());
  EXPECT_EQ(scenario.runs, 5);
  EXPECT_EQ(scenario.time_limit, std::chrono::seconds(10));
  ASSERT_TRUE(scenario.explore.has_value());
  EXPECT_EQ(scenario.explore->spec.strategy.name, "pct");
  EXPECT_EQ(scenario.explore->spec.seed, 7u);
  EXPECT_EQ(scenario.explore->schedules, 50);
  EXPECT_EQ(scenario.explore->spec.preempt, sim::Preempt::kMemory);
  EXPECT_EQ(scenario.explore->spec.strategy.parameters, "d=5");
  EXPECT_EQ(scenario.explore->spec.step_budget, 10'000u);
  EXPECT_TRUE(scenario.explore->spec.report_thread_leaks);
  EXPECT_EQ(scenario.explore->spec.memory, sim::MemoryModel::kC11);
  EXPECT_THAT(scenario.controls.dispatchers, ElementsAre(Dispatcher::kMutex, Dispatcher::kWorker));
  EXPECT_EQ(scenario.controls.schedules, 20);
  ASSERT_EQ(scenario.dispatchers.size(), 3u);
  EXPECT_GE(scenario.dispatchers[2], Dispatcher::kFirstBug);
  EXPECT_EQ(Name(scenario.dispatchers[2]), "bug-stale-view");
  EXPECT_THAT(scenario.compare, ElementsAre(Oracle::kConservation, Oracle::kSanitizers));
  EXPECT_THAT(scenario.reach, ElementsAre(Situation::kBackPressure, Situation::kStopped));
  EXPECT_EQ(scenario.other_findings, OtherFindings::kAllowed);
  ASSERT_EQ(scenario.expect.size(), 2u);
  EXPECT_EQ(scenario.expect[0].kind, FindingKind::kDataRace);
  EXPECT_EQ(scenario.expect[0].where, "chain::*Store");
  EXPECT_EQ(scenario.expect[0].within, 3);
  EXPECT_EQ(scenario.expect[1].kind, FindingKind::kHeapCorruption);
}

TEST_F(ScenarioTest, ExpectationIsComparedWhenItIsGiven) {
  const Scenario scenario = Accept(absl::StrCat(
      kMinimal, "expectation: trace.expected.jsonl\nflavours: [native, tsan]\nexpect: clean\n"));
  EXPECT_TRUE(scenario.Compares(Oracle::kExpectation));
  EXPECT_EQ(scenario.expectation, folder_ / "trace.expected.jsonl");
}

struct Bad {
  const char* extra;       // appended to kMinimal
  const char* message;     // part of what is said
  bool schema_too = true;  // the schema can say it, too
};

TEST_F(ScenarioTest, BadInputIsRefusedWithItsPlace) {
  const Bad cases[] = {
      {"dispatcher: async\n", "s.yaml:5:1: unknown key 'dispatcher'; did you mean 'dispatchers'?"},
      {"wibble_wobble_wubble: 1\n", "s.yaml:5:1: unknown key 'wibble_wobble_wubble'; known: desc"},
      {"Runs: 3\n", "did you mean 'runs'?"},
      {"faults: {stop_afer: 3}\n", "s.yaml:5:10: unknown key 'stop_afer' in 'faults'; did you"},
      {"explore: {strategy: pct, sed: 1}\n",
       "unknown key 'sed' in 'explore'; did you mean 'seed'?"},
      {"expect: [{finding: hang, wher: x}]\n", "unknown key 'wher' in 'expect[]'"},
      {"runs: many\n", "s.yaml:5:7: 'runs': expected an integer, found a string"},
      {"runs: '3'\n", "'runs': expected an integer, found a string"},
      {"runs: 1.5\n", "'runs': expected an integer, found a number"},
      {"runs:\n", "'runs': expected an integer, found nothing"},
      {"runs: 0\n", "'runs': expected 1 to 100000, found 0"},
      {"runs: -1\n", "'runs': expected 1 to 100000, found -1"},
      {"runs: 100001\n", "'runs': expected 1 to 100000, found 100001"},
      {"instances: 65\n", "'instances': expected 1 to 64"},
      {"channel_capacity: 0\n", "'channel_capacity': expected 1 to"},
      {"duplicates: maybe\n", "'duplicates': expected a boolean, found a string"},
      {"duplicates: 1\n", "'duplicates': expected a boolean, found an integer"},
      {"flavours: native\n", "'flavours': expected a list, found a string"},
      {"flavours: []\n", "'flavours': the list is empty"},
      {"flavours: [native, native]\n", "'native' is given twice"},
      {"flavours: [tsam]\n", "s.yaml:5:12: unknown value 'tsam'; did you mean 'tsan'?"},
      {"flavours: [{a: 1}]\n", "expected one of native, det, tsan, asan, found a map"},
      {"signature_cost: 5\n", "expected a duration like 500us, 1ms or 2s, found '5'"},
      {"signature_cost: 5 ms\n", "expected a duration"},
      {"signature_cost: 1h\n", "expected a duration"},
      {"signature_cost: -1ms\n", "expected a duration"},
      {"signature_cost: 999999999999999999min\n", "expected a duration", false},
      {"signature_cost: 11s\n", "expected 0ns to 10s, found 11s", false},
      {"time_limit: 1ms\n", "expected 100ms to", false},
      {"window: 5\n", "'window': expected a map, found an integer"},
      {"window: {from: 5, to: 5}\n", "the window is empty", false},
      {"window: {from: -5}\n", "'window.from': expected 0 to"},
      {"window: {by: block}\n", "unknown value 'block'; known: index, slot"},
      {"expectation: nowhere.jsonl\n", "s.yaml:5:14: no such file: nowhere.jsonl", false},
      {"expectation: .\n", "no such file", false},
      {"expectation: 5\n", "'expectation': expected a string, found an integer"},
      {"expectation: ''\n", "'expectation' is empty"},
      {"explore: {seed: 1}\n", "the key 'explore.strategy' is missing"},
      {"explore: {strategy: rand}\n", "unknown value 'rand'; did you mean 'random'?"},
      {"explore: random\n", "'explore': expected a map, found a string"},
      {"compare: [everything]\n", "unknown value 'everything'; known: conservation, "},
      {"reach: [stoped]\n", "unknown value 'stoped'; did you mean 'stopped'?"},
      {"expect: dirty\n", "'expect': expected 'clean' or a list of maps, found 'dirty'"},
      {"expect: {finding: hang}\n", "'expect': expected 'clean' or a list of maps, found a map"},
      {"expect: []\n", "'expect': expected 'clean' or a list of maps"},
      {"expect: [hang]\n", "'expect': expected a map, found a string"},
      {"expect: [{where: x}]\n", "the key 'expect[].finding' is missing"},
      {"expect: [{finding: data_race}]\n", "unknown value 'data_race'; did you mean 'data-race'?"},
      {"expect: [{finding: hang, within: 0}]\n", "'expect[].within': expected 1 to"},
      // What the values mean together.
      {"speed: 2\n", "'speed': only mode recorded", false},
      {"tick_interval: 1ms\n", "'tick_interval': only mode burst", false},
      {"split: copy\n", "'split': requires more than one instance", false},
      {"explore: {strategy: pct}\n", "flavour native runs free", false},
      {"compare: [expectation]\n", "'compare' names expectation: name the file here", false},
      {"expectation: trace.expected.jsonl\ncompare: [sanitizers]\n",
       "s.yaml:5:14: 'expectation': 'compare' does not name expectation", false},
      {"expectation: trace.expected.jsonl\nduplicates: true\n", "an expectation holds for", false},
      {"expectation: trace.expected.jsonl\nwindow: {to: 5}\n", "an expectation holds for", false},
      {"expectation: trace.expected.jsonl\ninstances: 2\n", "an expectation holds for", false},
      {"compare: [equivalence]\nfaults: {stop_after: 5}\n", "equivalence does not apply", false},
      {"faults: {fail_thread: 1}\n", "'fail_thread' requires 'explore'", false},
      {"faults: {drop: 1%, interupt: 3}\n",
       "unknown key 'interupt' in 'faults'; did you mean "
       "'interrupt'?"},
      {"faults: {drop: 0.01}\n", "s.yaml:5:16: 'faults.drop': expected a probability like 1%"},
      {"faults: {drop: 101%}\n", "found '101%'"},
      {"faults: {drop: 0.00001%}\n", "found '0.00001%'"},
      {"faults: {interrupt: 0}\n",
       "'faults.interrupt': expected the number of an occasion, 1 to 1000000"},
      {"faults: {delay: 1%, delay_up_to: 2h}\n", "'faults.delay_up_to': expected a duration"},
      {"faults: {stop_after: 0}\n", "'faults.stop_after': expected 1 to"},
      {"faults: {duplicate: 1%}\n", "'duplicate' requires 'duplicates: true'", false},
      {"faults: {drop: 1%}\nexpectation: trace.expected.jsonl\n", "an expectation holds for",
       false},
      {"flavours: [det]\nexplore: {strategy: dfs}\nfaults: {interrupt: 1%}\n",
       "strategy dfs requires executions that differ only in their schedule", false},
      {"flavours: [det]\nexplore: {strategy: pos}\ncompare: [equivalence]\n"
       "faults: {fail_allocation: 1%}\n",
       "equivalence does not apply", false},
      {"controls: {dispatchers: [locks]}\n", "needs no controls", false},
      {"other_findings: allowed\n", "'other_findings': a scenario that expects clean runs", false},
      {"other_findings: some\nexpect: [{finding: hang}]\n",
       "unknown value 'some'; known: fail, allowed"},
      {"controls: {dispatchers: [mutex]}\nexpect: [{finding: hang}]\n",
       "mutex is also in 'dispatchers'", false},
      {"controls: {dispatchers: [locks], schedules: 5}\nexpect: [{finding: hang}]\n",
       "'schedules' requires 'explore'", false},
  };
  for (const Bad& bad : cases) {
    const std::string text = absl::StrCat(kMinimal, bad.extra);
    EXPECT_THAT(Refuse(text), HasSubstr(bad.message)) << bad.extra;
    EXPECT_EQ(SchemaAccepts(text), !bad.schema_too) << bad.extra;
  }
}

TEST_F(ScenarioTest, FaultsCanBeOverriddenAndWrittenDown) {
  Faults faults;
  ASSERT_TRUE(ReadFaultSettings({"drop=1.5%", "interrupt=3", "again=0.05%", "seed=4",
                                 "delay_up_to=2s", "stop_after=7"},
                                &faults)
                  .ok());
  EXPECT_THAT(FaultSettings(faults), ElementsAre("seed=4", "drop=1.5%", "delay_up_to=2s",
                                                 "interrupt=3", "again=0.05%", "stop_after=7"));
  Faults again;
  ASSERT_TRUE(ReadFaultSettings(FaultSettings(faults), &again).ok());
  EXPECT_EQ(again, faults);
  EXPECT_TRUE(FaultSettings(Faults()).empty());
  const auto message = [&again](const std::string& setting) {
    return std::string(ReadFaultSettings({setting}, &again).message());
  };
  EXPECT_THAT(message("drp=1%"), HasSubstr("--fault drp=1%:1:1: unknown key 'drp'; did you mean"));
  EXPECT_THAT(message("drop"), HasSubstr("expected NAME=VALUE"));
  EXPECT_THAT(message("drop=many"), HasSubstr("expected a probability"));

  Scenario scenario = Accept(absl::StrCat(kMinimal, "expectation: trace.expected.jsonl\n"));
  EXPECT_THAT(std::string(scenario.UseFaults(faults).message()), HasSubstr("requires 'explore'"));
  scenario.explore = Exploration();
  ASSERT_TRUE(scenario.UseFaults(faults).ok());
  EXPECT_FALSE(scenario.Compares(Oracle::kExpectation));
  EXPECT_FALSE(scenario.Compares(Oracle::kEquivalence));
  EXPECT_TRUE(scenario.Compares(Oracle::kSerialisability));
}

TEST_F(ScenarioTest, MissingKeysAndFilesAreNamed) {
  EXPECT_THAT(Refuse("mode: burst\n"), HasSubstr("s.yaml:1:1: the key 'trace' is missing"));
  EXPECT_THAT(Refuse("description: x\ntrace: no.jsonl\ndispatchers: [async]\nmode: burst\n"),
              HasSubstr("s.yaml:2:8: no such file: no.jsonl"));
  EXPECT_EQ(ReadScenario(folder_ / "none.yaml").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ScenarioTest, TheReferenceRunsInLockstepOnly) {
  EXPECT_THAT(Refuse("description: x\ntrace: trace.jsonl\ndispatchers: [reference]\nmode: burst\n"),
              HasSubstr("s.yaml:3:14: 'dispatchers': the reference has no threads"));
}

TEST_F(ScenarioTest, AllErrorsAreReportedInTheOrderOfTheFile) {
  const std::string message = Refuse(absl::StrCat(kMinimal, "rnus: 3\nruns: 0\nsplitt: copy\n"));
  const size_t first = message.find("s.yaml:5:1:");
  const size_t second = message.find("s.yaml:6:7:");
  const size_t third = message.find("s.yaml:7:1:");
  EXPECT_LT(first, second) << message;
  EXPECT_LT(second, third) << message;
  EXPECT_NE(third, std::string::npos) << message;
}

TEST_F(ScenarioTest, ManyErrorsAreCutShort) {
  std::string text = kMinimal;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&text, "unknown_key_", i, ": 1\n");
  const std::string message = Refuse(text);
  EXPECT_THAT(message, HasSubstr("... and 180 more"));
  EXPECT_LT(message.size(), 20'000u);
}

// --- Schema and parser in step -----------------------------------------------------------------

// Adds every key under `schema` to `*keys` by its path.
void Walk(const json& schema, const json& root, const std::string& path,
          std::map<std::string, KeyInfo>* keys) {
  const json required = schema.value("required", json::array());
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, property] : properties.items()) {
    const std::string at = path.empty() ? name : path + "." + name;
    KeyInfo key{.path = at};
    key.required = std::find(required.begin(), required.end(), name) != required.end();
    const json resolved =
        property.contains("$ref")
            ? root.at(json::json_pointer(property["$ref"].get<std::string>().substr(1)))
            : property;
    key.type = resolved.value("type", "string");
    json choices = resolved.value("enum", json::array());
    if (resolved.contains("items")) choices = resolved["items"].value("enum", json::array());
    if (resolved.contains("oneOf") && resolved["oneOf"][0].contains("maximum")) {  // a number too
      key.minimum = resolved["oneOf"][0]["minimum"];
      key.maximum = resolved["oneOf"][0]["maximum"];
    } else if (resolved.contains("oneOf")) {  // a word, or a list of maps
      key.type = "array";
      choices = {resolved["oneOf"][0]["const"]};
      Walk(resolved["oneOf"][1]["items"], root, at + "[]", keys);
    }
    for (const json& choice : choices) key.choices.push_back(choice);
    if (resolved.contains("minimum")) key.minimum = resolved["minimum"];
    if (resolved.contains("maximum")) key.maximum = resolved["maximum"];
    (*keys)[at] = key;
    Walk(resolved, root, at, keys);
  }
}

TEST(ScenarioSchema, HasTheParsersKeysAndTheirTypesAndRanges) {
  std::map<std::string, KeyInfo> in_schema;
  Walk(Schema(), Schema(), "", &in_schema);
  std::map<std::string, KeyInfo> in_parser;
  for (const KeyInfo& key : ScenarioKeys()) in_parser[key.path] = key;
  EXPECT_EQ(in_parser.size(), ScenarioKeys().size()) << "a key is declared twice";
  for (const auto& [path, key] : in_parser) {
    ASSERT_TRUE(in_schema.count(path)) << path << " is not in the schema";
    const KeyInfo& other = in_schema[path];
    EXPECT_EQ(key.type, other.type) << path;
    EXPECT_EQ(key.required, other.required) << path;
    EXPECT_EQ(key.choices, other.choices) << path;
    EXPECT_EQ(key.minimum, other.minimum) << path;
    EXPECT_EQ(key.maximum, other.maximum) << path;
  }
  for (const auto& [path, key] : in_schema) {
    EXPECT_TRUE(in_parser.count(path)) << path << " is not read by the parser";
  }
}

TEST(ScenarioSchema, ShippedScenariosAreValidForBoth) {
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    ++seen;
    EXPECT_TRUE(ReadScenario(entry.path()).ok()) << ReadScenario(entry.path()).status();
    absl::StatusOr<YamlNode> node = ReadYaml(entry.path());
    ASSERT_TRUE(node.ok());
    EXPECT_EQ(reports::ValidateJson(ToJson(*node), Schema(), Schema()), "") << entry.path();
  }
  EXPECT_GT(seen, 10);
}

TEST(Durations, ParseAndFormat) {
  EXPECT_EQ(ParseDuration("1ms"), std::chrono::milliseconds(1));
  EXPECT_EQ(ParseDuration("2min"), std::chrono::minutes(2));
  EXPECT_EQ(ParseDuration("0ns"), std::chrono::nanoseconds(0));
  for (const char* bad : {"", "ms", "1", "1 ms", "1.5ms", "-1ms", "1h", "99999999999999999999ns"}) {
    EXPECT_FALSE(ParseDuration(bad).has_value()) << bad;
  }
  EXPECT_EQ(FormatDuration(std::chrono::microseconds(1500)), "1500us");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(60)), "1min");
  EXPECT_EQ(FormatDuration(std::chrono::nanoseconds(0)), "0ns");
}

TEST(Nearest, IsNearOrNothing) {
  const std::vector<std::string> names = {"mutex", "async", "unsync"};
  EXPECT_EQ(NearestName("asinc", names), "async");
  EXPECT_EQ(NearestName("MUTEX", names), "mutex");
  EXPECT_EQ(NearestName("completely-different", names), "");
  EXPECT_EQ(NearestName(std::string(100'000, 'x'), names), "");
}

}  // namespace
}  // namespace heddle::harness
