#include "sim/runtime/core/child_control.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <ctime>
#include <new>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/child_threads.h"
#include "sim/runtime/core/hand_over.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/points.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/core/process_tree.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/core/wait_queue.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/thread_pool.h"
#include "sim/runtime/interpose/timers.h"

namespace heddle::sim::runtime {
namespace {

enum Turn : uint32_t { kRoots = 0, kChilds = 1 };

constinit ChildProcess* own = nullptr;

// --- The root's view: by position in the table ---

constinit uint32_t known = 0;  // how many of the table it has met
constinit int pidfds[kMaxChildProcesses] = {};

uint32_t IndexOf(const ChildProcess* child) {
  return static_cast<uint32_t>(child - ChildProcesses()->processes);
}

ChildProcess* ProcessOf(const Thread* thread) {
  KERNEL_CHECK(thread->child_process != 0, "the thread is a child process's");
  return &ChildProcesses()->processes[thread->child_process - 1];
}

// Whether it has ended, at most `ms` from now (-1: however long it takes).
bool HasEnded(const ChildProcess* child, int ms) {
  pollfd entry = {pidfds[IndexOf(child)], POLLIN, 0};
  return RawSyscall(SYS_poll, reinterpret_cast<long>(&entry), 1, ms) > 0;
}

// --- Handing over (the futexes are not private: another process wakes) ---

void GiveTurn(ChildProcess* child, Turn turn) {
  __atomic_store_n(&child->turn, turn, __ATOMIC_RELEASE);
  RawSyscall(SYS_futex, reinterpret_cast<long>(&child->turn), FUTEX_WAKE, 1);
}

bool HasTurn(const ChildProcess* child, Turn turn) {
  return __atomic_load_n(&child->turn, __ATOMIC_ACQUIRE) == turn;
}

// The root: the child does what `command` says. False: it has ended instead.
bool Command(ChildProcess* child, ChildProcess::Command command) {
  constexpr timespec kMoment = {0, 2'000'000};  // how soon a child is missed that was killed
  child->command = command;
  kernel.control->awaits_process = 1;
  GiveTurn(child, kChilds);
  bool ended = false;
  while (!HasTurn(child, kRoots) && !ended) {
    RawSyscall(SYS_futex, reinterpret_cast<long>(&child->turn), FUTEX_WAIT, kChilds,
               reinterpret_cast<long>(&kMoment));
    ended = HasEnded(child, 0);
  }
  kernel.control->awaits_process = 0;
  return HasTurn(child, kRoots);
}

// The execution's state, which goes with control.
void SendState(ChildProcess* child) {
  child->now = kernel.clock.now;
  child->points = kernel.log.points;
  child->hash = kernel.log.hash;
  child->io_changes = kernel.threads.io_changes;
  ChildProcesses()->next_number = kernel.threads.next_number;
}

void ReceiveState(const ChildProcess* child) {
  kernel.clock.now = child->now;
  kernel.log.points = child->points;
  kernel.log.hash = child->hash;
  kernel.threads.io_changes = child->io_changes;
  kernel.threads.next_number = ChildProcesses()->next_number;
}

// A child: the stack of one of its threads (report.cc does the same in the root).
void CaptureInChild(Thread* thread) {
  Thread* self = kernel.threads.current;
  ThreadReport* report = &kernel.control->finding.reports[own->report];
  if (thread == self) return CaptureStack(report);
  if (thread->is_courier) return;
  kernel.capture.asker = self;
  kernel.capture.into = report;
  kernel.threads.current = thread;
  SwitchContext(self, thread);
  kernel.threads.current = self;
}

// A child: until one of its threads was chosen.
Thread* AwaitCommand() {
  for (;;) {
    while (!HasTurn(own, kChilds)) {
      RawSyscall(SYS_futex, reinterpret_cast<long>(&own->turn), FUTEX_WAIT, kRoots, 0);
    }
    ReceiveState(own);
    Thread* thread =
        own->thread < kernel.threads.slot_end ? kernel.threads.slots[own->thread] : nullptr;
    switch (own->command) {
      case ChildProcess::kGoOn:
        KERNEL_CHECK(thread != nullptr, "the thread that was chosen is there");
        thread->timed_out = own->timed_out;
        thread->pending.kind = own->chosen_kind;
        return thread;
      case ChildProcess::kIsReady:
        own->ready = CanGoOn(thread);
        break;
      case ChildProcess::kReport:
        CaptureInChild(thread);
        break;
      case ChildProcess::kSignal:
        TakePostedSignals(&own->posted);
        AnnounceThreads(own, nullptr);
        break;
      case ChildProcess::kFireTimers:
        TimersFire();
        AnnounceThreads(own, nullptr);
        break;
    }
    GiveTurn(own, kRoots);
  }
}

bool ReadyInChild(Thread* thread) {
  ChildProcess* child = ProcessOf(thread);
  child->thread = thread->child_slot;
  SendState(child);
  // One that has ended is chosen, and then seen off.
  return !Command(child, ChildProcess::kIsReady) || child->ready;
}

void SeeOff(ChildProcess* child) {
  kernel.control->awaits_process = 1;
  HasEnded(child, -1);
  kernel.control->awaits_process = 0;
  // One that has found something has written it down: the execution is over.
  if (kernel.control->state == ExecutionState::kFinding) {
    RawSyscall(SYS_exit_group, kFindingExitStatus);
  }
  RemoveChildThreads(IndexOf(child));
  LeaveSharedQueues(child->number);
  child->timers_earliest = kNever;
  MarkDead(child);
  IoChanged();  // what it had open is closed
}

void OpenPidfd(const ChildProcess* child) {
  const long opened = RawSyscall(SYS_pidfd_open, child->process, 0);
  if (opened < 0) Unmodelled("a child process without pidfd_open (Linux 5.3)");
  const long moved = RawSyscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, kFirstHiddenDescriptor);
  RawSyscall(SYS_close, opened);
  KERNEL_CHECK(moved >= kFirstHiddenDescriptor, "there is a descriptor for a child process");
  pidfds[IndexOf(child)] = static_cast<int>(moved);
}

// Those that controlled processes have made.
void MeetNewChildren() {
  ChildTable* table = ChildProcesses();
  for (; known < table->count && table->processes[known].process != 0; ++known) {
    ChildProcess* child = &table->processes[known];
    if (child->stage != ChildStage::kControlled) continue;
    OpenPidfd(child);
    AddChildThread(child, IndexOf(child), 0,
                   static_cast<ThreadNumber>(child->number - kProcessNumber));
  }
}

// Whether it has become another program. (Both know the table by the same address.) If not, it
// waits for its turn.
bool HasExecuted(ChildProcess* child) {
  kernel.control->awaits_process = 1;
  bool executed;
  do {
    RawSyscall(SYS_sched_yield);
    executed = HasEnded(child, 0) || !HasMapping(child->process, ChildProcesses());
  } while (!executed && __atomic_load_n(&child->attempt, __ATOMIC_ACQUIRE) == kExecUnderWay);
  kernel.control->awaits_process = 0;
  child->attempt = kNoExec;
  return executed;
}

// One operation of the child, and the code behind it.
void LetChildRun(ChildProcess* child) {
  while (Command(child, ChildProcess::kGoOn)) {
    ReceiveState(child);
    if (child->ending) break;
    if (child->attempt == kNoExec) {
      kernel.view.last = child->last;
      return TakeAnnouncements(child, IndexOf(child), ReadyInChild);
    }
    if (!HasExecuted(child)) continue;  // it is at no point: goes on at once
    RemoveChildThreads(IndexOf(child));
    child->timers_earliest = kNever;
    child->stage = ChildStage::kFree;
    ++ChildProcesses()->free;
    return SettleFreeProcesses();
  }
  SeeOff(child);
}

// Those that were posted to it; it may die of them.
void LetChildTakeSignals(ChildProcess* child) {
  SendState(child);
  if (!Command(child, ChildProcess::kSignal)) return SeeOff(child);
  TakeAnnouncements(child, IndexOf(child), ReadyInChild);
}

// SIGCHLD, to a parent that is another child.
void PostToParent(const ChildProcess* child) {
  ChildProcess* parent = FindChildProcess(child->parent);
  if (parent == nullptr || parent->stage != ChildStage::kControlled || parent->ending) return;
  parent->posted.children[SIGCHLD - 1] = child->number;
  PostSignal(parent, SIGCHLD, child->number);
}

// Its parent learns that it has ended.
void TellParent(ChildProcess* child) {
  child->told = true;
  --ChildProcesses()->untold;
  if (kernel.request.rules < kFirstWithChildSignals) return;
  if (child->parent == kProcessNumber) return ChildEnded(child, IndexOf(child) + 1);
  PostToParent(child);
}

// Its parent learns that it has stopped or goes on.
void TellNews(ChildProcess* child) {
  child->news_told = true;
  if (child->parent == kProcessNumber) return ChildHasNews(child);
  PostToParent(child);
}

// The strategy is offered the threads of those that have not stopped.
void HaltOrGoOn(ChildProcess* child) {
  if (child->stopped == child->halted || child->ending) return;
  child->halted = child->stopped;
  if (child->halted) return RemoveChildThreads(IndexOf(child));
  for (ChildThread& thread : child->threads) thread.changed = true;
  TakeAnnouncements(child, IndexOf(child), ReadyInChild);
}

// It may have changed what others wait for in memory that they share.
void AskThoseThatWait() {
  for (uint32_t i = 0; i < kernel.threads.slot_end; ++i) {
    Thread* thread = kernel.threads.slots[i];
    if (thread != nullptr && thread->ready != nullptr && thread->child_process == 0) {
      SetEnabled(thread, CanGoOn(thread));
    }
  }
}

}  // namespace

void ResetChildControl() {
  own = nullptr;
  known = 0;
}

ChildProcess* OwnChildProcess() { return own; }

bool IsChildDescriptor(int descriptor) {
  if (descriptor < kFirstHiddenDescriptor) return false;
  for (uint32_t i = 0; i < known; ++i) {
    if (pidfds[i] == descriptor) return true;
  }
  return false;
}

void SeeOffKilledChildren() {
  KERNEL_CHECK(own == nullptr, "the root sees children off");
  for (uint32_t i = 0; i < known; ++i) {
    ChildProcess* child = &ChildProcesses()->processes[i];
    if (child->ending && child->stage == ChildStage::kControlled) SeeOff(child);
  }
}

void ForkedInParent(ChildProcess* child, int process) {
  child->process = process;
  if (own == nullptr) MeetNewChildren();
}

void StartedFree(ChildProcess* child, int process) {
  child->stage = ChildStage::kFree;
  ++ChildProcesses()->free;
  ForkedInParent(child, process);
  SettleFreeProcesses();
  IoChanged();
}

void ForkedInChild(Thread* self, ChildProcess* child) {
  own = child;
  kernel.carrier.process = static_cast<int>(RawSyscall(SYS_getpid));
  kernel.carrier.kernel_id = KernelThreadId();
  if (CanAdopt()) kernel.carrier.baton = false;
  self->kernel_id = kernel.carrier.kernel_id;
  ThreadTable& table = kernel.threads;
  for (uint32_t i = 0; i < table.slot_end; ++i) {
    Thread* thread = table.slots[i];
    table.slots[i] = nullptr;
    if (thread == nullptr || thread == self) continue;
    LeaveLocks(thread);
    thread->alive = thread->enabled = false;
  }
  table.slots[0] = self;
  table.slot_end = table.alive = 1;
  ForgetSignals();
  ForgetThreads(self);
  ForgetQueues();
  table.waiting = table.io_waiting = 0;
  table.current = table.main = self;
  self->slot = 0;
  self->number = static_cast<ThreadNumber>(child->number - kProcessNumber);
  self->enabled = true;
  kernel.execution.exiting = nullptr;
  kernel.fairness.forced = nullptr;
  kernel.clock.earliest_deadline = kNever;
  // What it draws is its own.
  kernel.program_random.Seed(kernel.program_random.Next() ^ static_cast<uint64_t>(child->number));
  self->pending = {.kind = OpKind::kThreadStart};
  own->thread_end = 1;
  own->threads[0] = {.alive = true, .number = self->number, .pending = self->pending};
  AwaitCommand();
  HandlePending(self);
}

void BeforeExec() {
  SendState(own);
  own->last = kernel.threads.current->pending;
  own->attempt = kExecUnderWay;
  GiveTurn(own, kRoots);
}

void ExecFailed() {
  __atomic_store_n(&own->attempt, kExecFailed, __ATOMIC_RELEASE);
  AwaitCommand();
}

void BeforeChildEnds() {
  SendState(own);
  own->ending = true;
  GiveTurn(own, kRoots);
}

Thread* ScheduleInChild(const Thread* ran) {
  own->last = kernel.view.last;
  AnnounceThreads(own, ran);
  SendState(own);
  GiveTurn(own, kRoots);
  return AwaitCommand();
}

int64_t ChildTimersEarliest() {
  int64_t earliest = kNever;
  for (uint32_t i = 0; own == nullptr && i < known; ++i) {
    earliest = std::min(earliest, ChildProcesses()->processes[i].timers_earliest);
  }
  return earliest;
}

void ChildTimersFire() {
  for (uint32_t i = 0; own == nullptr && i < known; ++i) {
    ChildProcess* child = &ChildProcesses()->processes[i];
    if (child->stage != ChildStage::kControlled || child->ending || child->halted) continue;
    if (child->timers_earliest > kernel.clock.now) continue;
    SendState(child);
    if (Command(child, ChildProcess::kFireTimers)) {
      TakeAnnouncements(child, IndexOf(child), ReadyInChild);
    } else {
      SeeOff(child);
    }
  }
}

void RunChild(Thread* thread) {
  KERNEL_CHECK(own == nullptr, "the root lets children run");
  ChildProcess* child = ProcessOf(thread);
  child->thread = thread->child_slot;
  child->timed_out = thread->timed_out;
  child->chosen_kind = thread->pending.kind;
  if (thread->ready != nullptr) EndWait(thread);
  SendState(child);
  kernel.control->current_thread = thread->number;
  const int64_t before = kernel.clock.now;
  LetChildRun(child);
  MeetNewChildren();
  SeeOffKilledChildren();
  if (kernel.clock.now != before) ClockMoved();
  OthersMayHaveChangedIo();
  AskThoseThatWait();
  kernel.candidates.dirty = true;
  kernel.control->current_thread = kernel.threads.current->number;
}

void PostSignal(ChildProcess* child, int signal, int sender) {
  if (!IsModelled(signal)) Unmodelled("a fault's signal, or one that stops, to another process");
  PostedSignals& posted = child != nullptr ? child->posted : ChildProcesses()->posted_to_root;
  posted.set |= SignalBit(signal);
  posted.senders[signal - 1] = sender;
  if (own == nullptr) kernel.candidates.dirty = true;
}

void DeliverBetweenProcesses() {
  KERNEL_CHECK(own == nullptr, "the root delivers");
  ChildTable* table = ChildProcesses();
  for (bool again = true; again;) {
    for (uint32_t i = 0; i < table->count && table->untold != 0; ++i) {
      ChildProcess* child = &table->processes[i];
      if (child->stage == ChildStage::kDead && !child->told) TellParent(child);
    }
    if (table->posted_to_root.set != 0) TakePostedSignals(&table->posted_to_root);
    again = table->untold != 0;
    for (uint32_t i = 0; i < known; ++i) {
      ChildProcess* child = &table->processes[i];
      if (child->news != 0 && !child->news_told) TellNews(child);
      if (child->stage != ChildStage::kControlled) continue;
      HaltOrGoOn(child);
      if (child->posted.set == 0 || child->halted) continue;
      LetChildTakeSignals(child);
      again = true;  // it may have died
    }
  }
}

void ReportChild(const Thread* thread, uint32_t report) {
  ChildProcess* child = ProcessOf(thread);
  child->report = report;
  child->thread = thread->child_slot;
  SendState(child);
  Command(child, ChildProcess::kReport);
}

}  // namespace heddle::sim::runtime
