#include "sim/runtime/core/child_control.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>

#include <ctime>
#include <new>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/object_table.h"
#include "sim/runtime/core/points.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/core/process_tree.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/stacks.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/signal_delivery.h"

namespace heddle::sim::runtime {
namespace {

enum Turn : uint32_t { kRoots = 0, kChilds = 1 };

constinit ChildProcess* own = nullptr;

// --- The root's view: by position in the table ---

constinit uint32_t known = 0;  // how many of the table it has met
constinit Thread* child_threads[kMaxChildProcesses] = {};
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
  ChildProcesses()->next_number = kernel.threads.next_number;
}

void ReceiveState(const ChildProcess* child) {
  kernel.clock.now = child->now;
  kernel.log.points = child->points;
  kernel.log.hash = child->hash;
  kernel.threads.next_number = ChildProcesses()->next_number;
}

// A child: what `self` does next.
void AnnounceToRoot(const Thread* self) {
  own->pending = self->pending;
  own->waits = self->ready != nullptr;
  own->ready = self->enabled;
  own->timed_out = false;
  own->wait_room = self->wait_room;
  own->timeout_kind = self->timeout_kind;
  own->deadline = self->deadline;
  own->wait_address = self->wait_address;
}

// A child: until it was chosen.
void AwaitCommand(Thread* self) {
  for (;;) {
    while (!HasTurn(own, kChilds)) {
      RawSyscall(SYS_futex, reinterpret_cast<long>(&own->turn), FUTEX_WAIT, kRoots, 0);
    }
    switch (own->command) {
      case ChildProcess::kGoOn:
        ReceiveState(own);
        self->timed_out = own->timed_out;
        self->pending.kind = own->pending.kind;
        return;
      case ChildProcess::kIsReady:
        own->ready = CanGoOn(self);
        break;
      case ChildProcess::kReport:
        CaptureStack(&kernel.control->finding.reports[own->report]);
        break;
      case ChildProcess::kSignal:
        TakePostedSignals(&own->posted);
        AnnounceToRoot(self);
        break;
    }
    GiveTurn(own, kRoots);
  }
}

// --- The root's thread for a child ---

bool ReadyInChild(Thread* thread) {
  ChildProcess* child = ProcessOf(thread);
  // One that has ended is chosen, and then seen off.
  return !Command(child, ChildProcess::kIsReady) || child->ready;
}

// What the child says that it does next becomes its thread's.
void TakeAnnouncement(Thread* thread, const ChildProcess& child) {
  thread->pending = child.pending;
  if (child.pending.address != 0) {
    thread->pending.object = kernel.request.number_objects ? ObjectOf(child.pending.address) : 0;
  }
  thread->wait_address = child.wait_address;
  thread->wait_room = child.wait_room;
  thread->detail_frames = child.detail_frames;
  for (uint32_t i = 0; i < child.detail_frames; ++i) thread->detail_pcs[i] = child.detail_pcs[i];
  if (!child.waits) return SetEnabled(thread, true);
  thread->wait_io = true;
  BeginWait(thread, ReadyInChild, child.deadline, child.timeout_kind);
  SetEnabled(thread, thread->timed_out || child.ready);
  if (!thread->enabled) thread->passed_over_since = kNotPassedOver;
}

void RemoveChildThread(const ChildProcess* child) {
  Thread*& thread = child_threads[IndexOf(child)];
  if (thread == nullptr) return;
  if (thread->ready != nullptr) EndWait(thread);
  RemoveThread(thread);
  thread = nullptr;
}

void SeeOff(ChildProcess* child) {
  kernel.control->awaits_process = 1;
  HasEnded(child, -1);
  kernel.control->awaits_process = 0;
  // One that has found something has written it down: the execution is over.
  if (kernel.control->state == ExecutionState::kFinding) {
    RawSyscall(SYS_exit_group, kFindingExitStatus);
  }
  RemoveChildThread(child);
  MarkDead(child);
}

void OpenPidfd(const ChildProcess* child) {
  const long opened = RawSyscall(SYS_pidfd_open, child->process, 0);
  if (opened < 0) Unmodelled("a child process without pidfd_open (Linux 5.3)");
  const long moved = RawSyscall(SYS_fcntl, opened, F_DUPFD_CLOEXEC, kFirstHiddenDescriptor);
  RawSyscall(SYS_close, opened);
  KERNEL_CHECK(moved >= kFirstHiddenDescriptor, "there is a descriptor for a child process");
  pidfds[IndexOf(child)] = static_cast<int>(moved);
}

void AddChildThread(const ChildProcess* child) {
  Thread* thread = new (AllocatePrivate(sizeof(Thread))) Thread;
  const ThreadNumber next = kernel.threads.next_number;
  kernel.threads.next_number = static_cast<ThreadNumber>(child->number - kProcessNumber);
  AddThread(thread);
  kernel.threads.next_number = next;
  thread->child_process = IndexOf(child) + 1;
  thread->kernel_id = child->process;
  thread->pending = {.kind = OpKind::kThreadStart};
  child_threads[IndexOf(child)] = thread;
}

// Those that controlled processes have made.
void MeetNewChildren() {
  ChildTable* table = ChildProcesses();
  for (; known < table->count && table->processes[known].process != 0; ++known) {
    ChildProcess* child = &table->processes[known];
    if (child->stage != ChildStage::kControlled) continue;
    OpenPidfd(child);
    AddChildThread(child);
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
void LetChildRun(Thread* thread, ChildProcess* child) {
  while (Command(child, ChildProcess::kGoOn)) {
    ReceiveState(child);
    if (child->ending) break;
    if (child->attempt == kNoExec) {
      kernel.view.last = child->last;
      return TakeAnnouncement(thread, *child);
    }
    if (!HasExecuted(child)) continue;  // it is at no point: goes on at once
    RemoveChildThread(child);
    child->stage = ChildStage::kFree;
    ++ChildProcesses()->free;
    return SettleFreeProcesses();
  }
  SeeOff(child);
}

// Those that were posted to it; it may die of them.
void LetChildTakeSignals(ChildProcess* child) {
  Thread* thread = ThreadOfChild(child);
  KERNEL_CHECK(thread != nullptr, "a controlled child has a thread");
  if (!Command(child, ChildProcess::kSignal)) return SeeOff(child);
  if (thread->ready != nullptr) EndWait(thread);
  TakeAnnouncement(thread, *child);
  kernel.candidates.dirty = true;
}

// Its parent learns that it has ended.
void TellParent(ChildProcess* child) {
  child->told = true;
  --ChildProcesses()->untold;
  if (kernel.request.rules < kFirstWithChildSignals) return;
  if (child->parent == kProcessNumber) return ChildEnded(child, IndexOf(child) + 1);
  ChildProcess* parent = FindChildProcess(child->parent);
  if (parent == nullptr || parent->stage != ChildStage::kControlled || parent->ending) return;
  parent->posted.children[SIGCHLD - 1] = child->number;
  PostSignal(parent, SIGCHLD, child->number);
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

Thread* ThreadOfChild(const ChildProcess* child) {
  return own == nullptr ? child_threads[IndexOf(child)] : nullptr;
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
  kernel.carrier.baton = false;
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
  self->pending = own->pending = {.kind = OpKind::kThreadStart};
  AwaitCommand(self);
  HandlePending(self);
}

void BeforeExec() {
  SendState(own);
  own->last = kernel.threads.current->pending;
  own->attempt = kExecUnderWay;
  GiveTurn(own, kRoots);
}

void ExecFailed(Thread* self) {
  __atomic_store_n(&own->attempt, kExecFailed, __ATOMIC_RELEASE);
  AwaitCommand(self);
}

void BeforeChildEnds() {
  SendState(own);
  own->ending = true;
  GiveTurn(own, kRoots);
}

void ScheduleInChild(Thread* self) {
  SendState(own);
  own->last = kernel.view.last;
  AnnounceToRoot(self);
  own->lock_left_by = kNoThread;
  if (const LeftLock* left = LeftBy(self->wait_address); own->waits && left != nullptr) {
    own->lock_left_by = left->thread;
  }
  own->detail_frames = self->detail_frames;
  for (uint32_t i = 0; i < self->detail_frames; ++i) own->detail_pcs[i] = self->detail_pcs[i];
  GiveTurn(own, kRoots);
  AwaitCommand(self);
}

void RunChild(Thread* thread) {
  KERNEL_CHECK(own == nullptr, "the root lets children run");
  ChildProcess* child = ProcessOf(thread);
  child->timed_out = thread->timed_out;
  child->pending.kind = thread->pending.kind;
  if (thread->ready != nullptr) EndWait(thread);
  SendState(child);
  kernel.control->current_thread = thread->number;
  const int64_t before = kernel.clock.now;
  LetChildRun(thread, child);
  MeetNewChildren();
  SeeOffKilledChildren();
  if (kernel.clock.now != before) ClockMoved();
  IoChanged();
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
      if (child->posted.set == 0 || child->stage != ChildStage::kControlled) continue;
      LetChildTakeSignals(child);
      again = true;  // it may have died
    }
  }
}

void ReportChild(const Thread* thread, uint32_t report) {
  ChildProcess* child = ProcessOf(thread);
  child->report = report;
  Command(child, ChildProcess::kReport);
}

}  // namespace heddle::sim::runtime
