// heddle findings: what the campaign store remembers.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/cli/command.h"
#include "harness/store/merge.h"
#include "harness/store/store.h"
#include "nlohmann/json.hpp"
#include "reports/json.h"
#include "reports/result_file.h"
#include "reports/summary.h"
#include "reports/terminal.h"
#include "sim/text/markup.h"
#include "sim/text/plural.h"

namespace heddle::cli {
namespace {

using nlohmann::ordered_json;
using store::StoredFinding;

struct FindingsFlags {
  std::string store;
  bool json = false;
  int64_t id = 0;
};

absl::StatusOr<std::unique_ptr<store::Store>> Open(const FindingsFlags& flags) {
  std::string path = flags.store.empty() ? StorePath(kFindingsFolder) : flags.store;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) absl::StrAppend(&path, "/", store::kStoreFile);
  return store::Store::OpenExisting(path);
}

ordered_json Summary(const StoredFinding& stored) {
  return {{"id", stored.id},
          {"subject", stored.subject},
          {"first_seen", stored.first_seen},
          {"last_seen", stored.last_seen},
          {"runs", stored.runs},
          {"finding", reports::RenderJson(stored.finding)}};
}

int List(const FindingsFlags& flags) {
  const auto store = Open(flags);
  if (!store.ok()) return Fail(store.status());
  const auto all = (*store)->Findings();
  if (!all.ok()) return Fail(all.status());
  if (flags.json) {
    ordered_json list = ordered_json::array();
    for (const StoredFinding& stored : *all) list.push_back(Summary(stored));
    PrintJson(list);
    return kMet;
  }
  std::string out;
  if (!all->empty()) {
    absl::StrAppendFormat(&out, "%5s  %5s  %-20s  %-20s  %s\n", "id", "runs", "first seen",
                          "last seen", "finding");
  }
  for (const StoredFinding& stored : *all) {
    absl::StrAppendFormat(&out, "%5d  %5d  %-20s  %-20s  %s: %s\n", stored.id, stored.runs,
                          stored.first_seen, stored.last_seen, stored.subject,
                          reports::Title(stored.finding));
  }
  absl::StrAppend(&out, all->empty() ? "no findings\n" : "");
  Print(out);
  return kMet;
}

int Show(const FindingsFlags& flags) {
  const auto store = Open(flags);
  if (!store.ok()) return Fail(store.status());
  const auto found = (*store)->Find(flags.id);
  if (!found.ok()) return Fail(found.status());
  if (!found->has_value()) {
    return Fail(absl::NotFoundError(
        absl::StrCat("there is no finding ", flags.id, "; heddle findings lists all findings")));
  }
  const StoredFinding& stored = **found;
  if (flags.json) {
    ordered_json all = Summary(stored);
    all["seen"] = ordered_json::array();
    for (const store::Sighting& sighting : stored.seen) {
      all["seen"].push_back({{"run", sighting.run},
                             {"at", sighting.when},
                             {"command", sighting.command},
                             {"dispatcher", sighting.dispatcher},
                             {"flavour", sighting.flavour},
                             {"nth", sighting.nth},
                             {"seconds", sighting.seconds},
                             {"schedule", sighting.schedule}});
    }
    PrintJson(all);
    return kMet;
  }
  Print(absl::StrFormat("finding %d of %s: in %s, first %s, last %s; dedup key %s\n", stored.id,
                        stored.subject, sim::Plural(stored.runs, "run"), stored.first_seen,
                        stored.last_seen, stored.finding.dedup_key));
  PrintRendered(
      reports::RenderFinding(stored.finding, {.color = reports::WantsColor(STDOUT_FILENO)}));
  std::string out = "\noccurrences\n";
  for (const store::Sighting& sighting : stored.seen) {
    absl::StrAppendFormat(&out, "  %s  %s %s, after %s, about %.1f s\n    %s\n", sighting.when,
                          sighting.dispatcher, sighting.flavour, sim::Plural(sighting.nth, "run"),
                          sighting.seconds, sighting.command);
    if (!sighting.schedule.empty()) {
      absl::StrAppend(&out, "    heddle replay ", sim::ShellWord(sighting.schedule), "\n");
    }
  }
  Print(out);
  return kMet;
}

}  // namespace

std::string StorePath(const std::string& folder) {
  if (const char* path = std::getenv("HEDDLE_STORE"); path != nullptr && *path != 0) return path;
  return folder.empty() ? "" : absl::StrCat(folder, "/", store::kStoreFile);
}

absl::Status Keep(const std::string& folder, const std::vector<reports::ScenarioResult>& results,
                  bool quiet) {
  absl::Status status;
  if (!folder.empty()) {
    const absl::StatusOr<store::EarlierResults> earlier = store::AddResults(folder, results);
    status = earlier.status();
    if (earlier.ok() && !earlier->set_aside.empty()) {
      Tell(absl::StrCat("warning: ", folder, "/", reports::kResultFile,
                        " could not be read; it is now ", earlier->set_aside));
    }
    if (earlier.ok() && earlier->others > 0 && !quiet) {
      Tell(absl::StrCat(folder, " also has the results of ",
                        sim::Plural(earlier->others, "other campaign"),
                        "; heddle report shows all"));
    }
  }
  status.Update(Remember(folder, results, quiet));
  return status;
}

absl::Status Remember(const std::string& folder,
                      const std::vector<reports::ScenarioResult>& results, bool quiet) {
  const std::string path = StorePath(folder);
  if (path.empty()) return absl::OkStatus();
  auto store = store::Store::Open(path);
  if (!store.ok()) return store.status();
  const auto recognised = (*store)->Add(CommandLine(), store::UtcNow(), results);
  if (!recognised.ok()) return recognised.status();
  size_t fresh = 0;
  std::string known;
  for (const store::Recognised& each : *recognised) {
    if (each.is_new) {
      ++fresh;
    } else if (each.runs > 1 && known.empty()) {
      known = absl::StrCat(each.id, ", first ", each.first_seen);
    }
  }
  if (!quiet && !recognised->empty()) {
    Tell(absl::StrCat(sim::Plural(recognised->size(), "finding"), ", ", fresh, " new",
                      known.empty() ? "" : "; seen before: number ", known,
                      " (heddle findings --store ", sim::ShellWord(path), ")"));
  }
  return absl::OkStatus();
}

absl::Status RememberStores(const std::string& folder, const std::vector<std::string>& known) {
  if (known.empty()) return absl::OkStatus();
  auto store = store::Store::Open(StorePath(folder));
  if (!store.ok()) return store.status();
  for (const std::string& each : known) {
    std::error_code error;
    const std::string path = std::filesystem::is_directory(each, error)
                                 ? absl::StrCat(each, "/", store::kStoreFile)
                                 : each;
    if (absl::Status status = (*store)->Import(path); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void AddFindings(Command app) {
  Command command = app.Add("findings", "List the findings of all campaigns");
  auto flags = std::make_shared<FindingsFlags>();
  command.AddOption("--store", &flags->store,
                    "The campaign store, or a folder with one (default: $HEDDLE_STORE, or the\n"
                    "one in heddle-findings)");
  command.AddFlag("--json", &flags->json, "Print JSON");
  command.AllowCommand();
  Command show = command.Add("show", "Show one finding in full");
  show.AddOption("id", &flags->id, "The finding's number in the list").Required();
  show.FallThrough();
  show.OnRun([flags] { return Show(*flags); });
  command.SetFooter(
      "heddle explore and heddle run --keep add their findings to the store. Two findings are the\n"
      "same if their dedup keys are equal.\n"
      "\n"
      "  heddle findings\n"
      "  heddle findings show 3");
  command.OnRun([flags] { return List(*flags); });
}

}  // namespace heddle::cli
