// Schedule files (`*.schedule.json`): one execution, small enough for a bug report, complete enough
// to be replayed anywhere.
//
// JSON, one object:
//   format       "heddle-schedule"
//   version      9: the rules that the execution followed (kRules)
//   subject      {"kind": "scenario" | "program", "path": ..., "hash": ..., "builds": {...}}: what
//                was run; the hash is of its content (whatever the writer hashes), "" when there
//                is none. builds, which may be missing: of a program, the SHA-256 of each build,
//                by flavour
//   recorded_on  {"flavour": "det" | "tsan" | "asan", "compiler": ...}
//   strategy     {"name", "parameters", "seed", "execution"}: with `auto`, the strategy that this
//                execution took (preempt and memory likewise). Seed and execution also feed the
//                random numbers that the program draws, so a replay needs them
//   same_random  true: they do not depend on the execution's number. May be missing (false)
//   preempt      "sync" | "memory" | "sites"
//   sites        with "sites": the source lines whose accesses are points (sim/supervisor/sites.h)
//   points       number of schedule points
//   choices      who went on at each point, run-length encoded: "0*3 1 0 c 2*7" is thread 0 three
//                times, thread 1, thread 0, the clock, thread 2 seven times
//   memory       "c11" | "tso": which stores loads could read (from version 3 on). Missing:
//                sequential consistency
//   reads        with `memory`: the steps that did not take the newest store: "15:1 24:2" is one
//                before the newest at point 15, two before it at 24
//   operations   what each of them did: one byte a point (the numbers of OpKind), zstd, base64.
//                So a replay that differs is caught at the very point
//   hash_every   N: `hashes` holds the running hash after every N points, the last at the end
//   hashes       hexadecimal, 16 digits each
//   faults       the faults of the environment that came, in order, each {"fault", "thread",
//                "nth"}: at that thread's nth occasion for one (sim/protocol/faults.h). May be
//                missing (none)
//   complete     false when the execution ended in a crash (the schedule may go on in other
//                flavours)
//   finding      null, or {"kind", "message", "thread", "point", "signature"}; the kind is "none"
//                where the execution itself was clean and the writer objects to its results
//   extra        whatever the writer adds (the dispatcher, the window of the trace...); kept as it
//                is
//
// Errors name the file, what was wrong and what was expected. Reading is bounded:
// kMaxScheduleBytes, kMaxSchedulePoints.
#ifndef HEDDLE_SIM_SCHEDULE_SCHEDULE_H_
#define HEDDLE_SIM_SCHEDULE_SCHEDULE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/protocol/control.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {

inline constexpr uint32_t kScheduleVersion = kRules;
inline constexpr size_t kMaxScheduleBytes = size_t{64} << 20;
inline constexpr uint64_t kMaxSchedulePoints = 64'000'000;
inline constexpr uint64_t kScheduleHashEvery = 4096;

struct Schedule {
  std::string subject_kind = "program";
  std::string subject_path;
  std::string subject_hash;
  std::map<std::string, std::string> subject_builds;
  std::string flavour;
  std::string compiler;
  // What the file keeps of the campaign's spec: what a replay depends on.
  StrategySpec strategy;
  uint64_t seed = 0;
  uint64_t execution = 0;
  Preempt preempt = Preempt::kSync;
  MemoryModel memory = MemoryModel::kSc;
  uint32_t rules = kRules;
  bool same_random = false;
  std::vector<std::string> sites;
  std::vector<Step> steps;
  std::vector<Fault> faults;
  bool complete = true;
  FailureKind finding = FailureKind::kNone;
  std::string message;
  std::string dedup_key;  // what makes two findings the same; "signature" in the file
  ThreadNumber thread = kNoThread;
  std::string extra = "{}";  // a JSON object, as text
};

// Takes over what the supervisor knows; subject, dedup_key and extra are the caller's.
Schedule FromOutcome(const Outcome& outcome, const CampaignOptions& campaign,
                     const Supervisor& supervisor);

// The running hash of all steps.
uint64_t HashOf(const std::vector<Step>& steps);

std::string FormatSchedule(const Schedule& schedule);
// `name` is used in messages.
absl::StatusOr<Schedule> ParseSchedule(absl::string_view text, absl::string_view name);
// Written to a temporary file first and renamed: never half a schedule.
absl::Status WriteSchedule(const Schedule& schedule, const std::string& path);
absl::StatusOr<Schedule> ReadSchedule(const std::string& path);

// CanReplay() of supervisor.h. Supervisor::NewCampaign() asks it too.
absl::Status CanReplayIn(const Schedule& schedule, absl::string_view flavour,
                         absl::string_view compiler);

// How many points an execution may take that is to come to the same: a livelock is one after as
// many as it was found after.
uint64_t StepBudgetOf(const Schedule& schedule);

// The options that replay it.
CampaignOptions ReplayOptions(const Schedule& schedule);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SCHEDULE_SCHEDULE_H_
