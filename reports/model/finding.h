// A finding: a proved fault. Everything that reports, compares or stores findings uses these types.
#ifndef HEDDLE_REPORTS_MODEL_FINDING_H_
#define HEDDLE_REPORTS_MODEL_FINDING_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/model/finding_kind.h"
#include "sim/stacks/frame.h"

namespace heddle::reports {

using sim::Frame;
using sim::Stack;

// Finding::source of what the runtime sees by itself.
inline constexpr char kHeddle[] = "Heddle";

// A fork-choice tree at the point where two builds diverge.
struct ChainView {
  struct Point {
    std::string root;
    uint64_t slot = 0;  // 0 when the block was not in the trace
  };
  struct Block {
    std::string root;
    std::string parent;  // "" when the block was not in the trace
    uint64_t slot = 0;
    uint64_t weight = 0;
  };
  std::string name;  // the host: "async", "reference", "the specification"
  Point head, justified, finalized;
  std::vector<Block> blocks;  // the finalized one and those after it
};

// What a finding means for the cell that has it.
enum class FindingStatus {
  kUnexpected,  // the cell is not as expected
  kExpected,    // the scenario names it
  kAllowed,     // the scenario does not name it, and allows others beside those it names
};
inline constexpr std::array<absl::string_view, 3> kFindingStatusNames = {"unexpected", "expected",
                                                                         "allowed"};
inline absl::string_view Name(FindingStatus status) {
  return kFindingStatusNames[static_cast<size_t>(status)];
}

struct Finding {
  FindingKind kind = FindingKind::kCrash;
  std::string detail;   // the finder's own term: "heap-use-after-free", "SIGSEGV", "snapshot"
  std::string source;   // the finder: "ThreadSanitizer", "serialisability", "process", ...
  std::string message;  // one paragraph for people, never a dump
  // What lies at the address, in the sanitizer's words: "0 bytes inside of 548-byte region"; ""
  // when it is not known.
  std::string location;
  // A sanitizer's; of the runtime's own findings one for each thread ("waits, mutex-lock 0x55 held
  // by thread 2"), then the places that matter ("took the mutex 0x55").
  std::vector<Stack> stacks;
  std::string text;       // the sanitizer's own report, as far as it was kept
  std::string dedup_key;  // 16 hex digits, the same for the same bug in every run and flavour build

  // The two trees of a divergence: the correct (or first) one, and this one. Empty if there is no
  // snapshot of the whole tree at the difference.
  std::vector<ChainView> chains;

  FindingStatus status = FindingStatus::kUnexpected;

  // The schedule file that leads here; "" when none was written.
  std::string schedule;

  // Filled in when the findings of several runs are merged.
  uint64_t count = 1;      // occurrences, repeats in one run included
  uint64_t runs = 1;       // number of runs that had it
  uint64_t first_run = 1;  // the first of them, counted from 1
};

// 16 hex digits over the kind, the detail and, for each stack that shows an access, its innermost
// own frames (function and file, no line: the dedup key survives small edits). The order of
// the accesses does not matter: either thread of a race may come first. For a finding without
// stacks, over the kind, the detail and `place`.
std::string DedupKeyOf(const Finding& finding, absl::string_view place = "");

// Whether `pattern` occurs in the function or in "file:line" of an own frame of an access (or, for
// a finding without stacks, in its message). `*` matches
// any text. An empty pattern matches.
bool MatchesWhere(const Finding& finding, absl::string_view pattern);

// Adds `found`, the findings of `run` (and, where a campaign has counted them, in `Finding::runs` -
// 1 others), to `*all`: one entry for each dedup key, in the order of first appearance.
void Merge(std::vector<Finding> found, uint64_t run, std::vector<Finding>* all);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_FINDING_H_
