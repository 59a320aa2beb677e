#include "harness/cli/report_schedules.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "harness/cli/progress.h"
#include "harness/run/scenario_schedule.h"
#include "harness/run/schedule_extra.h"
#include "harness/scenario/scenario.h"
#include "harness/shrink/shrink.h"
#include "reports/html.h"
#include "reports/result_file.h"
#include "sim/process/process.h"
#include "sim/text/markup.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using reports::Finding;
using reports::ScenarioResult;
using reports::Timeline;

// Shrinking a host's finding takes longer: by then it is small enough to be read.
constexpr std::chrono::seconds kMostShrinkTimeEach{10};

// The findings of each schedule file, in order.
std::map<std::string, std::vector<Finding>> BySchedule(const std::vector<ScenarioResult>& results) {
  std::map<std::string, std::vector<Finding>> schedules;
  for (const ScenarioResult& scenario : results) {
    for (const reports::CellResult& cell : scenario.cells) {
      for (const Finding& finding : cell.findings) {
        if (!finding.schedule.empty()) schedules[finding.schedule].push_back(finding);
      }
    }
  }
  return schedules;
}

struct Replay {
  sim::Schedule schedule;
  sim::OperationLog log;
};

absl::StatusOr<Replay> ReplayOne(const std::string& path, const Subject& subject) {
  absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(path);
  if (!schedule.ok()) return schedule.status();
  absl::StatusOr<sim::TemporaryFolder> folder = sim::TemporaryFolder::Create();
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<sim::ProgramOptions> program =
      ScheduledProgram(*schedule, path, schedule->flavour, subject, folder->path());
  if (!program.ok()) return program.status();
  absl::StatusOr<sim::OperationLog> log = sim::LogOperations(*program, *schedule);
  if (!log.ok()) return log.status();
  return Replay{*std::move(schedule), *std::move(log)};
}

ScenarioResult ResultOfSchedule(const std::string& path, const sim::Schedule& schedule,
                                const Subject& subject) {
  ScenarioResult result;
  result.is_program = schedule.subject_kind == "program";
  result.path = schedule.subject_path;
  result.name = fs::path(schedule.subject_path).stem().string();
  result.again = absl::StrCat("heddle replay ", sim::ShellWord(path));
  reports::CellResult cell;
  if (const auto flavour = harness::ParseFlavour(schedule.flavour); flavour.ok()) {
    cell.flavour = *flavour;
  }
  const auto extra = harness::ReadExtra(schedule, path);
  if (extra.ok() && !extra->dispatcher.empty()) {
    const auto dispatcher = harness::ParseDispatcher(extra->dispatcher);
    if (dispatcher.ok()) cell.dispatcher = *dispatcher;
  }
  cell.runs = 1;
  const absl::StatusOr<Replay> replay = ReplayOne(path, subject);
  cell.findings = {harness::FindingOf(schedule, replay.ok() ? &replay->log : nullptr)};
  cell.findings[0].schedule = path;
  result.cells.push_back(std::move(cell));
  return result;
}

class Replayer {
 public:
  Replayer(std::map<std::string, std::string> shrunk, const Subject& subject,
           std::chrono::nanoseconds shrink_time, bool quiet)
      : subject_(subject), time_left_(shrink_time), quiet_(quiet), line_(quiet) {
    all_.shrunk = std::move(shrunk);
  }

  ReplayedSchedules Replay(const std::map<std::string, std::vector<Finding>>& schedules) {
    size_t number = 0;
    for (const auto& [path, findings] : schedules) {
      if (sim::Interrupted()) break;
      line_.Show(absl::StrCat("replaying ", ++number, " of ", schedules.size()));
      const Timeline& own = Add(path, findings);
      all_.worst = std::max(all_.worst, own.log.verdict.end);
      const bool exact = own.error.empty() && own.log.verdict.end == sim::ReplayEnd::kAsRecorded;
      if (const std::string shrunk = exact ? ShrunkOf(path) : ""; !shrunk.empty()) {
        all_.shrunk[path] = shrunk;
        Add(shrunk, findings);
      }
    }
    return std::move(all_);
  }

 private:
  const Timeline& Add(const std::string& path, const std::vector<Finding>& findings) {
    Timeline& timeline = all_.timelines[path];
    absl::StatusOr<cli::Replay> replay = ReplayOne(path, subject_);
    if (!replay.ok()) {
      timeline.error = absl::StrCat("The schedule cannot be replayed: ", replay.status().message());
    } else if (steps_ + replay->log.operations.size() > reports::kMaxPageSteps && steps_ > 0) {
      timeline.error =
          "Left out because the page would be too large. Make a report of this finding alone.";
    } else {
      steps_ += replay->log.operations.size();
      timeline = reports::MakeTimeline(std::move(replay->log), replay->schedule,
                                       replay->schedule.flavour, findings);
    }
    const std::string warning =
        timeline.log.verdict.end == sim::ReplayEnd::kAsRecorded
            ? timeline.error
            : absl::StrCat("the replay is not as recorded: ", timeline.log.verdict.difference);
    if (!warning.empty() && !quiet_) {
      line_.Clear();
      Tell(absl::StrCat("warning: ", path, ": ", warning));
    }
    timeline.schedule = path;
    return timeline;
  }

  // The shrunk schedule of `path`; "" when there is none and no time to make one.
  std::string ShrunkOf(const std::string& path) {
    if (const auto given = all_.shrunk.find(path); given != all_.shrunk.end()) return given->second;
    // A schedule that was shrunk is not shrunk again.
    const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(path);
    if (!schedule.ok()) return "";
    const auto extra = harness::ReadExtra(*schedule, path);
    if (!extra.ok() || extra->switches) return "";
    const std::string folder = harness::ShrinkFolder(path);
    const std::string beside = absl::StrCat(folder, "/", harness::kShrunkSchedule);
    std::error_code error;
    if (fs::symlink_status(beside, error).type() == fs::file_type::regular) return beside;
    if (time_left_ <= std::chrono::nanoseconds(0)) return "";
    line_.Show(absl::StrCat("shrinking ", path));
    harness::ShrinkOptions options;
    options.schedule = path;
    options.host_folder = HostFolder(subject_.hosts);
    options.program = [&](const sim::Schedule& shrunk) {
      return ScheduledProgram(shrunk, path, shrunk.flavour, subject_, "");
    };
    options.out = folder;
    options.time_limit = std::min<std::chrono::nanoseconds>(time_left_, kMostShrinkTimeEach);
    options.interrupted = [] { return sim::Interrupted(); };
    const auto start = std::chrono::steady_clock::now();
    const absl::StatusOr<harness::ShrinkReport> report = harness::ShrinkFinding(options);
    time_left_ -= std::chrono::steady_clock::now() - start;
    line_.Clear();
    if (!report.ok() && !quiet_) {
      Tell(absl::StrCat("warning: ", path, " is not shrunk: ", report.status().message()));
    }
    return report.ok() ? report->schedule : "";
  }

  const Subject& subject_;
  std::chrono::nanoseconds time_left_;
  const bool quiet_;
  ProgressLine line_;
  uint64_t steps_ = 0;
  ReplayedSchedules all_;
};

}  // namespace

std::string ScheduleFileOf(const std::string& path) {
  std::error_code error;
  if (absl::EndsWith(path, reports::kScheduleEnding)) return path;
  if (!fs::is_directory(path, error) || fs::exists(fs::path(path) / reports::kResultFile, error)) {
    return "";
  }
  const fs::path file = fs::path(path) / harness::kShrunkSchedule;
  return fs::exists(file, error) ? file.string() : "";
}

absl::StatusOr<std::map<std::string, std::string>> AttachSchedules(
    const std::vector<std::string>& schedules, const Subject& subject,
    std::vector<ScenarioResult>* results) {
  std::map<std::string, std::string> shrunk;
  std::map<std::string, std::string> by_key;  // the findings' own files
  for (const auto& [path, findings] : BySchedule(*results)) {
    const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(path);
    if (schedule.ok()) by_key.emplace(schedule->dedup_key, path);
  }
  for (const std::string& path : schedules) {
    const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(path);
    if (!schedule.ok()) return schedule.status();
    const auto own = by_key.find(schedule->dedup_key);
    if (own != by_key.end() && own->second != path) {
      shrunk[own->second] = path;
    } else if (own == by_key.end()) {
      results->push_back(ResultOfSchedule(path, *schedule, subject));
    }
  }
  return shrunk;
}

ReplayedSchedules ReplaySchedules(const std::vector<ScenarioResult>& results,
                                  std::map<std::string, std::string> shrunk, const Subject& subject,
                                  std::chrono::nanoseconds shrink_time, bool quiet) {
  return Replayer(std::move(shrunk), subject, shrink_time, quiet).Replay(BySchedule(results));
}

}  // namespace heddle::cli
