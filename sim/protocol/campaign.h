// What a campaign asks of its executions. One plain struct that goes by value from the command line
// through every layer into the control block (control.h): a new option is a field here, a flag or a
// scenario key where it is read, and its use in the runtime. Nothing in between copies options one
// by one.
//
// What has no fixed size (sites, steps to replay, switches, faults to follow) stands beside it:
// CampaignOptions, sim/supervisor/supervisor.h.
#ifndef HEDDLE_SIM_PROTOCOL_CAMPAIGN_H_
#define HEDDLE_SIM_PROTOCOL_CAMPAIGN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "sim/protocol/faults.h"
#include "sim/protocol/fixed_text.h"
#include "sim/protocol/limits.h"

namespace heddle::sim {

// Which plain memory accesses are points: none, all, or those at the campaign's sites.
enum class Preempt : uint32_t { kSync = 0, kMemory = 1, kSites = 2 };
// In schedule files, scenarios and on the command line. By Preempt.
inline constexpr const char* kPreemptNames[] = {"sync", "memory", "sites"};
const char* PreemptName(Preempt preempt);
std::optional<Preempt> PreemptFromName(std::string_view name);

// Which stores an atomic load may read: the newest (sequential consistency), those that C++11
// allows, those that x86 shows (sim/runtime/core/weak_memory.h).
enum class MemoryModel : uint32_t { kSc = 0, kC11 = 1, kTso = 2 };
// In schedule files, scenarios and on the command line. By MemoryModel.
inline constexpr const char* kMemoryModelNames[] = {"sc", "c11", "tso"};
const char* MemoryModelName(MemoryModel model);
std::optional<MemoryModel> MemoryModelFromName(std::string_view name);

// How control goes from one simulated thread to the next: one kernel thread adopts the contexts of
// all (fast, needs FSGSBASE), or each is a kernel thread and they hand on a baton.
enum class HandOver : uint32_t { kAutomatic = 0, kAdoption = 1, kBaton = 2 };

struct StrategySpec {
  FixedText<kMaxStrategyName> name = "random";
  FixedText<kMaxStrategyParameters> parameters;  // "key=value,..."; empty: its defaults

  // "pct:d=3", as on a command line (ParseStrategySpec() of sim/explore reads it).
  std::string ToString() const {
    return parameters.empty() ? name.c_str() : std::string(name.c_str()) + ":" + parameters.c_str();
  }
  // Whether its executions depend on one another, so that one process must run them all in turn.
  bool Systematic() const { return name == "dfs" || name == "exhaustive"; }
  // Whether it chooses an ExecutionPlan for each execution.
  bool Plans() const { return name == "auto"; }
  // Whether every execution is the same.
  bool Constant() const { return name == "fifo"; }
};

// What an execution takes of what its campaign leaves open: `auto` chooses, with every other
// strategy it is as the campaign says.
struct ExecutionPlan {
  StrategySpec strategy;
  Preempt preempt = Preempt::kSync;
  MemoryModel memory = MemoryModel::kSc;
  uint32_t arm = 0;  // of `auto` (sim/runtime/strategies/auto.h); 0: none

  // The same way to run, whatever the arm.
  friend bool operator==(const ExecutionPlan& a, const ExecutionPlan& b) {
    return a.strategy.name == b.strategy.name && a.strategy.parameters == b.strategy.parameters &&
           a.preempt == b.preempt && a.memory == b.memory;
  }
};

// The rules that an execution follows, where they were others once. A replay keeps those of its
// recording: they are the version of schedule files.
//   1  The process's end and munmap() are no points. A thread that waits for a lock is passed over
//      only since the lock was free last (sim/runtime/core/fairness.h).
//   2  Control begins in front of main(), also where initialisers start threads (which are not
//      there then). System calls by an instruction of the program's own are no points. Internet
//      sockets are the real network's. Memory is sequentially consistent.
//   3  SIGCHLD is not sent.
//   4  Only the step budget ends an execution in which nothing but time passes.
//   5  Under weak memory, __tsan_acquire() and __tsan_release() of the program order nothing.
//   6  What a timer or a child's end sends to the process goes to the first thread that does not
//      block it. exec in the process that began is refused.
//      Under weak memory, AnnotateHappensBefore(), AnnotateHappensAfter() and membarrier() order
//      nothing, and bytes that were atomic stay of that size when they are written plainly.
//   7  A fault's signal that the program sends ends it, also where it is blocked. poll and
//      select that do not wait do not end by a signal that their mask lets through. A signal to the
//      own group goes to the sender alone. sem_getvalue is no point.
//   8  A TCP socket that is not connected is writable, and no more; its connection is no edge for
//      an epoll that watches it already. An error of a UDP socket makes it readable, and IP_RECVERR
//      changes nothing. Join and detach of a thread that is detached are misuse. Of several pending
//      signals the handler of one ends before the next begins. ThreadSanitizer sees what libc
//      allocates for a thread, and has its own thread in the background. A thread that waits for a
//      plain variable to change does not let others go on. Plain accesses are points to the end.
//   9  What the runtime's pages say.
inline constexpr uint32_t kRules = 9;

// CampaignSpec::stronger_sites. The compiler makes several calls of one place in the source: of
// loops that it unrolls, of functions that it inlines, of templates.
inline constexpr uint32_t kMaxStrongerSites = 32;
inline constexpr uint64_t kEverySite = UINT64_MAX;
// How operations are made stronger, to see what would forbid a finding under weak memory.
enum class Strengthening : uint8_t {
  kOrder,  // they are seq_cst
  kFence,  // they come behind a seq_cst fence
  kForm,   // a weak compare-exchange does not fail by itself
};

struct CampaignSpec {
  StrategySpec strategy;
  uint64_t seed = 1;
  Preempt preempt = Preempt::kSync;
  MemoryModel memory = MemoryModel::kSc;
  HandOver hand_over = HandOver::kAutomatic;
  uint64_t step_budget = kDefaultStepBudget;  // points an execution may take
  // A thread that is neither joined nor detached when the process ends is a finding. POSIX allows
  // it; Control::threads_left counts the threads that still run then.
  bool report_thread_leaks = false;
  uint32_t rules = kRules;
  // Every execution draws the same random numbers (getrandom() and its like), so that it differs
  // from others in its schedule only.
  bool same_random = false;
  // Number objects, whatever the strategy wants, and keep the order of operations.
  bool track_objects = false;
  // Seconds without a point after which code counts as uncontrolled; 0: never.
  uint32_t watchdog_seconds = 10;
  // asan looks for leaked memory (it reads all there is: slower than a short execution) at the end
  // of each execution whose number is a multiple of this, of later ones more rarely unless it is 1
  // (sim/runtime/serve/sanitizers.cc); 0: never. Replays always do.
  uint32_t leak_check_every = 64;
  FaultPlan faults{};  // when faults of the environment come
  // Under a weak memory model: the atomic operations of the calls that return to these addresses
  // are made stronger. 0: no more.
  uint64_t stronger_sites[kMaxStrongerSites] = {};
  Strengthening stronger_by = Strengthening::kOrder;
};
static_assert(std::is_trivially_copyable_v<ExecutionPlan>, "it is copied into the control block");
static_assert(std::is_trivially_copyable_v<CampaignSpec>, "it is copied into the control block");

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_CAMPAIGN_H_
