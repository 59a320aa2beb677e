#include "harness/run/cell_verdict.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/run/cells.h"
#include "sim/text/plural.h"

namespace heddle::harness {
namespace {

using reports::FindingStatus;
using sim::Plural;

bool Is(const ExpectedFinding& expected, const Finding& finding) {
  return finding.kind == expected.kind && MatchesWhere(finding, expected.where);
}

}  // namespace

void SetVerdict(const Reasons& reasons, CellResult* cell) {
  cell->met = reasons.empty();
  cell->reason = absl::StrJoin(reasons, "; ");
}

bool Found(const ExpectedFinding& expected, const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return Is(expected, finding); });
}

bool AllFound(const std::vector<ExpectedFinding>& expected, const std::vector<Finding>& findings) {
  return std::all_of(expected.begin(), expected.end(),
                     [&](const ExpectedFinding& each) { return Found(each, findings); });
}

void SetStatus(const std::vector<ExpectedFinding>& expected, OtherFindings others,
               std::vector<Finding>* findings) {
  for (Finding& finding : *findings) {
    const bool named = std::any_of(expected.begin(), expected.end(),
                                   [&](const ExpectedFinding& each) { return Is(each, finding); });
    const bool allowed = !expected.empty() && others == OtherFindings::kAllowed;
    finding.status = named     ? FindingStatus::kExpected
                     : allowed ? FindingStatus::kAllowed
                               : FindingStatus::kUnexpected;
  }
}

bool AnyUnexpected(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.status == FindingStatus::kUnexpected;
  });
}

std::string NotFound(const ExpectedFinding& expected, const CellResult& cell) {
  std::string text = absl::StrCat(
      "expected ", Name(expected.kind),
      expected.where.empty() ? "" : absl::StrCat(" in '", expected.where, "'"), ": not found in ");
  if (!cell.explored) {
    return absl::StrCat(text, Plural(static_cast<uint64_t>(expected.within), "attempt"));
  }
  absl::StrAppend(&text, Plural(cell.explored->schedules, "schedule"));
  if (cell.explored->races > 0) {
    absl::StrAppend(&text, ", ", Plural(cell.explored->races, "data race"), " targeted");
  }
  return text;
}

Reasons CheckClean(const CellResult& cell) {
  const size_t findings = cell.findings.size();
  if (findings == 0) return {};
  return {absl::StrCat(Plural(findings, "finding"), ", expected clean")};
}

Reasons CheckOthers(const CellResult& cell) {
  size_t count = 0;
  std::set<absl::string_view> kinds;
  for (const Finding& finding : cell.findings) {
    if (finding.status != FindingStatus::kUnexpected) continue;
    ++count;
    kinds.insert(Name(finding.kind));
  }
  if (count == 0) return {};
  return {absl::StrCat(Plural(count, "unexpected finding"), " (", absl::StrJoin(kinds, ", "), ")")};
}

Reasons CheckExplored(const std::vector<ExpectedFinding>& expected, const CellResult& cell) {
  Reasons reasons;
  for (const ExpectedFinding& each : expected) {
    if (!Found(each, cell.findings)) reasons.push_back(NotFound(each, cell));
  }
  if (!expected.empty()) {
    for (std::string& reason : CheckOthers(cell)) reasons.push_back(std::move(reason));
    return reasons;
  }
  if (reasons = CheckClean(cell); !reasons.empty()) return reasons;
  if (const uint64_t early = cell.explored->ended_early; early > 0) {
    reasons.push_back(absl::StrCat(Plural(early, "schedule"), " ended early: result inconclusive"));
  }
  if (const uint64_t races = cell.explored->races; races > 0) {
    reasons.push_back(absl::StrCat(Plural(races, "data race"), ", no failure in ",
                                   cell.explored->schedules, " schedules"));
  }
  return reasons;
}

std::vector<Situation> Unreached(const Scenario& scenario, const CellResult& cell) {
  std::vector<Situation> unreached = scenario.reach;
  std::erase_if(unreached, [&](Situation situation) {
    return std::find(cell.reached.begin(), cell.reached.end(), situation) != cell.reached.end();
  });
  return unreached;
}

Reasons CheckReached(const Scenario& scenario, const CellResult& cell) {
  Reasons reasons;
  const bool faultless = cell.explored && cell.explored->faults == 0;
  if (faultless && ExpectedOf(scenario, cell.dispatcher).empty() &&
      sim::AnyFault(scenario.faults.system)) {
    reasons.emplace_back("no environment fault was injected: result inconclusive");
  }
  for (const Situation missing : Unreached(scenario, cell)) {
    reasons.push_back(
        absl::StrCat("coverage goal ", Name(missing), " not reached: result inconclusive"));
  }
  return reasons;
}

}  // namespace heddle::harness
