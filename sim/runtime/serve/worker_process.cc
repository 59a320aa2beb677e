// The worker's side: an execution begins, ends, and memory is put back.
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <xmmintrin.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "sim/protocol/exit_status.h"
#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/core/weak_memory.h"
#include "sim/runtime/interpose/direct_calls.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/sanitizer_calls.h"
#include "sim/runtime/interpose/system_call_trap.h"
#include "sim/runtime/interpose/thread.h"
#include "sim/runtime/interpose/tsan_threads.h"
#include "sim/runtime/serve/execution.h"
#include "sim/runtime/serve/sanitizers.h"
#include "sim/runtime/serve/worker_board.h"

namespace heddle::sim::runtime {
namespace {

// Executions that share a look at what was written: a look, and the checkpoint behind it, cost as
// much as some fifteen of the shortest executions. More would run in vain for a page that is rare:
// longer epochs are for workers that have met no new page in kQuiet times as many executions.
constexpr uint32_t kLongestEpoch = 256, kLongestQuietEpoch = 1024, kQuiet = 8;
// Clean executions that are run again by fork: the first that began from restored memory, some soon
// after, then one in a thousand, and one in four thousand once sixteen of these were the same: a
// fork costs as much as a hundred of the shortest executions.
constexpr uint64_t kFirstSample = 2, kSampleEvery = 1000, kTrusted = 16 * kSampleEvery;

constinit Board* board = nullptr;

uint64_t NextSample(uint64_t clean) {
  if (clean < kSampleEvery) return std::min(clean * 8, kSampleEvery);
  return clean + (clean < kTrusted ? kSampleEvery : 4 * kSampleEvery);
}

long Guarded(long number, const long* arguments) { return board->guard.Call(number, arguments); }

[[noreturn]] void Between();

[[noreturn]] void RunOnOwnStack(void (*function)()) {
  const auto top = reinterpret_cast<uintptr_t>(board->stack + Board::kStack) - 64;
  asm volatile("movq %0,%%rsp; xorl %%ebp,%%ebp; cld; callq *%1; ud2"
               :
               : "r"(top & ~uintptr_t{63}), "r"(function)
               : "memory");
  __builtin_unreachable();
}

// The execution's own thread and stack, at its end.
void EndInWorker() {
  tls_self = nullptr;
  kernel.execution.active = false;
  EndOfExecution();
  Control* control = kernel.control;
  ExecutionSummary& summary = control->summaries[control->batch_done];
  summary = {.state = control->state,
             .wait_status = 0,
             .execution = control->execution,
             .points = control->points,
             .hash = control->hash,
             .threads_left = control->threads_left,
             .arm = control->plan.arm,
             .report = control->report,
             .known = control->sanitizer_reports > 0 ? 1u : 0u};
  // As the fork with that report ended.
  if (summary.known != 0 && control->state == ExecutionState::kComplete) {
    summary.wait_status = kSanitizerExitStatus << 8;
  }
  summary.order = kernel.strategy->Order();
  board->left = false;
  RunOnOwnStack(Between);
}

// Anywhere in an execution, a signal handler included.
void LeaveToFork(const char* why) {
  if (board->putting_back) UnguardedSyscall(SYS_exit_group, kSetupExitStatus);
  tls_self = nullptr;
  board->left = true;
  board->reason = HandBack::kFound;
  if (why != nullptr && *why == 0) board->reason = HandBack::kStuck;
  if (why != nullptr && *why != 0) {
    board->reason = board->for_threads ? HandBack::kThreads : HandBack::kCannotUndo;
    snprintf(board->text, sizeof board->text, "%s", why);
    if (!board->describing) {  // it may lead here itself
      board->describing = true;
      memset(board->frames, 0, sizeof board->frames);
      CaptureFrames(board->frames, kMaxDetailFrames);
    }
  }
  RunOnOwnStack(Between);
}

bool KnowsReport(uint64_t report) {
  return kernel.control->count_known != 0 && board->known.Has(report);
}

void LeaveForThreads() {
  board->for_threads = true;
  LeaveToFork("pthread_create(more threads than are kept)");
}

[[noreturn]] void Broken(const char* why) {
  snprintf(board->text, sizeof board->text, "%s", why);
  board->reason = HandBack::kBroken;
  GiveTurn(board, Turn::kServer);
  UnguardedSyscall(SYS_exit_group, 0);
  __builtin_unreachable();
}

void SaveCheckpoint() {
  if (!board->checkpoint.Save()) Broken("the strategy keeps too much to be put back");
  board->epoch_done = 0;
}

void GoBackToEpochsBegin() {
  board->checkpoint.GoBack();
  board->epoch_done = 0;
}

void StartEpochAgain() {
  GoBackToEpochsBegin();
  board->epoch = 1;
}

// The server has its turn; with this worker's next one the rest of a batch, or another batch,
// begins.
void Return(HandBack reason) {
  board->reason = reason;
  GiveTurn(board, Turn::kServer);
  AwaitTurn(board, Turn::kWorker, 0);
  SaveCheckpoint();
}

// An execution that nothing from before it has changed, whatever pages it writes to.
bool RunsAlone() { return board->epoch == 1; }

// With a look at all pages: the epoch's executions count, or run again.
void EndEpoch(uint32_t new_pages) {
  if (board->snapshot.failed()) Broken("its executions write to too much memory");
  if (new_pages > 0) board->quiet_from = board->clean + board->epoch_done;
  if (new_pages > 0 && !RunsAlone()) return StartEpochAgain();
  board->clean += board->epoch_done;
  const bool quiet = board->clean - board->quiet_from >= uint64_t{kQuiet} * kLongestQuietEpoch;
  board->epoch =
      new_pages > 0 ? 1 : std::min(board->epoch * 2, quiet ? kLongestQuietEpoch : kLongestEpoch);
  kernel.control->in_process_executions += board->epoch_done;
  SaveCheckpoint();
}

bool BatchIsDone() {
  return kernel.control->batch_done >= std::min(kernel.control->batch, kMaxBatch);
}

// Sets board->execution.
void ChooseNext() {
  Control* control = kernel.control;
  for (;;) {
    if (BatchIsDone()) {
      Return(HandBack::kBatchDone);
      continue;
    }
    const uint64_t execution =
        control->first_execution + uint64_t{control->batch_done} * control->stride;
    if (EndsInLeakCheck(execution)) {
      if (board->epoch_done > 0) {
        EndEpoch(board->snapshot.PutBack(true));
      } else {
        Return(HandBack::kForForks);
      }
      continue;
    }
    board->guard.EmptyOutput();
    control->state = ExecutionState::kNone;
    if (NextExecution(execution)) {
      board->execution = execution;
      board->sampling = board->epoch_done == 0 && board->clean + 1 >= board->next_sample;
      return;
    }
    if (board->epoch_done > 0) {
      EndEpoch(board->snapshot.PutBack(true));
    } else {
      Return(HandBack::kExhausted);
    }
  }
}

[[noreturn]] void Begin() {
  ChooseNext();
  board->snapshot.RelyOnKnownPages(!RunsAlone());
  __builtin_longjmp(board->jump, 1);
}

void AfterClean(bool looked, uint32_t new_pages) {
  ++board->epoch_done;
  ++kernel.control->batch_done;
  if (!looked) return;
  if (!board->sampling || (new_pages > 0 && !RunsAlone())) return EndEpoch(new_pages);
  if (board->snapshot.failed()) Broken("its executions write to too much memory");
  board->sampled = kernel.control->summaries[kernel.control->batch_done - 1];
  board->next_sample = NextSample(board->next_sample);
  GoBackToEpochsBegin();
  Return(HandBack::kSample);
}

// An execution's first report writes to pages of ThreadSanitizer's that no other execution does.
bool MeetsNewReport() {
  const uint64_t report = kernel.control->report;
  if (report == 0 || board->met.Has(report)) return false;
  board->met.Add(report);
  return true;
}

// On the board's stack, behind each execution.
void Between() {
  board->putting_back = true;
  board->guard.Undo(board->left);
  const uint64_t done = board->clean + board->epoch_done + 1;
  const Control& control = *kernel.control;
  const bool look = board->left || MeetsNewReport() || board->sampling ||
                    board->epoch_done + 1 >= board->epoch || done + 1 >= board->next_sample ||
                    control.batch_done + 1 >= control.batch;
  const uint32_t new_pages = board->snapshot.PutBack(look);
  asm volatile("wrfsbase %0" : : "r"(board->fs_base) : "memory");
  _mm_setcsr(board->mxcsr);
  asm volatile("fldcw %0" : : "m"(board->x87_control));
  board->putting_back = board->describing = board->for_threads = false;
  if (board->left) {
    const bool alone = RunsAlone();
    if (board->snapshot.failed()) Broken("its executions write to too much memory");
    StartEpochAgain();
    // Those in front of it count only once the strategy has come to it again.
    if (alone) Return(board->reason);
  } else {
    AfterClean(look, new_pages);
  }
  Begin();
}

// The first choice; as Between(), without an execution before it.
[[noreturn]] void First() { Begin(); }

// Returns once for each execution, to the same place with the same memory.
__attribute__((noinline)) void BeginFromHere() {
  if (__builtin_setjmp(board->jump) == 0) {
    if (const char* why = board->snapshot.Take(); why != nullptr) Broken(why);
    RunOnOwnStack(First);
  }
}

}  // namespace

void Checkpoint::Set(char* memory, size_t size) {
  memory_ = memory;
  size_ = size;
}

bool Checkpoint::Save() {
  used_ = ArenaUsed();
  if (used_ > size_) return false;
  memcpy(memory_, ArenaBegin(), used_);
  const Control& control = *kernel.control;
  batch_done_ = control.batch_done;
  memcpy(fault_totals_, control.fault_totals, sizeof fault_totals_);
  progress_ = control.progress;
  return true;
}

void Checkpoint::GoBack() const {
  memcpy(ArenaBegin(), memory_, used_);
  Control* control = kernel.control;
  control->batch_done = batch_done_;
  memcpy(control->fault_totals, fault_totals_, sizeof fault_totals_);
  control->progress = progress_;
}

bool KnownReports::Has(uint64_t report) const {
  return std::find(reports_, reports_ + count_, report) != reports_ + count_;
}

void KnownReports::Add(uint64_t report) {
  if (count_ < kMost && !Has(report)) reports_[count_++] = report;
}

void KnownReports::Remove(uint64_t report) {
  count_ = static_cast<uint32_t>(std::remove(reports_, reports_ + count_, report) - reports_);
}

void GiveTurn(Board* board, Turn to) {
  __atomic_store_n(&board->turn, static_cast<uint32_t>(to), __ATOMIC_RELEASE);
  UnguardedSyscall(SYS_futex, reinterpret_cast<long>(&board->turn), FUTEX_WAKE, 1);
}

bool AwaitTurn(Board* board, Turn turn, uint32_t timeout_ms) {
  const timespec timeout = {timeout_ms / 1000, long{timeout_ms} % 1000 * 1'000'000};
  for (;;) {
    const uint32_t now = __atomic_load_n(&board->turn, __ATOMIC_ACQUIRE);
    if (now == static_cast<uint32_t>(turn)) return true;
    const long result =
        UnguardedSyscall(SYS_futex, reinterpret_cast<long>(&board->turn), FUTEX_WAIT, now,
                         timeout_ms == 0 ? 0 : reinterpret_cast<long>(&timeout));
    if (result == -ETIMEDOUT) return false;
  }
}

void BecomeWorker(Board* shared, char* memory, size_t size) {
  board = shared;
  UnguardedSyscall(SYS_prctl, PR_SET_THP_DISABLE, 1);  // a page is put back, not 512 of them
  LetTimeStampCounterBe();  // the sanitizers read it when a thread begins
  if (kIsTsan && !TakeOverTsanThreads()) Broken("ThreadSanitizer is a library of its own");
  if (!FillPool(board->threads)) Broken("its threads cannot be made in advance");
  TrapTimeStampCounterAgain();
  if (!kIsDet && !PrepareSanitizerMemory()) Broken("the sanitizer's memory cannot be mapped");
  board->ready.MapAll();
  PrepareControl(RanBefore::kAnything);
  ResetWeakMemory(kernel.control->spec.memory);
  board->epoch = 1;
  board->next_sample = kFirstSample;
  board->snapshot.LeaveOut(kernel.control->leave_out_page);
  board->fs_base = ReadFsBase();
  board->mxcsr = _mm_getcsr();
  asm volatile("fnstcw %0" : "=m"(board->x87_control));
  SaveCheckpoint();
  MakeCallsDirectly();
  if (!TrapAllSystemCalls()) Broken("its system calls cannot be watched");
  board->guard.Begin(kernel.control->capture_output != 0, &board->snapshot, &board->ready);
  if (const char* why = board->snapshot.Begin(memory, size); why != nullptr) Broken(why);
  kernel.execution.end_in_worker = EndInWorker;
  kernel.execution.leave_to_fork = LeaveToFork;
  kernel.execution.leave_for_threads = LeaveForThreads;
  kernel.execution.knows_report = KnowsReport;
  system_call_guard = Guarded;
  BeginFromHere();
}

}  // namespace heddle::sim::runtime
