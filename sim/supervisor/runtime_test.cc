// The kernel from outside: real programs (testing/*.cc), built by heddle_instrument() in all three
// flavours, run under a supervisor.
//
// HEDDLE_PROGRAMS is the folder they are built into.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "sim/process/process.h"
#include "sim/stacks/source_lines.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kFlavours[] = {"det", "tsan", "asan"};

ProgramOptions Program(const std::string& name, const std::string& flavour,
                       const std::string& argument = "") {
  ProgramOptions options;
  options.arguments = {std::string(HEDDLE_PROGRAMS) + "/kernel-" + name + "-" + flavour};
  if (!argument.empty()) options.arguments.push_back(argument);
  options.max_points = 3'000'000;
  return options;
}

std::unique_ptr<Supervisor> Start(const ProgramOptions& options) {
  auto supervisor = Supervisor::Start(options);
  if (!supervisor.ok()) {
    ADD_FAILURE() << supervisor.status();
    return nullptr;
  }
  return std::move(*supervisor);
}

Batch RunBatch(Supervisor& supervisor, const CampaignOptions& options, uint64_t first,
               uint32_t count) {
  if (const absl::Status status = supervisor.NewCampaign(options); !status.ok()) {
    ADD_FAILURE() << status;
    return {};
  }
  auto batch = supervisor.RunBatch(first, count);
  if (!batch.ok()) {
    ADD_FAILURE() << batch.status();
    return {};
  }
  return std::move(*batch);
}

CampaignOptions Options(const std::string& strategy, uint64_t seed = 1) {
  CampaignOptions options;
  options.spec.strategy.name = strategy.c_str();
  options.spec.seed = seed;
  options.spec.step_budget = 3'000'000;
  return options;
}

// --- Right programs: clean, and the same in every flavour and hand-over ---

class RightProgram : public ::testing::TestWithParam<const char*> {};

TEST_P(RightProgram, RunsAlikeInEveryFlavourAndHandOver) {
  constexpr uint32_t kExecutions = 4;
  std::map<std::string, std::vector<uint64_t>> hashes;
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program(GetParam(), flavour));
    ASSERT_NE(supervisor, nullptr);
    EXPECT_EQ(supervisor->flavour(), flavour);
    for (const HandOver hand_over : {HandOver::kAutomatic, HandOver::kBaton}) {
      for (const char* strategy : {"fifo", "random"}) {
        CampaignOptions options = Options(strategy);
        options.spec.hand_over = hand_over;
        const Batch batch = RunBatch(*supervisor, options, 0, kExecutions);
        ASSERT_EQ(batch.last.finding, FailureKind::kNone)
            << flavour << " " << strategy << " execution " << batch.last.execution << "\n"
            << supervisor->Describe(batch.last) << batch.last.standard_error;
        ASSERT_EQ(batch.executions.size(), kExecutions);
        std::vector<uint64_t>& expected = hashes[strategy];
        std::vector<uint64_t> got;
        for (const ExecutionSummary& execution : batch.executions) got.push_back(execution.hash);
        if (expected.empty()) expected = got;
        EXPECT_EQ(got, expected) << flavour << " " << strategy
                                 << (hand_over == HandOver::kBaton ? " baton" : "");
      }
    }
  }
}

TEST_P(RightProgram, ReplaysExactlyInEveryFlavour) {
  const auto recorder = Start(Program(GetParam(), "det"));
  ASSERT_NE(recorder, nullptr);
  const CampaignOptions recorded = Options("random", 7);
  const Outcome original = RunBatch(*recorder, recorded, 5, 1).last;
  ASSERT_EQ(original.finding, FailureKind::kNone) << original.message;
  CampaignOptions options = recorded;
  options.replay = original.steps;
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program(GetParam(), flavour));
    ASSERT_NE(supervisor, nullptr);
    const auto replayed = supervisor->Replay(options, 5);
    ASSERT_TRUE(replayed.ok()) << replayed.status();
    EXPECT_EQ(replayed->finding, FailureKind::kNone) << flavour << ": " << replayed->message;
    EXPECT_EQ(replayed->steps, original.steps) << flavour;
    EXPECT_EQ(replayed->standard_output, original.standard_output) << flavour;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, RightProgram,
                         ::testing::Values("clean", "c11_threads", "posix_sync", "std_sync",
                                           "files", "robust", "threads", "identity", "event_loop",
                                           "wide_atomics", "own_state", "machine", "own_names",
                                           "sanitizer_interface", "early", "system_calls",
                                           "children", "child_threads", "signals", "cancellation",
                                           "patient", "templates", "fault_handlers", "spins",
                                           "allocator", "loaded"));

// In det, and free of a supervisor. The sanitizers object to such blocks in any run.
TEST(KernelTest, BlocksOfAnAllocatorLibraryGoBackToIt) {
  const auto supervisor = Start(Program("allocator", "det", "own"));
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = RunBatch(*supervisor, Options("random"), 0, 5).last;
  EXPECT_EQ(outcome.finding, FailureKind::kNone) << outcome.message;
  const std::string command = std::string(HEDDLE_PROGRAMS) + "/kernel-allocator-det own";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(KernelTest, EventLoopRunsInVirtualTime) {
  const auto supervisor = Start(Program("event_loop", "det"));
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = RunBatch(*supervisor, Options("fifo"), 0, 1).last;
  EXPECT_EQ(outcome.finding, FailureKind::kNone) << outcome.message;
  EXPECT_GT(outcome.virtual_ns, 16'000'000'000u);  // 50 events, 333 ms apart
  EXPECT_LT(outcome.virtual_ns, 20'000'000'000u);
  EXPECT_THAT(outcome.standard_output, HasSubstr("received=50"));
}

// libstdc++ hashes an address there: exact within a flavour, as a replay in another says.
TEST(KernelTest, StandardBarrierIsExactWithinEachFlavour) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program("std_barrier", flavour));
    ASSERT_NE(supervisor, nullptr);
    for (uint64_t execution = 0; execution < 3; ++execution) {
      const Outcome original = RunBatch(*supervisor, Options("random"), execution, 1).last;
      ASSERT_EQ(original.finding, FailureKind::kNone) << flavour << ": " << original.message;
      CampaignOptions options = Options("random");
      options.replay = original.steps;
      const auto replayed = supervisor->Replay(options, execution);
      ASSERT_TRUE(replayed.ok());
      EXPECT_EQ(replayed->hash, original.hash) << flavour << ": " << replayed->message;
    }
  }
}

// --- The end of the process ---

// What an execution did and came to, in words that do not depend on the flavour.
std::string EndOf(const Outcome& outcome) {
  return std::to_string(outcome.hash) + " " + FailureKindName(outcome.finding) + " " +
         outcome.standard_output;
}

TEST(KernelTest, OtherThreadsRunUntilTheProcessEnds) {
  for (const char* program : {"return-before-failure", "exit-handler", "exit-of-thread",
                              "quick-exit", "end-at-once", "exit-before-timeout"}) {
    std::vector<std::string> expected;
    for (const char* flavour : kFlavours) {
      const auto supervisor = Start(Program("small_programs", flavour, program));
      ASSERT_NE(supervisor, nullptr);
      for (const HandOver hand_over : {HandOver::kAutomatic, HandOver::kBaton}) {
        CampaignOptions options = Options("random");
        options.spec.hand_over = hand_over;
        std::vector<std::string> got;
        std::set<size_t> lengths;
        for (uint64_t execution = 0; execution < 30; ++execution) {
          const Outcome outcome = RunBatch(*supervisor, options, execution, 1).last;
          got.push_back(EndOf(outcome));
          lengths.insert(outcome.steps.size());
          const auto replayed =
              supervisor->Replay(supervisor->ReplayOf(outcome, options), execution);
          ASSERT_TRUE(replayed.ok()) << replayed.status();
          EXPECT_EQ(EndOf(*replayed), got.back()) << program << " in " << flavour;
        }
        EXPECT_GT(lengths.size(), 1u) << program << ": it ends at different times";
        if (expected.empty()) expected = got;
        EXPECT_EQ(got, expected) << program << " in " << flavour;
      }
    }
  }
}

TEST(KernelTest, RecordingsFromBeforeTheEndWasAPointHaveNone) {
  const auto supervisor = Start(Program("small_programs", "det", "exit-handler"));
  ASSERT_NE(supervisor, nullptr);
  CampaignOptions options = Options("fifo");
  const auto ends = [](const Outcome& outcome) {
    return std::count_if(outcome.steps.begin(), outcome.steps.end(), [](Step step) {
      return StepKind(step) == OpKind::kExit || StepKind(step) == OpKind::kProcessEnd;
    });
  };
  EXPECT_EQ(ends(RunBatch(*supervisor, options, 0, 1).last), 2);
  options.spec.rules = 1;
  const Outcome old = RunBatch(*supervisor, options, 0, 1).last;
  EXPECT_EQ(ends(old), 0);
  EXPECT_EQ(supervisor->Replay(supervisor->ReplayOf(old, options), 0)->hash, old.hash);
}

// --- Threads of initialisers ---

TEST(KernelTest, ThreadsOfInitialisersAreNotThereByTheRulesOfOldRecordings) {
  const auto supervisor = Start(Program("early", "det"));
  ASSERT_NE(supervisor, nullptr);
  const CampaignOptions options = Options("fifo");
  CampaignOptions old = options;
  old.spec.rules = 2;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(RunBatch(*supervisor, options, 0, 1).last.finding, FailureKind::kNone);
    const Outcome outcome = RunBatch(*supervisor, old, 0, 1).last;
    EXPECT_EQ(outcome.finding, FailureKind::kLostWakeup) << outcome.message;
  }
}

TEST(KernelTest, ThreadFromBeforeACheckpointIsNamed) {
  for (const char* flavour : kFlavours) {
    ProgramOptions options = Program("early", flavour);
    options.start_at = StartAt::kCheckpoint;
    const auto supervisor = Supervisor::Start(options);
    ASSERT_FALSE(supervisor.ok()) << flavour;
    EXPECT_THAT(supervisor.status().message(),
                ContainsRegex("before control begins .* started in .*early.cc:[0-9]+"));
  }
}

// --- Data races ---

TEST(KernelTest, RaceIsReportedByThreadSanitizerAndTheScheduleIsTheSameAsDets) {
  const auto det = Start(Program("lost_update", "det"));
  const auto tsan = Start(Program("lost_update", "tsan"));
  ASSERT_NE(det, nullptr);
  ASSERT_NE(tsan, nullptr);
  const Outcome found = RunBatch(*tsan, Options("random"), 0, 10).last;
  EXPECT_EQ(found.finding, FailureKind::kSanitizer);
  EXPECT_THAT(found.standard_error, HasSubstr("data race"));
  EXPECT_THAT(found.standard_error, HasSubstr("lost_update.cc"));
  CampaignOptions options = Options("random");
  options.replay = found.steps;
  const auto replayed = det->Replay(options, found.execution);
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->finding, FailureKind::kNone) << replayed->message;
  EXPECT_EQ(replayed->hash, found.hash);
  EXPECT_EQ(replayed->standard_output, found.standard_output);
}

class Synchronisation : public ::testing::TestWithParam<const char*> {};

// Neither a false race nor a hidden one.
TEST_P(Synchronisation, IsToldToThreadSanitizerAsItIs) {
  for (const bool late : {false, true}) {
    const std::string mode = std::string(GetParam()) + (late ? "-late" : "");
    const auto supervisor = Start(Program("happens_before", "tsan", mode));
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunBatch(*supervisor, Options("random"), 0, 50).last;
    if (late) {
      EXPECT_EQ(outcome.finding, FailureKind::kSanitizer) << mode << ": " << outcome.message;
      EXPECT_THAT(outcome.standard_error, HasSubstr("data race"));
    } else {
      EXPECT_EQ(outcome.finding, FailureKind::kNone) << outcome.standard_error;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, Synchronisation,
                         ::testing::Values("barrier", "semaphore", "semaphore-try", "pipe",
                                           "socket", "eventfd", "condition", "rwlock", "spinlock",
                                           "fence", "references"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(KernelTest, InitialisationOfABarrierRacesWithAWait) {
  const auto supervisor = Start(Program("happens_before", "tsan", "barrier-init"));
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = RunBatch(*supervisor, Options("random"), 0, 50).last;
  EXPECT_EQ(outcome.finding, FailureKind::kSanitizer) << outcome.message;
  EXPECT_THAT(outcome.standard_error, HasSubstr("data race"));
}

// posix_sync waits on condition variables: what the kernel shows ThreadSanitizer of them is no
// point.
TEST(KernelTest, PreemptionAtMemoryAccessesIsExactInDetAndTsan) {
  for (const char* program : {"lost_update", "posix_sync"}) {
    const auto det = Start(Program(program, "det"));
    const auto tsan = Start(Program(program, "tsan"));
    ASSERT_NE(det, nullptr);
    ASSERT_NE(tsan, nullptr);
    CampaignOptions options = Options("random");
    const Outcome sync = RunBatch(*det, options, 0, 1).last;
    options.spec.preempt = Preempt::kMemory;
    const Outcome memory = RunBatch(*det, options, 0, 1).last;
    EXPECT_GT(memory.points, sync.points) << program;
    const Outcome in_tsan = RunBatch(*tsan, options, 0, 1).last;
    EXPECT_EQ(in_tsan.hash, memory.hash) << program;
  }
}

// --- Leaks ---

Outcome WithLeakCheck(Supervisor& supervisor, const char* strategy = "random") {
  CampaignOptions options = Options(strategy);
  options.spec.leak_check_every = 1;
  options.spec.report_thread_leaks = false;
  return RunBatch(supervisor, options, 0, 20).last;
}

TEST(KernelTest, WhatTheLoaderOrAThreadThatHasNotBegunHasIsNoLeak) {
  for (const char* flavour : kFlavours) {
    for (const char* mode : {"argument", "loader"}) {
      const auto supervisor = Start(Program("leaks", flavour, mode));
      ASSERT_NE(supervisor, nullptr);
      const Outcome outcome = WithLeakCheck(*supervisor);
      EXPECT_EQ(outcome.finding, FailureKind::kNone)
          << mode << " in " << flavour << ": " << outcome.message << outcome.standard_error;
    }
  }
}

TEST(KernelTest, MemoryThatNobodyHasIsALeak) {
  const auto supervisor = Start(Program("leaks", "asan", "lost"));
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = WithLeakCheck(*supervisor);
  EXPECT_EQ(outcome.finding, FailureKind::kSanitizer) << outcome.message;
  EXPECT_THAT(outcome.standard_error, HasSubstr("24 byte(s) in 1 object(s)"));
  EXPECT_THAT(outcome.standard_error, HasSubstr("leaks.cc"));
}

// By the number of the execution alone, so that it is the same with workers and without.
TEST(KernelTest, LaterExecutionsLookForLeaksMoreRarely) {
  const auto supervisor = Start(Program("leaks", "asan", "lost"));
  ASSERT_NE(supervisor, nullptr);
  CampaignOptions options = Options("random");
  options.spec.report_thread_leaks = false;
  const auto looks = [&](uint32_t every, uint64_t execution) {
    options.spec.leak_check_every = every;
    return RunBatch(*supervisor, options, execution, 1).last.finding == FailureKind::kSanitizer;
  };
  for (const uint64_t execution : {0, 4, 252, 256, 320}) EXPECT_TRUE(looks(4, execution));
  for (const uint64_t execution : {1, 255, 260, 316}) EXPECT_FALSE(looks(4, execution));
  EXPECT_TRUE(looks(1, 100'001));
  EXPECT_FALSE(looks(0, 0));
}

// Also where objects are numbered.
TEST(KernelTest, AnObjectOfWhichTheKernelKnowsTheAddressIsALeak) {
  const auto supervisor = Start(Program("leaks", "asan", "lost-objects"));
  ASSERT_NE(supervisor, nullptr);
  for (const char* strategy : {"random", "pos", "surw", "rff", "dfs"}) {
    const Outcome outcome = WithLeakCheck(*supervisor, strategy);
    EXPECT_EQ(outcome.finding, FailureKind::kSanitizer) << strategy << ": " << outcome.message;
    EXPECT_THAT(outcome.standard_error, HasSubstr("leak of 40 byte(s) in 1 object(s)"))
        << strategy << ": the mutex";
    EXPECT_THAT(outcome.standard_error, HasSubstr("leak of 48 byte(s) in 1 object(s)"))
        << strategy << ": the condition variable";
  }
}

// What the kernel asks about a block must not be the sanitizer's first complaint about it.
TEST(KernelTest, DoubleFreeIsOneFindingWhateverIsTracked) {
  std::string expected;
  for (const bool track_objects : {false, true}) {
    const auto supervisor = Start(Program("wrong", "asan", "corrupt-heap"));
    ASSERT_NE(supervisor, nullptr);
    CampaignOptions options = Options("random");
    options.spec.track_objects = track_objects;
    const Outcome outcome = RunBatch(*supervisor, options, 0, 1).last;
    EXPECT_EQ(outcome.finding, FailureKind::kSanitizer) << outcome.message;
    const std::string key = supervisor->DedupKeyOf(outcome);
    EXPECT_THAT(key, HasSubstr("double-free wrong.cc:"));
    if (expected.empty()) expected = key;
    EXPECT_EQ(key, expected);
  }
}

// --- What the kernel itself finds ---

TEST(KernelTest, DeadlockNamesTheCycleTheHoldersAndAllStacks) {
  for (const char* flavour : {"det", "asan"}) {
    const auto supervisor = Start(Program("deadlock", flavour));
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunBatch(*supervisor, Options("random"), 0, 200).last;
    ASSERT_EQ(outcome.finding, FailureKind::kDeadlock) << outcome.message;
    EXPECT_THAT(outcome.message, HasSubstr("thread 0 waits"));
    EXPECT_THAT(outcome.message, HasSubstr("thread 1 waits"));
    ASSERT_EQ(outcome.stacks.size(), 2u);
    EXPECT_THAT(outcome.stacks[0].state, HasSubstr("held by thread 1; holds mutex"));
    EXPECT_THAT(supervisor->Describe(outcome), HasSubstr("deadlock.cc"));
    // And again, as often as wanted.
    CampaignOptions options = Options("random");
    options.replay = outcome.steps;
    for (int i = 0; i < 20; ++i) {
      const auto replayed = supervisor->Replay(options, outcome.execution);
      ASSERT_TRUE(replayed.ok());
      EXPECT_EQ(replayed->finding, FailureKind::kDeadlock) << replayed->message;
      EXPECT_EQ(replayed->hash, outcome.hash);
    }
  }
}

struct Wrong {
  const char* mode;
  FailureKind det, tsan, asan;
  const char* message;  // in det
};

class WrongProgram : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongProgram, IsNamed) {
  const Wrong& wrong = GetParam();
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program("wrong", flavour, wrong.mode));
    ASSERT_NE(supervisor, nullptr);
    CampaignOptions options = Options("random");
    options.spec.report_thread_leaks = true;
    options.spec.watchdog_seconds = 2;
    options.spec.step_budget = 100'000;
    const Outcome outcome = RunBatch(*supervisor, options, 0, 20).last;
    const FailureKind expected = flavour[0] == 'd'   ? wrong.det
                                 : flavour[0] == 't' ? wrong.tsan
                                                     : wrong.asan;
    EXPECT_EQ(FailureKindName(outcome.finding), std::string(FailureKindName(expected)))
        << flavour << ": " << outcome.message << "\n"
        << outcome.standard_error;
    if (expected == wrong.det) {
      EXPECT_THAT(outcome.message, HasSubstr(wrong.message)) << flavour;
    }
  }
}

using F = FailureKind;
INSTANTIATE_TEST_SUITE_P(
    Kernel, WrongProgram,
    ::testing::Values(
        Wrong{"lost-wakeup", F::kLostWakeup, F::kLostWakeup, F::kLostWakeup, "cond-wake"},
        Wrong{"joined-by-two", F::kMisuse, F::kMisuse, F::kMisuse, "joins"},
        Wrong{"holder-sleeps", F::kDeadlock, F::kDeadlock, F::kDeadlock, "for thread 0"},
        Wrong{"lock-left", F::kDeadlock, F::kDeadlock, F::kDeadlock,
              "for a lock that thread 1 held when it ended"},
        Wrong{"exit-handler-joins", F::kDeadlock, F::kDeadlock, F::kDeadlock, "in a cycle"},
        Wrong{"full-pipe", F::kDeadlock, F::kDeadlock, F::kDeadlock, "for room to write"},
        Wrong{"self-lock", F::kDeadlock, F::kDeadlock, F::kDeadlock, "for thread 0"},
        Wrong{"foreign-unlock", F::kMisuse, F::kMisuse, F::kMisuse, "which thread 0 holds"},
        Wrong{"use-destroyed", F::kMisuse, F::kMisuse, F::kMisuse, "lock of a destroyed mutex"},
        Wrong{"destroy-locked", F::kMisuse, F::kMisuse, F::kMisuse, "destroy of a locked mutex"},
        Wrong{"use-destroyed-condition", F::kMisuse, F::kMisuse, F::kMisuse, "destroyed condition"},
        Wrong{"destroy-waited-condition", F::kMisuse, F::kMisuse, F::kMisuse,
              "a thread waits on it"},
        Wrong{"eats-owners-death", F::kDeadlock, F::kDeadlock, F::kDeadlock, "for thread 0"},
        Wrong{"uninitialised", F::kMisuse, F::kMisuse, F::kMisuse, "uninitialised mutex"},
        Wrong{"leak", F::kThreadLeak, F::kThreadLeak, F::kThreadLeak, "1 thread(s)"},
        Wrong{"livelock", F::kLivelock, F::kLivelock, F::kLivelock, "100000 points"},
        Wrong{"idle", F::kLivelock, F::kLivelock, F::kLivelock,
              "only time passes: for 331 hours and 20000 timeouts"},
        Wrong{"spin", F::kUncontrolled, F::kUncontrolled, F::kUncontrolled, "not instrumented"},
        Wrong{"waits-for-plain", F::kLivelock, F::kLivelock, F::kLivelock, "100000 points"},
        Wrong{"crash", F::kCrash, F::kSanitizer, F::kSanitizer, "SIGSEGV"},
        Wrong{"crash-blocked", F::kCrash, F::kSanitizer, F::kSanitizer, "SIGSEGV"},
        Wrong{"timer-signal-to-main", F::kExit, F::kExit, F::kExit, "status 6"},
        Wrong{"timer-signal-to-other", F::kExit, F::kExit, F::kExit, "status 7"},
        Wrong{"unhandled-real-time-signal", F::kCrash, F::kCrash, F::kCrash,
              "signal 34 (SIGRTMIN), sent by pthread_kill or raise: thread 1 does not block it"},
        Wrong{"corrupt-heap", F::kHeap, F::kNone, F::kSanitizer, "double-free"},
        Wrong{"abort", F::kCrash, F::kCrash, F::kCrash, "SIGABRT"},
        Wrong{"_exit", F::kExit, F::kExit, F::kExit, "status 3 (_exit in mid-schedule)"},
        Wrong{"status", F::kExit, F::kExit, F::kExit, "status 5"},
        Wrong{"endless-output", F::kLimit, F::kLimit, F::kLimit,
              "wrote more than 64 MiB of standard output or error"},
        Wrong{"lock-at-fork", F::kDeadlock, F::kDeadlock, F::kDeadlock,
              "for a lock that thread 1 held when the process was forked"},
        Wrong{"misuse-in-child", F::kMisuse, F::kMisuse, F::kMisuse, "uninitialised mutex"},
        Wrong{"blocks", F::kUncontrolled, F::kUncontrolled, F::kUncontrolled,
              "thread 0 blocks in the system call read"},
        Wrong{"system-call", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled,
              "the system call ptrace"},
        Wrong{"system-call-by-instruction", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled,
              "the system call ptrace"},
        Wrong{"descriptor-signal", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled, "O_ASYNC"},
        Wrong{"queue-signal", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled, "mq_notify"},
        Wrong{"unknown-system-call", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled,
              "the system call with number 9999"},
        Wrong{"leave-machine", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled,
              "connect to 192.0.2.1 port 80 would leave the machine"},
        Wrong{"foreign-name", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled,
              "getaddrinfo of \"example.com\" would ask outside the machine"},
        Wrong{"cancelled-holder", F::kDeadlock, F::kDeadlock, F::kDeadlock, "held when it ended"},
        Wrong{"lock-in-handler", F::kDeadlock, F::kDeadlock, F::kDeadlock, "for thread 0"},
        Wrong{"unhandled-signal", F::kCrash, F::kCrash, F::kCrash,
              "signal 15 (SIGTERM), sent by kill: thread 0 does not block it"},
        Wrong{"read-input", F::kUnmodelled, F::kUnmodelled, F::kUnmodelled, "standard input"}),
    [](const auto& info) {
      std::string name = info.param.mode;
      for (char& c : name) {
        if (c == '-' || c == '_') c = 'X';
      }
      return name;
    });

// The outcome of the first execution with a finding, or else of the last.
Outcome FirstFinding(Supervisor& supervisor) {
  return RunBatch(supervisor, Options("random"), 0, 200).last;
}

TEST(KernelTest, DeadlocksHaveTheSameDedupKeyInEveryFlavour) {
  for (const char* mode : {"holder-sleeps", "lock-left", "lock-left-last", "full-pipe"}) {
    std::string expected;
    for (const char* flavour : kFlavours) {
      const auto supervisor = Start(Program("wrong", flavour, mode));
      ASSERT_NE(supervisor, nullptr);
      const Outcome outcome = FirstFinding(*supervisor);
      EXPECT_EQ(outcome.finding, FailureKind::kDeadlock) << mode << ": " << outcome.message;
      const std::string key = supervisor->DedupKeyOf(outcome);
      EXPECT_THAT(key, HasSubstr("deadlock wrong.cc:")) << mode << " in " << flavour;
      if (expected.empty()) expected = key;
      EXPECT_EQ(key, expected) << mode << " in " << flavour;
    }
  }
}

TEST(KernelTest, DeadlockTellsWhereLocksWereTaken) {
  const auto supervisor = Start(Program("wrong", "asan", "lock-left"));
  ASSERT_NE(supervisor, nullptr);
  const std::string text = supervisor->Describe(FirstFinding(*supervisor));
  EXPECT_THAT(text, ContainsRegex("thread 1 took 0x[0-9a-f]+, and ended with it: .*wrong.cc:"));
  const auto sleeps = Start(Program("wrong", "tsan", "holder-sleeps"));
  ASSERT_NE(sleeps, nullptr);
  EXPECT_THAT(sleeps->Describe(FirstFinding(*sleeps)),
              ContainsRegex("thread 0 took the mutex 0x[0-9a-f]+: .*wrong.cc:"));
}

TEST(KernelTest, LostWakeupNamesTheSignalThatReachedNobody) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program("wrong", flavour, "lost-wakeup"));
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = FirstFinding(*supervisor);
    ASSERT_EQ(outcome.finding, FailureKind::kLostWakeup) << outcome.message;
    EXPECT_THAT(outcome.message, HasSubstr("the last signal, cond-signal by thread 0 at point "));
    EXPECT_THAT(supervisor->Describe(outcome),
                ContainsRegex("thread 0 signalled 0x[0-9a-f]+ at point [0-9]+, and reached "
                              "nobody: .*wrong.cc:"));
  }
}

TEST(KernelTest, LostWakeupNamesTheThreadThatTheSignalWokeInstead) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program("wrong_sync", flavour, "stolen-wakeup"));
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = FirstFinding(*supervisor);
    ASSERT_EQ(outcome.finding, FailureKind::kLostWakeup) << outcome.message;
    EXPECT_THAT(outcome.message, ContainsRegex("the last signal, cond-signal by thread 0 at point "
                                               "[0-9]+, woke thread 1"));
    const std::string text = supervisor->Describe(outcome);
    EXPECT_THAT(text, ContainsRegex("thread 0 signalled 0x[0-9a-f]+ at point [0-9]+, and woke "
                                    "thread 1: .*wrong_sync.cc:"));
    EXPECT_THAT(text, ContainsRegex("thread 1 waited for 0x[0-9a-f]+ and took the wake-up of "
                                    "point [0-9]+: .*wrong_sync.cc:"));
  }
}

// Programs hash and sort by address.
TEST(KernelTest, AddressesDependOnTheProgramOnly) {
  namespace fs = std::filesystem;
  const fs::path elsewhere =
      fs::path(::testing::TempDir()) / "heddle_addresses" / "another" / "path";
  fs::create_directories(elsewhere);
  for (const char* flavour : kFlavours) {
    std::string expected;
    const auto check = [&](const ProgramOptions& options, const char* what) {
      const auto supervisor = Start(options);
      ASSERT_NE(supervisor, nullptr);
      CampaignOptions campaign;
      campaign.spec.strategy.name = "random";
      for (const bool weak : {false, true, false}) {
        campaign.spec.memory = weak ? MemoryModel::kC11 : MemoryModel::kSc;
        ASSERT_TRUE(supervisor->NewCampaign(campaign).ok());
        const auto batch = supervisor->RunBatch(0, 2);
        ASSERT_TRUE(batch.ok()) << batch.status();
        const std::string& text = batch->last.standard_output;
        EXPECT_THAT(text, HasSubstr("thread's stack")) << batch->last.message;
        if (expected.empty()) expected = text;
        EXPECT_EQ(text, expected) << flavour << ": " << what << (weak ? ", weak memory" : "");
      }
    };
    ProgramOptions options = Program("addresses", flavour, "");
    check(options, "as it is");
    options.max_points *= 4;
    check(options, "a larger schedule log");
    options.keep_details = true;
    check(options, "details");
    // The sanitizers' own beginning allocates as much as the path is long.
    if (std::string(flavour) != "det") continue;
    const fs::path copy = elsewhere / fs::path(options.arguments[0]).filename();
    fs::copy_file(options.arguments[0], copy, fs::copy_options::overwrite_existing);
    options.arguments[0] = copy;
    check(options, "another path");
  }
  fs::remove_all(elsewhere.parent_path().parent_path());
}

TEST(KernelTest, ProgramsWithoutLineNumbersAreNamedByFunction) {
  const std::string stripped = ::testing::TempDir() + "/wrong-without-lines";
  ASSERT_EQ(std::system(
                ("strip --strip-debug -o " + stripped + " " + HEDDLE_PROGRAMS + "/kernel-wrong-det")
                    .c_str()),
            0);
  ProgramOptions options = Program("wrong", "det", "lock-left-last");
  options.arguments[0] = stripped;
  const auto supervisor = Start(options);
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = FirstFinding(*supervisor);
  EXPECT_THAT(supervisor->DedupKeyOf(outcome), HasSubstr("deadlock main"));
  const std::string text = supervisor->Describe(outcome);
  EXPECT_THAT(text, HasSubstr("the program has no line numbers: compile and link it with -g"));
  EXPECT_THAT(text, Not(HasSubstr(":0")));
  const auto whole = Start(Program("wrong", "det", "lock-left-last"));
  ASSERT_NE(whole, nullptr);
  EXPECT_THAT(whole->Describe(FirstFinding(*whole)), Not(HasSubstr("no line numbers")));
}

TEST(KernelTest, CrashKeepsTheScheduleSoFar) {
  const auto supervisor = Start(Program("wrong", "det", "crash"));
  ASSERT_NE(supervisor, nullptr);
  const Outcome outcome = RunBatch(*supervisor, Options("fifo"), 0, 1).last;
  ASSERT_EQ(outcome.finding, FailureKind::kCrash);
  EXPECT_GT(outcome.steps.size(), 10u);
  EXPECT_EQ(outcome.thread, 1u);
  ASSERT_EQ(outcome.stacks.size(), 1u);
  const std::vector<Stack> stacks = supervisor->StacksOf(outcome);
  ASSERT_FALSE(stacks.empty());
  const auto own = std::find_if(stacks[0].frames.begin(), stacks[0].frames.end(),
                                [](const Frame& frame) { return frame.own; });
  ASSERT_NE(own, stacks[0].frames.end());
  EXPECT_THAT(SourceLines().Line(own->file, own->line), HasSubstr("nullptr) = 1;"))
      << "the very line";
  // The campaign goes on.
  EXPECT_EQ(RunBatch(*supervisor, Options("random"), 0, 1).executions.size(), 1u);
}

// --- Replays that cannot be ---

TEST(KernelTest, DivergenceIsNamedWhereItHappens) {
  const auto supervisor = Start(Program("clean", "det"));
  ASSERT_NE(supervisor, nullptr);
  const Outcome original = RunBatch(*supervisor, Options("random"), 0, 1).last;
  CampaignOptions options = Options("random");
  options.replay = original.steps;
  const size_t at = options.replay.size() / 2;
  options.replay[at] = MakeStep(OpKind::kSemPost, StepThread(options.replay[at]));
  const auto replayed = supervisor->Replay(options, 0);
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->finding, FailureKind::kDivergence);
  EXPECT_THAT(replayed->message, HasSubstr("at point " + std::to_string(at)));
  EXPECT_THAT(replayed->message, HasSubstr("expected sem-post of thread"));
  EXPECT_THAT(replayed->message,
              HasSubstr(std::string("got ") + OpKindName(StepKind(original.steps[at]))));
  options.replay = original.steps;
  options.replay.pop_back();
  EXPECT_EQ(supervisor->Replay(options, 0)->finding, FailureKind::kDivergence);
}

// --- Self-check ---

TEST(KernelTest, SelfCheckNamesWhatIsNotUnderControl) {
  for (const char* flavour : kFlavours) {
    const auto operation = Start(Program("wrong", flavour, "another-operation"));
    ASSERT_NE(operation, nullptr);
    auto outcome = operation->SelfCheck(Options("random"), 0);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->finding, FailureKind::kUncontrolled);
    EXPECT_THAT(outcome->message, HasSubstr("uncontrolled nondeterminism"));
    EXPECT_THAT(outcome->message, HasSubstr("expected atomic-load of thread 0, got atomic-store"));
    EXPECT_THAT(operation->Describe(*outcome), HasSubstr("wrong.cc")) << flavour;

    const auto object = Start(Program("wrong", flavour, "another-object"));
    ASSERT_NE(object, nullptr);
    outcome = object->SelfCheck(Options("random"), 0);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->finding, FailureKind::kUncontrolled);
    EXPECT_THAT(outcome->message, HasSubstr("thread 0 does mutex-lock on object"));
    EXPECT_THAT(object->Describe(*outcome), HasSubstr("wrong.cc")) << flavour;

    const auto output = Start(Program("wrong", flavour, "another-output"));
    ASSERT_NE(output, nullptr);
    outcome = output->SelfCheck(Options("random"), 0);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->finding, FailureKind::kUncontrolled);
    EXPECT_THAT(outcome->message, HasSubstr("different standard output"));
  }
}

TEST(KernelTest, SelfCheckNamesWhatAsksTheRealMachine) {
  for (const char* flavour : kFlavours) {
    const auto file = Start(Program("wrong", flavour, "proc-file"));
    ASSERT_NE(file, nullptr);
    auto outcome = file->SelfCheck(Options("random"), 0);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->finding, FailureKind::kUncontrolled);
    EXPECT_THAT(file->Describe(*outcome),
                ContainsRegex("read from the real machine: /proc/self/stat, by .*wrong.cc:"))
        << flavour;
  }
  const auto instruction = Start(Program("wrong", "det", "rdrand"));
  ASSERT_NE(instruction, nullptr);
  auto outcome = instruction->SelfCheck(Options("random"), 0);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(outcome->message, ContainsRegex("asks the real machine: rdrand.*wrong.cc:[0-9]+"));
}

TEST(KernelTest, SelfCheckFindsNothingInCorrectPrograms) {
  for (const char* flavour : kFlavours) {
    for (const char* name : {"clean", "posix_sync", "event_loop"}) {
      const auto supervisor = Start(Program(name, flavour));
      ASSERT_NE(supervisor, nullptr);
      for (const uint64_t execution : {0, 1, 2}) {
        const auto outcome = supervisor->SelfCheck(Options("random"), execution);
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        EXPECT_EQ(outcome->finding, FailureKind::kNone)
            << flavour << " " << name << ": " << outcome->message;
        EXPECT_EQ(outcome->objects.size(), outcome->steps.size());
      }
    }
  }
}

TEST(KernelTest, MemorySchedulesDoNotCrossToAsan) {
  const auto det = Start(Program("lost_update", "det"));
  const auto asan = Start(Program("lost_update", "asan"));
  ASSERT_NE(det, nullptr);
  ASSERT_NE(asan, nullptr);
  CampaignOptions options = Options("random");
  options.spec.preempt = Preempt::kMemory;
  const Outcome memory = RunBatch(*det, options, 0, 1).last;
  const CampaignOptions replay = det->ReplayOf(memory, options);
  EXPECT_EQ(det->Replay(replay, 0)->hash, memory.hash);
  const absl::Status refused = asan->NewCampaign(replay);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("recorded in det"));
  options.replay = memory.steps;  // and where that was is forgotten
  EXPECT_EQ(asan->NewCampaign(options).code(), absl::StatusCode::kInvalidArgument);
}

// Which of a line's accesses a compiler leaves is its own affair: det and tsan share their objects.
TEST(KernelTest, AccessesAtSitesArePoints) {
  CampaignOptions options = Options("random");
  std::optional<Outcome> det;
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program("lost_update", flavour));
    ASSERT_NE(supervisor, nullptr);
    options.spec.preempt = Preempt::kSync;
    options.sites.clear();
    const Outcome sync = RunBatch(*supervisor, options, 0, 1).last;
    options.spec.preempt = Preempt::kSites;
    options.sites = {"lost_update.cc:21", "testing/lost_update.cc:29", "lost_update.cc:1"};
    const Outcome at_sites = RunBatch(*supervisor, options, 0, 1).last;
    EXPECT_THAT(supervisor->idle_sites(), testing::ElementsAre("lost_update.cc:1"));
    EXPECT_GE(at_sites.points, sync.points + 300) << flavour;  // 3 threads, 100 rounds
    EXPECT_LE(at_sites.points, sync.points + 600) << flavour;
    const auto again = supervisor->Replay(supervisor->ReplayOf(at_sites, options), 0);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->hash, at_sites.hash) << flavour << ": " << again->message;
    if (!det) det = at_sites;
    const auto crossed = supervisor->Replay(supervisor->ReplayOf(*det, options), 0);
    ASSERT_TRUE(crossed.ok()) << crossed.status();
    EXPECT_TRUE(crossed->hash == det->hash ||
                (flavour == std::string("asan") && crossed->finding == FailureKind::kDivergence))
        << flavour << ": " << crossed->message;
    options.sites = {"lost_update.cc:1"};
    EXPECT_EQ(supervisor->NewCampaign(options).code(), absl::StatusCode::kNotFound);
    options.spec.preempt = Preempt::kSync;
    EXPECT_EQ(supervisor->NewCampaign(options).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(KernelTest, AProgramMaySayThatItCannotRun) {
  ProgramOptions options = Program("wrong", "det", "status");
  options.cannot_run_status = 5;
  const auto supervisor = Start(options);
  ASSERT_NE(supervisor, nullptr);
  ASSERT_TRUE(supervisor->NewCampaign(Options("fifo")).ok());
  const absl::Status status = supervisor->RunBatch(0, 1).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST(KernelTest, AProgramThatDoesNotReachControlIsGivenUp) {
  ProgramOptions options;
  options.arguments = {"/bin/sleep", "1000"};
  options.start_limit_ms = 1;
  const absl::Status status = Supervisor::Start(options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("/bin/sleep did not reach control within 1 ms"));
}

TEST(KernelTest, APrintingProgramWithoutControlIsGivenUp) {
  ProgramOptions options;
  options.arguments = {"/usr/bin/yes"};
  const absl::Status status = Supervisor::Start(options).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("/usr/bin/yes wrote more than 64 MiB"));
}

TEST(KernelTest, ACrashLeavesNoCoreFileUnlessAskedFor) {
  std::string pattern;
  std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &before), 0);
  if (pattern.empty() || pattern[0] == '|' || pattern[0] == '/' ||
      before.rlim_max < RLIM_INFINITY) {
    GTEST_SKIP() << "this machine puts no core files into the working folder";
  }
  const rlimit most = {before.rlim_max, before.rlim_max};
  setrlimit(RLIMIT_CORE, &most);
  for (const bool asked : {false, true}) {
    const auto folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    ProgramOptions options = Program("wrong", "det", "abort");
    options.working_directory = folder->path();
    options.core_file = asked;
    const auto supervisor = Start(options);
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunBatch(*supervisor, Options("fifo"), 0, 1).last;
    EXPECT_EQ(outcome.finding, FailureKind::kCrash) << outcome.message;
    EXPECT_EQ(WCOREDUMP(outcome.wait_status) != 0, asked);
  }
  setrlimit(RLIMIT_CORE, &before);
}

TEST(KernelTest, SanitizerInterfacesAnswerInAFreeRun) {
  for (const char* flavour : kFlavours) {
    const std::string program =
        absl::StrCat(HEDDLE_PROGRAMS "/kernel-sanitizer_interface-", flavour);
    EXPECT_EQ(std::system(program.c_str()), 0) << flavour;
  }
}

TEST(KernelTest, ExecutionsOfRunKeepWhatTheirThreadSets) {
  for (const char* flavour : kFlavours) {
    const std::string program = absl::StrCat(HEDDLE_PROGRAMS "/kernel-own_state-", flavour, " run");
    EXPECT_EQ(std::system(program.c_str()), 0) << flavour;
  }
}

TEST(KernelTest, ExecInTheFirstProcessEndsTheExecutionEarly) {
  for (const char* flavour : kFlavours) {
    const auto supervisor = Start(Program("wrong", flavour, "exec"));
    ASSERT_NE(supervisor, nullptr);
    const Outcome outcome = RunBatch(*supervisor, Options("random"), 3, 1).last;
    EXPECT_EQ(outcome.finding, FailureKind::kNone) << flavour << ": " << outcome.message;
    EXPECT_TRUE(outcome.EndedEarly()) << flavour;
    EXPECT_THAT(outcome.message, ContainsRegex("became another program \\(exec\\) after point "
                                               "[0-9]+; that one ended with status 3"))
        << flavour;
    EXPECT_THAT(outcome.standard_output, HasSubstr("ran free")) << flavour;
    CampaignOptions replay = Options("random");
    replay.replay = outcome.steps;
    const auto again = supervisor->Replay(replay, 3);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->steps, outcome.steps) << flavour;
    EXPECT_EQ(again->message, outcome.message) << flavour;
  }
}

TEST(KernelTest, SetUpErrorsAreStatuses) {
  EXPECT_EQ(Supervisor::Start(Program("no-such-program", "det")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  ProgramOptions uncontrolled;
  uncontrolled.arguments = {"/bin/true"};
  const auto refused = Supervisor::Start(uncontrolled);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("heddle_instrument"));
  const auto supervisor = Start(Program("clean", "det"));
  ASSERT_NE(supervisor, nullptr);
  ASSERT_TRUE(supervisor->NewCampaign(Options("no-such-strategy")).ok());
  EXPECT_EQ(supervisor->RunBatch(0, 1).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace heddle::sim
