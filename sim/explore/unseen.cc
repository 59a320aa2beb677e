#include "sim/explore/unseen.h"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/explore/learnt.h"
#include "sim/text/plural.h"

namespace heddle::sim {
namespace {

// Executions from which on it says something that all were the same.
constexpr uint64_t kEnoughToTell = 10;
// Real time for the execution that looks for a gap.
constexpr uint64_t kGapTimeMs = 3'000;
// Accesses within the same eight bytes count as accesses to the same memory.
constexpr int kGranuleBits = 3;

bool IsAccess(OpKind kind) { return kind == OpKind::kMemoryRead || kind == OpKind::kMemoryWrite; }

// Whether others may go on with what the thread has done before.
bool IsRelease(OpKind kind) {
  switch (kind) {
    case OpKind::kAtomicStore:
    case OpKind::kAtomicRmw:
    case OpKind::kMutexUnlock:
    case OpKind::kRwUnlock:
    case OpKind::kSpinUnlock:
    case OpKind::kCondSignal:
    case OpKind::kCondBroadcast:
    case OpKind::kSemPost:
    case OpKind::kFutexWake:
    case OpKind::kThreadCreate:
      return true;
    default:
      return false;
  }
}

// Which threads use each granule, and which are alive when.
class SharedMemory {
 public:
  explicit SharedMemory(absl::Span<const MemoryStep> steps) : steps_(steps) {
    for (size_t i = 0; i < steps.size(); ++i) {
      const auto [life, added] = lives_.try_emplace(steps[i].thread, Life{i, i});
      if (!added) life->second.last = i;
      if (IsAccess(steps[i].kind)) accesses_[steps[i].address >> kGranuleBits].push_back(i);
    }
  }

  // Whether a thread that lives at the same time uses what step `i` accesses, and one of the two
  // writes.
  bool IsShared(size_t i) const {
    const MemoryStep& step = steps_[i];
    const auto found = accesses_.find(step.address >> kGranuleBits);
    return found != accesses_.end() &&
           std::any_of(found->second.begin(), found->second.end(), [&](size_t other) {
             const MemoryStep& theirs = steps_[other];
             return theirs.thread != step.thread &&
                    (theirs.kind == OpKind::kMemoryWrite || step.kind == OpKind::kMemoryWrite) &&
                    (Lives(step.thread, other) || Lives(theirs.thread, i));
           });
  }

 private:
  struct Life {
    size_t first, last;
  };
  bool Lives(ThreadNumber thread, size_t i) const {
    const Life& life = lives_.at(thread);
    return life.first <= i && i <= life.last;
  }

  const absl::Span<const MemoryStep> steps_;
  std::map<ThreadNumber, Life> lives_;
  std::unordered_map<uint64_t, std::vector<size_t>> accesses_;  // by granule
};

// "worker.cc:12" of the innermost own frame with a line; "" when there is none.
std::string PlaceOf(const Supervisor& supervisor, const StepDetail& detail) {
  const uint32_t count = std::min<uint32_t>(detail.frames, kMaxDetailFrames);
  for (uint32_t i = 0; i < count; ++i) {
    for (const Frame& frame : supervisor.FramesAt(detail.pcs[i])) {
      if (!frame.own || frame.line == 0) continue;
      return absl::StrCat(BaseName(frame.file), ":", frame.line);
    }
  }
  return "";
}

}  // namespace

std::optional<GapSteps> FindGapSteps(absl::Span<const MemoryStep> steps,
                                     const std::function<bool(size_t)>& has_place) {
  const SharedMemory memory(steps);
  std::map<ThreadNumber, size_t> released;  // since when each thread has only accessed memory
  for (size_t i = 0; i < steps.size(); ++i) {
    const MemoryStep& step = steps[i];
    const auto release = released.find(step.thread);
    if (!IsAccess(step.kind)) {
      if (release != released.end()) released.erase(release);
      if (IsRelease(step.kind)) released[step.thread] = i;
    } else if (release != released.end() && memory.IsShared(i) && has_place(i) &&
               has_place(release->second)) {
      return GapSteps{release->second, i};
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<Gap>> FindGap(const ProgramOptions& program, uint64_t seed) {
  ProgramOptions options = program;
  options.keep_details = true;
  options.max_points = kMaxGapPoints;
  options.time_limit_ms = kGapTimeMs;
  absl::StatusOr<std::unique_ptr<Supervisor>> supervisor = Supervisor::Start(options);
  if (!supervisor.ok()) return supervisor.status();
  CampaignOptions campaign;
  campaign.spec.strategy.name = "fifo";
  campaign.spec.seed = seed;
  campaign.spec.preempt = Preempt::kMemory;
  campaign.spec.step_budget = kMaxGapPoints;
  const absl::StatusOr<Outcome> outcome = (*supervisor)->Replay(campaign, 0);
  if (!outcome.ok()) return outcome.status();
  std::vector<MemoryStep> steps;
  const size_t count = std::min(outcome->steps.size(), outcome->details.size());
  for (size_t i = 0; i < count; ++i) {
    steps.push_back(
        {StepKind(outcome->steps[i]), StepThread(outcome->steps[i]), outcome->details[i].address});
  }
  const auto place = [&](size_t i) { return PlaceOf(**supervisor, outcome->details[i]); };
  const std::optional<GapSteps> gap =
      FindGapSteps(steps, [&](size_t i) { return !place(i).empty(); });
  if (!gap) return std::nullopt;
  const bool writes = steps[gap->access].kind == OpKind::kMemoryWrite;
  return Gap{absl::StrCat(OpKindName(steps[gap->release].kind), " at ", place(gap->release)),
             absl::StrCat(writes ? "write" : "read", " at ", place(gap->access))};
}

std::vector<std::string> Unseen(const CampaignSpec& spec, const ExploreResult& result,
                                const std::optional<Gap>& gap) {
  std::vector<std::string> unseen;
  if (result.ended_early > 0) {
    unseen.push_back(absl::StrCat(Plural(result.ended_early, "execution"),
                                  " ended early: what would come after that is not judged"));
  }
  if (result.facts.threads < 2) return unseen;
  if (TookMemoryPoints(result)) {
    // Some of the executions had them.
  } else if (spec.preempt == Preempt::kSync) {
    unseen.push_back(gap ? absl::StrCat("no schedule point between the ", gap->release, " and the ",
                                        gap->access, ": try --preempt memory")
                         : "plain memory accesses are no schedule points: try --preempt memory");
  } else if (spec.preempt == Preempt::kSites) {
    unseen.push_back(
        "memory accesses at other places than the given ones are no schedule points: try "
        "--preempt memory");
  }
  if (result.facts.atomics && spec.memory != MemoryModel::kC11 && !TookWeakMemory(result)) {
    unseen.push_back(absl::StrCat(
        "memory is ", spec.memory == MemoryModel::kSc ? "sequentially consistent" : "as on x86",
        ": what only weaker memory orders allow is not explored: try --memory c11"));
  }
  return unseen;
}

std::string WhyFew(const CampaignSpec& spec, const ExploreResult& result) {
  const ExploreProgress& progress = result.progress;
  if (progress.executions == 0) return "";
  if (spec.strategy.Constant()) {
    return absl::StrCat("strategy ", spec.strategy.name.c_str(),
                        " runs one schedule only, the default one");
  }
  if (result.facts.threads == 0) {
    return "no thread reached a schedule point: there is nothing to interleave";
  }
  if (result.facts.threads == 1) {
    return "only one thread reached schedule points: there is nothing to interleave";
  }
  if (progress.distinct_schedules == 1 && result.exhausted) {
    return "no operation of a thread depends on another thread's: all orders come to the same";
  }
  if (progress.executions < kEnoughToTell) return "";
  if (progress.distinct_schedules == 1) {
    return "at each schedule point only one thread could go on: the others waited for it, or had "
           "ended or not begun";
  }
  if (progress.distinct_orders == 1) {
    return "all schedules are one interleaving: no operation of a thread depends on another "
           "thread's";
  }
  return "";
}

}  // namespace heddle::sim
