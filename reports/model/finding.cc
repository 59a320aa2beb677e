#include "reports/model/finding.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sim/stacks/dedup_key.h"

namespace heddle::reports {
namespace {

// `text` contains `pattern`, in which `*` stands for any text.
bool Occurs(absl::string_view text, absl::string_view pattern) {
  while (true) {
    const size_t star = pattern.find('*');
    const absl::string_view piece = pattern.substr(0, star);
    const size_t at = text.find(piece);
    if (at == absl::string_view::npos) return false;
    if (star == absl::string_view::npos) return true;
    text.remove_prefix(at + piece.size());
    pattern.remove_prefix(star + 1);
  }
}

}  // namespace

std::string DedupKeyOf(const Finding& finding, absl::string_view place) {
  return sim::HashedDedupKey(Name(finding.kind), finding.detail, finding.stacks, place);
}

bool MatchesWhere(const Finding& finding, absl::string_view pattern) {
  if (pattern.empty()) return true;
  bool has_stack = false;
  for (const Stack& stack : finding.stacks) {
    if (!stack.is_access) continue;
    has_stack = true;
    for (const Frame* frame : OwnFrames(stack)) {
      if (Occurs(frame->function, pattern)) return true;
      if (Occurs(absl::StrCat(frame->file, ":", frame->line), pattern)) return true;
    }
  }
  return !has_stack && Occurs(finding.message, pattern);
}

void Merge(std::vector<Finding> found, uint64_t run, std::vector<Finding>* all) {
  std::vector<std::string> counted;  // dedup keys of this run
  for (Finding& finding : found) {
    const bool again =
        std::find(counted.begin(), counted.end(), finding.dedup_key) != counted.end();
    auto known = std::find_if(all->begin(), all->end(), [&](const Finding& other) {
      return other.dedup_key == finding.dedup_key;
    });
    if (!again) counted.push_back(finding.dedup_key);
    if (known == all->end()) {
      finding.first_run = run;
      all->push_back(std::move(finding));
    } else {
      known->count += finding.count;
      if (!again) known->runs += finding.runs;
    }
  }
}

}  // namespace heddle::reports
