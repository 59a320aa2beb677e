// The memory a controlled process shares with its supervisor.
//
// One file (a memfd) holds, one after the other: struct Control, the log of the execution, the
// numbers of the objects it touched (with track_objects), the schedule to replay, and the
// strategy's arena. The supervisor creates it and fills in the request; the controlled process maps
// it, writes its log and its outcome in place as it goes, and may die at any instruction: what it
// did so far stays readable.
//
// Thread rule: the request is written before the process starts or while it waits for a command;
// `points` and `heartbeat` may be read at any time; the rest is read when the process has answered
// or died. Plain data only; both sides are built from this header, `kControlVersion` guards it.
#ifndef HEDDLE_SIM_PROTOCOL_CONTROL_H_
#define HEDDLE_SIM_PROTOCOL_CONTROL_H_

#include <cstddef>
#include <cstdint>

#include "sim/protocol/faults.h"
#include "sim/protocol/hash.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

inline constexpr uint64_t kControlMagic = 0x6c646465682d6d31;
inline constexpr uint32_t kControlVersion = 5;
// HEDDLE_CONTROL=<descriptor number>; the descriptors are put out of the program's way. The command
// pipe is the descriptor after it, the answer pipe the one after that.
inline constexpr char kControlVariable[] = "HEDDLE_CONTROL";
inline constexpr int kControlDescriptor = 900;
inline constexpr int kCommandDescriptor = 901;
inline constexpr int kAnswerDescriptor = 902;
// Of a program that a debugger starts (Debugger::kStarts): what becomes its standard output and
// error.
inline constexpr int kOutputDescriptor = 903;
inline constexpr int kErrorsDescriptor = 904;
// A controlled process that proved something itself ends with this status.
inline constexpr int kFindingExitStatus = 70;
// It could not be set up (a bad strategy name...): Control::finding.message says why.
inline constexpr int kSetupExitStatus = 71;

// Which plain memory accesses are points: none, all, or those of the code at Control::sites.
enum class Preempt : uint32_t { kSync = 0, kMemory = 1, kSites = 2 };
const char* PreemptName(Preempt preempt);
inline constexpr uint32_t kMaxSites = 4096;

enum class HandOver : uint32_t { kAutomatic = 0, kAdoption = 1, kBaton = 2 };

// Where control begins.
enum class StartAt : uint32_t {
  kMain = 0,        // main() is one execution
  kCheckpoint = 1,  // the program calls heddle::sim::Checkpoint() when it is set up
};

// Who wants to look at the program at Control::stop_at.
enum class Debugger : uint32_t {
  kNone = 0,
  kAttaches = 1,  // the execution stops itself there (SIGSTOP), for whoever attaches to it
  kStarts = 2,    // a debugger started the program: no fork server, the program is the execution
};
inline constexpr uint64_t kNoStop = UINT64_MAX;

// How an execution failed: what the runtime found, or what the supervisor made of its end. Names
// and not numbers go into schedule files (FailureKindName). A user's view of it is a finding
// (reports/model).
enum class FailureKind : uint32_t {
  kNone = 0,      // it did not
  kDeadlock,      // threads wait for each other in a cycle
  kLostWakeup,    // everyone sleeps, nobody holds what they wait for
  kLivelock,      // the step budget is spent
  kThreadLeak,    // a thread was neither joined nor detached
  kMisuse,        // unlock by a non-owner, use of a destroyed mutex...
  kUnmodelled,    // an operation the kernel does not model
  kDivergence,    // a replay met a different operation
  kUncontrolled,  // uninstrumented code has not reached a schedule point for too long, or two runs
                  // of one schedule differed (Supervisor::SelfCheck)
  kSanitizer,     // ThreadSanitizer, AddressSanitizer or UBSan reported
  kCrash,         // died of a signal
  kExit,          // ended with a non-zero status
  kTimeLimit,     // real time ran out; the supervisor ended it
  kLimit,         // a named bound of the kernel was met (threads, log...)
  kInternal,      // the runtime's own state is broken (KERNEL_CHECK): a bug of Heddle's
};
const char* FailureKindName(FailureKind kind);

inline constexpr int kMaxStackFrames = 48;
inline constexpr int kMaxReportedThreads = 32;

struct ThreadReport {
  uint32_t thread;  // number; 0 is main
  uint32_t frames;
  uint64_t pcs[kMaxStackFrames];  // return addresses, innermost first
  char state[160];                // "waits for mutex 0x... held by thread 2"
};

// What the runtime writes down about a failure before the process ends.
struct FailureRecord {
  FailureKind kind;
  uint32_t thread;  // who met it, or kNoThread
  uint64_t point;   // at which point of the execution
  char message[4096];
  uint32_t threads;  // entries used below
  uint32_t padding;
  ThreadReport reports[kMaxReportedThreads];
};

// A loaded module, to turn addresses into file + offset.
struct Module {
  uint64_t begin, end, bias;
  char path[232];
};
inline constexpr int kMaxModules = 48;

enum class ExecutionState : uint32_t { kNone = 0, kRunning, kComplete, kFinding, kAbandoned };

// What one step was, in full. Kept of a replay that is to be shown (ProgramOptions::keep_details).
inline constexpr int kMaxDetailFrames = 16;
struct StepDetail {
  int64_t virtual_ns;  // when it was chosen
  uint64_t address;    // what it touches, 0 when nothing or no memory
  uint32_t size;       // bytes; 0 when the operation has none
  uint32_t frames;
  uint64_t pcs[kMaxDetailFrames];  // return addresses, innermost first; the kernel's own included
};

// Where an execution was when a sanitizer reported.
struct ReportPoint {
  uint64_t point;   // the last step before it
  uint32_t thread;  // who ran
  uint32_t padding;
};
inline constexpr uint32_t kMaxReportPoints = 16;  // later reports have none

// What is kept of each execution of a batch; the whole log only of the last one.
struct ExecutionSummary {
  ExecutionState state;
  int32_t wait_status;  // as waitpid() gives it (0 for all but the last in one process)
  uint64_t execution;   // its number: with the campaign's seed, what it was seeded by
  uint64_t points;
  uint64_t hash;
  uint64_t order;  // Strategy::Order(); with track_objects
};
inline constexpr uint32_t kMaxBatch = 1024;

struct Control {
  uint64_t magic;
  uint32_t version;
  uint32_t size_of_control;
  uint64_t total_size;

  // The request.
  char strategy[64];
  char parameters[256];
  uint64_t seed;             // of the campaign
  uint64_t first_execution;  // number of the first execution of this batch
  uint32_t campaign;         // a new number: a new strategy object, an empty arena
  uint32_t batch;            // executions to run, at most kMaxBatch, up to the first finding
  Preempt preempt;
  HandOver hand_over;
  StartAt start_at;
  uint64_t step_budget;  // points an execution may take
  uint32_t report_thread_leaks;
  uint32_t capture_output;    // standard error and output are files, cut to 0 before each execution
  uint32_t watchdog_seconds;  // 0: none
  uint32_t leak_check_every;  // see CampaignOptions
  uint32_t track_objects;     // number objects, whatever the strategy wants, and keep the order of
                              // operations
  uint32_t directed;          // the orderly schedule, but for the switches at replay_offset
  uint32_t replay_open_end;   // the recording was cut short by a crash: orderly after its end
  uint32_t site_count;        // of `sites`
  uint32_t site_padding;
  Debugger debugger;
  uint32_t stride;             // from the number of one execution of a batch to that of the next
  uint64_t stop_at;            // step (from 0) before whose operation to stop; kNoStop: nowhere
  uint64_t replay_steps;       // steps at replay_offset; > 0 means: replay them
  uint64_t directed_switches;  // Switches at replay_offset, by (from, at)
  uint64_t log_offset, log_capacity;        // bytes, steps
  uint64_t object_log_offset;               // one ObjectId a step
  uint64_t detail_offset, detail_capacity;  // bytes, steps; 0: not kept
  uint64_t replay_offset;
  uint64_t arena_offset, arena_size;
  uint64_t sites[kMaxSites];  // return addresses of the calls that announce accesses
  FaultPlan faults;
  uint32_t follow_faults;  // the faults in `follow` come, and no others, whatever the plan
  uint32_t follow_count;
  Fault follow[kMaxFaults];

  // The answer.
  uint32_t setup_done;
  uint32_t hand_over_used;  // HandOver
  char flavour[16];         // "det", "tsan", "asan"
  char compiler[64];
  int32_t process;             // of the execution that runs now
  uint32_t batch_done;         // summaries filled
  uint32_t exhausted;          // the strategy has nothing left
  uint32_t sanitizer_reports;  // seen in the current execution
  ReportPoint report_points[kMaxReportPoints];
  StrategyProgress progress;
  uint64_t execution;  // number of the current (or last) one
  ExecutionState state;
  uint32_t current_thread;
  uint64_t points;
  uint64_t hash;
  uint64_t virtual_ns;  // since the start of the execution
  uint64_t heartbeat;
  uint64_t fault_totals[kFaultKinds];  // that came in this batch
  uint32_t fault_count;                // that came in this execution
  uint32_t fault_padding;
  Fault came[kMaxFaults];
  uint64_t stopped_at;  // the step it has stopped at, for a debugger; kNoStop: it has not
  FailureRecord finding;
  uint32_t module_count;
  uint32_t padding;
  Module modules[kMaxModules];
  ExecutionSummary summaries[kMaxBatch];
};

// A step of the log: who was chosen and what it did. A replay compares both.
using Step = uint32_t;
inline constexpr Step MakeStep(OpKind kind, ThreadNumber thread) {
  return static_cast<uint32_t>(kind) << 24 | thread;
}
inline constexpr OpKind StepKind(Step step) { return static_cast<OpKind>(step >> 24); }
inline constexpr ThreadNumber StepThread(Step step) { return step & 0xFFFFFF; }

// Where an execution departs from the orderly schedule (fifo): once `from` has done `at` steps, and
// before anybody else does one, `to` goes on. kClock may stand on both sides. The pair (from, at)
// occurs at one point of an execution at most, whatever happened before.
struct Switch {
  ThreadNumber from = kNoThread;
  uint32_t at = 0;
  ThreadNumber to = kNoThread;
  friend bool operator==(const Switch&, const Switch&) = default;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_CONTROL_H_
