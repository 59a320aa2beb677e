#include "harness/run/race_targets.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/run/scenario_schedule.h"

namespace heddle::harness {
namespace {

bool IsRace(const Finding& finding) { return finding.kind == FindingKind::kDataRace; }

// The file's name with its folder: enough to tell files apart, and the same wherever it was built.
std::string ShortPath(const std::string& file) {
  const std::filesystem::path path(file);
  return (path.parent_path().filename() / path.filename()).string();
}

bool ShowsRace(const sim::DistinctFinding& found) {
  const std::vector<Finding> findings = FindingsOf(found);
  return std::any_of(findings.begin(), findings.end(), IsRace);
}

RaceTargets TargetsIn(const sim::ExploreResult& result) {
  std::vector<Finding> findings;
  for (const sim::DistinctFinding& found : result.findings) {
    Merge(FindingsOf(found), found.nth, &findings);
  }
  RaceTargets targets;
  targets.schedules = result.progress.executions;
  std::set<std::string> sites;
  for (const Finding& finding : findings) {
    if (!IsRace(finding)) continue;
    ++targets.races;
    for (const sim::Stack& stack : finding.stacks) {
      if (!stack.is_access) continue;
      const std::string site = SiteOf(stack);
      if (site.empty() || sites.size() == kMaxRaceSites || !sites.insert(site).second) continue;
      targets.sites.push_back(site);
    }
  }
  return targets;
}

// Schedules in which further races are looked for once one has come, since each schedule shows
// others; not when there are so many sites already.
constexpr uint64_t kMoreSchedules = 20;
constexpr size_t kEnoughSites = 16;

}  // namespace

std::string SiteOf(const sim::Stack& access) {
  std::string site;
  for (const sim::Frame& frame : access.frames) {
    if (frame.file.empty() || frame.line <= 0) return "";
    absl::StrAppend(&site, site.empty() ? "" : "<", ShortPath(frame.file), ":", frame.line);
    if (frame.column > 0) absl::StrAppend(&site, ":", frame.column);
    if (frame.own) return site;
  }
  return "";
}

absl::StatusOr<RaceTargets> FindRaceTargets(sim::ExploreOptions options) {
  options.spec.strategy = {};
  options.spec.preempt = sim::Preempt::kSync;
  options.sites.clear();
  options.shard = {};
  options.check = nullptr;
  options.self_check = false;
  options.keep_clean = 0;
  options.out.clear();
  options.stop_at_first = false;
  options.enough = ShowsRace;
  absl::StatusOr<sim::ExploreResult> result = sim::Explore(options);
  if (!result.ok()) return result.status();
  const RaceTargets first = TargetsIn(*result);
  if (first.races > 0 && first.sites.size() < kEnoughSites) {
    const uint64_t more = result->progress.executions + kMoreSchedules;
    options.schedules = options.schedules == 0 ? more : std::min(options.schedules, more);
    options.enough = nullptr;
    result = sim::Explore(options);
    if (!result.ok()) return result.status();
  }
  return TargetsIn(*result);
}

}  // namespace heddle::harness
