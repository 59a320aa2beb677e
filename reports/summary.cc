#include "reports/summary.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/json.h"
#include "reports/model/cause.h"
#include "sim/text/markup.h"
#include "sim/text/plural.h"

namespace heddle::reports {

namespace {

// "crash", "crashes".
struct Noun {
  const char* one;
  const char* many;
};

// In the order of kFindingKindNames.
constexpr std::array<Noun, kFindingKindNames.size()> kNouns = {{
    {"data race", "data races"},
    {"heap corruption", "heap corruptions"},
    {"memory error", "memory errors"},
    {"case of undefined behaviour", "cases of undefined behaviour"},
    {"leak", "leaks"},
    {"deadlock", "deadlocks"},
    {"synchronisation misuse", "synchronisation misuses"},
    {"divergence", "divergences"},
    {"lost event", "lost events"},
    {"crash", "crashes"},
    {"hang", "hangs"},
    {"lost wake-up", "lost wake-ups"},
    {"livelock", "livelocks"},
    {"nondeterministic execution", "nondeterministic executions"},
    {"unmodelled operation", "unmodelled operations"},
}};
static_assert(kNouns.back().many != nullptr);

}  // namespace

std::string DispatcherName(const ScenarioResult& scenario, const CellResult& cell) {
  return scenario.is_program ? kProgram : std::string(Name(cell.dispatcher));
}

std::string AgainCommand(const ScenarioResult& scenario, const CellResult& cell,
                         const Finding& finding) {
  if (!finding.schedule.empty())
    return absl::StrCat("heddle replay ", sim::ShellWord(finding.schedule));
  if (scenario.is_program) return scenario.again;
  return absl::StrCat(scenario.again, " --dispatcher ", Name(cell.dispatcher), " --flavour ",
                      Name(cell.flavour));
}

const sim::Frame* PlaceOf(const Finding& finding) {
  for (const sim::Stack& stack : finding.stacks) {
    if (!stack.is_access) continue;
    for (const sim::Frame& frame : stack.frames) {
      if (frame.own) return &frame;
    }
  }
  return nullptr;
}

std::string CountOf(FindingKind kind, uint64_t count) {
  const Noun& noun = kNouns[static_cast<size_t>(kind)];
  return absl::StrCat(count, " ", count == 1 ? noun.one : noun.many);
}

std::string CountsOf(const std::vector<Finding>& findings, FindingStatus status) {
  std::array<uint64_t, kFindingKindNames.size()> counts{};
  for (const Finding& finding : findings) {
    if (finding.status == status) ++counts[static_cast<size_t>(finding.kind)];
  }
  std::vector<std::string> parts;
  for (size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] > 0) parts.push_back(CountOf(static_cast<FindingKind>(kind), counts[kind]));
  }
  return absl::StrJoin(parts, ", ");
}

std::string ProofText(const ScenarioResult& scenario, const CellResult& cell) {
  const Explored& explored = *cell.explored;
  const Proof& proof = *explored.proof;
  const std::string executions = sim::Plural(proof.executions, "execution");
  if (!cell.findings.empty()) {
    return absl::StrCat("not verified: ", sim::Plural(cell.findings.size(), "distinct finding"),
                        " in ", executions);
  }
  if (explored.ended_early > 0) {
    return absl::StrCat("not verified: ", sim::Plural(explored.ended_early, "execution"), " of ",
                        proof.executions, " ended early");
  }
  if (!explored.exhausted) {
    return absl::StrCat("not verified: the search did not come to its end; ", executions,
                        " so far, none fails");
  }
  if (proof.left_out > 0) {
    std::string text =
        absl::StrCat("not verified: ", executions, ", none fails, but ",
                     sim::Plural(proof.left_out, "choice"), " beyond the bounds of the search");
    if (proof.stores_left_out > 0) {
      absl::StrAppend(&text, " (", proof.stores_left_out,
                      " of them: older values than are kept, or more old values in a row)");
    }
    return text;
  }
  if (!proof.complete) return absl::StrCat("not verified: some of ", executions, " did not end");
  const std::string of =
      absl::StrCat("every interleaving of ", scenario.name,
                   proof.memory == "sc" ? "" : absl::StrCat(" (memory ", proof.memory, ")"), ", ",
                   sim::Plural(proof.threads, "thread"), ", ",
                   sim::Plural(proof.operations, "operation"), ": ", executions, ", none fails",
                   proof.in_process == 0 ? "" : " (in one process; some were compared with forks)");
  if (!proof.AllShares()) {
    return absl::StrCat("not verified yet: share ", absl::StrJoin(proof.shares_run, ", "), " of ",
                        proof.shares, proof.shares_run.size() == 1 ? " is" : " are",
                        " complete of ", of,
                        "; heddle merge of the results of all shares has the claim");
  }
  return absl::StrCat("verified: ", of,
                      cell.flavour == sim::Flavour::kTsan
                          ? ""
                          : "; data races are not looked for: verify the tsan build too");
}

std::string Title(const Finding& finding) { return CauseOf(finding).headline; }

}  // namespace heddle::reports
