#include "harness/cli/debug.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/cli/command.h"
#include "harness/cli/debug_script.h"
#include "nlohmann/json.hpp"
#include "sim/text/printable.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;

// What the kernel itself proves has a place where gdb stops, and so have a sanitizer's reports and
// signals. The rest (an oracle's objection, an exit status, a leak) is known afterwards: there the
// last step is as close as it gets.
bool StopsByItself(const sim::Outcome& outcome) {
  switch (outcome.finding) {
    case sim::FailureKind::kNone:
    case sim::FailureKind::kExit:
    case sim::FailureKind::kTimeLimit:
    case sim::FailureKind::kUncontrolled:
      return false;
    case sim::FailureKind::kSanitizer:
      // A leak is looked for when the execution is over, and not under a debugger.
      return !absl::StrContains(outcome.standard_error, "LeakSanitizer: detected");
    default:
      return true;
  }
}

// What debug.py knows of the session, as a line of Python: its literals are JSON's, here.
std::string SessionOf(const sim::Supervisor& supervisor, const sim::Schedule& schedule,
                      const std::string& found, int64_t stop) {
  const std::vector<std::string>& arguments = supervisor.arguments();
  std::vector<std::string> operations;
  for (uint32_t kind = 0; kind < static_cast<uint32_t>(sim::OpKind::kCount); ++kind) {
    operations.push_back(sim::OpKindName(static_cast<sim::OpKind>(kind)));
  }
  const nlohmann::json session = {
      {"program", fs::absolute(arguments[0]).string()},
      {"arguments", std::vector<std::string>(arguments.begin() + 1, arguments.end())},
      {"environment", supervisor.environment()},
      {"directory", supervisor.working_directory()},
      {"points", schedule.steps.size()},
      {"stop", stop},
      {"finding", found},
      {"operations", operations},
      {"control", sim::kControlDescriptor},
      {"output", sim::kOutputDescriptor},
      {"errors", sim::kErrorsDescriptor},
      {"stop_at_offset", offsetof(sim::Control, stop_at)}};
  return absl::StrCat("SESSION = ", session.dump(-1, ' ', true), "\n");
}

// gdb reads a line break as the end of a command, whoever wrote it.
absl::Status CheckFitsOneLine(const sim::Supervisor& supervisor) {
  std::vector<std::string> parts = supervisor.arguments();
  for (std::string& setting : supervisor.environment()) parts.push_back(std::move(setting));
  parts.push_back(supervisor.working_directory());
  for (const std::string& part : parts) {
    if (part.find_first_of("\r\n") == std::string::npos) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("gdb cannot start a program with a line break in its path, arguments, "
                     "environment or folder: '",
                     sim::Printable(part), "'"));
  }
  return absl::OkStatus();
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

absl::StatusOr<int> DebugSchedule(const sim::ProgramOptions& program, const sim::Schedule& schedule,
                                  const DebugOptions& options) {
  absl::StatusOr<std::unique_ptr<sim::Supervisor>> supervisor = sim::Supervisor::Start(program);
  if (!supervisor.ok()) return supervisor.status();
  absl::Status status = CanReplayIn(schedule, (*supervisor)->flavour(), (*supervisor)->compiler());
  status.Update(CheckFitsOneLine(**supervisor));
  if (!status.ok()) return status;
  const sim::CampaignOptions campaign = ReplayOptions(schedule);
  absl::StatusOr<sim::Outcome> outcome = (*supervisor)->Replay(campaign, schedule.execution);
  if (!outcome.ok()) return outcome.status();
  if (outcome->finding == sim::FailureKind::kDivergence) {
    return absl::FailedPreconditionError(outcome->message);
  }
  // A sanitizer tells its finding better than the kernel; names are filled in here only.
  if (outcome->sanitizer_reports > 0) {
    Print(outcome->standard_error);
  } else if (outcome->finding != sim::FailureKind::kNone) {
    Print(absl::StrCat((*supervisor)->Describe(*outcome), "\n"));
  }
  if (options.break_at && *options.break_at >= outcome->points) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "--break-at %u: the schedule has steps 0 to %u", *options.break_at, outcome->points - 1));
  }
  const std::string found =
      outcome->finding == sim::FailureKind::kNone
          ? schedule.message.empty() ? "clean" : FirstLine(schedule.message)
          : absl::StrCat(FailureKindName(outcome->finding), ": ", FirstLine(outcome->message));
  int64_t stop = StopsByItself(*outcome) ? -1 : static_cast<int64_t>(outcome->points) - 1;
  if (options.break_at) stop = static_cast<int64_t>(*options.break_at);

  const std::string script = absl::StrCat(options.folder, "/heddle.py");
  std::ofstream stream(script);
  stream << SessionOf(**supervisor, schedule, found, stop) << DebugScript();
  stream.close();
  if (!stream) return absl::UnavailableError(absl::StrCat(script, ": cannot be written"));
  std::vector<std::string> debugger = {"gdb", "-q", "-x", script};
  debugger.insert(debugger.end(), options.more.begin(), options.more.end());
  return (*supervisor)->Debug(campaign, schedule.execution, debugger);
}

}  // namespace heddle::cli
