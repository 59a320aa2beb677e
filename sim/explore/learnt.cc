#include "sim/explore/learnt.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/text/plural.h"

namespace heddle::sim {
namespace {

// Schedules from which on it says something that the later half showed nothing new.
constexpr uint64_t kEnoughToLearn = 200;

std::string Percent(uint64_t part, uint64_t of) {
  return absl::StrFormat("%d%%", (100 * part + of / 2) / of);
}

}  // namespace

std::string Took(const ExploreResult& result) {
  uint64_t all = 0, memory = 0, sites = 0, weak = 0;
  MemoryModel model = MemoryModel::kSc;
  std::map<std::string, uint64_t> by_name;
  for (const PlanUse& use : result.plans) {
    all += use.executions;
    by_name[use.plan.strategy.name.c_str()] += use.executions;
    if (use.plan.preempt == Preempt::kMemory) memory += use.executions;
    if (use.plan.preempt == Preempt::kSites) sites += use.executions;
    if (use.plan.memory == MemoryModel::kSc) continue;
    weak += use.executions;
    model = use.plan.memory;
  }
  if (all == 0) return "";
  std::vector<std::pair<std::string, uint64_t>> names(by_name.begin(), by_name.end());
  std::stable_sort(names.begin(), names.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text = absl::StrCat(
      "auto took ", absl::StrJoin(names, ", ", [&](std::string* out, const auto& name) {
        absl::StrAppend(out, name.first, " (", Percent(name.second, all), ")");
      }));
  std::vector<std::string> parts;
  if (memory > 0) parts.push_back("points at memory accesses in " + Percent(memory, all));
  if (sites > 0) parts.push_back("points at the sites of data races in " + Percent(sites, all));
  if (weak > 0) {
    parts.push_back(absl::StrCat("memory ", MemoryModelName(model), " in ", Percent(weak, all)));
  }
  if (!parts.empty()) absl::StrAppend(&text, "; ", absl::StrJoin(parts, ", "));
  return text;
}

bool TookMemoryPoints(const ExploreResult& result) {
  return std::any_of(result.plans.begin(), result.plans.end(), [](const PlanUse& use) {
    return use.plan.preempt == Preempt::kMemory && use.executions > 0;
  });
}

bool TookWeakMemory(const ExploreResult& result) {
  return std::any_of(result.plans.begin(), result.plans.end(), [](const PlanUse& use) {
    return use.plan.memory == MemoryModel::kC11 && use.executions > 0;
  });
}

std::string LearningHint(const ExploreResult& result) {
  const uint64_t all = result.progress.executions;
  if (all < kEnoughToLearn || result.exhausted || !result.findings.empty()) return "";
  const CoverageFacts& coverage = result.coverage;
  const uint64_t order = all - std::min(all, coverage.last_new_interleaving);
  if (order >= all / 2) {
    return absl::StrCat("the last ", Plural(order, "schedule"),
                        " showed no new interleaving: more schedules will hardly find more");
  }
  const uint64_t pair = all - std::min(all, coverage.last_new_pair);
  if (pair >= all * 9 / 10 && all >= 10 * kEnoughToLearn) {
    return absl::StrCat("the last ", Plural(pair, "schedule"),
                        " showed new interleavings, but no new pair of operations");
  }
  return "";
}

}  // namespace heddle::sim
