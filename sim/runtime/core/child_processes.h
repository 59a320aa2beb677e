// Child processes of the program.
//
// A child of fork() begins with one thread, and is under control: each of its threads is a
// simulated thread of the process in which the execution began (the root), with a number and a
// pending operation, but runs in a process of its own. They stop at their points there, and the
// root's strategy decides which goes on. One process runs at a time.
//
// A child that becomes another program (exec, posix_spawn) runs free. It has run until it sleeps or
// ends whenever a controlled process goes on: what it wrote is there, and its end is known. So it
// has no points, and its order is the same in every run.
//
// What processes know of each other lies in memory that they share. Processes have virtual numbers;
// a child's is its thread's, counted on from the root's.
//
// Rule: whoever has control has it alone, in whichever process that is. The root waits in
// RunChild() for the child that it lets run; children wait in ScheduleInChild().
#ifndef HEDDLE_SIM_RUNTIME_CORE_CHILD_PROCESSES_H_
#define HEDDLE_SIM_RUNTIME_CORE_CHILD_PROCESSES_H_

#include <signal.h>

#include <cstdint>

#include "sim/protocol/limits.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/bounds.h"
#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime {

// The root's number; its threads and all child processes are counted on from it.
inline constexpr int kProcessNumber = 4242;
// Of one execution, those that have ended included. More are the finding "limit".
inline constexpr uint32_t kMaxChildProcesses = 512;

enum class ChildStage : uint32_t {
  kControlled,  // at a point, or on its way to one
  kFree,        // another program
  kDead,        // ended, perhaps not waited for yet
};

enum ExecAttempt : uint32_t { kNoExec, kExecUnderWay, kExecFailed };

// Signals on their way from one controlled process to another, which takes them before it goes on.
struct PostedSignals {
  uint64_t set;      // bit n-1 is signal n
  int senders[64];   // virtual; of each, the last one's
  int children[64];  // SIGCHLD: whose end it tells
};

// At a time, in one child process, as in the root.
inline constexpr uint32_t kMaxChildThreads = kMaxLiveThreads;

// What a thread of a child process does next, as its Thread says it there.
struct ChildThread {
  bool alive;
  bool changed;  // since the root has looked
  ThreadNumber number;
  Operation pending;
  bool waits, ready, wait_room;
  OpKind timeout_kind;
  int64_t deadline;
  const void* wait_address;
  ThreadNumber lock_left_by;  // who held it when the child began; kNoThread: nobody
  uint32_t detail_frames;
  uint64_t detail_pcs[kMaxDetailFrames];
};

struct ChildProcess {
  int number;  // virtual
  int parent;  // virtual
  int group, session;
  int process;  // the system's; 0 until it has started
  ChildStage stage;
  bool reaped;       // its parent has waited for it
  bool told;         // its parent's SIGCHLD is on its way, or was not wanted
  bool ending;       // it does nothing more under control
  uint32_t attempt;  // an ExecAttempt

  // Job control (job_control.cc).
  bool stopped;      // it does nothing until it is continued
  bool halted;       // and the root offers its threads no more
  int stop_signal;   // what has stopped it
  bool stop_waited;  // for: WUNTRACED has it to tell. Likewise WCONTINUED:
  bool continue_waited;
  int news;        // CLD_STOPPED or CLD_CONTINUED, whichever came last; 0: neither
  bool news_told;  // its parent's SIGCHLD is on its way, or was not wanted

  // Who may go on: the root or the child. A futex word.
  uint32_t turn;
  enum Command : uint32_t { kGoOn, kIsReady, kReport, kSignal, kFireTimers } command;
  uint32_t thread;     // kGoOn, kIsReady, kReport: whose turn it is, who is asked
  bool timed_out;      // kGoOn: its deadline has come
  OpKind chosen_kind;  // kGoOn: what it does
  bool ready;          // kIsReady: the answer
  uint32_t report;     // kReport: which of the finding's threads it is
  PostedSignals posted;

  // What the child does next: by slot of its thread table.
  uint32_t thread_end;
  ChildThread threads[kMaxChildThreads];
  Operation last;
  int64_t timers_earliest;  // of its timerfds

  // The execution's state, which goes with control.
  int64_t now;
  uint64_t points;
  uint64_t hash;
  uint64_t io_changes;
};

struct ChildTable {
  uint32_t count;
  uint32_t free;  // in stage kFree
  ThreadNumber next_number;
  uint32_t untold;  // that have ended, and whose parents do not know yet
  PostedSignals posted_to_root;
  ChildProcess processes[kMaxChildProcesses];
};

// --- The table ---

// Memory for all executions of this process. Once, before they begin.
void MapChildProcesses();
// At the start of an execution: there are none.
void ResetChildProcesses();

// Null in the root.
ChildProcess* OwnChildProcess();
inline bool InChildProcess() { return OwnChildProcess() != nullptr; }
int OwnProcessNumber();
// Of its group of processes.
int OwnGroupNumber();
// Null before MapChildProcesses().
ChildTable* ChildProcesses();
// Null: no process has had such a child.
ChildProcess* FindChildProcess(int number);
// A new one, of the calling process, before it starts: its number.
ChildProcess* NewChildProcess();
// It has not started after all. It is the last one that was made.
void DropChildProcess(ChildProcess* child);
// It has ended.
void MarkDead(ChildProcess* child);

// --- Starting and ending one (child_control.cc) ---

// Behind the real fork, in the parent and in the child. The latter returns when it is chosen.
void ForkedInParent(ChildProcess* child, int process);
void ForkedInChild(Thread* self, ChildProcess* child);
// A program was started that runs free.
void StartedFree(ChildProcess* child, int process);
// The calling child becomes another program, or fails to: then it waits for its turn.
void BeforeExec();
void ExecFailed();
// The calling child does nothing more under control, and ends.
void BeforeChildEnds();

// --- For Schedule() ---

// `child`, the root's thread for a child process, was chosen: does its operation there, up to its
// next point or to its end.
void RunChild(Thread* child);
// In a child: `ran`, null for none, has announced its operation, or has ended. The thread that was
// chosen.
Thread* ScheduleInChild(const Thread* ran);
// --- For the virtual clock, in the root ---

// The earliest deadline of timerfds in children.
int64_t ChildTimersEarliest();
// They fire what is due.
void ChildTimersFire();

// The root's thread collects its stack there, as that of the finding's thread `report`.
void ReportChild(const Thread* child, uint32_t report);

// --- Programs that run free, and signals (free_processes.cc) ---

// Lets them run until they sleep or have ended.
void SettleFreeProcesses();
// Nobody can go on: waits, in real time, for what those that sleep for a while do next. False when
// there are none, or they sleep until the program does something.
bool AwaitFreeProcesses();
// Sends it a signal. 0 or an errno value.
int SignalChildProcess(ChildProcess* child, int signal);

// --- Job control (job_control.cc) ---

inline constexpr bool StopsByDefault(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}
// In any process: it stops, unless it has; it goes on, unless it does. One that is controlled does
// nothing more behind the point that the running thread comes to next.
void StopChild(ChildProcess* child, int signal);
void ContinueChild(ChildProcess* child);

// --- Signals between controlled processes (child_control.cc) ---

// To `child`, or to the root when that is null: it takes the signal before it goes on.
void PostSignal(ChildProcess* child, int signal, int sender);
// The root, before a decision: parents learn of children that have ended, and processes get what
// was posted to them.
void DeliverBetweenProcesses();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_CHILD_PROCESSES_H_
