#include "sim/corpus/subject.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/stacks/dedup_key.h"
#include "sim/stacks/last_words.h"

namespace heddle::corpus {

using sim::Batch;
using sim::FailureKind;
using sim::Outcome;
using sim::Supervisor;

namespace {
// No program needs a hundredth of it, unless it has stopped getting anywhere.
constexpr uint64_t kStepBudget = 1'000'000;
}  // namespace

const char* FlavourFor(Shows shows) {
  switch (shows) {
    case Shows::kDataRace:
      return "tsan";
    case Shows::kMemory:
      return "asan";
    default:
      return "det";
  }
}

sim::MemoryModel MemoryFor(Needs needs) {
  return needs == Needs::kWeakMemory ? sim::MemoryModel::kC11 : sim::MemoryModel::kSc;
}

const char* ShowsName(Shows shows) {
  switch (shows) {
    case Shows::kAssertion:
      return "assertion";
    case Shows::kDeadlock:
      return "deadlock";
    case Shows::kDataRace:
      return "data race";
    case Shows::kMemory:
      return "memory";
    case Shows::kMisuse:
      return "misuse";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Subject>> Subject::Start(const std::string& programs,
                                                        const Program& program, bool broken,
                                                        const std::string& flavour) {
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor =
      Supervisor::Start({.arguments = {absl::StrCat(programs, "/heddle-corpus-", flavour),
                                       program.name, broken ? "broken" : "right"}});
  if (!supervisor.ok()) return supervisor.status();
  return std::unique_ptr<Subject>(new Subject(program, *std::move(supervisor)));
}

absl::StatusOr<Search> Subject::Run(const sim::StrategySpec& strategy, uint64_t seed,
                                    uint64_t limit, sim::MemoryModel memory) {
  campaign_ = {};
  campaign_.spec.strategy = strategy;
  campaign_.spec.seed = seed;
  campaign_.spec.memory = memory;
  campaign_.spec.step_budget = kStepBudget;
  campaign_.spec.track_objects = strategy.Plans();  // it learns from what is covered
  if (absl::Status status = supervisor_->NewCampaign(campaign_); !status.ok()) return status;
  Search search;
  while (search.executions < limit && !search.exhausted && !search.finding.has_value()) {
    const uint64_t count = std::min<uint64_t>(limit - search.executions, 256);
    absl::StatusOr<Batch> batch =
        supervisor_->RunBatch(search.executions, static_cast<uint32_t>(count));
    if (!batch.ok()) return batch.status();
    search.executions += batch->executions.size();
    search.exhausted = batch->exhausted;
    search.progress = batch->progress;
    if (batch->last.finding != FailureKind::kNone) search.finding = std::move(batch->last);
  }
  return search;
}

absl::StatusOr<uint64_t> Subject::Replay(const Search& search, uint64_t times) {
  const sim::CampaignOptions replay = supervisor_->ReplayOf(*search.finding, campaign_);
  uint64_t exact = 0;
  if (absl::Status status = supervisor_->NewCampaign(replay); !status.ok()) return status;
  for (uint64_t i = 0; i < times; ++i) {
    absl::StatusOr<Batch> batch = supervisor_->RunBatch(search.finding->execution, 1);
    if (!batch.ok()) return batch.status();
    exact += batch->last.steps == search.finding->steps &&
             batch->last.finding == search.finding->finding;
  }
  return exact;
}

std::string Subject::Unexpected(const Outcome& finding) const {
  const std::string report = sim::SanitizerDedupKey(finding.standard_error);
  const bool asserted = finding.finding == FailureKind::kCrash &&
                        !sim::StableLastWords(finding.standard_error).empty();
  bool expected = false;
  switch (program_.shows) {
    case Shows::kAssertion:
      // A lock that lets two in may as well lock everybody out.
      expected = asserted || finding.finding == FailureKind::kLivelock;
      break;
    case Shows::kDeadlock:
      expected =
          finding.finding == FailureKind::kDeadlock || finding.finding == FailureKind::kLostWakeup;
      break;
    case Shows::kDataRace:
      expected = absl::StartsWith(report, "ThreadSanitizer: data race");
      break;
    case Shows::kMemory:
      // A primitive that lay in the memory may be used after its end first, and UBSan may see first
      // that a freed object has no type.
      expected = absl::StartsWith(report, "AddressSanitizer: ") ||
                 finding.finding == FailureKind::kMisuse ||
                 absl::StrContains(finding.standard_error, "which does not point to an object of");
      break;
    case Shows::kMisuse:
      // What is used behind its end may lie in memory that was freed.
      expected = asserted || finding.finding == FailureKind::kMisuse ||
                 finding.finding == FailureKind::kHeap;
      break;
  }
  if (expected) return "";
  return absl::StrCat("expected ", ShowsName(program_.shows), ", got ",
                      FailureKindName(finding.finding), ": ", finding.message, "\n",
                      finding.standard_error);
}

}  // namespace heddle::corpus
