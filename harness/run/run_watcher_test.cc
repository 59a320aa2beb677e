#include "harness/run/run_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <utility>

#include "harness/testing/result_writer.h"
#include "sim/process/process.h"

namespace heddle::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Objects to the n-th line that it is shown, and counts them.
class ObjectsTo : public RunOracle {
 public:
  ObjectsTo(int line, std::string what, int* shown)
      : line_(line), what_(std::move(what)), shown_(shown) {}
  std::optional<Finding> OnLine(const HostLine&) override {
    if (++*shown_ != line_) return std::nullopt;
    return OracleFinding(FindingKind::kDivergence, "test", what_, what_);
  }

 private:
  const int line_;
  const std::string what_;
  int* const shown_;
};

HostLine Event(uint64_t index, std::string outcome = "imported") {
  Applied applied;
  applied.event.index = index;
  applied.event.outcome = std::move(outcome);
  return {.what = applied};
}
HostLine Tick() { return {.what = Ticked{}}; }
HostLine End(uint64_t full = 0) {
  Ended ended;
  if (full > 0) ended.instance_counters = {{{"full", full}}};
  return {.what = ended};
}

TEST(RunWatcher, EveryOracleSaysItsFirstViolationInTheOrderOfTheLines) {
  int first_shown = 0, second_shown = 0, third_shown = 0;
  std::vector<std::unique_ptr<RunOracle>> oracles;
  oracles.push_back(std::make_unique<ObjectsTo>(3, "late", &first_shown));
  oracles.push_back(std::make_unique<ObjectsTo>(1, "early", &second_shown));
  oracles.push_back(std::make_unique<ObjectsTo>(0, "never", &third_shown));
  RunWatcher watcher(std::move(oracles));
  for (const HostLine& line : {Event(1), Event(2), Event(3), End()}) watcher.OnLine(line);
  const std::vector<Finding> violations = watcher.TakeViolations();
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].detail, "early");
  EXPECT_EQ(violations[1].detail, "late");
  EXPECT_EQ(first_shown, 3) << "no lines after a violation";
  EXPECT_EQ(second_shown, 1);
  EXPECT_EQ(third_shown, 4);
}

TEST(RunWatcher, CountsAndSituationsAddUpInTheCell) {
  CellResult cell;
  for (int run = 0; run < 2; ++run) {
    RunWatcher watcher({});
    const std::vector<HostLine> lines = {Event(1, "pending"),
                                         Tick(),
                                         Event(2),
                                         {.what = Refused{.code = "stopped"}},
                                         End(/*full=*/3)};
    for (const HostLine& line : lines) watcher.OnLine(line);
    watcher.AddTo(&cell);
  }
  EXPECT_EQ(cell.events, 4u);
  EXPECT_EQ(cell.refused, 2u);
  EXPECT_EQ(cell.full, 6u);
  EXPECT_EQ(cell.snapshots, 2u);
  EXPECT_THAT(cell.reached, UnorderedElementsAre(Situation::kWaiting, Situation::kInterleaved,
                                                 Situation::kStopped, Situation::kBackPressure));
}

TEST(RunWatcher, ATickBeforeTheFirstEventInterleavesNothing) {
  RunWatcher watcher({});
  for (const HostLine& line : {Tick(), Event(1), End()}) watcher.OnLine(line);
  CellResult cell;
  watcher.AddTo(&cell);
  EXPECT_THAT(cell.reached, IsEmpty());
}

TEST(RunWatcher, AResultWithoutItsEndIsIncomplete) {
  const absl::StatusOr<sim::TemporaryFolder> folder = sim::TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  const std::string path = folder->path() + "/result.jsonl";
  const auto read = [&path](RunWatcher watcher) { return watcher.ReadResult(path); };
  EXPECT_FALSE(read(RunWatcher({})).ok()) << "no file";
  WriteResult(path, {}, {Tick()});
  EXPECT_THAT(std::string(read(RunWatcher({})).message()), HasSubstr("incomplete"));
  RunWatcher watcher({});
  WriteResult(path, {}, {Event(7), End()});
  EXPECT_TRUE(watcher.ReadResult(path).ok());
  EXPECT_TRUE(watcher.complete());
  EXPECT_EQ(watcher.progress(), "after event 7");
  std::ofstream(path, std::ios::app) << "}{\n";
  EXPECT_FALSE(read(RunWatcher({})).ok()) << "garbled";
}

}  // namespace
}  // namespace heddle::harness
