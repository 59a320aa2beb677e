// Texts that several reports share.
#ifndef HEDDLE_REPORTS_SUMMARY_H_
#define HEDDLE_REPORTS_SUMMARY_H_

#include <string>
#include <vector>

#include "reports/model/verdict.h"

namespace heddle::reports {

// "async"; "program" where there is no dispatcher.
std::string DispatcherName(const ScenarioResult& scenario, const CellResult& cell);

// The command that reproduces the finding: a replay if there is a schedule file, otherwise a run of
// the same cell.
std::string AgainCommand(const ScenarioResult& scenario, const CellResult& cell,
                         const Finding& finding);

// The innermost own frame of the first stack that shows the error; null when there is none.
const sim::Frame* PlaceOf(const Finding& finding);

// "1 data race", "36 data races".
std::string CountOf(FindingKind kind, uint64_t count);

// "12 data races, 1 crash": the findings of that status by kind, in the order of the kinds.
std::string CountsOf(const std::vector<Finding>& findings, FindingStatus status);

// The headline of its cause (model/cause.h).
std::string Title(const Finding& finding);

// What a search of every interleaving has shown, in one sentence: "verified: every interleaving
// of...". The cell has a proof.
std::string ProofText(const ScenarioResult& scenario, const CellResult& cell);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_SUMMARY_H_
