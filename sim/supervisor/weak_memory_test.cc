// Weak memory from outside: real programs under --memory c11 and tso, in the three flavours. (What
// the model allows is compared with its definitions in sim/runtime/testing/litmus.)
//
// HEDDLE_PROGRAMS is the folder the programs are built into.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr uint32_t kSchedules = 150;

std::unique_ptr<Supervisor> Start(const std::string& name, const std::string& flavour,
                                  const std::string& argument) {
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-" + name + "-" + flavour, argument};
  options.max_points = 100'000;
  auto supervisor = Supervisor::Start(options);
  if (!supervisor.ok()) {
    ADD_FAILURE() << supervisor.status();
    return nullptr;
  }
  return *std::move(supervisor);
}

CampaignOptions Weak(const char* strategy, MemoryModel memory = MemoryModel::kC11) {
  CampaignOptions options;
  options.spec.strategy.name = strategy;
  options.spec.memory = memory;
  options.spec.step_budget = 100'000;
  return options;
}

// The last execution: the first that has a finding, or the last of kSchedules.
Outcome Explore(Supervisor& supervisor, const CampaignOptions& options) {
  EXPECT_TRUE(supervisor.NewCampaign(options).ok());
  absl::StatusOr<Batch> batch = supervisor.RunBatch(0, kSchedules);
  if (!batch.ok()) {
    ADD_FAILURE() << batch.status();
    return {};
  }
  return batch->last;
}

bool ReadsAnOldStore(const Outcome& outcome) {
  return std::any_of(outcome.steps.begin(), outcome.steps.end(),
                     [](Step step) { return StepStore(step) != 0; });
}

struct Way {
  const char* name;
  bool races;
};

class Handover : public testing::TestWithParam<Way> {};

// ThreadSanitizer knows the order that the chosen reads imply, no more and no less.
TEST_P(Handover, RacesAsC11Says) {
  const auto supervisor = Start("weak_handover", "tsan", GetParam().name);
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = Explore(*supervisor, Weak("random"));
  EXPECT_EQ(outcome.finding != FailureKind::kNone, GetParam().races)
      << supervisor->Describe(outcome) << outcome.standard_error;
}

TEST_P(Handover, IsCleanInDetAndAsan) {
  for (const char* flavour : {"det", "asan"}) {
    const auto supervisor = Start("weak_handover", flavour, GetParam().name);
    ASSERT_NE(supervisor, nullptr);
    EXPECT_EQ(Explore(*supervisor, Weak("pos")).finding, FailureKind::kNone) << flavour;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, Handover,
                         testing::Values(Way{"release-acquire", false}, Way{"relaxed", true},
                                         Way{"fences", false}, Way{"late-fence", true},
                                         Way{"many-fences", true}, Way{"release-sequence", false},
                                         Way{"overwritten-release", true}, Way{"stale-read", true},
                                         Way{"flag-itself", false}, Way{"seq-cst-fences", true},
                                         Way{"static", false}, Way{"shared-ptr", false}),
                         [](const testing::TestParamInfo<Way>& info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class Reuse : public testing::TestWithParam<const char*> {};

TEST_P(Reuse, BringsNoOldValueUp) {
  for (const char* flavour : {"det", "tsan", "asan"}) {
    for (const MemoryModel memory : {MemoryModel::kC11, MemoryModel::kTso}) {
      const auto supervisor = Start("weak_reuse", flavour, GetParam());
      ASSERT_NE(supervisor, nullptr);
      const Outcome outcome = Explore(*supervisor, Weak("random", memory));
      // What hands the memory on in a relaxed way does race: that is ThreadSanitizer's to say.
      if (std::string_view(flavour) == "tsan" && outcome.finding == FailureKind::kSanitizer)
        continue;
      EXPECT_EQ(outcome.finding, FailureKind::kNone)
          << flavour << supervisor->Describe(outcome) << outcome.standard_error;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Reuse,
                         testing::Values("new", "memset", "memcpy", "free", "sizes", "join"));

// C++ allows that the weak form of compare-exchange fails by itself; x86 does not do it.
TEST(WeakMemory, TheWeakFormOfCompareExchangeFailsByItself) {
  for (const char* flavour : {"det", "tsan", "asan"}) {
    const auto supervisor = Start("weak_programs", flavour, "weak-compare-exchange-taken");
    ASSERT_NE(supervisor, nullptr);
    EXPECT_EQ(Explore(*supervisor, Weak("random")).finding, FailureKind::kCrash) << flavour;
    EXPECT_EQ(Explore(*supervisor, Weak("random", MemoryModel::kTso)).finding, FailureKind::kNone)
        << flavour;
    const auto loop = Start("weak_programs", flavour, "weak-compare-exchange-loop");
    ASSERT_NE(loop, nullptr);
    for (const char* strategy : {"random", "pctwm", "pos"}) {
      EXPECT_EQ(Explore(*loop, Weak(strategy)).finding, FailureKind::kNone) << flavour << strategy;
    }
  }
}

// The barrier of one thread that all others pass, too.
TEST(WeakMemory, MembarrierIsABarrierOfAllThreads) {
  for (const char* flavour : {"det", "tsan", "asan"}) {
    const auto right = Start("weak_programs", flavour, "store-buffering-membarrier");
    const auto without = Start("weak_programs", flavour, "store-buffering-without-membarrier");
    ASSERT_TRUE(right != nullptr && without != nullptr);
    for (const MemoryModel memory : {MemoryModel::kC11, MemoryModel::kTso}) {
      EXPECT_EQ(Explore(*right, Weak("random", memory)).finding, FailureKind::kNone) << flavour;
      EXPECT_EQ(Explore(*without, Weak("random", memory)).finding, FailureKind::kCrash) << flavour;
    }
  }
}

// In front of it is the runtime's part of the operation, which has no tail call here.
TEST(WeakMemory, ARaceOfACompareExchangeHasTheLineOfTheProgram) {
  const auto supervisor = Start("weak_handover", "tsan", "compare-exchange-beside-read");
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = Explore(*supervisor, Weak("random"));
  EXPECT_EQ(outcome.finding, FailureKind::kSanitizer);
  EXPECT_THAT(outcome.standard_error, HasSubstr("data race"));
  EXPECT_THAT(outcome.standard_error, HasSubstr("CompareExchangeBesideRead()::$_"));
  EXPECT_THAT(outcome.standard_error, Not(HasSubstr("_compare_exchange_val")));
}

// ThreadSanitizer says nothing of a race whose first access it cannot name any more.
TEST(WeakMemory, ARaceIsFoundThoughItsAccessesAreFarApart) {
  const auto supervisor = Start("weak_handover", "tsan", "far-apart");
  ASSERT_NE(supervisor, nullptr);
  for (const MemoryModel memory : {MemoryModel::kSc, MemoryModel::kC11}) {
    const Outcome outcome = Explore(*supervisor, Weak("fifo", memory));
    EXPECT_EQ(outcome.finding, FailureKind::kSanitizer);
    EXPECT_THAT(outcome.standard_error, HasSubstr("data race"));
  }
}

// Also to those who look at the execution.
TEST(WeakMemory, AFailureByItselfIsNoRead) {
  ProgramOptions program;
  program.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-weak_programs-det",
                       "weak-compare-exchange-taken"};
  program.keep_details = true;
  auto supervisor = Supervisor::Start(program);
  ASSERT_TRUE(supervisor.ok()) << supervisor.status();
  CampaignOptions options = Weak("random");
  const Outcome found = Explore(**supervisor, options);
  options.replay = found.steps;
  const absl::StatusOr<Outcome> outcome = (*supervisor)->Replay(options, found.execution);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  size_t failed = 0;
  for (size_t i = 0; i < std::min(outcome->steps.size(), outcome->details.size()); ++i) {
    if (StepStore(outcome->steps[i]) == 0) continue;
    EXPECT_EQ(StepKind(outcome->steps[i]), OpKind::kAtomicRmw);
    EXPECT_EQ(outcome->details[i].read_from, i);
    ++failed;
  }
  EXPECT_EQ(failed, 5u);
}

// A schedule with old reads, recorded in det, is the same execution in every flavour.
TEST(WeakMemory, ReplaysExactlyInEveryFlavour) {
  const auto recorder = Start("weak_handover", "det", "stale-read");
  ASSERT_NE(recorder, nullptr);
  CampaignOptions options = Weak("random");
  ASSERT_TRUE(recorder->NewCampaign(options).ok());
  Outcome recorded;
  for (uint64_t execution = 0; execution < kSchedules && !ReadsAnOldStore(recorded); ++execution) {
    absl::StatusOr<Batch> batch = recorder->RunBatch(execution, 1);
    ASSERT_TRUE(batch.ok()) << batch.status();
    recorded = batch->last;
  }
  ASSERT_TRUE(ReadsAnOldStore(recorded));
  options.replay = recorded.steps;
  for (const char* flavour : {"det", "tsan", "asan"}) {
    const auto supervisor = Start("weak_handover", flavour, "stale-read");
    ASSERT_NE(supervisor, nullptr);
    for (int i = 0; i < 5; ++i) {
      absl::StatusOr<Outcome> replayed = supervisor->Replay(options, recorded.execution);
      ASSERT_TRUE(replayed.ok()) << replayed.status();
      EXPECT_EQ(replayed->steps, recorded.steps) << flavour;
      EXPECT_EQ(replayed->hash, recorded.hash) << flavour;
    }
  }
}

}  // namespace
}  // namespace heddle::sim
