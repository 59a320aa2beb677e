#include "harness/run/history_verdicts.h"

namespace heddle::harness {

absl::StatusOr<HistoryVerdicts::Verdict> HistoryVerdicts::Of(std::string_view history,
                                                             const Check& check) {
  const Key key{std::hash<std::string_view>()(history), history.size()};
  const auto known = verdicts_.find(key);
  if (known != verdicts_.end()) return known->second;
  absl::StatusOr<Verdict> verdict = check();
  if (verdict.ok() && verdicts_.size() < kMost) verdicts_.emplace(key, *verdict);
  return verdict;
}

}  // namespace heddle::harness
