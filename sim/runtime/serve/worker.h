// Executions without fork: one process, the worker, runs many of them and puts its memory back
// behind each.
//
// The fork server forks the worker and hands the rest of a batch to it (RunInWorker()). What the
// worker may tell is: this execution was clean, or the strategy abandoned it. Anything else (a
// finding, a crash, a system call that cannot be undone, a worker that died) it does not tell: the
// strategy is put back to where the execution began, and a fork runs that execution again. So each
// distinct finding comes from a fork. The server also has clean executions run again by fork, a few
// at the beginning, then one in a thousand, in the end one in four thousand, and compares them
// (AfterFork()).
//
// With Control::count_known the worker tells of one more kind: an execution whose first report of
// ThreadSanitizer's is one that a fork has ended with (ExecutionSummary::known). Such executions
// are compared with forks as clean ones are.
//
// Executions of an epoch share one look at which pages were written (snapshot.h). When there were
// new ones, the epoch's executions count for nothing and run again.
//
// What makes the rest of the campaign run by fork: a difference; executions that mostly do what
// cannot be undone; a machine or program where it cannot be done (Control::fork_reason).
#ifndef HEDDLE_SIM_RUNTIME_SERVE_WORKER_H_
#define HEDDLE_SIM_RUNTIME_SERVE_WORKER_H_

#include "sim/protocol/control.h"

namespace heddle::sim::runtime {

// In the server, once, before the first execution: notes what the program has set up.
void PrepareWorkers();
// In the server: a new campaign. The worker of the one before ends.
void BeginWorkersCampaign();
// In the server: folders were mounted anew, which the worker does not see.
void EndWorker();
// The worker's process number; 0: there is none.
int WorkerProcess();

enum class WorkerTurn {
  kFork,   // the batch's next execution is a fork's
  kOver,   // the batch is done, or the strategy has nothing left
  kBegins  // in the worker: an execution begins. It comes from here as often as there are some.
};
WorkerTurn RunInWorker();
// In the server: that fork has ended.
void AfterFork(const ExecutionSummary& summary, bool clean);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_WORKER_H_
