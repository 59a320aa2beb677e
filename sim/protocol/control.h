// The memory a controlled process shares with its supervisor.
//
// One file (a memfd) holds, one after the other: struct Control, the log of the execution, the
// numbers of the objects it touched (with track_objects), the schedule to replay (or what a
// strategy has learnt), and the strategy's arena. The supervisor creates it and fills in the
// request; the controlled process maps it, writes its log and its outcome in place as it goes, and
// may die at any instruction: what it did so far stays readable.
//
// Thread rule: the request is written before the process starts or while it waits for a command;
// `points` and `heartbeat` may be read at any time; the rest is read when the process has answered
// or died. Plain data only; both sides are built from this header, `kControlVersion` guards it.
#ifndef HEDDLE_SIM_PROTOCOL_CONTROL_H_
#define HEDDLE_SIM_PROTOCOL_CONTROL_H_

#include <cstddef>
#include <cstdint>

#include "sim/protocol/campaign.h"
#include "sim/protocol/coverage.h"
#include "sim/protocol/exit_status.h"
#include "sim/protocol/failure.h"
#include "sim/protocol/faults.h"
#include "sim/protocol/limits.h"
#include "sim/protocol/private_folders.h"
#include "sim/protocol/step.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

inline constexpr uint64_t kControlMagic = 0x6c646465682d6d31;
inline constexpr uint32_t kControlVersion = 27;
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
// The executions' temporary folder, emptied after each of them. Programs find it as TMPDIR, by a
// name that is the same every time.
inline constexpr int kTemporaryFolderDescriptor = 905;
inline constexpr char kTemporaryFolder[] = "/proc/self/fd/905";
// Of the fork server alone: the file system that holds what is private, and each of
// Control::private_folders as it is for all others.
inline constexpr int kPrivateStoreDescriptor = 906;
inline constexpr int kPrivateFolderDescriptors = 907;

// From here on, behind all numbers that programs use: those that the runtime makes.
inline constexpr int kFirstHiddenDescriptor = 910;

// Where control begins.
enum class StartAt : uint32_t {
  kMain = 0,        // main() is one execution
  kCheckpoint = 1,  // the program calls heddle::sim::Checkpoint() when it is set up
  // In front of the initialisers, those of shared libraries included: each execution runs them. For
  // programs whose initialisers start threads.
  kInitialisers = 2,
};

// What becomes of a thread that starts before control begins. (Executions are forks, which have
// one thread only.)
enum class EarlyThreads : uint32_t {
  kIgnored = 0,    // by the rules of old schedules
  kStartOver = 1,  // the program ends with kStartOverExitStatus
  kRefused = 2,    // control does not begin while there is one
};

// Who wants to look at the program at Control::stop_at.
enum class Debugger : uint32_t {
  kNone = 0,
  kAttaches = 1,  // the execution stops itself there (SIGSTOP), for whoever attaches to it
  kStarts = 2,    // a debugger started the program: no fork server, the program is the execution
};
inline constexpr uint64_t kNoStop = UINT64_MAX;

// The supervisor sends it to an execution that has not reached a point for too long, or whose time
// is over: it reports where it is and ends. A real-time signal that neither glibc (32 to 34) nor
// the sanitizers use, and a program hardly: those that use any begin at SIGRTMIN or end at
// SIGRTMAX. debug.py names it.
inline constexpr int kWatchdogSignal = 58;

// No system call: the execution runs, or the system does not tell.
inline constexpr int64_t kNoCall = -1;

// A loaded module, to turn addresses into file + offset.
struct Module {
  uint64_t begin, end, bias;
  char path[kMaxModulePath];
};

enum class ExecutionState : uint32_t {
  kNone = 0,
  kRunning,
  kComplete,
  kFinding,
  kAbandoned,
  kBecameProgram,  // by exec: it runs free
};
inline constexpr ExecutionState kLastExecutionState = ExecutionState::kBecameProgram;

// Why a campaign that may run in a worker runs by fork.
enum class ForkReason : uint32_t {
  kNone = 0,        // it does not, or because it makes no difference
  kCannotUndo = 1,  // executions do what memory cannot undo: fork_text, at fork_frames
  kDiffers = 2,     // an execution in the worker was not the same as in a fork
  kBroken = 3,      // the worker died or cannot be made: fork_text says why
};

// Where an execution was when a sanitizer reported.
struct ReportPoint {
  uint64_t point;   // the last step before it
  uint32_t thread;  // who ran
  uint32_t padding;
};

// What is kept of each execution of a batch; the whole log only of the last one.
struct ExecutionSummary {
  ExecutionState state;
  int32_t wait_status;  // as waitpid() gives it (in one process 0 but for the last, and those that
                        // are known)
  uint64_t execution;   // its number: with the campaign's seed, what it was seeded by
  uint64_t points;
  uint64_t hash;
  uint64_t order;         // Strategy::Order(); with track_objects
  uint32_t threads_left;  // as Control::threads_left
  uint32_t arm;           // ExecutionPlan::arm
  // Which report of ThreadSanitizer's was its first: the same number means the same kind of report
  // with the same stacks. 0: there was none, or another sanitizer's came before.
  uint64_t report;
  // It was no fork: a fork that met the same first report ended as this one. Nothing else is wrong
  // with it, and nothing was printed of it. Only with count_known.
  uint32_t known, padding;
};

struct Control {
  uint64_t magic;
  uint32_t version;
  uint32_t size_of_control;
  uint64_t total_size;

  // The request.
  CampaignSpec spec;
  uint64_t first_execution;  // number of the first execution of this batch
  uint32_t campaign_number;  // a new number: a new strategy object, an empty arena
  uint32_t batch;            // executions to run, at most kMaxBatch, up to the first finding
  uint32_t stride;           // from the number of one execution of a batch to that of the next
  StartAt start_at;
  EarlyThreads early_threads;
  uint32_t capture_output;   // standard error and output are files, cut to 0 before each execution
  uint32_t directed;         // the default schedule, but for the switches at replay_offset
  uint32_t replay_open_end;  // the recording was cut short by a crash: as by default after its end
  uint32_t in_process;       // executions may run in a worker (sim/runtime/serve/worker.h)
  uint32_t count_known;      // ... and so may those whose report is known: ExecutionSummary::known
  uint32_t known_padding;
  Debugger debugger;
  uint64_t stop_at;            // step (from 0) before whose operation to stop; kNoStop: nowhere
  uint64_t replay_steps;       // steps at replay_offset; > 0 means: replay them
  uint64_t directed_switches;  // Switches at replay_offset, by (from, at)
  // Words at replay_offset, when nothing is replayed: what the strategy has learnt. It goes on from
  // so many, with a new campaign; what it has learnt then replaces them behind each batch.
  uint64_t learnt_words, learnt_capacity;
  uint32_t keep_learnt, learnt_padding;     // 0: it does not
  uint64_t log_offset, log_capacity;        // bytes, steps
  uint64_t object_log_offset;               // one ObjectId a step
  uint64_t detail_offset, detail_capacity;  // bytes, steps; 0: not kept
  uint64_t replay_offset;
  uint64_t arena_offset, arena_size;
  uint32_t site_count;  // of `sites`
  uint32_t site_padding;
  uint64_t sites[kMaxSites];  // return addresses of the calls that announce accesses
  uint32_t follow_faults;     // the faults in `follow` come, and no others, whatever the plan
  uint32_t follow_count;
  Fault follow[kMaxFaults];
  uint64_t leave_out_page;  // for tests: a worker does not put this page back
  // The file that executions append to and cut short for whoever reads it behind each of them: what
  // a worker lets them do. 0, 0: there is none.
  uint64_t result_device, result_inode;
  NamespaceNumbers outside;       // of the supervisor: what is private must be mounted elsewhere
  uint32_t renew_always;          // private folders are made anew before each execution
  uint32_t private_folder_count;  // of `private_folders`; 0: executions share everything
  PrivateFolder private_folders[kMaxPrivateFolders];  // outer ones before those in them

  // The answer.
  uint32_t setup_done;
  uint32_t hand_over_used;  // HandOver
  char flavour[16];         // "det", "tsan", "asan"
  char compiler[64];
  uint64_t early_thread[kMaxDetailFrames];  // where a refused thread was started; 0: no frame
  int32_t process;                          // of the execution that runs now
  uint32_t batch_done;                      // summaries filled
  uint32_t exhausted;                       // the strategy has nothing left
  uint32_t sanitizer_reports;               // seen in the current execution
  ReportPoint report_points[kMaxReportPoints];
  uint64_t report;  // ExecutionSummary::report
  StrategyProgress progress;
  uint64_t kept_words;             // at replay_offset, with keep_learnt; 0: none
  Coverage coverage;               // of the campaign so far; with track_objects
  ExecutionPlan plan;              // of the current (or last) execution
  uint64_t execution;              // number of the current (or last) one
  uint64_t runs;                   // executions that were begun, the same one again included
  uint64_t in_process_executions;  // of this campaign, whose results came from a worker
  ForkReason fork_reason;
  char fork_text[kMaxPlaceText];           // what cannot be undone, or what is wrong
  uint64_t fork_frames[kMaxDetailFrames];  // where; 0: no frame
  ExecutionState state;
  uint32_t current_thread;
  uint64_t points;
  uint64_t hash;
  uint64_t virtual_ns;  // since the start of the execution
  // Threads that still ran at the end of a complete execution, beside the one that ended it.
  uint32_t threads_left;
  uint32_t used_ipc;  // this execution has used System V IPC or POSIX message queues
  uint64_t heartbeat;
  uint64_t stalled_at;      // with kWatchdogSignal: `points` as the supervisor saw them
  int64_t stalled_call;     // and the system call that it sleeps in; or kNoCall
  uint32_t awaits_process;  // it waits for another process, which may take its time
  uint32_t awaits_padding;
  // Likewise, when the time of an execution is over: its number, and that time; 0 ms: it is not.
  uint64_t late_execution, time_limit_ms;
  uint64_t fault_totals[kFaultKinds];  // in this batch
  uint32_t fault_count;                // in this execution
  uint32_t fault_padding;
  Fault injected[kMaxFaults];
  uint64_t stopped_at;  // the step it has stopped at, for a debugger; kNoStop: it has not
  FailureRecord finding;
  uint32_t real_value_count;  // entries used below
  uint32_t real_value_padding;
  PlaceReport real_values[kMaxRealValues];  // that this execution has read, and where
  uint32_t module_count;
  uint32_t padding;
  Module modules[kMaxModules];
  ExecutionSummary summaries[kMaxBatch];
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_CONTROL_H_
