#include "sim/supervisor/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "sim/process/environment.h"
#include "sim/process/process.h"
#include "sim/protocol/exit_status.h"
#include "sim/stacks/sanitizer_report.h"
#include "sim/supervisor/private_folders.h"

namespace heddle::sim {
namespace {

// How often a running program is looked at: fine enough for people who watch, and for limits of
// seconds.
constexpr int kSliceMs = 100;
// A system call of the runtime's own (the start of a thread, say) is over sooner.
constexpr int kMostSleepMs = 600;
// For an execution whose time is over to say where it is.
constexpr uint64_t kLastWordsMs = 2000;
// When time is up: for the execution under way to end by itself, and then for the server to say
// that it has been killed.
constexpr int kGraceMs = 500;
constexpr int kKillGraceMs = 500;

std::string OutputLimitText() {
  return absl::StrCat("more than ", kMaxOutputBytes >> 20, " MiB of standard output or error");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Supervisor>> Supervisor::Start(const ProgramOptions& options) {
  if (options.arguments.empty()) return absl::InvalidArgumentError("no program given");
  if (access(options.arguments[0].c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.arguments[0], ": ", strerror(errno),
                     "; expected an executable linked through heddle_instrument()"));
  }
  std::unique_ptr<Supervisor> supervisor(new Supervisor(options));
  if (absl::Status status = supervisor->Launch(); !status.ok()) return status;
  return supervisor;
}

absl::Status Supervisor::Launch() {
  absl::StatusOr<std::unique_ptr<ControlView>> control =
      ControlView::Create(options_.max_points, options_.keep_details);
  if (!control.ok()) return control.status();
  control_ = *std::move(control);
  control_->request().capture_output = options_.capture_output ? 1 : 0;
  control_->request().in_process = options_.in_process ? 1 : 0;
  control_->request().leave_out_page = options_.leave_out_page;
  if (options_.capture_output) files_ = MakeCaptureFiles();
  absl::StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  if (!folder.ok()) return folder.status();
  folder_.emplace(*std::move(folder));
  // The folder itself has the mark of its owner in it.
  const std::string of_executions = absl::StrCat(folder_->path(), "/executions");
  if (mkdir(of_executions.c_str(), 0700) == 0) {
    temporary_folder_ = open(of_executions.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  if (temporary_folder_ < 0) {
    return EnvironmentError(errno, absl::StrCat("cannot create ", of_executions));
  }
  if (!options_.core_file) AskForPrivateFolders(options_, of_executions, &control_->request());
  absl::Status status =
      StartServer(options_.start_at, options_.start_at == StartAt::kMain ? EarlyThreads::kStartOver
                                                                         : EarlyThreads::kRefused);
  if (starts_over_) status = StartServer(StartAt::kInitialisers, EarlyThreads::kRefused);
  if (!status.ok()) return status;
  names_.SetModules(control_->Modules());
  flavour_ = control_->Flavour();
  compiler_ = control_->Compiler();
  return absl::OkStatus();
}

absl::Status Supervisor::StartServer(StartAt start_at, EarlyThreads early_threads) {
  EndServer();
  Control& request = control_->request();
  request.start_at = start_at_ = start_at;
  request.early_threads = early_threads;
  request.setup_done = 0;
  control_->Publish();
  absl::StatusOr<LaunchedProgram> server =
      LaunchProgram(options_, control_->descriptor(), files_, temporary_folder_);
  if (!server.ok()) return server.status();
  server_ = *server;
  return AwaitStart();
}

absl::Status Supervisor::StartAsRulesSay(uint32_t rules) {
  constexpr uint32_t kFirstWithInitialisers = 3;
  if (!starts_over_) return absl::OkStatus();
  const StartAt wanted = rules < kFirstWithInitialisers ? StartAt::kMain : StartAt::kInitialisers;
  if (wanted == start_at_) return absl::OkStatus();
  return StartServer(wanted,
                     wanted == StartAt::kMain ? EarlyThreads::kIgnored : EarlyThreads::kRefused);
}

void Supervisor::EndServer() {
  for (int* pipe : {&server_.command, &server_.answer}) {
    if (*pipe >= 0) close(*pipe);
    *pipe = -1;
  }
  if (server_.process <= 0) return;
  kill(-server_.process, SIGKILL);  // and what it has started
  waitpid(server_.process, nullptr, 0);
  server_.process = -1;
}

Supervisor::~Supervisor() {
  EndServer();
  for (const int descriptor : {files_.output, files_.errors, temporary_folder_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

absl::Status Supervisor::ServerDied() {
  int status = 0;
  kill(-server_.process, SIGKILL);  // what it has started, and itself if it only closed the pipe
  waitpid(server_.process, &status, 0);
  server_.process = -1;
  const std::string said = ReadCaptured(files_.errors);
  if (!control_->SetupDone() && WIFEXITED(status) && WEXITSTATUS(status) == kStartOverExitStatus) {
    starts_over_ = true;
    return absl::AbortedError("starts over");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kSetupExitStatus) {
    // Before the block is mapped (another version of the protocol) only standard error has it.
    const std::string message = control_->ReadFailure().message;
    if (message.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(options_.arguments[0], ": ",
                       absl::StripPrefix(absl::StripAsciiWhitespace(said), "heddle: ")));
    }
    return absl::InvalidArgumentError(absl::StrCat(message, EarlyThreadText()));
  }
  if (!control_->SetupDone() && WIFEXITED(status)) {
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

std::string Supervisor::EarlyThreadText() {
  const std::vector<uint64_t> stack = control_->EarlyThread();
  if (stack.empty()) return "";
  names_.SetModules(control_->Modules());
  return absl::StrCat(" (it was started in ", names_.InnermostOwn(stack), ")");
}

std::string Supervisor::WhyByFork() {
  const std::string text = control_->ForkText();
  switch (control_->WhyFork()) {
    case ForkReason::kNone:
      return "";
    case ForkReason::kCannotUndo: {
      names_.SetModules(control_->Modules());
      return absl::StrCat("runs by fork: ", text, " in ",
                          names_.InnermostOwn(control_->ForkFrames()), " cannot be undone");
    }
    case ForkReason::kDiffers:
      return absl::StrCat("runs by fork: ", text);
    case ForkReason::kBroken:
      return absl::StrCat("runs by fork: ", text);
  }
  return "";
}

absl::Status Supervisor::GiveUp(absl::Status status) {
  EndServer();
  return status;
}

absl::StatusOr<bool> Supervisor::Poll() {
  pollfd entry = {server_.answer, POLLIN, 0};
  const int ready = poll(&entry, 1, kSliceMs);
  if (ready < 0 && errno != EINTR) return absl::ErrnoToStatus(errno, "poll");
  if (ready > 0) {
    char answer;
    if (read(server_.answer, &answer, 1) != 1) return ServerDied();
    return true;
  }
  return false;
}

bool Supervisor::IsTimeUp() const {
  return Interrupted() || (deadline_ && std::chrono::steady_clock::now() >= *deadline_);
}

absl::Status Supervisor::TimeIsUp() const {
  return Interrupted() ? absl::CancelledError("interrupted")
                       : absl::DeadlineExceededError("an execution did not end in time");
}

absl::Status Supervisor::CutOff() {
  overtime_ms_ += kSliceMs;
  if (overtime_ms_ < kGraceMs) return absl::OkStatus();
  if (overtime_ms_ >= kGraceMs + kKillGraceMs) return TimeIsUp();
  // Again, should it come between two executions. The server writes the death down like any other.
  return control_->SignalExecution(server_.process, SIGKILL).status();
}

absl::Status Supervisor::AwaitStart() {
  for (uint64_t waited_ms = 0;; waited_ms += kSliceMs) {
    const absl::StatusOr<bool> answered = Poll();
    if (!answered.ok()) return answered.status();
    if (*answered) return absl::OkStatus();
    if (Interrupted()) return GiveUp(TimeIsUp());
    if (IsOutputBeyondLimit(files_)) {
      return GiveUp(absl::FailedPreconditionError(absl::StrCat(
          options_.arguments[0], " wrote ", OutputLimitText(), " before control began")));
    }
    if (waited_ms >= options_.start_limit_ms) {
      return GiveUp(absl::FailedPreconditionError(absl::StrCat(
          options_.arguments[0], " did not reach control within ", options_.start_limit_ms,
          " ms; is it linked through heddle_instrument()",
          options_.start_at == StartAt::kCheckpoint ? " and does it call Checkpoint()?" : "?")));
    }
  }
}

absl::Status Supervisor::AwaitBatch() {
  overtime_ms_ = 0;
  seen_execution_ = ~uint64_t{0};
  lost_ = false;
  for (;;) {
    const absl::StatusOr<bool> answered = Poll();
    if (!answered.ok()) return answered.status();
    if (*answered) return absl::OkStatus();
    Watch();
    absl::Status status = IsTimeUp() ? CutOff() : WatchOver();
    if (!status.ok()) return GiveUp(std::move(status));
  }
}

absl::Status Supervisor::WatchOver() {
  const uint64_t execution = control_->CurrentExecution();
  const uint64_t points = control_->CurrentPoints();
  const uint64_t run = control_->CurrentRun();
  const bool same = execution == seen_execution_ && run == seen_run_;
  seen_run_ = run;
  running_ms_ = same ? running_ms_ + kSliceMs : 0;
  stalled_ms_ = same && points == seen_points_ ? stalled_ms_ + kSliceMs : 0;
  seen_execution_ = execution;
  seen_points_ = points;
  if (IsOutputBeyondLimit(files_)) {
    return KillExecution(FailureKind::kLimit, absl::StrCat("because it wrote ", OutputLimitText()));
  }
  told_late_ = told_late_ && same;
  if (running_ms_ >= options_.time_limit_ms) {
    if (!std::exchange(told_late_, true)) {
      control_->TellLate(execution, options_.time_limit_ms);
      return control_->SignalExecution(server_.process, kWatchdogSignal).status();
    }
    if (running_ms_ - options_.time_limit_ms < kLastWordsMs) return absl::OkStatus();
    told_late_ = false;
    running_ms_ = 0;
    return KillExecution(FailureKind::kTimeLimit,
                         absl::StrCat("after ", options_.time_limit_ms, " ms of real time"));
  }
  return WatchForStall(points);
}

absl::Status Supervisor::WatchForStall(uint64_t points) {
  const uint64_t watchdog_ms = uint64_t{control_->request().spec.watchdog_seconds} * 1000;
  if (watchdog_ms == 0 || stalled_ms_ == 0) {
    sleeping_.reset();
    return absl::OkStatus();
  }
  // Nobody else of the process runs who could end it: what sleeps in one call, sleeps for good.
  std::optional<SleepingCall> sleeping = control_->CallThatSleeps(server_.process);
  sleeping_ms_ = sleeping.has_value() && sleeping == sleeping_ ? sleeping_ms_ + kSliceMs : 0;
  sleeping_ = sleeping;
  const bool sleeps = sleeping_ms_ >= kMostSleepMs;
  if (!sleeps && stalled_ms_ < watchdog_ms) return absl::OkStatus();
  stalled_ms_ = sleeping_ms_ = 0;
  control_->TellStalled(points, sleeps ? sleeping->number : kNoCall);
  return control_->SignalExecution(server_.process, kWatchdogSignal).status();
}

absl::Status Supervisor::KillExecution(FailureKind kind, std::string why) {
  const absl::StatusOr<bool> killed = control_->SignalExecution(server_.process, SIGKILL);
  if (!killed.ok()) return killed.status();
  if (*killed) {
    // The server writes the death down like any other.
    kill_ = {kind, std::move(why)};
    return absl::OkStatus();
  }
  // The server may have been between two executions, but not twice.
  if (lost_) {
    return absl::InternalError(
        absl::StrCat("the fork server of ", options_.arguments[0], " does not answer"));
  }
  lost_ = true;
  return absl::OkStatus();
}

absl::Status Supervisor::NewCampaign(const CampaignOptions& options) {
  if (server_.process < 0) {
    return absl::FailedPreconditionError("the program's fork server has ended");
  }
  absl::Status status = Validate(options, flavour(), compiler());
  if (!status.ok()) return status;
  if (status = StartAsRulesSay(options.spec.rules); !status.ok()) return status;
  idle_sites_.clear();
  absl::StatusOr<SiteCalls> calls = site_calls_.Find(options.sites, names_);
  if (!calls.ok()) return calls.status();
  idle_sites_ = std::move(calls->idle);
  control_->WriteSpec(options.spec);
  status.Update(control_->WriteSites(calls->addresses));
  status.Update(control_->WriteReplay(options.replay, options.replay_open_end));
  status.Update(control_->WriteSwitches(options.switches));
  // It lies where the steps and switches do.
  status.Update(control_->WriteLearnt(options.learnt, options.keep_learnt));
  status.Update(control_->WriteFollowedFaults(options.follow_faults));
  if (!status.ok()) return status;
  Control& request = control_->request();
  request.debugger = options.stop_at == kNoStop ? Debugger::kNone : Debugger::kAttaches;
  request.stop_at = options.stop_at;
  request.count_known = options.count_known ? 1 : 0;
  FindResultFile();
  ++request.campaign_number;
  may_exhaust_ = options.spec.strategy.Systematic() || options.spec.strategy.Constant() ||
                 !options.replay.empty() || options.switches.has_value();
  return absl::OkStatus();
}

void Supervisor::FindResultFile() {
  struct stat file = {};
  const std::string path = absl::StrCat(working_directory(), "/", options_.result_file);
  const bool found = !options_.result_file.empty() && stat(path.c_str(), &file) == 0;
  Control& request = control_->request();
  request.result_device = found ? file.st_dev : 0;
  request.result_inode = found ? file.st_ino : 0;
}

Outcome Supervisor::TakeOutcome(const ExecutionSummary& summary) {
  Outcome outcome = ReadOutcome(*control_, summary, std::exchange(kill_, {}));
  // It may have loaded more.
  if (outcome.finding != FailureKind::kNone) names_.SetModules(control_->Modules());
  outcome.standard_output = ReadCaptured(files_.output);
  outcome.standard_error = names_.WithNames(ReadCaptured(files_.errors));
  return outcome;
}

absl::Status Supervisor::CheckEnvironment(const Outcome& outcome) const {
  const int status = outcome.wait_status;
  if (outcome.finding == FailureKind::kExit && WIFEXITED(status) &&
      options_.cannot_run_status == WEXITSTATUS(status)) {
    return absl::UnavailableError(absl::StripAsciiWhitespace(outcome.standard_error));
  }
  if (outcome.finding != FailureKind::kSanitizer && outcome.finding != FailureKind::kExit) {
    return absl::OkStatus();
  }
  // Other complaints of sanitizers about the machine may be the work of the program.
  for (const std::string& line : ParseSanitizerReports(outcome.standard_error).environment) {
    if (absl::StrContains(line, kLeakSanitizer)) {
      return absl::UnavailableError(DescribeEnvironment(line));
    }
  }
  return absl::OkStatus();
}

void Supervisor::Watch() const {
  if (options_.watch == nullptr || !control_->ExecutionBegan()) return;
  options_.watch(control_->Running(server_.process));
}

absl::Status Supervisor::RunBefore() const {
  if (options_.before.empty()) return absl::OkStatus();
  Command command;
  command.argv = {"/bin/sh", "-c", options_.before};
  command.working_directory = options_.working_directory;
  command.time_limit = std::chrono::milliseconds(options_.start_limit_ms);
  if (deadline_) {
    command.time_limit =
        std::min(command.time_limit, *deadline_ - std::chrono::steady_clock::now());
  }
  const absl::StatusOr<ProcessOutcome> outcome = RunProcess(command);
  if (!outcome.ok()) return outcome.status();
  const std::string what =
      absl::StrCat("'", options_.before, "', to be run before each execution, ");
  switch (outcome->end) {
    case ProcessOutcome::End::kInterrupted:
      return TimeIsUp();
    case ProcessOutcome::End::kTimedOut:
      if (IsTimeUp()) return TimeIsUp();
      return absl::FailedPreconditionError(
          absl::StrCat(what, "did not end within ", options_.start_limit_ms, " ms"));
    case ProcessOutcome::End::kSignalled:
      return absl::FailedPreconditionError(
          absl::StrCat(what, "died of ", SignalName(outcome->signal)));
    case ProcessOutcome::End::kExited:
      break;
  }
  if (outcome->code == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(what, "ended with status ", outcome->code));
}

bool Supervisor::RemoveCutOff(Batch* batch) const {
  if (overtime_ms_ < kGraceMs || batch->executions.empty()) return true;
  const int status = batch->executions.back().wait_status;
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) return true;
  batch->cut_off = true;
  batch->executions.pop_back();
  return !batch->executions.empty();
}

absl::StatusOr<Batch> Supervisor::RunBatch(uint64_t first, uint32_t count, uint32_t stride) {
  if (server_.process < 0) {
    return absl::FailedPreconditionError("the program's fork server has ended");
  }
  if (count == 0 || count > kMaxBatch) {
    return absl::InvalidArgumentError(
        absl::StrCat("a batch has 1 to ", kMaxBatch, " executions, not ", count));
  }
  if (absl::Status status = RunBefore(); !status.ok()) return status;
  Control& request = control_->request();
  request.first_execution = first;
  request.batch = options_.before.empty() ? count : 1;
  request.stride = stride;
  control_->Publish();
  const uint64_t in_process = InProcessExecutions();
  const char command = 'r';
  if (write(server_.command, &command, 1) != 1) return ServerDied();
  if (absl::Status status = AwaitBatch(); !status.ok()) return status;
  Watch();
  Batch batch;
  batch.executions = control_->Summaries();
  batch.in_process = InProcessExecutions() - in_process == batch.executions.size();
  batch.exhausted = may_exhaust_ && control_->Exhausted() && batch.executions.size() < count;
  if (batch.executions.empty() && !batch.exhausted) {
    return GiveUp(absl::InternalError(absl::StrCat("the fork server of ", options_.arguments[0],
                                                   " answered without an execution")));
  }
  batch.progress = control_->Progress();
  batch.faults = control_->FaultTotals();
  if (!RemoveCutOff(&batch)) return TimeIsUp();
  if (batch.executions.empty() || batch.cut_off || batch.executions.back().known != 0) return batch;
  batch.last = TakeOutcome(batch.executions.back());
  if (absl::Status status = CheckEnvironment(batch.last); !status.ok()) return status;
  return batch;
}

absl::StatusOr<Outcome> Supervisor::Replay(const CampaignOptions& options, uint64_t execution) {
  if (absl::Status status = NewCampaign(options); !status.ok()) return status;
  absl::StatusOr<Batch> batch = RunBatch(execution, 1);
  if (!batch.ok()) return batch.status();
  return std::move(batch->last);
}

std::string Supervisor::working_directory() const {
  return std::filesystem::absolute(options_.working_directory.empty() ? "."
                                                                      : options_.working_directory)
      .lexically_normal()
      .string();
}

}  // namespace heddle::sim
