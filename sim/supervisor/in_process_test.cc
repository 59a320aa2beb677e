// Executions that share a process are those that forks are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/supervisor/real_machine.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;

ProgramOptions Program(const std::string& name, const std::vector<std::string>& arguments,
                       bool in_process) {
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/" + name};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.max_points = 20'000;
  options.in_process = in_process;
  return options;
}

CampaignOptions Campaign(const std::string& strategy, const std::string& parameters = "") {
  CampaignOptions options;
  options.spec.strategy.name = strategy.c_str();
  options.spec.strategy.parameters = parameters.c_str();
  options.spec.step_budget = 20'000;
  options.spec.track_objects = true;
  options.spec.same_random = options.spec.strategy.Systematic();
  return options;
}

// Of an execution, as far as it is told. The last is its first report (ExecutionSummary::report).
using Told =
    std::tuple<uint64_t, ExecutionState, int, uint64_t, uint64_t, uint64_t, uint32_t, uint64_t>;

struct Ran {
  std::vector<Told> executions;
  std::vector<bool> known;  // of each: ExecutionSummary::known
  std::vector<std::string> findings;
  uint64_t in_process = 0;
  std::string why_by_fork;
  bool differs = false;
  std::string last_output;
};

Ran RunSome(const ProgramOptions& program, const CampaignOptions& campaign, uint32_t count) {
  Ran ran;
  auto supervisor = Supervisor::Start(program);
  EXPECT_TRUE(supervisor.ok()) << supervisor.status();
  if (!supervisor.ok()) return ran;
  EXPECT_TRUE((*supervisor)->NewCampaign(campaign).ok());
  while (ran.executions.size() < count) {
    const auto done = static_cast<uint32_t>(ran.executions.size());
    const auto batch = (*supervisor)->RunBatch(done, std::min(count - done, 100u));
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok()) return ran;
    for (const ExecutionSummary& e : batch->executions) {
      ran.executions.emplace_back(e.execution, e.state, e.wait_status, e.points, e.hash, e.order,
                                  e.threads_left, e.report);
      ran.known.push_back(e.known != 0);
    }
    if (!batch->executions.empty() && batch->last.finding != FailureKind::kNone) {
      ran.findings.push_back((*supervisor)->DedupKeyOf(batch->last));
    }
    ran.last_output = batch->last.standard_output;
    if (batch->exhausted) break;
  }
  ran.in_process = (*supervisor)->InProcessExecutions();
  ran.why_by_fork = (*supervisor)->WhyByFork();
  ran.differs = (*supervisor)->DiffersFromForks();
  return ran;
}

class InProcessTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!CanPutMemoryBack()) GTEST_SKIP() << "the system does not tell which pages were written";
  }

  // The build of that program in this test's flavour.
  static std::string Built(const std::string& name) { return name + "-" + GetParam(); }

  static Ran ExpectSame(const std::string& program, const std::vector<std::string>& arguments,
                        const CampaignOptions& campaign, uint32_t count) {
    const std::string name = Built(program);
    const Ran forks = RunSome(Program(name, arguments, false), campaign, count);
    Ran ran = RunSome(Program(name, arguments, true), campaign, count);
    EXPECT_EQ(forks.in_process, 0u);
    EXPECT_EQ(ran.executions, forks.executions) << name << " " << campaign.spec.strategy.ToString();
    EXPECT_EQ(ran.findings, forks.findings);
    EXPECT_FALSE(ran.differs) << ran.why_by_fork;
    return ran;
  }

  // What the program does in that mode is undone: nearly all executions share a process.
  static void ExpectClean(const std::string& mode) {
    const Ran ran = ExpectSame("kernel-in_process", {mode}, Campaign("random"), 200);
    EXPECT_TRUE(ran.findings.empty());
    EXPECT_GT(ran.in_process, 150u) << ran.why_by_fork;
  }
};

TEST_P(InProcessTest, StrategiesRunTheSameExecutions) {
  for (const auto& [strategy, parameters] :
       {std::pair("random", ""), std::pair("pct", "d=3"), std::pair("pos", ""),
        std::pair("fifo", ""), std::pair("dfs", "preemptions=2")}) {
    const Ran ran =
        ExpectSame("kernel-in_process", {"counts"}, Campaign(strategy, parameters), 300);
    EXPECT_GT(ran.in_process, 0u) << strategy << ": " << ran.why_by_fork;
  }
}

TEST_P(InProcessTest, ProgramsRunTheSameExecutions) {
  for (const char* name :
       {"posix_sync", "std_sync", "threads", "lost_update", "signals", "children", "event_loop",
        "files", "own_state", "system_calls", "happens_before", "loaded"}) {
    ExpectSame(std::string("kernel-") + name, {}, Campaign("random"), 60);
  }
}

TEST_P(InProcessTest, CorpusRunsTheSameExecutions) {
  FILE* list = popen(HEDDLE_PROGRAMS "/heddle-corpus-det --list", "r");
  ASSERT_NE(list, nullptr);
  uint64_t in_process = 0, programs = 0;
  char line[256];
  while (fgets(line, sizeof line, list) != nullptr) {
    const std::string name(line, strcspn(line, "\n"));
    for (const char* version : {"right", "broken"}) {
      SCOPED_TRACE(name + " " + version);
      in_process += ExpectSame("heddle-corpus", {name, version}, Campaign("random"), 60).in_process;
    }
    ++programs;
  }
  pclose(list);
  EXPECT_GT(programs, 30u);
  EXPECT_GT(in_process, 60 * programs);  // of 120: findings and what cannot be undone are forks
}

// Objects are numbered, and executions of strategies that weigh them run the same way, whatever
// memory the threads' stacks lie in.
TEST_P(InProcessTest, ObjectsOnStacksAreTheSame) {
  for (const char* strategy : {"random", "surw", "pos"}) {
    const Ran ran = ExpectSame("kernel-in_process", {"locals"}, Campaign(strategy), 200);
    EXPECT_GT(ran.in_process, 150u) << ran.why_by_fork;
  }
}

// A kernel thread that is kept does not serve again in asan, which takes a worker with more of
// them.
TEST_P(InProcessTest, ManyThreadsRunTheSameExecutions) {
  const Ran ran = ExpectSame("kernel-in_process", {"many"}, Campaign("random"), 60);
  EXPECT_GT(ran.in_process, 40u) << ran.why_by_fork;
}

TEST_P(InProcessTest, ManyThreadsAtOnceRunTheSameExecutions) {
  const Ran ran = ExpectSame("kernel-in_process", {"crowd"}, Campaign("random"), 60);
  EXPECT_GT(ran.in_process, 40u) << ran.why_by_fork;
}

// More than there can be at once, one after the other.
TEST_P(InProcessTest, MoreThreadsThanCanBeMadeRunTheSameExecutions) {
  const Ran ran = ExpectSame("kernel-in_process", {"very-many"}, Campaign("random"), 30);
  if (GetParam() != "asan") {
    EXPECT_GT(ran.in_process, 8u) << ran.why_by_fork;
  } else {
    EXPECT_THAT(ran.why_by_fork, HasSubstr("pthread_create(more threads than are kept) in "));
  }
}

TEST_P(InProcessTest, ThreadsThatLeaveRunTheSameExecutions) {
  const Ran ran = ExpectSame("kernel-in_process", {"leaves"}, Campaign("random"), 60);
  if (GetParam() != "asan") {
    EXPECT_GT(ran.in_process, 40u) << ran.why_by_fork;
  } else {
    EXPECT_THAT(ran.why_by_fork, HasSubstr("pthread_exit or a cancellation in "));
  }
}

// Stacks begin as zeros, whatever the runtime and libc have done on them.
TEST_P(InProcessTest, VariablesThatNobodySetAreTheSame) {
  const Ran ran = ExpectSame("kernel-in_process", {"unset"}, Campaign("random"), 60);
  EXPECT_GT(ran.in_process, 40u) << ran.why_by_fork;
}

// ThreadSanitizer has had as many events in a worker as in a fork.
TEST_P(InProcessTest, RacesAreReportedInTheSameExecutions) {
  for (const char* mode : {"crowded-word", "mains-crowded-word"}) {
    const Ran ran = ExpectSame("kernel-in_process", {mode}, Campaign("random"), 200);
    uint64_t reported = 0;
    for (const Told& told : ran.executions) reported += std::get<int>(told) != 0 ? 1 : 0;
    EXPECT_EQ(reported > 0, GetParam() == "tsan") << mode << " " << reported;
    EXPECT_LT(reported, 200u) << mode;
  }
}

// What a fork has reported is counted without another fork. What none has reported yet is a fork's.
TEST_P(InProcessTest, KnownReportsAreCountedInTheSameExecutions) {
  for (const char* strategy : {"random", "pct", "auto"}) {
    SCOPED_TRACE(strategy);
    CampaignOptions campaign = Campaign(strategy);
    const std::vector<std::string> arguments = {"cache-filled-twice", "broken"};
    const Ran forks = RunSome(Program(Built("heddle-corpus"), arguments, false), campaign, 300);
    campaign.count_known = true;
    const Ran ran = RunSome(Program(Built("heddle-corpus"), arguments, true), campaign, 300);
    EXPECT_EQ(ran.executions, forks.executions);
    EXPECT_FALSE(ran.differs) << ran.why_by_fork;
    std::set<uint64_t> reported;
    uint64_t known = 0;
    for (size_t i = 0; i < ran.executions.size(); ++i) {
      const uint64_t report = std::get<7>(ran.executions[i]);
      if (ran.known[i]) {
        ++known;
        EXPECT_TRUE(reported.contains(report)) << i;
      }
      if (report != 0) reported.insert(report);
    }
    EXPECT_EQ(known > 0, GetParam() == "tsan") << ran.why_by_fork;
    EXPECT_EQ(reported.empty(), GetParam() != "tsan");
  }
}

// Only to whoever asked for it: others look at the last execution of a batch.
TEST_P(InProcessTest, ReportsAreForksOtherwise) {
  const Ran ran =
      RunSome(Program(Built("kernel-in_process"), {"crowded-word"}, true), Campaign("random"), 100);
  EXPECT_EQ(std::count(ran.known.begin(), ran.known.end(), true), 0);
}

TEST_P(InProcessTest, LeaksAreFoundByForks) {
  const Ran ran = ExpectSame("kernel-leaks", {"lost"}, Campaign("random"), 200);
  EXPECT_EQ(ran.findings.empty(), GetParam() != "asan");
}

TEST_P(InProcessTest, WeakMemoryRunsTheSameExecutions) {
  for (const MemoryModel memory : {MemoryModel::kC11, MemoryModel::kTso}) {
    CampaignOptions campaign = Campaign("random");
    campaign.spec.memory = memory;
    const Ran ran = ExpectSame("heddle-corpus", {"seqlock-without-fence", "right"}, campaign, 300);
    EXPECT_GT(ran.in_process, 200u) << ran.why_by_fork;
  }
}

// Some executions take points at every access, some weak memory: the runtime maps memory for that
// in the middle of them.
TEST_P(InProcessTest, AutoRunsTheSameExecutions) {
  CampaignOptions campaign = Campaign("auto");
  campaign.spec.leak_check_every = 0;
  const Ran ran = ExpectSame("heddle-corpus", {"mpmc-ring-relaxed", "right"}, campaign, 300);
  EXPECT_GT(ran.in_process, 200u) << ran.why_by_fork;
  EXPECT_EQ(ran.why_by_fork, "");
}

// The runtime notes who frees, by frame pointers.
TEST_P(InProcessTest, AnyFramePointerIsNoFinding) {
  EXPECT_TRUE(ExpectSame("kernel-in_process", {"frames"}, Campaign("fifo"), 5).findings.empty());
}

TEST_P(InProcessTest, EachExecutionIsFresh) {
  const Ran ran = ExpectSame("kernel-in_process", {"fresh"}, Campaign("random"), 400);
  EXPECT_TRUE(ran.findings.empty());
  EXPECT_GT(ran.in_process, 300u) << ran.why_by_fork;
}

TEST_P(InProcessTest, MemoryThatIsGivenBackIsCleared) {
  const Ran ran = ExpectSame("kernel-in_process", {"gives-back"}, Campaign("random"), 400);
  EXPECT_TRUE(ran.findings.empty());
  EXPECT_GT(ran.in_process, 300u) << ran.why_by_fork;
}

TEST_P(InProcessTest, FindingsComeFromForks) {
  const Ran ran = ExpectSame("kernel-in_process", {"fails"}, Campaign("random"), 200);
  EXPECT_FALSE(ran.findings.empty());
  EXPECT_GT(ran.in_process, 8u) << ran.why_by_fork;
}

// The page is the program's own, so that nothing else can notice: the comparison with forks must.
TEST_P(InProcessTest, WrongRestoreIsNoticed) {
  ProgramOptions program = Program(Built("kernel-in_process"), {"counts"}, true);
  const Ran right = RunSome(program, Campaign("random"), 300);
  EXPECT_FALSE(right.differs) << right.why_by_fork;
  program.leave_out_page = std::strtoull(right.last_output.c_str(), nullptr, 16);
  ASSERT_NE(program.leave_out_page, 0u) << right.last_output;
  const Ran wrong = RunSome(program, Campaign("random"), 300);
  EXPECT_TRUE(wrong.differs);
  EXPECT_THAT(wrong.why_by_fork, HasSubstr("was another one than in a fork"));
}

// A file that the caller reads behind each execution is no reason for forks; any other is.
TEST_P(InProcessTest, TheResultFileIsWritten) {
  char folder[] = "/tmp/heddle_result_XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  for (const char* name : {"result", "other"}) {
    std::ofstream(std::string(folder) + "/" + name) << "begin\n";
  }
  ProgramOptions program = Program(Built("kernel-in_process"), {"appends", "result"}, true);
  program.working_directory = folder;
  program.shared_folders = {folder};
  program.result_file = "result";
  const auto contents = [&] {
    std::stringstream text;
    text << std::ifstream(std::string(folder) + "/result").rdbuf();
    return text.str();
  };
  const Ran ran = RunSome(program, Campaign("random"), 100);
  EXPECT_TRUE(ran.findings.empty());
  EXPECT_GT(ran.in_process, 80u) << ran.why_by_fork;
  EXPECT_EQ(contents(), "begin\nmain\nfirst\nsecond\n");
  program.arguments.back() = "other";
  const Ran other = RunSome(program, Campaign("random"), 30);
  EXPECT_EQ(other.in_process, 0u);
  EXPECT_THAT(other.why_by_fork, HasSubstr("cannot be undone"));
  std::filesystem::remove_all(folder);
}

TEST_P(InProcessTest, WhatCannotBeUndoneRunsByFork) {
  const Ran always = ExpectSame("kernel-in_process", {"writes"}, Campaign("random"), 60);
  EXPECT_EQ(always.in_process, 0u);
  EXPECT_THAT(always.why_by_fork, HasSubstr("openat(O_WRONLY) in "));
  EXPECT_THAT(always.why_by_fork, HasSubstr("in_process.cc:"));
  EXPECT_TRUE(always.findings.empty());
}

// Memory from before, which an execution unmaps, is there again in the next one.
TEST_P(InProcessTest, UnmappedMemoryComesBack) { ExpectClean("unmaps"); }

TEST_P(InProcessTest, DescriptorsComeBack) { ExpectClean("descriptors"); }

TEST_P(InProcessTest, TheNetworkIsTheExecutionsOwn) { ExpectClean("network"); }

TEST_P(InProcessTest, LargeBlocksComeBack) { ExpectClean("large-block"); }

TEST_P(InProcessTest, WhatCannotBeUndoneOnceIsOneFork) {
  const Ran sometimes = ExpectSame("kernel-in_process", {"sometimes"}, Campaign("pos"), 300);
  EXPECT_TRUE(sometimes.findings.empty());
  EXPECT_GT(sometimes.in_process, 8u);
}

INSTANTIATE_TEST_SUITE_P(Flavours, InProcessTest, ::testing::Values("det", "asan", "tsan"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace heddle::sim
