// heddle merge: one campaign of what several jobs found.
#include "harness/store/merge.h"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "harness/cli/command.h"
#include "reports/json.h"
#include "reports/result_file.h"
#include "reports/terminal.h"
#include "sim/schedule/schedule.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using reports::ScenarioResult;

struct MergeFlags {
  std::vector<std::string> results;
  std::string out;
  std::vector<std::string> known;
  bool json = false;
  bool quiet = false;
};

// The name that the copy of a schedule file gets: its own, unless another file has that.
std::string CopyName(const std::string& schedule, const std::set<std::string>& taken) {
  std::string name = fs::path(schedule).filename().string();
  for (int i = 2; taken.count(name) > 0; ++i) {
    name = absl::StrCat(
        absl::StripSuffix(fs::path(schedule).filename().string(), reports::kScheduleEnding), "-", i,
        reports::kScheduleEnding);
  }
  return name;
}

// Copies the schedule files into `folder`, those that are schedules.
absl::Status CopySchedules(const fs::path& folder, std::vector<ScenarioResult>* results) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return absl::UnavailableError(absl::StrCat(folder.string(), ": ", error.message()));
  std::map<std::string, std::string> copies;  // by the file's path
  std::set<std::string> taken;
  const auto copy = [&](reports::Finding* finding) -> absl::Status {
    std::string& target = copies[finding->schedule];
    if (target.empty()) {
      const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(finding->schedule);
      if (!schedule.ok()) return schedule.status();
      const std::string name = CopyName(finding->schedule, taken);
      taken.insert(name);
      target = (folder / name).string();
      if (absl::Status status = sim::WriteSchedule(*schedule, target); !status.ok()) return status;
    }
    finding->schedule = target;
    return absl::OkStatus();
  };
  absl::Status status;
  for (ScenarioResult& scenario : *results) {
    for (reports::CellResult& cell : scenario.cells) {
      for (reports::Finding& finding : cell.findings) {
        if (!finding.schedule.empty()) status.Update(copy(&finding));
      }
    }
  }
  return status;
}

int Merge(const MergeFlags& flags) {
  std::vector<ScenarioResult> results;
  for (const std::string& path : flags.results) {
    absl::StatusOr<std::vector<ScenarioResult>> some = reports::ReadResults(path);
    if (!some.ok()) return Fail(WithNearestFile(some.status(), path));
    std::move(some->begin(), some->end(), std::back_inserter(results));
  }
  results = store::MergeResults(std::move(results));
  for (ScenarioResult& result : results) {
    for (reports::CellResult& cell : result.cells) {
      // Together they claim more than each by itself.
      if (cell.met && cell.explored && cell.explored->proof) {
        cell.met = cell.explored->proof->Holds();
      }
    }
  }
  if (absl::Status status = CopySchedules(flags.out, &results); !status.ok()) return Fail(status);
  if (absl::Status status = RememberStores(flags.out, flags.known); !status.ok()) {
    return Fail(status);
  }
  const absl::Status status = Keep(flags.out, results, flags.quiet || flags.json);
  if (!status.ok()) return Fail(status);
  reports::TerminalOptions options;
  options.color = reports::WantsColor(STDOUT_FILENO);
  options.width = reports::WidthOf(STDOUT_FILENO);
  options.quiet = flags.quiet;
  PrintResults(results, flags.json, options);
  return CodeOf(results);
}

}  // namespace

void AddMerge(Command app) {
  Command command = app.Add("merge", "Merge the results of the jobs of a campaign");
  auto flags = std::make_shared<MergeFlags>();
  command
      .AddOption("results", &flags->results,
                 "Folders of heddle explore --out (or heddle run --keep), one for each job")
      .Required();
  command
      .AddOption(
          "--out,-o", &flags->out,
          "Folder for the merged result: result.json, the schedule files, the campaign store")
      .Required();
  command
      .AddOption("--known", &flags->known,
                 "A campaign store of earlier campaigns, or a folder with one: their findings are\n"
                 "recognised, and kept in the merged store (may be repeated)")
      .OneEach();
  command.AddFlag("--json", &flags->json, "Print JSON (reports/run.schema.json)");
  command.AddFlag("--quiet,-q", &flags->quiet, "Print only what is wrong, and the last line");
  command.SetFooter(
      "The merged result has each distinct finding once. Exits as heddle explore does: 0 as\n"
      "expected, 1 not as expected; with results of heddle verify 0 if all shares are there and\n"
      "complete, 4 if not.\n"
      "\n"
      "  heddle explore burst-short --schedules 10000 --shard 1/2 --out shard-1\n"
      "  heddle explore burst-short --schedules 10000 --shard 2/2 --out shard-2\n"
      "  heddle merge shard-1 shard-2 --out heddle-findings; heddle report heddle-findings\n"
      "  heddle merge shard-* --out tonight --known last-night");
  command.OnRun([flags] { return Merge(*flags); });
}

}  // namespace heddle::cli
