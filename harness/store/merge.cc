#include "harness/store/merge.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "harness/run/cell_verdict.h"
#include "harness/run/cells.h"
#include "reports/result_file.h"

namespace heddle::store {
namespace {

namespace fs = std::filesystem;
using reports::CellResult;
using reports::Explored;
using reports::Finding;
using reports::ScenarioResult;
using reports::Situation;

// `first_run` numbers the schedules of the whole campaign, so the smaller one is the earlier.
void AddFinding(Finding finding, std::vector<Finding>* all) {
  const auto known = std::find_if(all->begin(), all->end(), [&](const Finding& each) {
    return each.dedup_key == finding.dedup_key;
  });
  if (known == all->end()) {
    all->push_back(std::move(finding));
    return;
  }
  const uint64_t count = known->count + finding.count, runs = known->runs + finding.runs;
  if (finding.first_run < known->first_run) *known = std::move(finding);
  known->count = count;
  known->runs = runs;
}

// The same share twice is one.
void AddProof(const reports::Proof& proof, reports::Proof* sum) {
  std::vector<uint64_t> shares;
  std::set_union(sum->shares_run.begin(), sum->shares_run.end(), proof.shares_run.begin(),
                 proof.shares_run.end(), std::back_inserter(shares));
  const bool other = shares.size() == sum->shares_run.size() + proof.shares_run.size();
  sum->complete &= proof.complete && proof.shares == sum->shares;
  sum->shares_run = std::move(shares);
  sum->threads = std::max(sum->threads, proof.threads);
  sum->operations = std::max(sum->operations, proof.operations);
  if (!other) return;
  sum->executions += proof.executions;
  sum->repeated += proof.repeated;
  sum->in_process += proof.in_process;
  sum->left_out += proof.left_out;
  sum->stores_left_out += proof.stores_left_out;
}

void AddExplored(const Explored& explored, std::optional<Explored>* sum) {
  if (!*sum) {
    *sum = explored;
    return;
  }
  (*sum)->schedules += explored.schedules;
  (*sum)->distinct += explored.distinct;
  (*sum)->interleavings += explored.interleavings;
  (*sum)->histories += explored.histories;
  (*sum)->points += explored.points;
  (*sum)->faults += explored.faults;
  (*sum)->ended_early += explored.ended_early;
  (*sum)->races = std::max((*sum)->races, explored.races);
  (*sum)->threads_left = std::max((*sum)->threads_left, explored.threads_left);
  if ((*sum)->proof && explored.proof) {
    (*sum)->exhausted &= explored.exhausted;
    AddProof(*explored.proof, &*(*sum)->proof);
  } else {
    (*sum)->exhausted |= explored.exhausted;
    (*sum)->proof.reset();
  }
  // What one job found, the others cannot have missed; and each has its own reason to see little.
  if ((*sum)->unseen.empty() || explored.unseen.empty()) (*sum)->unseen.clear();
  if ((*sum)->why_few != explored.why_few) (*sum)->why_few.clear();
  // Curves of different jobs are no curve of the whole.
  (*sum)->curve.clear();
}

// A job of a campaign that could not be shared out has run nothing, and says nothing.
bool SaysNothing(const CellResult& cell) {
  return cell.runs == 0 && cell.findings.empty() && !(cell.explored && cell.explored->proof);
}

void AddCell(CellResult cell, bool expects_findings, std::vector<CellResult>* all) {
  const auto known = std::find_if(all->begin(), all->end(), [&](const CellResult& each) {
    return each.dispatcher == cell.dispatcher && each.flavour == cell.flavour;
  });
  if (known == all->end()) {
    all->push_back(std::move(cell));
    return;
  }
  if (SaysNothing(cell)) return;
  if (SaysNothing(*known)) {
    *known = std::move(cell);
    return;
  }
  // A control of a scenario that expects findings is met by being clean.
  const auto is_control = [](const CellResult& each) { return each.met && each.findings.empty(); };
  const bool must_find = expects_findings && !is_control(cell) && !is_control(*known) &&
                         !harness::AnyUnexpected(cell.findings) &&
                         !harness::AnyUnexpected(known->findings);
  // The reason of the job that decides: of one that found what is expected, unless another has
  // failed by what it found.
  const bool decides = must_find ? cell.met && !known->met : !cell.met && known->met;
  if (decides) {
    known->met = cell.met;
    known->reason = std::move(cell.reason);
    known->kept_folder = std::move(cell.kept_folder);
  }
  known->runs += cell.runs;
  known->duration += cell.duration;
  known->events += cell.events;
  known->snapshots += cell.snapshots;
  known->refused += cell.refused;
  known->full += cell.full;
  for (const Situation situation : cell.reached) {
    if (std::find(known->reached.begin(), known->reached.end(), situation) ==
        known->reached.end()) {
      known->reached.push_back(situation);
    }
  }
  for (Finding& finding : cell.findings) AddFinding(std::move(finding), &known->findings);
  if (cell.explored) AddExplored(*cell.explored, &known->explored);
}

bool IsSameCampaign(const ScenarioResult& a, const ScenarioResult& b) {
  return a.path == b.path && a.name == b.name && a.again == b.again;
}

void AddScenario(ScenarioResult scenario, std::vector<ScenarioResult>* all) {
  const auto known = std::find_if(all->begin(), all->end(), [&](const ScenarioResult& each) {
    return IsSameCampaign(each, scenario);
  });
  if (known == all->end()) {
    all->push_back(std::move(scenario));
    return;
  }
  known->duration += scenario.duration;
  known->interrupted |= scenario.interrupted;
  if (known->environment.empty()) known->environment = std::move(scenario.environment);
  for (CellResult& cell : scenario.cells) {
    AddCell(std::move(cell), known->expects_findings, &known->cells);
  }
}

// An expectation that no single job met may be met by all jobs together.
void MeetTogether(ScenarioResult* result) {
  if (!result->expects_findings || result->is_program) return;
  const absl::StatusOr<harness::Scenario> scenario = harness::ReadScenario(result->path);
  if (!scenario.ok() || scenario->expect.empty()) return;
  for (CellResult& cell : result->cells) {
    const std::vector<harness::ExpectedFinding>& expected =
        harness::ExpectedOf(*scenario, cell.dispatcher);
    if (cell.met || expected.empty() || !harness::AllFound(expected, cell.findings)) continue;
    if (harness::AnyUnexpected(cell.findings)) continue;
    cell.met = true;
    cell.reason =
        absl::StrCat("all ", expected.size(), " expected findings found, by several jobs");
  }
}

// Whether each finding of `earlier` is one of `later` too.
bool HasAllOf(const CellResult& later, const CellResult& earlier) {
  return std::all_of(earlier.findings.begin(), earlier.findings.end(), [&](const Finding& finding) {
    return std::any_of(later.findings.begin(), later.findings.end(),
                       [&](const Finding& each) { return each.dedup_key == finding.dedup_key; });
  });
}

// Takes out of `*earlier` the cells that `later`, the same campaign, has run again and in which it
// has found the same.
void RemoveRepeated(const ScenarioResult& later, ScenarioResult* earlier) {
  std::erase_if(earlier->cells, [&](const CellResult& cell) {
    return std::any_of(later.cells.begin(), later.cells.end(), [&](const CellResult& again) {
      return again.dispatcher == cell.dispatcher && again.flavour == cell.flavour &&
             HasAllOf(again, cell);
    });
  });
}

// Locks a folder while it lives.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder)
      : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ >= 0) flock(descriptor_, LOCK_EX);
  }
  ~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  const int descriptor_;
};

}  // namespace

absl::StatusOr<EarlierResults> AddResults(const std::string& folder,
                                          const std::vector<ScenarioResult>& results) {
  std::error_code error;
  fs::create_directories(folder, error);
  const FolderLock lock(folder);
  const std::string file = (fs::path(folder) / reports::kResultFile).string();
  EarlierResults found;
  std::vector<ScenarioResult> all;
  if (fs::exists(file, error)) {
    absl::StatusOr<std::vector<ScenarioResult>> earlier = reports::ReadResults(file);
    if (earlier.ok()) {
      all = *std::move(earlier);
    } else {
      found.set_aside = absl::StrCat(file, ".unreadable");
      fs::rename(file, found.set_aside, error);
    }
  }
  for (const ScenarioResult& later : results) {
    std::erase_if(all, [&](ScenarioResult& earlier) {
      if (!IsSameCampaign(earlier, later)) return false;
      RemoveRepeated(later, &earlier);
      return earlier.cells.empty();
    });
  }
  found.others =
      static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const ScenarioResult& earlier) {
        return std::none_of(results.begin(), results.end(), [&](const ScenarioResult& later) {
          return IsSameCampaign(earlier, later);
        });
      }));
  std::copy(results.begin(), results.end(), std::back_inserter(all));
  absl::Status status = reports::WriteResults(folder, MergeResults(std::move(all)));
  if (!status.ok()) return status;
  return found;
}

std::vector<ScenarioResult> MergeResults(std::vector<ScenarioResult> results) {
  std::vector<ScenarioResult> merged;
  for (ScenarioResult& result : results) AddScenario(std::move(result), &merged);
  for (ScenarioResult& result : merged) {
    MeetTogether(&result);
    for (CellResult& cell : result.cells) {
      std::stable_sort(
          cell.findings.begin(), cell.findings.end(),
          [](const Finding& a, const Finding& b) { return a.first_run < b.first_run; });
    }
  }
  return merged;
}

}  // namespace heddle::store
