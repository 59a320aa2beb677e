#include "sim/supervisor/control_view.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/process/environment.h"

namespace heddle::sim {
namespace {

// Address space for a strategy's state; memory is used only as far as it is written. A strategy
// that fills it ends the campaign with FailureKind::kLimit.
constexpr size_t kArenaSize = size_t{4} << 30;

uint64_t RoundUpToPage(uint64_t size) { return (size + 4095) & ~uint64_t{4095}; }

// A text that the program may not have ended.
template <size_t kSize>
std::string Text(const char (&text)[kSize]) {
  return {text, strnlen(text, kSize)};
}

template <size_t kSize>
std::vector<FindingPlace> Places(const PlaceReport (&reports)[kSize], uint32_t count) {
  std::vector<FindingPlace> places;
  for (size_t i = 0; i < std::min<size_t>(count, kSize); ++i) {
    FindingPlace& place = places.emplace_back();
    place.text = Text(reports[i].text);
    for (const uint64_t pc : reports[i].pcs) {
      if (pc == 0) break;
      place.addresses.push_back(pc);
    }
  }
  return places;
}

struct ProcessState {
  char state = 0;    // 'R' runs, 'S' sleeps until something happens, 'D' waits for a disk
  pid_t parent = 0;  // 0: there is no such process
};

ProcessState StateOf(pid_t process) {
  std::ifstream stat(absl::StrCat("/proc/", process, "/stat"));
  std::string line;
  std::getline(stat, line);
  // "pid (name) state parent ...": the name may hold anything but the last bracket.
  const size_t name_end = line.rfind(')');
  ProcessState state;
  if (name_end == std::string::npos ||
      std::sscanf(line.c_str() + name_end + 1, " %c %d", &state.state, &state.parent) != 2) {
    return {};
  }
  return state;
}

// 0 when there is no such process.
pid_t ParentOf(pid_t process) { return StateOf(process).parent; }

template <typename T>
std::vector<T> Copy(const T* first, uint64_t count) {
  return std::vector<T>(first, first + count);
}

// Innermost first; 0 for those that there are not.
std::vector<uint64_t> Frames(const uint64_t (&frames)[kMaxDetailFrames]) {
  std::vector<uint64_t> stack;
  for (const uint64_t address : frames) {
    if (address != 0) stack.push_back(address);
  }
  return stack;
}

}  // namespace

ControlView::Layout ControlView::LayoutFor(uint64_t max_points, bool keep_details) {
  const uint64_t header = RoundUpToPage(sizeof(Control));
  const uint64_t log = RoundUpToPage((max_points + kMaxStepsBeyondBudget) * sizeof(Step));
  static_assert(sizeof(ObjectId) == sizeof(Step), "they share the size of their logs");
  const uint64_t details = keep_details ? RoundUpToPage(max_points * sizeof(StepDetail)) : 0;
  Layout layout;
  layout.log = header;
  layout.replay = header + log;
  layout.objects = header + 2 * log;
  layout.details = header + 3 * log;
  layout.arena = header + 3 * log + details;
  layout.log_capacity = log / sizeof(Step);
  layout.detail_capacity = details / sizeof(StepDetail);
  layout.total = layout.arena + kArenaSize;
  return layout;
}

absl::StatusOr<std::unique_ptr<ControlView>> ControlView::Create(uint64_t max_points,
                                                                 bool keep_details) {
  const Layout layout = LayoutFor(max_points, keep_details);
  // Beyond the limit the kernel of the system would kill this process.
  rlimit file_size;
  if (getrlimit(RLIMIT_FSIZE, &file_size) == 0 && file_size.rlim_cur < layout.total) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the limit on a file's size (ulimit -f) is %u bytes; expected at least %u",
                        file_size.rlim_cur, layout.total));
  }
  const int descriptor = memfd_create("heddle-control", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return EnvironmentError(errno, "cannot make shared memory (memfd_create)");
  // Its size is not the program's to change: what is mapped here stays there.
  if (ftruncate(descriptor, static_cast<off_t>(layout.total)) != 0 ||
      fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    const int error = errno;
    close(descriptor);
    return EnvironmentError(error, "cannot make the control block");
  }
  // The arena is the program's business alone.
  void* memory = mmap(nullptr, layout.arena, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) {
    const int error = errno;
    close(descriptor);
    return EnvironmentError(error, "cannot map the control block");
  }
  return std::unique_ptr<ControlView>(new ControlView(layout, max_points, descriptor, memory));
}

ControlView::ControlView(const Layout& layout, uint64_t max_points, int descriptor, void* memory)
    : layout_(layout),
      max_points_(max_points),
      descriptor_(descriptor),
      control_(static_cast<Control*>(memory)),
      request_(std::make_unique<Control>()) {
  request_->magic = kControlMagic;
  request_->version = kControlVersion;
  request_->size_of_control = sizeof(Control);
  request_->total_size = layout.total;
  request_->log_offset = layout.log;
  request_->log_capacity = layout.log_capacity;
  request_->replay_offset = layout.replay;
  request_->object_log_offset = layout.objects;
  request_->detail_offset = layout.details;
  request_->detail_capacity = layout.detail_capacity;
  request_->arena_offset = layout.arena;
  request_->arena_size = kArenaSize;
  Publish();
}

ControlView::~ControlView() {
  munmap(control_, layout_.arena);
  close(descriptor_);
}

void ControlView::Publish() {
  // What follows is the program's to write.
  static_assert(offsetof(Control, setup_done) > offsetof(Control, follow));
  std::memcpy(static_cast<void*>(control_), request_.get(), offsetof(Control, setup_done));
  __atomic_store_n(&control_->process, 0, __ATOMIC_RELAXED);
}

std::vector<uint64_t> ControlView::EarlyThread() const { return Frames(control_->early_thread); }

void ControlView::WriteSpec(const CampaignSpec& spec) {
  request_->spec = spec;
  request_->spec.step_budget = std::min(spec.step_budget, max_points_);
}

absl::Status ControlView::WriteReplay(absl::Span<const Step> steps, bool open_end) {
  if (steps.size() > layout_.log_capacity) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the schedule has %u points, more than the limit of %u", steps.size(),
                        layout_.log_capacity));
  }
  request_->replay_steps = steps.size();
  request_->replay_open_end = open_end ? 1 : 0;
  std::copy(steps.begin(), steps.end(), At<Step>(layout_.replay));
  return absl::OkStatus();
}

absl::Status ControlView::WriteSwitches(const std::optional<std::vector<Switch>>& switches) {
  request_->directed = switches.has_value() ? 1 : 0;
  request_->directed_switches = 0;
  if (!switches.has_value()) return absl::OkStatus();
  if (switches->size() > layout_.log_capacity * sizeof(Step) / sizeof(Switch)) {
    return absl::InvalidArgumentError(absl::StrCat("too many switches: ", switches->size()));
  }
  std::vector<Switch> sorted = *switches;
  std::sort(sorted.begin(), sorted.end(), [](const Switch& a, const Switch& b) {
    return std::pair(a.from, a.at) < std::pair(b.from, b.at);
  });
  request_->directed_switches = sorted.size();
  std::copy(sorted.begin(), sorted.end(), At<Switch>(layout_.replay));
  return absl::OkStatus();
}

absl::Status ControlView::WriteLearnt(absl::Span<const uint64_t> words, bool keep) {
  const uint64_t capacity =
      std::min<uint64_t>(kMaxLearntWords, layout_.log_capacity * sizeof(Step) / sizeof(uint64_t));
  if (words.size() > capacity) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "what the strategy is to go on from is longer than the limit of %u words", capacity));
  }
  request_->learnt_words = words.size();
  request_->learnt_capacity = capacity;
  request_->keep_learnt = keep ? 1 : 0;
  std::copy(words.begin(), words.end(), At<uint64_t>(layout_.replay));
  __atomic_store_n(&control_->kept_words, 0, __ATOMIC_RELAXED);
  return absl::OkStatus();
}

std::vector<uint64_t> ControlView::Learnt() const {
  const uint64_t words = __atomic_load_n(&control_->kept_words, __ATOMIC_ACQUIRE);
  if (request_->keep_learnt == 0 || words > request_->learnt_capacity) return {};
  return Copy(At<uint64_t>(layout_.replay), words);
}

absl::Status ControlView::WriteSites(absl::Span<const uint64_t> calls) {
  if (calls.size() > kMaxSites) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the sites are ", calls.size(), " accesses, more than the limit of ", kMaxSites));
  }
  std::copy(calls.begin(), calls.end(), request_->sites);
  request_->site_count = static_cast<uint32_t>(calls.size());
  return absl::OkStatus();
}

absl::Status ControlView::WriteFollowedFaults(const std::optional<std::vector<Fault>>& faults) {
  const size_t count = faults.has_value() ? faults->size() : 0;
  if (count > kMaxFaults) {
    return absl::InvalidArgumentError(
        absl::StrCat(count, " faults to inject, more than the limit of ", kMaxFaults));
  }
  request_->follow_faults = faults.has_value() ? 1 : 0;
  request_->follow_count = static_cast<uint32_t>(count);
  if (count > 0) std::copy(faults->begin(), faults->end(), request_->follow);
  return absl::OkStatus();
}

bool ControlView::Adopts() const {
  return control_->hand_over_used == static_cast<uint32_t>(HandOver::kAdoption);
}

std::string ControlView::Flavour() const { return Text(control_->flavour); }
std::string ControlView::Compiler() const { return Text(control_->compiler); }

std::vector<LoadedModule> ControlView::Modules() const {
  std::vector<LoadedModule> modules;
  const uint32_t loaded = __atomic_load_n(&control_->module_count, __ATOMIC_RELAXED);
  for (uint32_t i = 0; i < std::min<uint32_t>(loaded, kMaxModules); ++i) {
    const Module module = control_->modules[i];
    modules.push_back({module.begin, module.end, module.bias, Text(module.path)});
  }
  return modules;
}

std::vector<ExecutionSummary> ControlView::Summaries() const {
  const uint32_t done = __atomic_load_n(&control_->batch_done, __ATOMIC_RELAXED);
  std::vector<ExecutionSummary> summaries =
      Copy(control_->summaries, std::min({done, request_->batch, kMaxBatch}));
  for (size_t i = 0; i < summaries.size(); ++i) {
    ExecutionSummary& summary = summaries[i];
    summary.execution = request_->first_execution + i * request_->stride;
    if (summary.state > kLastExecutionState) summary.state = ExecutionState::kNone;
    if (request_->count_known == 0 || summary.report == 0) summary.known = 0;
  }
  return summaries;
}

ExecutionPlan ControlView::Plan() const {
  const CampaignSpec& spec = request_->spec;
  ExecutionPlan plan = {spec.strategy, spec.preempt, spec.memory, 0};
  const ExecutionPlan said = control_->plan;
  if (!spec.strategy.Plans() || said.preempt > Preempt::kSites || said.memory > MemoryModel::kTso) {
    return plan;
  }
  const auto copy = [](const auto& text, auto* to) {
    return to->Set({text.c_str(), strnlen(text.c_str(), sizeof(text))});
  };
  if (!copy(said.strategy.name, &plan.strategy.name) ||
      !copy(said.strategy.parameters, &plan.strategy.parameters)) {
    return {spec.strategy, spec.preempt, spec.memory, 0};
  }
  plan.preempt = said.preempt;
  plan.memory = said.memory;
  plan.arm = said.arm;
  return plan;
}

std::array<uint64_t, kFaultKinds> ControlView::FaultTotals() const {
  std::array<uint64_t, kFaultKinds> totals;
  std::copy(std::begin(control_->fault_totals), std::end(control_->fault_totals), totals.begin());
  return totals;
}

std::vector<Step> ControlView::Steps(uint64_t points) const {
  return Copy(At<Step>(layout_.log), std::min(points, layout_.log_capacity));
}

std::vector<ObjectId> ControlView::Objects(uint64_t points) const {
  if (!request_->spec.track_objects) return {};
  return Copy(At<ObjectId>(layout_.objects), std::min(points, layout_.log_capacity));
}

std::vector<StepDetail> ControlView::Details(uint64_t points) const {
  std::vector<StepDetail> details =
      Copy(At<StepDetail>(layout_.details), std::min(points, layout_.detail_capacity));
  for (StepDetail& detail : details) {
    detail.frames = std::min<uint32_t>(detail.frames, kMaxDetailFrames);
  }
  return details;
}

std::vector<ReportPoint> ControlView::ReportPoints() const {
  const uint32_t reports = __atomic_load_n(&control_->sanitizer_reports, __ATOMIC_RELAXED);
  return Copy(control_->report_points, std::min(reports, kMaxReportPoints));
}

std::vector<Fault> ControlView::Faults() const {
  const uint32_t count = __atomic_load_n(&control_->fault_count, __ATOMIC_RELAXED);
  std::vector<Fault> faults = Copy(control_->injected, std::min(count, kMaxFaults));
  std::erase_if(faults, [](const Fault& fault) { return fault.kind >= FaultKind::kCount; });
  return faults;
}

Failure ControlView::ReadFailure() const {
  FailureRecord record;  // not changed while it is looked at
  std::memcpy(static_cast<void*>(&record), &control_->finding, sizeof record);
  Failure failure;
  // A kind that is none was not written by the runtime; the process's end will tell.
  failure.kind = record.kind <= kLastFailureKind ? record.kind : FailureKind::kNone;
  failure.thread = record.thread;
  failure.message = Text(record.message);
  const uint32_t threads = std::min<uint32_t>(record.threads, kMaxReportedThreads);
  for (uint32_t i = 0; i < threads; ++i) {
    const ThreadReport& report = record.reports[i];
    failure.stacks.push_back(
        {report.thread, Text(report.name), Text(report.state),
         Copy(report.pcs, std::min<uint32_t>(report.frames, kMaxStackFrames))});
  }
  failure.places = Places(record.places, record.place_count);
  return failure;
}

bool ControlView::ExecutionBegan() const {
  return __atomic_load_n(&control_->process, __ATOMIC_RELAXED) != 0;
}

std::vector<FindingPlace> ControlView::RealValues() const {
  return Places(control_->real_values, control_->real_value_count);
}

uint64_t ControlView::CurrentExecution() const {
  return __atomic_load_n(&control_->execution, __ATOMIC_RELAXED);
}

uint64_t ControlView::CurrentRun() const {
  return __atomic_load_n(&control_->runs, __ATOMIC_RELAXED);
}

ForkReason ControlView::WhyFork() const {
  const ForkReason reason = control_->fork_reason;
  return reason <= ForkReason::kBroken ? reason : ForkReason::kNone;
}

std::string ControlView::ForkText() const { return Text(control_->fork_text); }

std::vector<uint64_t> ControlView::ForkFrames() const { return Frames(control_->fork_frames); }

uint64_t ControlView::InProcessExecutions() const {
  return __atomic_load_n(&control_->in_process_executions, __ATOMIC_RELAXED);
}

uint64_t ControlView::CurrentPoints() const {
  return __atomic_load_n(&control_->points, __ATOMIC_RELAXED);
}

pid_t ControlView::ExecutingProcess(pid_t server) const {
  const pid_t process = __atomic_load_n(&control_->process, __ATOMIC_RELAXED);
  return process > 0 && ParentOf(process) == server ? process : 0;
}

absl::StatusOr<bool> ControlView::SignalExecution(pid_t server, int signal) const {
  const pid_t process = ExecutingProcess(server);
  if (process == 0) return false;
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (pidfd < 0 && errno == ESRCH) return false;
  if (pidfd < 0) {
    return EnvironmentError(errno, "cannot signal an execution (pidfd_open, Linux 5.3 or newer)");
  }
  // Still the server's, now that its number can be no other's.
  const bool sent =
      ParentOf(process) == server && syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0;
  close(pidfd);
  return sent;
}

std::optional<SleepingCall> ControlView::CallThatSleeps(pid_t server) const {
  const pid_t process = ExecutingProcess(server);
  // With the baton each thread has a kernel thread, and most of them sleep.
  if (process == 0 || !Adopts() || control_->awaits_process != 0) return std::nullopt;
  if (StateOf(process).state != 'S') return std::nullopt;
  // "number, six arguments, stack pointer, code"; "running" when it runs.
  std::ifstream file(absl::StrCat("/proc/", process, "/syscall"));
  SleepingCall call;
  std::string argument;
  if (!(file >> std::dec >> call.number) || call.number < 0) return std::nullopt;
  for (int i = 0; i < 6; ++i) file >> argument;
  if (!(file >> std::hex >> call.stack_pointer >> call.code)) return std::nullopt;
  return call;
}

RunningExecution ControlView::Running(pid_t server) const {
  RunningExecution running;
  running.process = ExecutingProcess(server);
  running.stopped_at = __atomic_load_n(&control_->stopped_at, __ATOMIC_ACQUIRE);
  // What was done at a point is written before its number.
  const uint64_t points =
      std::min(__atomic_load_n(&control_->points, __ATOMIC_ACQUIRE), layout_.log_capacity);
  running.steps = {At<const Step>(layout_.log), points};
  if (request_->spec.track_objects) running.objects = {At<const ObjectId>(layout_.objects), points};
  running.details = {At<const StepDetail>(layout_.details),
                     std::min(points, layout_.detail_capacity)};
  return running;
}

}  // namespace heddle::sim
