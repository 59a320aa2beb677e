#include "sim/runtime/serve/execution.h"

#include <pthread.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/protocol/hash.h"
#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/faults.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/lost_signals.h"
#include "sim/runtime/core/object_table.h"
#include "sim/runtime/core/own_state.h"
#include "sim/runtime/core/points.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/weak_memory.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/net.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/spins.h"
#include "sim/runtime/interpose/system_call_trap.h"
#include "sim/runtime/interpose/thread.h"
#include "sim/runtime/interpose/timers.h"
#include "sim/runtime/serve/control_block.h"
#include "sim/runtime/strategies/directed.h"
#include "sim/runtime/strategies/order.h"
#include "sim/runtime/strategies/replay.h"
#include "sim/runtime/strategies/stale_reads.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim::runtime {
namespace {

[[noreturn]] void ReplayDiverged(const char* message) {
  Fail(FailureKind::kDivergence, "%s", message);
}

std::unique_ptr<Strategy> RequestedStrategy(const char** error) {
  const Control& control = *kernel.control;
  if (control.directed != 0) {
    const auto* switches = reinterpret_cast<const Switch*>(kernel.request.replay);
    return MakeDirected({switches, control.directed_switches});
  }
  if (control.replay_steps > 0) {
    return MakeReplay({kernel.request.replay, control.replay_steps},
                      control.replay_open_end != 0 ? ReplayEnd::kOpen : ReplayEnd::kWithRecording,
                      ReplayDiverged);
  }
  const std::string_view name = control.spec.strategy.name.view();
  std::unique_ptr<Strategy> strategy =
      MakeStrategy(name, control.spec.strategy.parameters.view(), error);
  if (strategy == nullptr) return strategy;
  if (control.spec.memory == MemoryModel::kSc || control.spec.strategy.Plans()) return strategy;
  // The systematic searches and pctwm choose stores themselves, as does what plans; fifo takes the
  // newest.
  if (control.spec.strategy.Systematic() || name == "pctwm" || name == "fifo") return strategy;
  return WithStaleReads(std::move(strategy));
}

// How this execution runs. A replay's strategy plans nothing.
ExecutionPlan PlanOfExecution() {
  if (const ExecutionPlan* plan = kernel.strategy->Plan(); plan != nullptr) return *plan;
  const CampaignSpec& spec = kernel.control->spec;
  return {spec.strategy, spec.preempt, spec.memory, 0};
}

void ResetRequest() {
  Control& control = *kernel.control;
  control.plan = PlanOfExecution();
  Request& request = kernel.request;
  request.memory_points = control.plan.preempt != Preempt::kSync;
  request.weak = control.plan.memory != MemoryModel::kSc;
  request.watch_accesses = request.memory_points || request.weak;
  std::copy(std::begin(control.spec.stronger_sites), std::end(control.spec.stronger_sites),
            request.stronger_sites);
  request.stronger_by = control.spec.stronger_by;
  kernel.sites.Clear();
  if (control.plan.preempt == Preempt::kSites) {
    KERNEL_CHECK(control.site_count <= kMaxSites, "the sites fit into the control block");
    for (uint32_t i = 0; i < control.site_count; ++i) kernel.sites.Add(control.sites[i]);
  }
  request.step_budget = control.spec.step_budget;
  request.rules = control.spec.rules;
  request.report_leaks = control.spec.report_thread_leaks;
  tls_spin = {};
  kernel.debugger.stop_at = control.debugger == Debugger::kNone ? kNoStop : control.stop_at;
  kernel.debugger.stopping = false;
}

void ResetThreadTable() {
  ThreadTable& threads = kernel.threads;
  KERNEL_CHECK(threads.leaving == nullptr, "no thread of an earlier execution is on its way out");
  threads.current = nullptr;
  threads.slot_end = 0;
  threads.alive = 0;
  threads.waiting = threads.io_waiting = 0;
  threads.io_epoch = threads.io_changes = 1;
  threads.next_number = 0;
}

// What is spread over many pages of the process's own memory: a worker puts it back anyway, and to
// write it again would make each of these pages one more to put back.
void ResetTables() {
  ForgetLeftLocks();
  ForgetLostSignals();
  ResetTimers();
  ResetNetwork();
  ResetSignals();
}

void ResetAnswer(uint64_t execution) {
  Control* control = kernel.control;
  control->execution = execution;
  ++control->runs;
  control->points = 0;
  control->hash = kHashStart;
  control->sanitizer_reports = 0;
  control->report = 0;
  control->threads_left = 0;
  control->finding.kind = FailureKind::kNone;
  control->finding.threads = control->finding.place_count = 0;
  control->real_value_count = 0;
  control->stopped_at = kNoStop;
}

// The state every execution starts from.
void ResetState(uint64_t execution) {
  // Streams of their own, so that what the program draws does not shift the faults; named in ASCII.
  constexpr uint64_t kProgramStream = 0x70726f6772616d;  // "program"
  constexpr uint64_t kFaultStream = 0x6661756c7473;      // "faults"
  const CampaignSpec& spec = kernel.control->spec;
  ResetRequest();
  kernel.log.points = kernel.log.switches = 0;
  kernel.log.hash = kHashStart;
  kernel.log.check_at = std::min(kernel.request.step_budget, kernel.debugger.stop_at);
  kernel.execution.abandoned = false;
  kernel.execution.exiting = nullptr;
  kernel.execution.membarriers = 0;
  kernel.view.last_thread = kNoThread;
  kernel.view.last = {};
  kernel.clock = VirtualClock{};
  kernel.fairness = Fairness{};
  kernel.candidates.dirty = true;
  ResetThreadTable();
  ResetChildProcesses();
  kernel.program_random.Seed(Mix(spec.seed ^ kProgramStream, spec.same_random ? 0 : execution));
  ResetFaults(Random(Mix(spec.seed ^ kFaultStream, execution)));
  ResetObjects();
  ResetAnswer(execution);
}

}  // namespace

void CreateStrategy() {
  UseArena arena;
  Control& control = *kernel.control;
  const char* error = nullptr;
  std::unique_ptr<Strategy> strategy = RequestedStrategy(&error);
  if (strategy == nullptr) SetupFailed(error);
  const auto* learnt = reinterpret_cast<const uint64_t*>(kernel.request.replay);
  if (control.learnt_words > 0 && !strategy->TakeUp({learnt, control.learnt_words})) {
    SetupFailed("what the strategy is to go on from is not what it has learnt");
  }
  control.coverage = {};
  if (control.spec.track_objects) strategy = CountOrders(std::move(strategy), &control.coverage);
  kernel.strategy = strategy.release();  // of the campaign; the arena ends with it
  kernel.request.number_objects = kernel.strategy->WantsObjects() || control.spec.track_objects;
}

void ChooseHandOver() {
  const bool can_adopt = CanAdopt();
  if (kernel.control->spec.hand_over == HandOver::kAdoption && !can_adopt) {
    SetupFailed("this machine cannot adopt contexts (it has no FSGSBASE); use the baton");
  }
  kernel.carrier.baton = kernel.control->spec.hand_over == HandOver::kBaton || !can_adopt;
  kernel.control->hand_over_used =
      static_cast<uint32_t>(kernel.carrier.baton ? HandOver::kBaton : HandOver::kAdoption);
}

void KeepLearnt() {
  Control& control = *kernel.control;
  if (control.keep_learnt == 0) return;
  // The process may be killed meanwhile.
  __atomic_store_n(&control.kept_words, 0, __ATOMIC_RELEASE);
  auto* room = reinterpret_cast<uint64_t*>(const_cast<Step*>(kernel.request.replay));
  const size_t words = kernel.strategy->Keep({room, control.learnt_capacity});
  __atomic_store_n(&control.kept_words, words, __ATOMIC_RELEASE);
}

bool NextExecution(uint64_t execution) {
  UseArena arena;
  return kernel.strategy->NewExecution(Random(Mix(kernel.control->spec.seed, execution)));
}

void PrepareControl(RanBefore before) {
  ResetTables();
  // Then the thread is what it was when that began.
  if (before == RanBefore::kExecution && !kernel.carrier.own_states_differ) return;
  kernel.carrier.process = static_cast<int>(RawSyscall(SYS_getpid));
  kernel.carrier.kernel_id = KernelThreadId();
  if (kernel.threads.main == nullptr) kernel.threads.main = NewThread();
  Thread* main = kernel.threads.main;
  main->kernel_id = kernel.carrier.kernel_id;
  main->handle = pthread_self();
  main->context.fs_base = ReadFsBase();
  TakeOwnState(main);
}

void TakeControl(uint64_t execution, RanBefore before) {
  KERNEL_CHECK(!kernel.execution.active && tls_self == nullptr, "one execution runs at a time");
  ResetState(execution);
  if (kernel.execution.end_in_worker == nullptr) PrepareControl(before);
  Thread* main = kernel.threads.main;
  main->held_count = 0;
  main->pending = {};
  // libstdc++ counts references without atomics while there is one thread. ThreadSanitizer has one
  // of its own, so in tsan it never does.
  __libc_single_threaded = 0;
  main->alive = false;  // it may have been thread 0 of the execution before
  AddThread(main);
  KERNEL_CHECK(main->number == 0 && main->slot == 0, "the first thread is thread 0");
  ResetWeakMemory(kernel.control->plan.memory);
  kernel.threads.current = main;
  kernel.execution.active = true;
  kernel.control->process = kernel.carrier.process;
  kernel.control->current_thread = 0;
  kernel.control->state = ExecutionState::kRunning;
  tls_self = main;
  TrapSystemCalls();
}

void LoseControl() {
  ReleaseSystemCalls();
  if (kernel.execution.end_in_worker == nullptr) ReleaseTimeStampCounter();
  tls_self = nullptr;
  kernel.execution.active = false;
  Control* control = kernel.control;
  control->points = kernel.log.points;
  control->hash = kernel.log.hash;
  control->virtual_ns = static_cast<uint64_t>(kernel.clock.now);
  control->threads_left = kernel.threads.alive - kernel.threads.couriers - 1;
}

void CheckLeaks() {
  if (!kernel.request.report_leaks) return;
  ThreadNumber first = 0;
  const uint32_t leaked = LeakedThreads(&first);
  if (leaked == 0) return;
  Fail(FailureKind::kThreadLeak, "%u thread(s) neither joined nor detached, the first is thread %u",
       leaked, first);
}

void EndOfExecution() {
  UseArena arena;
  const ExecutionState state = kernel.control->state;
  const bool left_out = kernel.request.memory_points && !AccessesArePoints();
  ExecutionEnd end = ExecutionEnd::kFinding;
  if (state == ExecutionState::kComplete) {
    end = left_out ? ExecutionEnd::kAbandoned : ExecutionEnd::kComplete;
  } else if (state == ExecutionState::kAbandoned) {
    end = ExecutionEnd::kAbandoned;
  }
  kernel.strategy->EndExecution(end, kernel.view.last_thread, kernel.view.last);
  kernel.control->progress = kernel.strategy->Progress();
}

}  // namespace heddle::sim::runtime
