// What a worker and its server share, in memory that no restore touches. Private to worker.cc (the
// server's side) and worker_process.cc (the worker's).
//
// Turns: whoever has the turn touches the board, the strategy and the answer in the control block;
// the other one waits for it (a futex). When the worker has died, all is the server's.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_WORKER_BOARD_H_
#define HEDDLE_SIM_RUNTIME_SERVE_WORKER_BOARD_H_

#include <cstddef>
#include <cstdint>

#include "sim/protocol/control.h"
#include "sim/runtime/serve/snapshot.h"
#include "sim/runtime/serve/system_call_guard.h"

namespace heddle::sim::runtime {

enum class Turn : uint32_t { kServer = 0, kWorker = 1 };

// Why the worker gives the turn back.
enum class HandBack : uint32_t {
  kBatchDone,
  kExhausted,   // the strategy has nothing left
  kFound,       // the next execution is not clean
  kCannotUndo,  // it does what cannot be undone: `text`, `frames`
  kThreads,     // it makes more threads than there are: likewise
  kStuck,       // it took too long
  kForForks,    // the next execution is to be a fork's, whatever it does
  kSample,      // it is clean: `sampled`; is it in a fork?
  kBroken,      // nothing more can be run here: `text`
};

// A place in the campaign: the strategy's state, and the answer so far.
class Checkpoint {
 public:
  void Set(char* memory, size_t size);  // where the strategy's state goes
  // False when the strategy keeps too much.
  bool Save();
  void GoBack() const;
  uint32_t batch_done() const { return batch_done_; }

 private:
  char* memory_;
  size_t size_, used_;
  uint32_t batch_done_;
  uint64_t fault_totals_[kFaultKinds];
  StrategyProgress progress_;
};

// Reports of ThreadSanitizer's (ExecutionSummary::report) with which forks of this campaign have
// ended. An execution that meets none but these is like one of them, and counts as it is.
class KnownReports {
 public:
  bool Has(uint64_t report) const;
  // Nothing happens when there are too many: further executions with it are forks.
  void Add(uint64_t report);
  void Remove(uint64_t report);
  void Clear() { count_ = 0; }

 private:
  static constexpr uint32_t kMost = 256;

  uint32_t count_;
  uint64_t reports_[kMost];
};

struct Board {
  static constexpr size_t kStack = size_t{256} << 10;

  uint32_t turn;  // Turn; a futex
  HandBack reason;
  char text[kMaxPlaceText];
  uint64_t frames[kMaxDetailFrames];
  ExecutionSummary sampled;
  Checkpoint checkpoint;  // where the epoch began

  uint32_t threads;        // to be made in advance
  UsedReservations ready;  // likewise
  KnownReports known;

  // The worker's own.
  KnownReports met;      // those behind which it has looked at what was written
  uint64_t execution;    // that begins
  uint32_t epoch;        // how many executions the epoch may have
  uint32_t epoch_done;   // and has
  uint64_t clean;        // executions of this worker's so far
  uint64_t quiet_from;   // of these, those behind the last one that wrote to a new page
  uint64_t next_sample;  // when there are so many
  bool left;             // the last execution was left to a fork: `reason`
  bool putting_back;
  bool for_threads;  // ... because it makes more than there are
  bool describing;   // the place of what cannot be undone is looked for
  bool sampling;     // the execution that runs is a sample
  uint64_t fs_base;
  uint32_t mxcsr;
  uint16_t x87_control;
  void* jump[8];  // of __builtin_setjmp
  SystemCallGuard guard;
  Snapshot snapshot;
  alignas(64) char stack[kStack];
};

// Gives the turn to the other side; waits for it.
void GiveTurn(Board* board, Turn to);
// False when `timeout_ms` have passed (0: there is no limit).
bool AwaitTurn(Board* board, Turn turn, uint32_t timeout_ms);

// In a fork of the server that becomes the worker: makes threads and snapshot. Returns whenever an
// execution is to begin: board->execution. `memory` takes the snapshot's copies.
void BecomeWorker(Board* board, char* memory, size_t size);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_WORKER_BOARD_H_
