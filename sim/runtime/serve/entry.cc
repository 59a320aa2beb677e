// How control begins and ends: the control block, the fork server in front of main(), Run(), crash
// signals and the watchdog.
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/strategies/directed.h"
#include "sim/runtime/strategies/order.h"
#include "sim/runtime/strategies/replay.h"
#include "sim/runtime/strategies/strategies.h"

HEDDLE_REAL(fork, long, long, long, long, long, long, long)
HEDDLE_REAL(waitpid, int, int, int*, int)
HEDDLE_REAL(sigaction, int, int, const struct sigaction*, struct sigaction*)
HEDDLE_REAL(pthread_mutex_lock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_unlock, int, pthread_mutex_t*)
HEDDLE_REAL(pthread_mutex_destroy, int, pthread_mutex_t*)

extern "C" int __real_main(int, char**, char**);

namespace heddle::sim {

const char* Flavour() { return runtime::kFlavour; }

namespace runtime {

void InitSystemRanges();     // interpose_process.cc
void PatchNewInLibraries();  // interpose_memory.cc
void ResetObjects();         // scheduler.cc
void ResetTimers();          // interpose_time.cc
void RecordFinding(FailureKind kind, const char* message, bool all_threads);  // report.cc

namespace {

constinit Thread* main_thread = nullptr;
constinit bool served = false;  // this process was started by a supervisor and is an execution

[[noreturn]] void SetupFailed(const char* message) {
  dprintf(2, "heddle: %s\n", message);
  if (kernel.control != nullptr) {
    snprintf(kernel.control->finding.message, sizeof kernel.control->finding.message, "%s",
             message);
  }
  RawSyscall(SYS_exit_group, kSetupExitStatus);
  __builtin_unreachable();
}

void* MapMemory(size_t size, int flags, int descriptor) {
  const long address = RawSyscall(SYS_mmap, 0, static_cast<long>(size), PROT_READ | PROT_WRITE,
                                  flags, descriptor, 0);
  if (address < 0 && address > -4096) SetupFailed("out of address space for the control block");
  return reinterpret_cast<void*>(address);
}

// --- Crash signals: note what and where, then die of it as before ---

void OnCrash(int signal) {
  tls_self = nullptr;
  if (kernel.control != nullptr && kernel.control->state == ExecutionState::kRunning) {
    char message[96];
    snprintf(message, sizeof message, "died of signal %d (SIG%s)", signal, sigabbrev_np(signal));
    kernel.execution.active = false;  // no switching from here
    RecordFinding(FailureKind::kCrash, message, false);
  }
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  LIBC(sigaction)(signal, &standard, nullptr);
  if (signal == SIGABRT)
    RawSyscall(SYS_tgkill, kernel.carrier.process, kernel.carrier.kernel_id, signal);
}

constinit char signal_stack[64 << 10] = {};

void CatchCrashes() {
  stack_t stack = {};
  stack.ss_sp = signal_stack;
  stack.ss_size = sizeof signal_stack;
  RawSyscall(SYS_sigaltstack, reinterpret_cast<long>(&stack), 0);
  struct sigaction action = {};
  action.sa_handler = OnCrash;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  // The sanitizers report faults themselves, with more to say.
  const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  if (strcmp(kFlavour, "det") == 0) {
    for (const int signal : faults) LIBC(sigaction)(signal, &action, nullptr);
  }
  LIBC(sigaction)(SIGABRT, &action, nullptr);
}

// --- Watchdog: uninstrumented code that spins, or blocks, never reaches a point ---

constinit uint64_t watchdog_points = 0;
constinit uint32_t watchdog_idle = 0, watchdog_limit = 0;
constexpr int kWatchdogSignal = 58;

void OnWatchdog(int) {
  if (KernelThreadId() != kernel.carrier.kernel_id && !kernel.carrier.baton) {
    RawSyscall(SYS_tgkill, kernel.carrier.process, kernel.carrier.kernel_id, kWatchdogSignal);
    return;
  }
  if (!kernel.execution.active || kernel.log.points != watchdog_points) {
    watchdog_points = kernel.log.points;
    watchdog_idle = 0;
    return;
  }
  if (++watchdog_idle < watchdog_limit) return;
  tls_self = nullptr;
  char message[256];
  snprintf(message, sizeof message,
           "thread %u has not reached a schedule point for %u seconds after its %s: it spins or "
           "blocks in code that is not instrumented",
           kernel.threads.current->number, watchdog_limit,
           OpKindName(kernel.threads.current->pending.kind));
  dprintf(2, "heddle: %s: %s\n", FailureKindName(FailureKind::kUncontrolled), message);
  kernel.execution.active = false;
  RecordFinding(FailureKind::kUncontrolled, message, false);
  RawSyscall(SYS_exit_group, kFindingExitStatus);
}

void StartWatchdog(uint32_t seconds) {
  if (seconds == 0) return;
  watchdog_limit = seconds;
  watchdog_idle = 0;
  watchdog_points = 0;
  struct sigaction action = {};
  action.sa_handler = OnWatchdog;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  LIBC(sigaction)(kWatchdogSignal, &action, nullptr);
  struct sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = kWatchdogSignal;
  int timer = 0;
  RawSyscall(SYS_timer_create, CLOCK_MONOTONIC, reinterpret_cast<long>(&event),
             reinterpret_cast<long>(&timer));
  const struct itimerspec every_second = {{1, 0}, {1, 0}};
  RawSyscall(SYS_timer_settime, timer, 0, reinterpret_cast<long>(&every_second), 0);
}

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
  return MakeStrategy(control.strategy, control.parameters, error);
}

void CreateStrategy() {
  UseArena arena;
  const Control& control = *kernel.control;
  const char* error = nullptr;
  std::unique_ptr<Strategy> strategy = RequestedStrategy(&error);
  if (strategy == nullptr) SetupFailed(error);
  if (control.track_objects != 0) strategy = CountOrders(std::move(strategy));
  kernel.strategy = strategy.release();  // of the campaign; the arena ends with it
  kernel.request.number_objects = kernel.strategy->WantsObjects() || control.track_objects != 0;
}

void ChooseHandOver() {
  const bool can_adopt = CanAdopt();
  if (kernel.control->hand_over == HandOver::kAdoption && !can_adopt) {
    SetupFailed("this machine cannot adopt contexts (no FSGSBASE); use the baton");
  }
  kernel.carrier.baton = kernel.control->hand_over == HandOver::kBaton || !can_adopt;
  kernel.control->hand_over_used =
      static_cast<uint32_t>(kernel.carrier.baton ? HandOver::kBaton : HandOver::kAdoption);
}

void MapRegions(char* memory) {
  kernel.control = reinterpret_cast<Control*>(memory);
  kernel.log.steps = reinterpret_cast<Step*>(memory + kernel.control->log_offset);
  kernel.log.capacity = kernel.control->log_capacity;
  kernel.log.objects =
      kernel.control->object_log_offset == 0
          ? nullptr
          : reinterpret_cast<ObjectId*>(memory + kernel.control->object_log_offset);
  kernel.request.replay = reinterpret_cast<const Step*>(memory + kernel.control->replay_offset);
  kernel.log.details = reinterpret_cast<StepDetail*>(memory + kernel.control->detail_offset);
  kernel.log.detail_capacity = kernel.control->detail_capacity;
  ArenaInit(memory + kernel.control->arena_offset, kernel.control->arena_size);
  snprintf(kernel.control->flavour, sizeof kernel.control->flavour, "%s", kFlavour);
  snprintf(kernel.control->compiler, sizeof kernel.control->compiler, "%s", __VERSION__);
}

// Asks the strategy for a new execution; false when it has nothing left.
bool NextExecution(uint64_t execution) {
  UseArena arena;
  return kernel.strategy->NewExecution(Random(Mix(kernel.control->seed, execution)));
}

void EndOfExecution() {
  UseArena arena;
  const ExecutionState state = kernel.control->state;
  const ExecutionEnd end = state == ExecutionState::kComplete    ? ExecutionEnd::kComplete
                           : state == ExecutionState::kAbandoned ? ExecutionEnd::kAbandoned
                                                                 : ExecutionEnd::kFinding;
  kernel.strategy->EndExecution(end, kernel.view.last_thread, kernel.view.last);
  kernel.control->progress = kernel.strategy->Progress();
}

// The state every execution starts from.
void ResetState(uint64_t execution) {
  Control* control = kernel.control;
  kernel.request.memory_points = control->preempt != Preempt::kSync;
  kernel.request.sites.Clear();
  if (control->preempt == Preempt::kSites) {
    for (uint32_t i = 0; i < control->site_count; ++i) kernel.request.sites.Add(control->sites[i]);
  }
  kernel.request.step_budget = control->step_budget;
  kernel.debugger.stop_at = control->debugger == Debugger::kNone ? kNoStop : control->stop_at;
  kernel.log.check_at = std::min(kernel.request.step_budget, kernel.debugger.stop_at);
  kernel.debugger.stopping = false;
  kernel.request.report_leaks = control->report_thread_leaks != 0;
  kernel.log.points = kernel.log.switches = 0;
  kernel.log.hash = kHashStart;
  kernel.execution.abandoned = false;
  kernel.view.last_thread = kNoThread;
  kernel.view.last = {};
  kernel.fairness.forced = nullptr;
  kernel.fairness.clock_forced = false;
  kernel.clock.debt = 0;
  kernel.clock.debt_since = 0;
  kernel.clock.now = 0;
  kernel.clock.earliest_deadline = kNever;
  kernel.threads.io_epoch = 1;
  kernel.threads.waiting = kernel.threads.io_waiting = 0;
  kernel.threads.next_number = 0;
  kernel.threads.alive = 0;
  kernel.threads.slot_end = 0;
  kernel.candidates.dirty = true;
  kernel.program_random.Seed(Mix(control->seed ^ 0x70726f6772616d, execution));
  ResetFaults(Random(Mix(control->seed ^ 0x6661756c7473, execution)));
  ResetTimers();
  ResetObjects();
  control->execution = execution;
  control->points = 0;
  control->hash = kHashStart;
  control->sanitizer_reports = 0;
  control->finding.kind = FailureKind::kNone;
  control->finding.threads = 0;
  control->stopped_at = kNoStop;
}

// From here on the calling thread is simulated thread 0.
void TakeControl(uint64_t execution) {
  ResetState(execution);
  kernel.carrier.process = static_cast<int>(RawSyscall(SYS_getpid));
  kernel.carrier.kernel_id = KernelThreadId();
  if (main_thread == nullptr) main_thread = NewThread();
  main_thread->kernel_id = kernel.carrier.kernel_id;
  main_thread->handle = pthread_self();
  main_thread->context.fs_base = ReadFsBase();
  main_thread->held_count = 0;
  main_thread->pending = {};
  AddThread(main_thread);
  kernel.threads.current = main_thread;
  kernel.execution.active = true;
  kernel.control->process = kernel.carrier.process;
  kernel.control->current_thread = 0;
  kernel.control->state = ExecutionState::kRunning;
  tls_self = main_thread;
}

void WriteTotals() {
  Control* control = kernel.control;
  control->points = kernel.log.points;
  control->hash = kernel.log.hash;
  control->virtual_ns = static_cast<uint64_t>(kernel.clock.now);
}

void CheckLeaks() {
  if (!kernel.request.report_leaks) return;
  ThreadNumber first = 0;
  const uint32_t leaked = LeakedThreads(&first);
  if (leaked == 0) return;
  Fail(FailureKind::kThreadLeak, "%u thread(s) neither joined nor detached, the first is thread %u",
       leaked, first);
}

void LoseControl() {
  tls_self = nullptr;
  kernel.execution.active = false;
  WriteTotals();
}

// --- The fork server ---

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

// One execution in a fork. True in the child, which is to run it; false in the server when it is
// over and written down.
bool ForkExecution(uint64_t execution) {
  Control* control = kernel.control;
  if (control->capture_output != 0) {
    RawSyscall(SYS_ftruncate, 1, 0);
    RawSyscall(SYS_ftruncate, 2, 0);
  }
  const long child = REAL(fork)(0, 0, 0, 0, 0, 0);
  if (child == 0) {
    RawSyscall(SYS_prctl, PR_SET_PDEATHSIG, 9);
    RawSyscall(SYS_close, kCommandDescriptor);
    RawSyscall(SYS_close, kAnswerDescriptor);
    CatchCrashes();
    StartWatchdog(control->watchdog_seconds);
    // Where only a process's ancestors may attach to it, a debugger has to be let in.
    if (control->debugger != Debugger::kNone) RawSyscall(SYS_prctl, PR_SET_PTRACER, -1);
    served = true;
    TakeControl(execution);
    return true;
  }
  if (child < 0) SetupFailed("fork failed");
  int status = 0;
  while (RawSyscall(SYS_wait4, child, reinterpret_cast<long>(&status), 0, 0) == -4 /* EINTR */) {
  }
  ExecutionSummary& summary = control->summaries[control->batch_done];
  summary = {control->state, status, execution, control->points, control->hash, 0};
  ++control->batch_done;
  return false;
}

// What every execution would do again at its beginning is done once, before the first fork:
// ThreadSanitizer clears the 2 MB of its lock-order graph at the first lock.
void WarmUp() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  REAL(pthread_mutex_lock)(&mutex);
  REAL(pthread_mutex_unlock)(&mutex);
  REAL(pthread_mutex_destroy)(&mutex);
}

// Under a debugger this process is the one execution.
void RunUnderDebugger() {
  CreateStrategy();
  kernel.control->state = ExecutionState::kNone;
  if (!NextExecution(kernel.control->first_execution)) SetupFailed("there is nothing to replay");
  CatchCrashes();
  served = true;
  TakeControl(kernel.control->first_execution);
}

// Serves the supervisor. Returns in the children only, each of which is one execution.
void Serve() {
  Control* control = kernel.control;
  ChooseHandOver();
  FillModules();
  WarmUp();
  if (control->debugger == Debugger::kStarts) return RunUnderDebugger();
  RawSyscall(SYS_prctl, PR_SET_PDEATHSIG, 9);
  control->setup_done = 1;
  Answer();
  uint32_t campaign = 0;
  for (;;) {
    AwaitCommand();
    if (control->campaign != campaign) {
      campaign = control->campaign;
      MapRegions(reinterpret_cast<char*>(control));
      main_thread = nullptr;
      ChooseHandOver();
      CreateStrategy();
    }
    control->batch_done = 0;
    control->exhausted = 0;
    for (uint64_t& total : control->fault_totals) total = 0;
    for (uint32_t i = 0; i < control->batch && i < kMaxBatch; ++i) {
      const uint64_t execution = control->first_execution + uint64_t{i} * control->stride;
      control->state = ExecutionState::kNone;
      if (!NextExecution(execution)) {
        control->exhausted = 1;
        control->progress = kernel.strategy->Progress();
        break;
      }
      if (ForkExecution(execution)) return;
      EndOfExecution();
      control->summaries[control->batch_done - 1].order = kernel.strategy->Order();
      if (!Clean(control->summaries[control->batch_done - 1])) break;
    }
    Answer();
  }
}

constinit bool wanted = false;  // a supervisor waits

// What a supervisor does between fork and exec, for a program that a debugger started.
void TakeDescriptors() {
  const long null = RawSyscall(SYS_open, reinterpret_cast<long>("/dev/null"), 0 /* O_RDONLY */);
  RawSyscall(SYS_dup2, null, 0);
  RawSyscall(SYS_close, null);
  RawSyscall(SYS_dup2, kOutputDescriptor, 1);
  RawSyscall(SYS_dup2, kErrorsDescriptor, 2);
  RawSyscall(SYS_close, kOutputDescriptor);
  RawSyscall(SYS_close, kErrorsDescriptor);
}

// After the program's static destructors and atexit handlers, before the sanitizers' own (leak
// check).
void End() {
  if (!served || tls_self == nullptr) return;
  CheckLeaks();
  LoseControl();
  kernel.control->state = ExecutionState::kComplete;
}

// Early, but after the sanitizers: before the program's own initialisers.
__attribute__((constructor(101))) void Start() {
  InitSystemRanges();
  PatchNewInLibraries();
  const char* variable = getenv(kControlVariable);
  if (variable == nullptr || atoi(variable) != kControlDescriptor) return;
  unsetenv(kControlVariable);
  Control header;
  if (RawSyscall(SYS_pread64, kControlDescriptor, reinterpret_cast<long>(&header), sizeof header,
                 0) != sizeof header ||
      header.magic != kControlMagic) {
    SetupFailed("HEDDLE_CONTROL names no control block");
  }
  if (header.version != kControlVersion || header.size_of_control != sizeof(Control)) {
    SetupFailed("the program was built with another version of the kernel than the supervisor");
  }
  MapRegions(static_cast<char*>(MapMemory(header.total_size, MAP_SHARED, kControlDescriptor)));
  RawSyscall(SYS_close, kControlDescriptor);
  if (kernel.control->debugger == Debugger::kStarts) TakeDescriptors();
  atexit(End);
  wanted = true;
}

// --- Run() ---

// A private control block for this process, when no supervisor gave one.
void MakePrivateControl(uint64_t step_budget) {
  constexpr size_t kArenaSize = size_t{1} << 30;
  const size_t header = (sizeof(Control) + 4095) & ~size_t{4095};
  const size_t log = (step_budget + 1024) * sizeof(Step);
  const size_t total = header + log + kArenaSize;
  auto* memory =
      static_cast<char*>(MapMemory(total, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1));
  auto* control = reinterpret_cast<Control*>(memory);
  control->magic = kControlMagic;
  control->version = kControlVersion;
  control->log_offset = header;
  control->log_capacity = log / sizeof(Step);
  control->replay_offset = header;
  control->arena_offset = header + log;
  control->arena_size = kArenaSize;
  MapRegions(memory);
  FillModules();
}

}  // namespace
}  // namespace runtime

using namespace runtime;  // NOLINT: this file is the kernel's

bool Controlled() { return tls_self != nullptr; }

void Checkpoint() {
  if (!wanted || served || kernel.control->start_at != StartAt::kCheckpoint) return;
  wanted = false;
  Serve();
}

RunResult Run(const RunOptions& options, const std::function<void()>& body) {
  RunResult result;
  if (tls_self != nullptr) Fail(FailureKind::kMisuse, "Run() inside a controlled execution");
  const bool private_control = kernel.control == nullptr;
  if (private_control || options.step_budget + 1024 > kernel.log.capacity) {
    MakePrivateControl(options.step_budget);
    main_thread = nullptr;
  }
  Control* control = kernel.control;
  control->hand_over = options.hand_over;
  control->preempt = options.preempt;
  control->step_budget = options.step_budget;
  control->report_thread_leaks = options.report_thread_leaks;
  control->seed = options.seed;
  snprintf(control->strategy, sizeof control->strategy, "%s", options.strategy.c_str());
  snprintf(control->parameters, sizeof control->parameters, "%s", options.parameters.c_str());
  control->replay_steps = options.replay.size();
  kernel.request.replay = options.replay.data();
  ChooseHandOver();
  if (options.strategy_object != nullptr && options.replay.empty()) {
    kernel.strategy = options.strategy_object;
    kernel.request.number_objects = kernel.strategy->WantsObjects();
  } else {
    CreateStrategy();
  }
  kernel.execution.in_run = true;
  const uint64_t executions = options.replay.empty() ? options.executions : 1;
  for (uint64_t execution = 0; execution < executions; ++execution) {
    if (!NextExecution(execution)) {
      result.exhausted = true;
      break;
    }
    TakeControl(execution);
    struct Ending {  // also when the body throws
      ~Ending() {
        WaitForOthers();
        CheckLeaks();
        LoseControl();
        ResetThreads();
        kernel.control->state =
            kernel.execution.abandoned ? ExecutionState::kAbandoned : ExecutionState::kComplete;
        EndOfExecution();
      }
    };
    {
      Ending ending;
      body();
    }
    ++result.executions;
    result.points += kernel.log.points;
    result.switches += kernel.log.switches;
    result.sanitizer_reports += control->sanitizer_reports;
    if (options.after_execution && !options.after_execution()) break;
  }
  kernel.execution.in_run = false;
  result.progress = control->progress;
  result.last_points = kernel.log.points;
  result.last_hash = kernel.log.hash;
  result.last_virtual_ns = static_cast<uint64_t>(kernel.clock.now);
  result.last_steps.assign(kernel.log.steps, kernel.log.steps + kernel.log.points);
  return result;
}

}  // namespace heddle::sim

// AddressSanitizer asks before its leak check. It reads all memory that is in use: several times
// the cost of a short execution. Weak, so that a program's own answer counts.
extern "C" __attribute__((visibility("default"), weak)) int __lsan_is_turned_off() {
  if (!heddle::sim::runtime::served) return 0;
  const heddle::sim::Control& control = *heddle::sim::runtime::kernel.control;
  const bool sampled =
      control.leak_check_every != 0 && control.execution % control.leak_check_every == 0;
  // It traces the process itself, which under a debugger cannot be.
  if (control.debugger == heddle::sim::Debugger::kStarts) return 1;
  return control.replay_steps == 0 && !sampled;
}

// What the sanitizers call when they report.
extern "C" __attribute__((visibility("default"))) void __tsan_on_report(void*) {
  heddle::sim::runtime::NoteSanitizerReport();
}
extern "C" __attribute__((visibility("default"))) void __asan_on_error() {
  heddle::sim::runtime::tls_self = nullptr;  // the end; what it does on its way out is no schedule
  heddle::sim::runtime::NoteSanitizerReport();
}
extern "C" __attribute__((visibility("default"))) void __ubsan_on_report() {
  heddle::sim::runtime::NoteSanitizerReport();
}

// crt1.o's call of main comes here (-Wl,--wrap=main).
extern "C" int __wrap_main(int argc, char** argv, char** environment) {
  using heddle::sim::runtime::kernel;
  if (heddle::sim::runtime::wanted && kernel.control->start_at == heddle::sim::StartAt::kMain) {
    heddle::sim::runtime::wanted = false;
    heddle::sim::runtime::Serve();
  }
  return __real_main(argc, argv, environment);
}
