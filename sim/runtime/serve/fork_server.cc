#include "sim/runtime/serve/fork_server.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/early_threads.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/object_table.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/tsan.h"
#include "sim/runtime/interpose/tsan_threads.h"
#include "sim/runtime/serve/control_block.h"
#include "sim/runtime/serve/crash.h"
#include "sim/runtime/serve/execution.h"
#include "sim/runtime/serve/leftovers.h"
#include "sim/runtime/serve/private_state.h"
#include "sim/runtime/serve/tsan_report.h"
#include "sim/runtime/serve/watchdog.h"
#include "sim/runtime/serve/worker.h"

HEDDLE_REAL(fork, long, long, long, long, long, long, long)

namespace heddle::sim::runtime {
namespace {

constinit bool served = false;

// Reads one command; the end of the pipe means that the supervisor is gone.
void AwaitCommand() {
  char command;
  if (RawSyscall(SYS_read, kCommandDescriptor, reinterpret_cast<long>(&command), 1) != 1) {
    RawSyscall(SYS_exit_group, 0);
  }
}

void Answer() {
  const char answer = 1;
  RawSyscall(SYS_write, kAnswerDescriptor, reinterpret_cast<long>(&answer), 1);
}

bool Clean(const ExecutionSummary& summary) {
  return (summary.state == ExecutionState::kComplete ||
          summary.state == ExecutionState::kAbandoned) &&
         summary.wait_status == 0 && kernel.control->sanitizer_reports == 0;
}

// In the child: makes it the execution.
// ThreadSanitizer keeps four accesses for eight bytes of memory. Which one it forgets depends on
// how many events the thread has had: another number in each execution lets it see other races, and
// the same number in a replay the same ones.
void VaryDetector(uint64_t execution) {
  constexpr uint64_t kKept = 4;
  if (__real___tsan_read1 == nullptr) return;
  static char events;
  for (uint64_t i = execution % kKept; i > 0; --i) {
    TsanRelease(&events);
    __real___tsan_read1(&events);
  }
}

// One execution in a fork. True in the child, which is to run it; false in the server when it is
// over and written down.
bool ForkExecution(uint64_t execution) {
  Control* control = kernel.control;
  if (control->capture_output != 0) {
    RawSyscall(SYS_ftruncate, 1, 0);
    RawSyscall(SYS_ftruncate, 2, 0);
  }
  const long child = ForkProcess();
  if (child == 0) {
    BeginServedProcess();
    BeginExecution(execution);
    return true;
  }
  if (child < 0) SetupFailed("fork failed");
  int status = 0;
  while (RawSyscall(SYS_wait4, child, reinterpret_cast<long>(&status), 0, 0) == -EINTR) {
  }
  RemoveLeftovers(WorkerProcess());
  if (RenewPrivateState()) EndWorker();
  KERNEL_CHECK(control->batch_done < kMaxBatch, "a batch has a summary for each execution");
  ExecutionSummary& summary = control->summaries[control->batch_done];
  summary = {.state = control->state,
             .wait_status = status,
             .execution = execution,
             .points = control->points,
             .hash = control->hash,
             .threads_left = control->threads_left,
             .arm = control->plan.arm,
             .report = control->report};
  ++control->batch_done;
  return false;
}

// Executions up to the first that is not clean. True in a child.
bool ServeBatch() {
  Control* control = kernel.control;
  control->batch_done = 0;
  control->exhausted = 0;
  for (uint64_t& total : control->fault_totals) total = 0;
  if (RenewIfOutsideChanged()) EndWorker();
  while (control->batch_done < control->batch && control->batch_done < kMaxBatch) {
    const WorkerTurn turn = RunInWorker();
    if (turn != WorkerTurn::kFork) return turn == WorkerTurn::kBegins;
    const uint64_t execution =
        control->first_execution + uint64_t{control->batch_done} * control->stride;
    control->state = ExecutionState::kNone;
    if (!NextExecution(execution)) {
      control->exhausted = 1;
      control->progress = kernel.strategy->Progress();
      return false;
    }
    if (ForkExecution(execution)) return true;
    EndOfExecution();
    ExecutionSummary& summary = control->summaries[control->batch_done - 1];
    summary.order = kernel.strategy->Order();
    const bool clean = Clean(summary);
    AfterFork(summary, clean);
    if (!clean) return false;
  }
  return false;
}

void RefuseEarlyThreads() {
  const uint64_t* frames = EndEarlyThreads();
  if (frames == nullptr || kernel.control->early_threads == EarlyThreads::kIgnored) return;
  for (uint32_t i = 0; i < kMaxDetailFrames; ++i) kernel.control->early_thread[i] = frames[i];
  SetupFailed(
      "a thread that runs before control begins is not under control; end it first, or let control "
      "begin earlier");
}

// Under a debugger this process is the one execution.
void RunUnderDebugger() {
  CreateStrategy();
  kernel.control->state = ExecutionState::kNone;
  if (!NextExecution(kernel.control->first_execution)) SetupFailed("there is nothing to replay");
  MapChildProcesses();
  if (BecomePrivate()) {
    BeginPrivateState();
    LeaveServersState();
  }
  CatchCrashes();
  NoteHandlers();
  // The time stamp counter stays the real one: a debugger would stop at each read of it.
  served = true;
  TakeControl(kernel.control->first_execution);
}

}  // namespace

bool IsServed() { return served; }

long ForkProcess() {
  const WithoutTsansThread scope;
  // Not through ThreadSanitizer's interceptor: each call would move the server's own clock, and
  // which accesses the detector remembers depends on it.
  return LIBC(fork)(0, 0, 0, 0, 0, 0);
}

void BeginExecution(uint64_t execution) {
  VaryDetector(execution);
  TakeControl(execution);
}

void BeginServedProcess() {
  RawSyscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  RawSyscall(SYS_close, kCommandDescriptor);
  RawSyscall(SYS_close, kAnswerDescriptor);
  LeaveServersState();
  CatchCrashes();
  TrapTimeStampCounter();
  CatchWatchdog();
  NoteHandlers();
  // Where only a process's ancestors may attach to it, a debugger has to be let in.
  if (kernel.control->debugger != Debugger::kNone) RawSyscall(SYS_prctl, PR_SET_PTRACER, -1);
  served = true;
}

void Serve() {
  Control* control = kernel.control;
  KERNEL_CHECK(!served && tls_self == nullptr, "the fork server runs free");
  ChooseHandOver();
  TakeOutside();
  FillModules();
  RefuseEarlyThreads();
  if (control->debugger == Debugger::kStarts) return RunUnderDebugger();
  RawSyscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  ResolveRealFunctions();
  AdoptLeftProcesses();
  if (control->capture_output != 0) PrepareTsanReports();  // else with names, by another program
  PrepareWorkers();
  ReserveObjects();
  MapChildProcesses();
  BeginPrivateState();
  control->setup_done = 1;
  Answer();
  uint32_t campaign = 0;
  for (;;) {
    AwaitCommand();
    if (control->campaign_number != campaign) {
      campaign = control->campaign_number;
      MapRegions();
      ChooseHandOver();
      CreateStrategy();
      BeginWorkersCampaign();
    }
    if (ServeBatch()) return;
    KeepLearnt();
    Answer();
  }
}

}  // namespace heddle::sim::runtime
