// heddle merge: one campaign of what several jobs found.
#include "harness/store/merge.h"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "reports/json.h"
#include "reports/result_file.h"
#include "reports/terminal.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using reports::ScenarioResult;

struct MergeFlags {
  std::vector<std::string> results;
  std::string out;
  bool json = false;
  bool quiet = false;
};

// Calls `visit` with each finding that names a schedule file.
template <typename Visit>
void ForEachSchedule(std::vector<ScenarioResult>* results, const Visit& visit) {
  for (ScenarioResult& scenario : *results) {
    for (reports::CellResult& cell : scenario.cells) {
      for (reports::Finding& finding : cell.findings) {
        if (!finding.schedule.empty()) visit(&finding);
      }
    }
  }
}

// Jobs ran elsewhere: what lies beside their results is meant, wherever the folder was then.
void FindSchedules(const fs::path& folder, std::vector<ScenarioResult>* results) {
  ForEachSchedule(results, [&](reports::Finding* finding) {
    const fs::path beside = folder / fs::path(finding->schedule).filename();
    std::error_code error;
    if (fs::exists(beside, error)) finding->schedule = beside.string();
  });
}

// Copies the schedule files into `folder`. Jobs that found the same wrote files of the same name;
// only the finding that was kept still names one.
absl::Status CopySchedules(const fs::path& folder, std::vector<ScenarioResult>* results) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return absl::UnavailableError(absl::StrCat(folder.string(), ": ", error.message()));
  absl::Status status;
  ForEachSchedule(results, [&](reports::Finding* finding) {
    const fs::path target = folder / fs::path(finding->schedule).filename();
    if (fs::equivalent(finding->schedule, target, error)) return;
    fs::copy_file(finding->schedule, target, fs::copy_options::overwrite_existing, error);
    if (error) {
      status.Update(absl::NotFoundError(absl::StrCat(finding->schedule, ": ", error.message())));
    }
    finding->schedule = target.string();
  });
  return status;
}

int Merge(const MergeFlags& flags) {
  std::vector<ScenarioResult> results;
  for (const std::string& path : flags.results) {
    absl::StatusOr<std::vector<ScenarioResult>> some = reports::ReadResults(path);
    if (!some.ok()) return Fail(some.status());
    std::error_code error;
    FindSchedules(fs::is_directory(path, error) ? fs::path(path) : fs::path(path).parent_path(),
                  &*some);
    std::move(some->begin(), some->end(), std::back_inserter(results));
  }
  results = store::MergeResults(std::move(results));
  if (absl::Status status = CopySchedules(flags.out, &results); !status.ok()) return Fail(status);
  absl::Status status = reports::WriteResults(flags.out, results);
  status.Update(Remember(flags.out, results, flags.quiet || flags.json));
  if (!status.ok()) return Fail(status);
  PrintResults(results, flags.json,
               {.color = reports::WantsColor(STDOUT_FILENO), .quiet = flags.quiet});
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
  command.AddFlag("--json", &flags->json, "Print JSON (reports/run.schema.json)");
  command.AddFlag("--quiet,-q", &flags->quiet, "Print only what is wrong, and the last line");
  command.SetFooter(
      "The merged result has each distinct finding once. Exits as heddle explore does: 0 as\n"
      "expected, 1 not as expected.\n"
      "\n"
      "  heddle explore burst-short --schedules 10000 --shard 1/2 --out shard-1\n"
      "  heddle explore burst-short --schedules 10000 --shard 2/2 --out shard-2\n"
      "  heddle merge shard-1 shard-2 --out heddle-findings; heddle report heddle-findings");
  command.OnRun([flags] { return Merge(*flags); });
}

}  // namespace heddle::cli
