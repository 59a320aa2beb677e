#include "harness/run/history_verdicts.h"

#include <utility>

namespace heddle::harness {

const HistoryVerdicts::Verdict* HistoryVerdicts::Find(std::string_view history) const {
  const auto known = verdicts_.find(KeyOf(history));
  return known == verdicts_.end() ? nullptr : &known->second;
}

bool HistoryVerdicts::Add(std::string_view history, Verdict verdict) {
  return verdicts_.size() < kMost &&
         verdicts_.try_emplace(KeyOf(history), std::move(verdict)).second;
}

}  // namespace heddle::harness
