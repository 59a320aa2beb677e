// Scenario files: what to replay, into what, how often, what to compare, and what must come of it.
//
// The format is described by scenarios/scenario.schema.json (for editors) and read here; a test
// keeps the two in step. Reading is strict: see fields.h. Paths in a scenario are relative to the
// folder that it stands in.
#ifndef HEDDLE_HARNESS_SCENARIO_SCENARIO_H_
#define HEDDLE_HARNESS_SCENARIO_SCENARIO_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "harness/scenario/delivery_mode.h"
#include "harness/scenario/faults.h"
#include "harness/scenario/fields.h"
#include "reports/model/finding_kind.h"
#include "reports/model/situation.h"
#include "sim/hosts/dispatcher.h"
#include "sim/hosts/flavour.h"
#include "sim/protocol/campaign.h"

namespace heddle::harness {

using reports::FindingKind;
using reports::Situation;
using sim::Dispatcher;
using sim::Flavour;

// What `from` and `to` of a window count.
enum class WindowUnit { kIndex, kSlot };
inline constexpr std::array<absl::string_view, 2> kWindowUnitNames = {"index", "slot"};

enum class Oracle {
  kConservation,     // every event applied once, or refused with a reason; in order
  kSerialisability,  // the reference, fed in the host's own order, comes to the same chain
  kEquivalence,      // the dispatchers come to the same chain
  kExpectation,      // every outcome and snapshot is as the specification's own code has it
  kSanitizers,       // no sanitizer reports
};
inline constexpr std::array<absl::string_view, 5> kOracleNames = {
    "conservation", "serialisability", "equivalence", "expectation", "sanitizers"};

// Strategies that can explore a scenario. `race` needs data races to steer to: it lets
// ThreadSanitizer look for them first.
inline constexpr std::array<absl::string_view, 12> kStrategyNames = {
    "auto", "fifo",  "random", "pct", "pctwm",      "pos",
    "surw", "delay", "rff",    "dfs", "exhaustive", "race"};

// Which operations may be schedule points; the lines of Exploration::sites come with
// Preempt::kSites and have no name here.
inline constexpr std::array<absl::string_view, 2> kPreemptNames = {sim::kPreemptNames[0],
                                                                   sim::kPreemptNames[1]};
inline constexpr std::array<absl::string_view, 3> kMemoryModelNames = {
    sim::kMemoryModelNames[0], sim::kMemoryModelNames[1], sim::kMemoryModelNames[2]};

// Events before the window are delivered too, but in lockstep; events after it are not.
struct EventWindow {
  WindowUnit by = WindowUnit::kIndex;
  int64_t from = 0;
  int64_t to = 0;  // the first one after the window
};

struct Exploration {
  sim::CampaignSpec spec;  // but for `faults`: the scenario has them
  int64_t schedules = 1000;
  // With Preempt::kSites: source lines whose memory accesses are points (sim/supervisor/sites.h).
  std::vector<std::string> sites;
  std::chrono::nanoseconds time{0};  // real time it may take; 0: no limit
  uint32_t jobs = 1;                 // processes side by side
};

struct ExpectedFinding {
  FindingKind kind = FindingKind::kDataRace;
  std::string where;   // see MatchesWhere(); empty: anywhere
  int64_t within = 1;  // it must come in the first so many tries of each run
};

// What findings mean that a scenario does not expect beside those it does.
enum class OtherFindings {
  kFail,     // it is not as expected
  kAllowed,  // nothing
};
inline constexpr std::array<absl::string_view, 2> kOtherFindingsNames = {"fail", "allowed"};

// Dispatchers that the same scenario must find clean, whatever it expects of the others.
struct Controls {
  std::vector<Dispatcher> dispatchers;
  std::optional<int64_t> schedules;  // absent: as many as the others get
};

struct Scenario {
  std::string name;  // the file's name without its ending
  std::string path;
  std::string description;

  std::string trace;
  std::optional<EventWindow> window;
  bool duplicates = false;  // deliver repeated messages too

  Producer producer = Producer::kSimulated;
  std::vector<Dispatcher> dispatchers;
  std::vector<Flavour> flavours = {Flavour::kNative};
  Mode mode = Mode::kLockstep;
  int64_t speed = 1;                                      // kRecorded
  std::optional<std::chrono::nanoseconds> tick_interval;  // kBurst; absent: the host's default
  int64_t instances = 1;
  Split split = Split::kRoundRobin;
  std::optional<int64_t> channel_capacity;     // events; absent: the host's default
  std::chrono::nanoseconds signature_cost{0};  // per signature; 0: structural checks
  Faults faults;

  int64_t runs = 1;
  std::chrono::nanoseconds time_limit = std::chrono::minutes(1);  // of one host process
  std::optional<Exploration> explore;
  Controls controls;

  std::vector<Oracle> compare;
  std::optional<std::string> expectation;  // file
  std::vector<Situation> reach;
  std::vector<ExpectedFinding> expect;  // empty: clean
  OtherFindings other_findings = OtherFindings::kFail;

  bool Compares(Oracle oracle) const;
  // All that are hosts, as they run: the controls first. The first is what others are compared
  // with.
  std::vector<Dispatcher> HostDispatchers() const;

  // Puts other faults in the place of the file's: then it does not compare what does not hold with
  // them (an expectation, the dispatchers with one another). InvalidArgument when the scenario
  // cannot have these.
  absl::Status UseFaults(const Faults& other);
};

// Reads and checks a scenario file, and that the files it names are there. InvalidArgument or
// NotFound with one line "FILE:LINE:COLUMN: what is wrong" for each error.
absl::StatusOr<Scenario> ReadScenario(const std::string& path);

// Every key of the format, in the order of the documentation.
std::vector<KeyInfo> ScenarioKeys();

// The same by name, for the command line. InvalidArgument that names the nearest.
absl::StatusOr<Dispatcher> ParseDispatcher(absl::string_view name);
absl::StatusOr<Flavour> ParseFlavour(absl::string_view name);
absl::StatusOr<Producer> ParseProducer(absl::string_view name);

inline absl::string_view Name(Oracle oracle) { return kOracleNames[static_cast<size_t>(oracle)]; }

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SCENARIO_SCENARIO_H_
