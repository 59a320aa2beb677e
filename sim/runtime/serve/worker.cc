// The server's side: makes the worker, gives it the turn, and judges what it tells.
#include "sim/runtime/serve/worker.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/runtime/bounds.h"
#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/serve/execution.h"
#include "sim/runtime/serve/fork_server.h"
#include "sim/runtime/serve/mappings.h"
#include "sim/runtime/serve/worker_board.h"

namespace heddle::sim::runtime {
namespace {

// Addresses that no program and no sanitizer uses: what the program maps itself must lie at the
// same addresses with a worker and without.
// ThreadSanitizer leaves its highest range to mappings, the runtime's own (core/own_mapping.cc)
// among them.
constexpr uintptr_t kRegion = uintptr_t{kIsTsan ? 0x7E90 : 0x2000} << 32;
constexpr size_t kCheckpointSize = size_t{64} << 20;
constexpr size_t kCopiesSize = size_t{2} << 30;
// Executions of a campaign that are forks before there is a worker: to make one costs as much as
// some, and short campaigns are over then.
constexpr uint32_t kForksFirst = 8;
// Threads that a worker makes in advance. For an execution that has more of them at once (in asan,
// where each serves once: that makes more of them) there is another worker, with four times as
// many, as far as kMaxLiveThreads. Each costs 2 MiB and more of addresses, and some pages.
constexpr uint32_t kPooledThreads = 16, kMoreThreads = 4;
// How often the server looks whether the worker is still there.
constexpr uint32_t kLookMs = 20;
// After so many executions that do what cannot be undone, if they are a quarter of all, none is
// tried in the worker any more: each costs a run in it and a fork. Likewise findings, from half on.
constexpr uint64_t kManyLeft = 8, kManyFound = 64;
constexpr uint32_t kMaxDeaths = 3;
// Workers of a campaign that end because another one can map in advance what their executions map.
constexpr uint32_t kMaxRenewed = 3;

struct Server {
  Board* board = nullptr;  // null: it cannot be done in this process
  char* checkpoint = nullptr;
  char* copies = nullptr;
  bool allowed = false;  // in this campaign, still
  int process = 0;
  uint32_t forks = 0;  // of this campaign
  uint32_t owed = 0;   // executions that are forks' because the worker died in one of them
  uint32_t deaths = 0;
  uint32_t threads = kPooledThreads;
  UsedReservations ready = {};  // that a worker maps in advance
  uint32_t renewed = 0;         // how often there was another worker for these
  int status = 0;               // of the last one, as from wait()
  uint64_t left = 0, found = 0;
  KnownReports known = {};
  // What the worker has told of the execution that a fork runs now.
  HandBack told = HandBack::kBatchDone;
};
constinit Server server;

// Memory that is shared with others would not come back.
bool SharesMemory() {
  const auto control = reinterpret_cast<uintptr_t>(kernel.control);
  bool shares = false;
  const bool read = ForEachMapping([&](const Mapping& mapping) {
    const bool ours =
        mapping.begin >= control && mapping.begin < control + kernel.control->total_size;
    shares = shares || (mapping.Writable() && mapping.Shared() && !ours);
  });
  return shares || !read;
}

void RunByFork(ForkReason reason, const char* text) {
  Control* control = kernel.control;
  EndWorker();
  server.allowed = false;
  if (reason == ForkReason::kNone) return;
  control->fork_reason = reason;
  snprintf(control->fork_text, sizeof control->fork_text, "%s", text);
  if (reason == ForkReason::kCannotUndo) {
    memcpy(control->fork_frames, server.board->frames, sizeof control->fork_frames);
  }
}

bool MayRunHere() {
  const Control& control = *kernel.control;
  return server.board != nullptr && control.in_process != 0 && !kernel.carrier.baton &&
         control.debugger == Debugger::kNone && control.replay_steps == 0 &&
         control.directed == 0 && control.spec.rules == kRules;
}

// True in the worker.
bool StartWorker() {
  UnguardedSyscall(SYS_madvise, static_cast<long>(kRegion), sizeof(Board), MADV_REMOVE);
  UnguardedSyscall(SYS_madvise, reinterpret_cast<long>(server.copies), kCopiesSize, MADV_REMOVE);
  server.board->turn = static_cast<uint32_t>(Turn::kWorker);
  server.board->threads = server.threads;
  server.board->ready = server.ready;
  server.board->known = server.known;
  server.board->checkpoint.Set(server.checkpoint, kCheckpointSize);
  // The worker may die before it has one of its own.
  if (!server.board->checkpoint.Save()) {
    RunByFork(ForkReason::kBroken, "the strategy keeps too much to be put back");
    return false;
  }
  const long process = ForkProcess();
  if (process < 0) RunByFork(ForkReason::kBroken, "no process can be made for it");
  if (process != 0) {
    server.process = static_cast<int>(process);
    return false;
  }
  BeginServedProcess();
  BecomeWorker(server.board, server.copies, kCopiesSize);
  BeginExecution(server.board->execution);
  return true;
}

// The strategy is where the epoch began. What the worker died in is among the executions from there
// on to the one that it was at.
void AfterDeath() {
  const uint32_t at = kernel.control->batch_done;
  server.process = 0;
  server.board->checkpoint.GoBack();
  server.owed = at - kernel.control->batch_done + 1;
  server.told = HandBack::kFound;
  if (++server.deaths < kMaxDeaths) return;
  char text[kMaxPlaceText];
  const int status = server.status;
  snprintf(text, sizeof text, "the process for it died several times (%s %d)",
           WIFSIGNALED(status) ? "of signal" : "with exit status",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  RunByFork(ForkReason::kBroken, text);
}

// Between batches.
void RenewWorker() {
  const UsedReservations& used = server.board->guard.used();
  if (server.told != HandBack::kBatchDone || used.count == 0 || server.renewed == kMaxRenewed) {
    return;
  }
  ++server.renewed;
  for (uint32_t i = 0; i < used.count; ++i) {
    server.ready.Add(used.parts[i].begin, used.parts[i].end);
  }
  EndWorker();
}

// False when the worker has died.
bool AwaitWorker() {
  for (;;) {
    if (AwaitTurn(server.board, Turn::kServer, kLookMs)) return true;
    const long ended =
        RawSyscall(SYS_wait4, server.process, reinterpret_cast<long>(&server.status), WNOHANG, 0);
    if (ended == server.process || ended == -ECHILD) return false;
  }
}

// The execution went on behind a report that is known, and all in vain: it crashed, say. Those that
// are like it go to a fork at the report, until a fork with it has nothing else wrong again.
void ForgetReport() {
  const Control& control = *kernel.control;
  if (control.sanitizer_reports == 0) return;
  server.known.Remove(control.report);
  server.board->known = server.known;
}

WorkerTurn TakeTurn() {
  const Board& board = *server.board;
  const uint64_t clean = kernel.control->in_process_executions;
  server.told = board.reason;
  switch (board.reason) {
    case HandBack::kBatchDone:
      return WorkerTurn::kOver;
    case HandBack::kExhausted:
      kernel.control->exhausted = 1;
      kernel.control->progress = kernel.strategy->Progress();
      return WorkerTurn::kOver;
    case HandBack::kThreads:
      if (server.threads < kMaxLiveThreads) {
        server.threads = std::min(server.threads * kMoreThreads, kMaxLiveThreads);
        EndWorker();
        return WorkerTurn::kFork;
      }
      [[fallthrough]];
    case HandBack::kCannotUndo:
      ForgetReport();
      if (++server.left >= kManyLeft && server.left * 3 > clean) {
        RunByFork(ForkReason::kCannotUndo, board.text);
      }
      return WorkerTurn::kFork;
    case HandBack::kFound:
      ForgetReport();
      if (++server.found >= kManyFound && server.found > clean) RunByFork(ForkReason::kNone, "");
      return WorkerTurn::kFork;
    case HandBack::kBroken:
      board.checkpoint.GoBack();
      RunByFork(ForkReason::kBroken, board.text);
      return WorkerTurn::kFork;
    case HandBack::kStuck:
    case HandBack::kForForks:
    case HandBack::kSample:
      return WorkerTurn::kFork;
  }
  return WorkerTurn::kFork;
}

// Behind a fork with a finding. Its first report is known from now on, when that is all that was
// wrong.
void LearnReport(const ExecutionSummary& fork) {
  const bool ended =
      fork.state == ExecutionState::kComplete || fork.state == ExecutionState::kAbandoned;
  if (fork.report == 0 || !ended || kernel.control->finding.kind != FailureKind::kNone) return;
  server.known.Add(fork.report);
  if (server.board != nullptr) server.board->known = server.known;
}

// Whether the worker's execution and its fork were the same.
bool IsAsTold(const ExecutionSummary& told, const ExecutionSummary& fork, bool clean) {
  return clean == (told.known == 0) && told.wait_status == fork.wait_status &&
         told.report == fork.report && told.execution == fork.execution &&
         told.state == fork.state && told.points == fork.points && told.hash == fork.hash &&
         told.order == fork.order && told.threads_left == fork.threads_left;
}

}  // namespace

void PrepareWorkers() {
  PrepareHeap();
  if (SharesMemory() || Snapshot::Missing() != nullptr) return;
  const size_t board = (sizeof(Board) + kPageSize - 1) & ~(kPageSize - 1);
  const long region =
      RawSyscall(SYS_mmap, static_cast<long>(kRegion),
                 static_cast<long>(board + kCheckpointSize + kCopiesSize), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (region != static_cast<long>(kRegion)) return;
  server.board = reinterpret_cast<Board*>(region);
  server.checkpoint = reinterpret_cast<char*>(region) + board;
  server.copies = server.checkpoint + kCheckpointSize;
}

int WorkerProcess() { return server.process; }

void EndWorker() {
  if (server.process == 0) return;
  RawSyscall(SYS_kill, server.process, SIGKILL);
  int status = 0;
  while (RawSyscall(SYS_wait4, server.process, reinterpret_cast<long>(&status), 0, 0) == -EINTR) {
  }
  server.process = 0;
}

void BeginWorkersCampaign() {
  EndWorker();
  Control* control = kernel.control;
  control->in_process_executions = 0;
  control->fork_reason = ForkReason::kNone;
  memset(control->fork_frames, 0, sizeof control->fork_frames);
  server.allowed = MayRunHere();
  server.forks = server.owed = server.deaths = 0;
  server.left = server.found = 0;
  server.threads = kPooledThreads;
  server.renewed = 0;
  server.known.Clear();
  server.told = HandBack::kBatchDone;
}

WorkerTurn RunInWorker() {
  if (server.process != 0) RenewWorker();
  server.told = HandBack::kBatchDone;
  if (!server.allowed) return WorkerTurn::kFork;
  if (server.owed > 0) {
    --server.owed;
    return WorkerTurn::kFork;
  }
  if (server.process == 0) {
    if (server.forks++ < kForksFirst) return WorkerTurn::kFork;
    if (StartWorker()) return WorkerTurn::kBegins;
    if (!server.allowed) return WorkerTurn::kFork;
  } else {
    GiveTurn(server.board, Turn::kWorker);
  }
  if (AwaitWorker()) return TakeTurn();
  AfterDeath();
  if (server.owed > 0) --server.owed;
  return WorkerTurn::kFork;
}

void AfterFork(const ExecutionSummary& summary, bool clean) {
  char text[kMaxPlaceText];
  if (server.told == HandBack::kFound && clean && server.process != 0) {
    snprintf(text, sizeof text,
             "execution %lu ended in a finding or too early, and was clean in a fork",
             summary.execution);
    RunByFork(ForkReason::kDiffers, text);
  }
  if (!clean) LearnReport(summary);
  if (server.told != HandBack::kSample) return;
  const ExecutionSummary& told = server.board->sampled;
  if (IsAsTold(told, summary, clean)) return;
  snprintf(text, sizeof text, "execution %lu was another one than in a fork (%lu points, not %lu)",
           summary.execution, told.points, summary.points);
  RunByFork(ForkReason::kDiffers, text);
}

}  // namespace heddle::sim::runtime
