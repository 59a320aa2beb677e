#include "sim/supervisor/outcome.h"

#include <signal.h>
#include <sys/wait.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/protocol/exit_status.h"
#include "sim/supervisor/control_view.h"

namespace heddle::sim {
namespace {

// How often another thread went on than before.
uint64_t CountSwitches(const std::vector<Step>& steps) {
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

// What has become of the program by exec ran free: its end is told, not judged.
void TellOfProgram(int status, Outcome* outcome) {
  const std::string end =
      WIFSIGNALED(status)
          ? absl::StrFormat("died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)))
          : absl::StrFormat("ended with status %d", WEXITSTATUS(status));
  outcome->message = absl::StrFormat(
      "became another program (exec) after point %u; that one %s, which is not judged",
      outcome->points, end);
}

// A failure that only the process's end tells of, or nothing.
void ClassifyEnd(const ExecutionSummary& summary, Outcome* outcome) {
  const int status = summary.wait_status;
  if (outcome->sanitizer_reports > 0) {
    outcome->finding = FailureKind::kSanitizer;
    outcome->message = absl::StrFormat("%u sanitizer report%s", outcome->sanitizer_reports,
                                       outcome->sanitizer_reports == 1 ? "" : "s");
  } else if (summary.state == ExecutionState::kBecameProgram) {
    TellOfProgram(status, outcome);
  } else if (WIFSIGNALED(status)) {
    outcome->finding = FailureKind::kCrash;
    outcome->message =
        absl::StrFormat("died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
  } else if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    outcome->finding =
        WEXITSTATUS(status) == kSanitizerExitStatus ? FailureKind::kSanitizer : FailureKind::kExit;
    outcome->message = absl::StrFormat(
        "ended with status %d%s", WEXITSTATUS(status),
        summary.state == ExecutionState::kRunning ? " (_exit in mid-schedule)" : "");
  } else if (outcome->EndedEarly()) {
    outcome->message = absl::StrFormat(
        "ended with status 0 in mid-schedule, after point %u: by _exit or in a handler of a fatal "
        "signal",
        outcome->points);
  }
}

}  // namespace

std::string ThreadsLeftText(uint32_t threads) {
  return absl::StrFormat("%u thread%s still ran when the process ended", threads,
                         threads == 1 ? "" : "s");
}

Outcome ReadOutcome(const ControlView& control, const ExecutionSummary& summary, const Kill& kill) {
  Outcome outcome;
  outcome.state = summary.state;
  outcome.wait_status = summary.wait_status;
  outcome.execution = summary.execution;
  outcome.plan = control.Plan();
  outcome.steps = control.Steps(summary.points);
  outcome.points = outcome.steps.size();
  outcome.hash = kHashStart;
  for (const Step step : outcome.steps) outcome.hash = HashStep(outcome.hash, step);
  outcome.switches = CountSwitches(outcome.steps);
  outcome.objects = control.Objects(outcome.points);
  outcome.details = control.Details(outcome.points);
  outcome.virtual_ns = control.virtual_ns();
  outcome.sanitizer_reports = control.sanitizer_reports();
  outcome.report_points = control.ReportPoints();
  outcome.faults = control.Faults();
  outcome.real_values = control.RealValues();
  outcome.threads_left = summary.threads_left;
  Failure failure = control.ReadFailure();
  if (failure.kind != FailureKind::kNone) {
    outcome.finding = failure.kind;
    outcome.message = std::move(failure.message);
    outcome.thread = failure.thread;
    outcome.stacks = std::move(failure.stacks);
    outcome.places = std::move(failure.places);
    return outcome;
  }
  const int status = summary.wait_status;
  const bool free = summary.state == ExecutionState::kBecameProgram;
  if (!free && kill.kind != FailureKind::kNone && WIFSIGNALED(status) &&
      WTERMSIG(status) == SIGKILL) {
    outcome.finding = kill.kind;
    outcome.message = absl::StrFormat("killed %s, at point %u", kill.why, outcome.points);
    if (!outcome.steps.empty()) {
      absl::StrAppend(&outcome.message, ", after ", OpKindName(StepKind(outcome.steps.back())));
    }
  } else {
    ClassifyEnd(summary, &outcome);
  }
  if (outcome.finding != FailureKind::kNone) outcome.thread = control.current_thread();
  return outcome;
}

}  // namespace heddle::sim
