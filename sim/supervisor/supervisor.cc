#include "sim/supervisor/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sim/supervisor/sites.h"

namespace heddle::sim {

namespace {

constexpr size_t kArenaSize = size_t{4} << 30;  // address space; used as far as it is written
constexpr size_t kMaxCaptured = size_t{1} << 20;

size_t RoundUp(size_t size) { return (size + 4095) & ~size_t{4095}; }

std::string ReadCaptured(int descriptor) {
  std::string text;
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0) return text;
  text.resize(std::min<size_t>(static_cast<size_t>(status.st_size), kMaxCaptured));
  const ssize_t got = pread(descriptor, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

// What the program sees. Fixed, so that nothing of the caller's environment leaks into a schedule
// (its size alone would move the stack).
std::vector<std::string> Environment(const ProgramOptions& options) {
  // What is captured is given names here, afterwards (symbolizer.h).
  const std::string symbolizer = options.capture_output ? "" : Symbolizer::Find();
  const std::string common = options.capture_output ? ":symbolize=0"
                             : symbolizer.empty()
                                 ? ""
                                 : absl::StrCat(":external_symbolizer_path=", symbolizer);
  std::vector<std::string> environment = {
      "PATH=/usr/bin:/bin",
      "LANG=C",
      // Symbols are bound once in the fork server, not again in each fork.
      "LD_BIND_NOW=1",
      absl::StrCat("TSAN_OPTIONS=exitcode=", kSanitizerExitStatus,
                   ":history_size=4:second_deadlock_stack=1:atexit_sleep_ms=0", common),
      absl::StrCat("ASAN_OPTIONS=exitcode=", kSanitizerExitStatus,
                   ":detect_stack_use_after_return=1:detect_leaks=1", common),
      absl::StrCat("UBSAN_OPTIONS=print_stacktrace=1", common),
      absl::StrCat(kControlVariable, "=", kControlDescriptor),
  };
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  return environment;
}

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeProgram(const ProgramOptions& options, char** arguments, char** environment,
                                int control, int command, int answer, int output, int errors,
                                int failure) {
  const auto fail = [&](char what) {
    (void)!write(failure, &what, 1);
    _exit(127);
  };
  if (personality(ADDR_NO_RANDOMIZE) == -1) fail('p');
  // Above the numbers in use, then down to the agreed ones, so that none overwrites another.
  const int high[3] = {fcntl(control, F_DUPFD, 950), fcntl(command, F_DUPFD, 950),
                       fcntl(answer, F_DUPFD, 950)};
  if (dup2(high[0], kControlDescriptor) < 0 || dup2(high[1], kCommandDescriptor) < 0 ||
      dup2(high[2], kAnswerDescriptor) < 0) {
    fail('d');
  }
  if (output >= 0 && (dup2(output, 1) < 0 || dup2(errors, 2) < 0)) fail('d');
  const int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0) fail('d');
  const int failure_high = fcntl(failure, F_DUPFD_CLOEXEC, 960);
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    if (descriptor < kControlDescriptor || descriptor > kAnswerDescriptor) {
      if (descriptor != failure_high) close(descriptor);
    }
  }
  if (!options.working_directory.empty() && chdir(options.working_directory.c_str()) != 0) {
    const char what = 'c';
    (void)!write(failure_high, &what, 1);
    _exit(127);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(arguments[0], arguments, environment);
  const char what = 'x';
  (void)!write(failure_high, &what, 1);
  _exit(127);
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

int CaptureFile(const char* name) {
  const int descriptor = memfd_create(name, MFD_CLOEXEC);
  if (descriptor >= 0) fcntl(descriptor, F_SETFL, O_APPEND);
  return descriptor;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Supervisor>> Supervisor::Start(const ProgramOptions& options) {
  if (options.arguments.empty()) return absl::InvalidArgumentError("no program given");
  if (access(options.arguments[0].c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.arguments[0], ": ", strerror(errno),
                     "; expected an executable linked through heddle_instrument()"));
  }
  std::unique_ptr<Supervisor> supervisor(new Supervisor);
  if (absl::Status status = supervisor->Launch(options); !status.ok()) return status;
  return supervisor;
}

absl::Status Supervisor::Launch(const ProgramOptions& options) {
  options_ = options;
  const size_t header = RoundUp(sizeof(Control));
  const size_t log = RoundUp((options.max_points + kMaxStepsBeyondBudget) * sizeof(Step));
  const size_t details =
      options.keep_details ? RoundUp(options.max_points * sizeof(StepDetail)) : 0;
  control_size_ = header + 3 * log + details + kArenaSize;
  // Beyond the limit the kernel of the system would kill this process.
  rlimit file_size;
  if (getrlimit(RLIMIT_FSIZE, &file_size) == 0 && file_size.rlim_cur < control_size_) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the limit on a file's size (ulimit -f) is %u bytes; expected %u at least",
                        file_size.rlim_cur, control_size_));
  }
  const int descriptor = descriptor_ = memfd_create("heddle-control", MFD_CLOEXEC);
  if (descriptor < 0 || ftruncate(descriptor, static_cast<off_t>(control_size_)) != 0) {
    return absl::ErrnoToStatus(errno, "making the control block");
  }
  // The arena is the program's business alone.
  void* memory =
      mmap(nullptr, header + 3 * log + details, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) return absl::ErrnoToStatus(errno, "mapping the control block");
  control_ = static_cast<Control*>(memory);
  control_->magic = kControlMagic;
  control_->version = kControlVersion;
  control_->size_of_control = sizeof(Control);
  control_->total_size = control_size_;
  control_->log_offset = header;
  control_->log_capacity = log / sizeof(Step);
  control_->replay_offset = header + log;
  control_->object_log_offset = header + 2 * log;
  control_->detail_offset = header + 3 * log;
  control_->detail_capacity = details / sizeof(StepDetail);
  control_->arena_offset = header + 3 * log + details;
  control_->arena_size = kArenaSize;
  control_->start_at = options.start_at;
  control_->capture_output = options.capture_output ? 1 : 0;
  if (options.capture_output) {
    output_ = CaptureFile("heddle-output");
    errors_ = CaptureFile("heddle-errors");
  }
  int command[2], answer[2], failure[2];
  if (pipe2(command, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0 ||
      pipe2(failure, O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "making pipes");
  }
  std::vector<std::string> arguments = options.arguments, environment = Environment(options);
  std::vector<char*> argument_pointers = Pointers(arguments),
                     environment_pointers = Pointers(environment);
  process_ = fork();
  if (process_ < 0) return absl::ErrnoToStatus(errno, "fork");
  if (process_ == 0) {
    BecomeProgram(options, argument_pointers.data(), environment_pointers.data(), descriptor,
                  command[0], answer[1], output_, errors_, failure[1]);
  }
  close(command[0]), close(answer[1]), close(failure[1]);
  command_ = command[1];
  answer_ = answer[0];
  char what = 0;
  const bool failed = read(failure[0], &what, 1) == 1;
  close(failure[0]);
  if (failed) {
    return absl::FailedPreconditionError(
        what == 'p'   ? "address-space randomisation cannot be switched off (personality)"
        : what == 'c' ? absl::StrCat("no directory ", options.working_directory)
                      : absl::StrCat(options.arguments[0], " cannot be executed"));
  }
  return AwaitAnswer(false);
}

Supervisor::~Supervisor() {
  if (command_ >= 0) close(command_);
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  for (const int descriptor : {descriptor_, answer_, output_, errors_}) {
    if (descriptor >= 0) close(descriptor);
  }
  if (control_ != nullptr) munmap(control_, control_->arena_offset);
}

absl::Status Supervisor::ServerDied() {
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  const std::string said = ReadCaptured(errors_);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSetupExitStatus) {
    // Before the block is mapped (another version of the kernel) only standard error has it.
    return absl::InvalidArgumentError(
        control_->finding.message[0] != 0 ? std::string(control_->finding.message) : said);
  }
  if (control_->setup_done == 0 && WIFEXITED(status)) {
    return absl::FailedPreconditionError(absl::StrCat(
        options_.arguments[0], " ended with status ", WEXITSTATUS(status),
        " before control began; is it linked through heddle_instrument()",
        options_.start_at == StartAt::kCheckpoint ? " and does it call Checkpoint()?" : "?",
        said.empty() ? "" : "\n", said));
  }
  return absl::InternalError(
      absl::StrCat("the fork server of ", options_.arguments[0], " died (",
                   WIFSIGNALED(status) ? "signal " : "status ",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), ")",
                   said.empty() ? "" : "\n", said));
}

// Waits for the server. While it runs executions, one that shows no new number for the time limit
// is killed; the server then writes it down like any other death.
absl::Status Supervisor::AwaitAnswer(bool running) {
  uint64_t execution = ~uint64_t{0};
  uint64_t waited_ms = 0;
  constexpr int kSliceMs = 100;
  for (;;) {
    pollfd entry = {answer_, POLLIN, 0};
    const int ready = poll(&entry, 1, kSliceMs);
    if (ready > 0) {
      char answer;
      if (read(answer_, &answer, 1) == 1) return absl::OkStatus();
      return ServerDied();
    }
    if (ready < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
    if (!running) continue;
    Watch();
    const uint64_t now = __atomic_load_n(&control_->execution, __ATOMIC_RELAXED);
    waited_ms = now == execution ? waited_ms + kSliceMs : 0;
    execution = now;
    if (waited_ms >= options_.time_limit_ms && control_->process > 0) {
      timed_out_ = true;
      kill(control_->process, SIGKILL);
      waited_ms = 0;
    }
  }
}

absl::Status CanReplay(Preempt preempt, absl::string_view recorded_flavour,
                       absl::string_view recorded_compiler, absl::string_view flavour,
                       absl::string_view compiler) {
  if (recorded_compiler != compiler) {
    return absl::FailedPreconditionError(
        absl::StrCat("the schedule was recorded on a build by ", recorded_compiler,
                     ", this one is by ", compiler, "; compilers elide different operations"));
  }
  if (preempt == Preempt::kMemory && (recorded_flavour == "asan") != (flavour == "asan")) {
    return absl::FailedPreconditionError(
        absl::StrCat("the schedule preempts at memory accesses and was recorded in ",
                     recorded_flavour, "; the accesses of ", flavour,
                     " are compiled differently (only det and tsan share their objects)"));
  }
  return absl::OkStatus();
}

absl::Status Supervisor::NewCampaign(const CampaignOptions& options) {
  if (process_ < 0) return absl::FailedPreconditionError("the program's fork server is gone");
  if (!options.replay.empty()) {
    if (options.recorded_flavour.empty() && options.spec.preempt == Preempt::kMemory) {
      return absl::InvalidArgumentError(
          "a replay with preempt: memory needs recorded_flavour and recorded_compiler "
          "(ReplayOptions() of sim/schedule/schedule.h and ReplayOf() set them)");
    }
    const absl::Status status = options.recorded_flavour.empty()
                                    ? absl::OkStatus()
                                    : CanReplay(options.spec.preempt, options.recorded_flavour,
                                                options.recorded_compiler, flavour(), compiler());
    if (!status.ok()) return status;
  }
  if (options.sites.empty() == (options.spec.preempt == Preempt::kSites)) {
    return absl::InvalidArgumentError("sites go with preempt: sites, and it with them");
  }
  const size_t switches = options.switches.has_value() ? options.switches->size() : 0;
  if (options.switches.has_value() && !options.replay.empty()) {
    return absl::InvalidArgumentError("a campaign replays steps or follows switches, not both");
  }
  if (switches > control_->log_capacity * sizeof(Step) / sizeof(Switch)) {
    return absl::InvalidArgumentError(absl::StrCat("too many switches: ", switches));
  }
  if (options.replay.size() > control_->log_capacity) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the schedule has %u points, more than the limit of %u",
                        options.replay.size(), control_->log_capacity));
  }
  control_->spec = options.spec;
  control_->spec.step_budget = std::min(options.spec.step_budget, options_.max_points);
  if (absl::Status status = FindSites(options.sites); !status.ok()) return status;
  control_->replay_steps = options.replay.size();
  control_->replay_open_end = options.replay_open_end ? 1 : 0;
  char* const replay = reinterpret_cast<char*>(control_) + control_->replay_offset;
  std::copy(options.replay.begin(), options.replay.end(), reinterpret_cast<Step*>(replay));
  control_->debugger = options.stop_at == kNoStop ? Debugger::kNone : Debugger::kAttaches;
  control_->stop_at = options.stop_at;
  control_->directed = options.switches.has_value() ? 1 : 0;
  control_->directed_switches = 0;
  if (options.switches.has_value()) {
    std::vector<Switch> switches = *options.switches;
    std::sort(switches.begin(), switches.end(), [](const Switch& a, const Switch& b) {
      return std::pair(a.from, a.at) < std::pair(b.from, b.at);
    });
    control_->directed_switches = switches.size();
    std::copy(switches.begin(), switches.end(), reinterpret_cast<Switch*>(replay));
  }
  const size_t faults = options.follow_faults.has_value() ? options.follow_faults->size() : 0;
  if (faults > kMaxFaults) {
    return absl::InvalidArgumentError(
        absl::StrCat(faults, " faults to follow, more than the limit of ", kMaxFaults));
  }
  control_->follow_faults = options.follow_faults.has_value() ? 1 : 0;
  control_->follow_count = static_cast<uint32_t>(faults);
  if (faults > 0) {
    std::copy(options.follow_faults->begin(), options.follow_faults->end(), control_->follow);
  }
  ++control_->campaign_number;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint64_t>> Supervisor::CallsAt(const std::string& text,
                                                          const Module& program) {
  // Whoever starts one program again and again (shrinking does) asks for the same each time, and to
  // name every access of a program takes about a second.
  using Key = std::tuple<std::string, std::filesystem::file_time_type, std::string>;
  static auto& known = *new std::map<Key, std::vector<uint64_t>>;
  static std::mutex mutex;
  const absl::StatusOr<Site> site = Site::Parse(text);
  if (!site.ok()) return site.status();
  std::error_code ignored;
  const Key key(program.path, std::filesystem::last_write_time(program.path, ignored), text);
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  if (access_calls_.empty()) {
    absl::StatusOr<std::vector<uint64_t>> calls = AccessCalls(program.path);
    if (!calls.ok()) return calls.status();
    access_calls_ = *std::move(calls);
  }
  std::vector<uint64_t> matching;
  for (const uint64_t call : access_calls_) {
    if (site->Matches(FramesAt(call + program.bias))) matching.push_back(call);
  }
  return known.emplace(key, std::move(matching)).first->second;
}

absl::Status Supervisor::FindSites(const std::vector<std::string>& sites) {
  control_->site_count = 0;
  idle_sites_.clear();
  if (sites.empty() || control_->module_count == 0) return absl::OkStatus();
  const Module& program = control_->modules[0];
  std::vector<uint64_t> found;
  for (const std::string& site : sites) {
    const absl::StatusOr<std::vector<uint64_t>> calls = CallsAt(site, program);
    if (!calls.ok()) return calls.status();
    for (const uint64_t call : *calls) found.push_back(call + program.bias);
    if (calls->empty()) idle_sites_.push_back(site);
  }
  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat(program.path, " has no plain access to memory at ",
                                            absl::StrJoin(sites, ", ")));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.size() > kMaxSites) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the sites are ", found.size(), " accesses, more than the limit of ", kMaxSites));
  }
  std::copy(found.begin(), found.end(), control_->sites);
  control_->site_count = static_cast<uint32_t>(found.size());
  return absl::OkStatus();
}

// How often another thread went on than before.
static uint64_t CountSwitches(const std::vector<Step>& steps) {
  uint64_t switches = 0;
  ThreadNumber last = 0;
  for (const Step step : steps) {
    const ThreadNumber thread = StepThread(step);
    if (thread == kClock) continue;
    if (thread != last) ++switches;
    last = thread;
  }
  return switches;
}

Outcome Supervisor::ReadOutcome(const ExecutionSummary& summary) {
  Outcome outcome;
  const FailureRecord& finding = control_->finding;
  outcome.state = summary.state;
  outcome.wait_status = summary.wait_status;
  outcome.execution = summary.execution;
  outcome.points = std::min(summary.points, control_->log_capacity);
  outcome.hash = summary.hash;
  outcome.virtual_ns = control_->virtual_ns;
  outcome.sanitizer_reports = control_->sanitizer_reports;
  const Step* log =
      reinterpret_cast<const Step*>(reinterpret_cast<char*>(control_) + control_->log_offset);
  outcome.steps.assign(log, log + outcome.points);
  if (control_->spec.track_objects) {
    const auto* objects = reinterpret_cast<const ObjectId*>(reinterpret_cast<char*>(control_) +
                                                            control_->object_log_offset);
    outcome.objects.assign(objects, objects + outcome.points);
  }
  const auto* details = reinterpret_cast<const StepDetail*>(reinterpret_cast<char*>(control_) +
                                                            control_->detail_offset);
  outcome.details.assign(details, details + std::min(outcome.points, control_->detail_capacity));
  outcome.report_points.assign(
      control_->report_points,
      control_->report_points + std::min(outcome.sanitizer_reports, kMaxReportPoints));
  outcome.faults.assign(control_->came,
                        control_->came + std::min(control_->fault_count, kMaxFaults));
  outcome.hash = kHashStart;
  for (const Step step : outcome.steps) outcome.hash = HashStep(outcome.hash, step);
  outcome.switches = CountSwitches(outcome.steps);
  outcome.standard_output = ReadCaptured(output_);
  outcome.standard_error = WithNames(ReadCaptured(errors_));
  const int status = summary.wait_status;
  if (finding.kind != FailureKind::kNone) {
    outcome.finding = finding.kind;
    outcome.message = finding.message;
    outcome.thread = finding.thread;
    for (uint32_t i = 0; i < finding.threads; ++i) {
      const ThreadReport& report = finding.reports[i];
      outcome.stacks.push_back(
          {report.thread, report.state, {report.pcs, report.pcs + report.frames}});
    }
  } else if (timed_out_ && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    outcome.finding = FailureKind::kTimeLimit;
    outcome.thread = control_->current_thread;
    outcome.message = absl::StrFormat("killed after %u ms of real time, at point %u",
                                      options_.time_limit_ms, outcome.points);
  } else if (outcome.sanitizer_reports > 0) {
    outcome.finding = FailureKind::kSanitizer;
    outcome.thread = control_->current_thread;
    outcome.message = absl::StrFormat("%u sanitizer report(s)", outcome.sanitizer_reports);
  } else if (WIFSIGNALED(status)) {
    outcome.finding = FailureKind::kCrash;
    outcome.thread = control_->current_thread;
    outcome.message =
        absl::StrFormat("died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
  } else if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    outcome.finding =
        WEXITSTATUS(status) == kSanitizerExitStatus ? FailureKind::kSanitizer : FailureKind::kExit;
    outcome.thread = control_->current_thread;
    outcome.message = absl::StrFormat(
        "ended with status %d%s", WEXITSTATUS(status),
        summary.state == ExecutionState::kRunning ? " (_exit in mid-schedule)" : "");
  }
  timed_out_ = false;
  return outcome;
}

void Supervisor::Watch() const {
  if (options_.watch == nullptr || control_->process == 0) return;
  const char* base = reinterpret_cast<const char*>(control_);
  RunningExecution running;
  running.process = control_->process;
  running.stopped_at = __atomic_load_n(&control_->stopped_at, __ATOMIC_ACQUIRE);
  // What was done at a point is written before its number.
  const uint64_t points =
      std::min(__atomic_load_n(&control_->points, __ATOMIC_ACQUIRE), control_->log_capacity);
  running.steps = {reinterpret_cast<const Step*>(base + control_->log_offset), points};
  if (control_->spec.track_objects) {
    running.objects = {reinterpret_cast<const ObjectId*>(base + control_->object_log_offset),
                       points};
  }
  running.details = {reinterpret_cast<const StepDetail*>(base + control_->detail_offset),
                     std::min(points, control_->detail_capacity)};
  options_.watch(running);
}

absl::StatusOr<Batch> Supervisor::RunBatch(uint64_t first, uint32_t count, uint32_t stride) {
  if (process_ < 0) return absl::FailedPreconditionError("the program's fork server is gone");
  if (count == 0 || count > kMaxBatch) {
    return absl::InvalidArgumentError(
        absl::StrCat("a batch has 1 to ", kMaxBatch, " executions, not ", count));
  }
  control_->first_execution = first;
  control_->batch = count;
  control_->stride = stride;
  control_->process = 0;
  const char command = 'r';
  if (write(command_, &command, 1) != 1) return ServerDied();
  if (absl::Status status = AwaitAnswer(true); !status.ok()) return status;
  Watch();
  Batch batch;
  batch.executions.assign(control_->summaries, control_->summaries + control_->batch_done);
  batch.exhausted = control_->exhausted != 0;
  batch.progress = control_->progress;
  std::copy(std::begin(control_->fault_totals), std::end(control_->fault_totals),
            batch.faults.begin());
  if (!batch.executions.empty()) batch.last = ReadOutcome(batch.executions.back());
  return batch;
}

absl::StatusOr<Outcome> Supervisor::Replay(const CampaignOptions& options, uint64_t execution) {
  if (absl::Status status = NewCampaign(options); !status.ok()) return status;
  absl::StatusOr<Batch> batch = RunBatch(execution, 1);
  if (!batch.ok()) return batch.status();
  return std::move(batch->last);
}

std::vector<std::string> Supervisor::environment() const { return Environment(options_); }

std::string Supervisor::working_directory() const {
  return std::filesystem::absolute(options_.working_directory.empty() ? "."
                                                                      : options_.working_directory)
      .lexically_normal()
      .string();
}

absl::StatusOr<int> Supervisor::Debug(CampaignOptions options, uint64_t execution,
                                      const std::vector<std::string>& debugger) {
  if (debugger.empty() || output_ < 0) {
    return absl::InvalidArgumentError("a debugger, and a program whose output is captured");
  }
  options.spec.hand_over = HandOver::kBaton;
  options.spec.watchdog_seconds = 0;
  if (absl::Status status = NewCampaign(options); !status.ok()) return status;
  control_->debugger = Debugger::kStarts;
  control_->first_execution = execution;
  std::vector<std::string> arguments = debugger;
  const std::vector<char*> pointers = Pointers(arguments);
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "making a pipe");
  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "fork");
  if (child == 0) {
    const bool ready = dup2(descriptor_, kControlDescriptor) >= 0 &&
                       dup2(output_, kOutputDescriptor) >= 0 &&
                       dup2(errors_, kErrorsDescriptor) >= 0;
    if (ready) execvp(pointers[0], pointers.data());
    (void)!write(failure[1], &errno, sizeof errno);
    _exit(127);
  }
  close(failure[1]);
  const auto before = signal(SIGINT, SIG_IGN);
  int error = 0, status = 0;
  const bool failed = read(failure[0], &error, sizeof error) == sizeof error;
  close(failure[0]);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  signal(SIGINT, before);
  control_->debugger = Debugger::kNone;
  if (failed) {
    return absl::UnavailableError(absl::StrCat(debugger[0], ": ", strerror(error)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

CampaignOptions Supervisor::ReplayOf(const Outcome& outcome, CampaignOptions options) const {
  options.recorded_flavour = flavour();
  options.recorded_compiler = compiler();
  options.replay = outcome.steps;
  options.follow_faults = outcome.faults;
  options.replay_open_end = outcome.state != ExecutionState::kComplete;
  return options;
}

absl::StatusOr<Outcome> Supervisor::SelfCheck(const CampaignOptions& options, uint64_t execution) {
  CampaignOptions tracking = options;
  tracking.spec.track_objects = true;
  absl::StatusOr<Outcome> first = Replay(tracking, execution);
  if (!first.ok()) return first;
  CampaignOptions again = ReplayOf(*first, tracking);
  absl::StatusOr<Outcome> second = Replay(again, execution);
  if (!second.ok()) return second;
  const auto found = [&](std::string message) {
    second->finding = FailureKind::kUncontrolled;
    second->message = absl::StrCat("uncontrolled nondeterminism: ", message);
    return second;
  };
  const std::string told = second->message;
  if (second->finding == FailureKind::kDivergence) {
    return found(absl::StrCat("a second run of the same schedule differs; ", told));
  }
  const size_t common = std::min(first->objects.size(), second->objects.size());
  for (size_t i = 0; i < common; ++i) {
    if (first->objects[i] == second->objects[i]) continue;
    const std::string message = absl::StrFormat(
        "at point %u thread %u does %s on object %u in the first run and on object %u in a second "
        "run of the same schedule",
        i, StepThread(first->steps[i]), OpKindName(StepKind(first->steps[i])), first->objects[i],
        second->objects[i]);
    // To see who does it: stop a third run right there, by an operation that is none.
    again.replay[i] = MakeStep(OpKind::kNone, StepThread(again.replay[i]));
    absl::StatusOr<Outcome> third = Replay(again, execution);
    if (third.ok()) second = std::move(third);
    return found(message);
  }
  if (second->steps != first->steps) {
    return found(
        absl::StrFormat("the first run has %u points, a second one of the same schedule %u",
                        first->steps.size(), second->steps.size()));
  }
  if (second->finding != first->finding) {
    return found(absl::StrCat("the same operations end in ", FailureKindName(first->finding),
                              " first and in ", FailureKindName(second->finding), " then"));
  }
  if (second->standard_output != first->standard_output) {
    return found("the same operations write another standard output");
  }
  return first;
}

std::string Supervisor::flavour() const { return control_->flavour; }
std::string Supervisor::compiler() const { return control_->compiler; }
bool Supervisor::adopts() const {
  return control_->hand_over_used == static_cast<uint32_t>(HandOver::kAdoption);
}

std::vector<SourceFrame> Supervisor::FramesAt(uint64_t address) const {
  for (uint32_t m = 0; m < control_->module_count; ++m) {
    const Module& module = control_->modules[m];
    if (address < module.begin || address >= module.end) continue;
    // A return address lies behind the call it belongs to.
    return symbolizer_.Code(module.path, address - module.bias - 1);
  }
  return {};
}

std::vector<std::string> Supervisor::Symbolize(absl::Span<const uint64_t> addresses) const {
  std::vector<std::string> texts;
  for (const uint64_t address : addresses) {
    const Module* module = nullptr;
    for (uint32_t m = 0; m < control_->module_count; ++m) {
      const Module& candidate = control_->modules[m];
      if (address >= candidate.begin && address < candidate.end) module = &candidate;
    }
    if (module == nullptr) {
      texts.push_back(absl::StrFormat("0x%x", address));
      continue;
    }
    std::string text;
    // A return address lies behind the call it belongs to.
    for (const SourceFrame& frame : symbolizer_.Code(module->path, address - module->bias - 1)) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", frame.function, " ",
                      frame.place.empty() ? "??:0:0" : frame.place);
    }
    if (text.empty()) text = absl::StrFormat("%s+0x%x", module->path, address - module->bias);
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string Supervisor::WithNames(const std::string& text) const {
  if (!absl::StrContains(text, "Sanitizer")) return text;
  std::vector<std::string> modules;
  for (uint32_t m = 0; m < control_->module_count; ++m) {
    modules.emplace_back(control_->modules[m].path);
  }
  return symbolizer_.Report(text, modules);
}

std::string Supervisor::Describe(const Outcome& outcome) const {
  std::string text = absl::StrFormat(
      "%s: %s\n  at point %u, by thread %d\n", FailureKindName(outcome.finding), outcome.message,
      outcome.points, outcome.thread == kNoThread ? -1 : static_cast<int>(outcome.thread));
  for (const ThreadStack& stack : outcome.stacks) {
    absl::StrAppendFormat(&text, "  thread %u %s\n", stack.thread, stack.state);
    int number = 0;
    for (const std::string& frame : Symbolize(stack.addresses)) {
      for (absl::string_view line : absl::StrSplit(frame, '\n')) {
        // The kernel's own frames say nothing about the program.
        if (absl::StrContains(line, "heddle::sim::runtime::") ||
            absl::StrContains(line, "sim/runtime/interpose/")) {
          continue;
        }
        absl::StrAppendFormat(&text, "    #%d %s\n", number++, line);
      }
    }
  }
  return text;
}

}  // namespace heddle::sim
