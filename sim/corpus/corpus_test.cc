// Every broken program is found and replayed, and no right one is flagged: on a short budget. The
// long one is corpus_benchmark's.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sim/corpus/program.h"
#include "sim/corpus/subject.h"

namespace heddle::corpus {
namespace {

constexpr uint64_t kMostSchedules = 500;  // to the finding, per strategy
constexpr uint64_t kMostAutoSchedules = 1000;
constexpr uint64_t kRightSchedules = 60;  // per strategy and flavour
constexpr uint64_t kReplays = 3;

class Corpus : public testing::TestWithParam<const Program*> {
 protected:
  static std::unique_ptr<Subject> Start(bool broken, const std::string& flavour) {
    absl::StatusOr<std::unique_ptr<Subject>> subject =
        Subject::Start(HEDDLE_PROGRAMS, *GetParam(), broken, flavour);
    EXPECT_TRUE(subject.ok()) << subject.status();
    return *std::move(subject);
  }
};

// Some bugs are beyond some strategies (that is what the benchmark shows), none beyond all.
TEST_P(Corpus, BrokenIsFoundAndReplayed) {
  const std::unique_ptr<Subject> subject = Start(true, FlavourFor(GetParam()->shows));
  bool found = false;
  for (const char* strategy : {"pos", "pct", "random", "pctwm"}) {
    if (std::string_view(strategy) == "pctwm" && GetParam()->needs != Needs::kWeakMemory) continue;
    const absl::StatusOr<Search> search =
        subject->Run({strategy, ""}, 1, kMostSchedules, MemoryFor(GetParam()->needs));
    ASSERT_TRUE(search.ok()) << search.status();
    if (!search->finding.has_value()) continue;
    found = true;
    EXPECT_EQ(subject->Unexpected(*search->finding), "") << strategy;
    const absl::StatusOr<uint64_t> exact = subject->Replay(*search, kReplays);
    ASSERT_TRUE(exact.ok()) << exact.status();
    EXPECT_EQ(*exact, kReplays) << strategy;
  }
  EXPECT_TRUE(found);
}

// `auto` needs to be told nothing: neither points nor the memory model.
TEST_P(Corpus, AutoFindsEveryBug) {
  const std::unique_ptr<Subject> subject = Start(true, FlavourFor(GetParam()->shows));
  const absl::StatusOr<Search> search = subject->Run({"auto", ""}, 1, kMostAutoSchedules);
  ASSERT_TRUE(search.ok()) << search.status();
  ASSERT_TRUE(search->finding.has_value());
  EXPECT_EQ(subject->Unexpected(*search->finding), "");
  const absl::StatusOr<uint64_t> exact = subject->Replay(*search, kReplays);
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ(*exact, kReplays);
}

// It is memory that is too weak: no interleaving shows these.
TEST_P(Corpus, WeakBugsNeedWeakMemory) {
  if (GetParam()->needs != Needs::kWeakMemory) return;
  const std::unique_ptr<Subject> subject = Start(true, FlavourFor(GetParam()->shows));
  const absl::StatusOr<Search> search = subject->Run({"random", ""}, 1, kMostSchedules);
  ASSERT_TRUE(search.ok()) << search.status();
  EXPECT_FALSE(search->finding.has_value());
}

TEST_P(Corpus, RightIsClean) {
  for (const char* flavour : {"det", "tsan", "asan"}) {
    const std::unique_ptr<Subject> subject = Start(false, flavour);
    for (const char* strategy : {"fifo", "random", "pct", "pos", "surw", "rff", "delay", "auto"}) {
      const absl::StatusOr<Search> search = subject->Run({strategy, ""}, 1, kRightSchedules);
      ASSERT_TRUE(search.ok()) << search.status();
      EXPECT_FALSE(search->finding.has_value())
          << strategy << " in " << flavour << ", schedule " << search->executions << ":\n"
          << subject->Describe(*search->finding) << search->finding->standard_error;
    }
    const absl::StatusOr<Search> search =
        subject->Run({"random", ""}, 1, kRightSchedules, sim::MemoryModel::kC11);
    ASSERT_TRUE(search.ok()) << search.status();
    EXPECT_FALSE(search->finding.has_value())
        << "c11 in " << flavour << ", schedule " << search->executions << ":\n"
        << subject->Describe(*search->finding) << search->finding->standard_error;
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, Corpus, testing::ValuesIn(Programs().begin(), Programs().end()),
                         [](const testing::TestParamInfo<const Program*>& info) {
                           std::string name = info.param->name;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace heddle::corpus
