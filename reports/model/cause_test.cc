#include "reports/model/cause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace heddle::reports {
namespace {

using ::testing::ElementsAre;

Frame Own(std::string function, std::string file, int line, int column = 1) {
  return {.function = std::move(function),
          .file = std::move(file),
          .line = line,
          .column = column,
          .own = true};
}

std::vector<std::string> Told(const Cause& cause) {
  std::vector<std::string> lines;
  for (const CauseEvent& event : cause.events) {
    lines.push_back(absl::StrCat(Name(event.role), ": ", event.who, " ", event.what));
  }
  return lines;
}

TEST(Cause, OfAUseAfterFree) {
  Finding finding;
  finding.kind = FindingKind::kHeapCorruption;
  finding.detail = "heap-use-after-free";
  finding.location = "0 bytes inside of 548-byte region";
  finding.stacks = {
      {.title = "READ of size 1 thread T1",
       .thread = "T1",
       .is_access = true,
       .frames = {Own("Decode()", "/p/varint.cc", 20), Own("EventLoop::Run()", "/p/loop.cc", 8)}},
      {.title = "freed by thread T2",
       .thread = "T2",
       .is_access = true,
       .frames = {{.function = "operator delete[](void*)"},
                  Own("OwnedBytes::~OwnedBytes()", "/p/producer.cc", 29),
                  Own("Producer::Run()", "/p/producer.cc", 98)}},
      {.title = "previously allocated by thread T2",
       .thread = "T2",
       .frames = {Own("OwnedBytes::OwnedBytes()", "/p/producer.cc", 42)}}};
  const Cause cause = CauseOf(finding);
  EXPECT_EQ(cause.headline,
            "heap-use-after-free: T1 EventLoop reads memory of OwnedBytes (548 bytes) that "
            "T2 Producer freed");
  EXPECT_THAT(Told(cause),
              ElementsAre("allocated: T2 Producer allocates memory of OwnedBytes (548 bytes)",
                          "freed: T2 Producer frees memory of OwnedBytes (548 bytes)",
                          "access: T1 EventLoop reads 1 byte of it"));
  EXPECT_EQ(cause.events[1].label, "freed");
  EXPECT_EQ(cause.events[2].label, "reads");
}

TEST(Cause, OfADoubleFreeAndOfAnOverflow) {
  Finding finding;
  finding.kind = FindingKind::kHeapCorruption;
  finding.detail = "double-free";
  finding.location = "0 bytes inside of 16-byte region";
  finding.stacks = {{.title = "attempting double-free in thread T1",
                     .thread = "T1",
                     .is_access = true,
                     .frames = {{.function = "free"}, Own("Drop()", "/p/a.cc", 3)}},
                    {.title = "freed by thread T1",
                     .thread = "T1",
                     .is_access = true,
                     .frames = {{.function = "free"}, Own("Drop()", "/p/a.cc", 2)}}};
  EXPECT_EQ(CauseOf(finding).headline,
            "double-free: T1 Drop frees a 16-byte block that it has freed");
  finding.detail = "heap-buffer-overflow";
  finding.location = "0 bytes to the right of 24-byte region";
  finding.stacks = {{.title = "WRITE of size 4 thread T1",
                     .thread = "T1",
                     .is_access = true,
                     .frames = {Own("Fill()", "/p/a.cc", 3)}},
                    {.title = "allocated by thread T0", .thread = "T0"}};
  EXPECT_EQ(CauseOf(finding).headline,
            "heap-buffer-overflow: T1 Fill writes 4 bytes just after a 24-byte block that T0 main "
            "allocated");
}

TEST(Cause, OfARace) {
  Finding finding;
  finding.kind = FindingKind::kDataRace;
  finding.detail = "data-race";
  finding.location = "global 'hits' of size 4 (m+0x1)";
  finding.stacks = {{.title = "Read of size 4 by thread T2",
                     .thread = "T2",
                     .is_access = true,
                     .frames = {Own("Reader::Run()", "/p/a.cc", 7)}},
                    {.title = "Previous write of size 4 by main thread",
                     .thread = "main",
                     .is_access = true,
                     .frames = {Own("main", "/p/a.cc", 12)}}};
  const Cause cause = CauseOf(finding);
  EXPECT_EQ(cause.headline,
            "data race: T2 Reader reads hits (a.cc:7), which T0 main writes without "
            "synchronisation (a.cc:12)");
  finding.location = "heap block of size 64 allocated by main thread";
  EXPECT_EQ(CauseOf(finding).headline,
            "data race: T2 Reader reads 4 bytes of a 64-byte heap block (a.cc:7), which T0 main "
            "writes without synchronisation (a.cc:12)");
  EXPECT_THAT(Told(cause), ElementsAre("previous: T0 main writes 4 bytes",
                                       "access: T2 Reader reads 4 bytes; nothing orders the two"));
}

TEST(Cause, OfARaceNamesWhatBothLinesUse) {
  const std::string path = absl::StrCat(testing::TempDir(), "/cause_race_test.cc");
  std::ofstream(path) << "  ++view_.time;\n"
                         "  if (slot > view_.time) return;\n"
                         "  Use(other);\n";
  Finding finding;
  finding.kind = FindingKind::kDataRace;
  finding.detail = "data-race";
  finding.stacks = {{.title = "Write of size 8 by thread T2",
                     .thread = "T2",
                     .is_access = true,
                     .frames = {Own("Tick()", path, 1, 3)}},
                    {.title = "Previous read of size 8 by thread T1",
                     .thread = "T1",
                     .is_access = true,
                     .frames = {Own("Check()", path, 2, 20)}}};
  EXPECT_EQ(CauseOf(finding).headline,
            "data race: T2 Tick writes view_.time (cause_race_test.cc:1), which T1 Check reads "
            "without synchronisation (cause_race_test.cc:2)");
  finding.stacks[1].frames = {Own("Check()", path, 3, 7)};
  EXPECT_EQ(CauseOf(finding).headline,
            "data race: T2 Tick writes the same memory (cause_race_test.cc:1), which T1 Check "
            "reads without synchronisation (cause_race_test.cc:3)")
      << "the lines do not agree";
}

Stack State(std::string thread, std::string state, std::vector<Frame> frames) {
  return {.title = std::move(state), .thread = std::move(thread), .frames = std::move(frames)};
}

TEST(Cause, OfADeadlockSaysWhoHoldsWhatAndWaitsForWhat) {
  const std::string path = absl::StrCat(testing::TempDir(), "/cause_test.cc");
  std::ofstream(path) << "std::lock_guard first(a);\n"
                         "std::lock_guard second(b);\n";
  Finding finding;
  finding.kind = FindingKind::kDeadlock;
  finding.stacks = {State("T0", "waits, mutex-lock 0x200 held by thread 1; holds mutex 0x100",
                          {Own("main", path, 2, 17)}),
                    State("T1", "waits, mutex-lock 0x100 held by thread 0; holds mutex 0x200",
                          {Own("Worker::Run()", path, 1, 17)}),
                    State("T2", "waits, thread-join of thread 1", {Own("Joiner::Run()", path, 1)}),
                    State("T0", "took the mutex 0x100", {Own("main", path, 1, 17)}),
                    State("T1", "took the mutex 0x200", {Own("Worker::Run()", path, 2, 17)})};
  const Cause cause = CauseOf(finding);
  EXPECT_EQ(cause.headline,
            "deadlock: T0 main holds a (cause_test.cc:1) and waits for b (cause_test.cc:2); "
            "T1 Worker holds b (cause_test.cc:2) and waits for a (cause_test.cc:1)");
  EXPECT_THAT(Told(cause), ElementsAre("holds: T0 main takes a and keeps it",
                                       "holds: T1 Worker takes b and keeps it",
                                       "wants: T0 main wants b, which T1 Worker holds",
                                       "wants: T1 Worker wants a, which T0 main holds"))
      << "who only joins has no part in it";
  CauseNames names;
  names.object = [](uint64_t address) { return address == 0x100 ? "first #4" : ""; };
  EXPECT_EQ(CauseOf(finding, names).events[0].what, "takes first #4 and keeps it");
}

TEST(Cause, OfADeadlockTellsObjectsOfOneExpressionApart) {
  const std::string path = absl::StrCat(testing::TempDir(), "/cause_test.cc");
  std::ofstream(path) << "std::lock_guard guard(to->mutex);\n";
  Finding finding;
  finding.kind = FindingKind::kDeadlock;
  finding.stacks = {State("T0", "waits, mutex-lock 0x200 held by thread 1; holds mutex 0x100",
                          {Own("main", path, 1, 17)}),
                    State("T1", "waits, mutex-lock 0x100 held by thread 0; holds mutex 0x200",
                          {Own("Worker::Run()", path, 1, 17)})};
  EXPECT_EQ(CauseOf(finding).headline,
            "deadlock: T0 main waits for to->mutex (0x200) (cause_test.cc:1); T1 Worker waits for "
            "to->mutex (0x100) (cause_test.cc:1)");
}

TEST(Cause, OfAThreadThatWaitsForItself) {
  Finding finding;
  finding.kind = FindingKind::kDeadlock;
  finding.stacks = {State("T1", "waits, mutex-lock 0x200 held by thread 1; holds mutex 0x200",
                          {Own("Cache::Get()", "/p/a.cc", 2)})};
  EXPECT_EQ(CauseOf(finding).headline,
            "deadlock: T1 Get locks the lock 0x200 (a.cc:2), which it already holds");
}

TEST(Cause, OfALostWakeUpNamesTheSignalThatReachedNobody) {
  Finding finding;
  finding.kind = FindingKind::kLostWakeup;
  finding.stacks = {State("T0", "waits, thread-join of thread 1", {Own("main", "/p/a.cc", 40)}),
                    State("T1", "waits, cond-wake 0x300", {Own("Loop::Run()", "/p/a.cc", 24)}),
                    State("T2", "signalled 0x300 at point 9, and reached nobody",
                          {Own("Producer::Run()", "/p/a.cc", 33)})};
  CauseNames names;
  names.object = [](uint64_t) { return "changed #7"; };
  const Cause cause = CauseOf(finding, names);
  EXPECT_EQ(cause.headline,
            "lost wake-up: T2 Producer signals changed #7 (a.cc:33) before T1 Loop waits on it "
            "(a.cc:24), so T1 Loop sleeps for ever");
  EXPECT_EQ(cause.events[0].point, 9u);
  finding.stacks.pop_back();
  EXPECT_EQ(CauseOf(finding, names).headline,
            "lost wake-up: T1 Loop sleeps on changed #7 (a.cc:24), and no thread is left that "
            "wakes it");
}

TEST(Cause, OfALostWakeUpIsTheLatestOfTheSignals) {
  Finding finding;
  finding.kind = FindingKind::kLostWakeup;
  finding.stacks = {
      State("T0", "waits, futex-woken 0x300", {Own("main", "/p/a.cc", 40)}),
      State("T1", "waits, futex-woken 0x400", {Own("Pool::Run()", "/p/a.cc", 24)}),
      State("T2", "signalled 0x300 at point 9, and reached nobody",
            {Own("Producer::Run()", "/p/a.cc", 33)}),
      State("T2", "signalled 0x500 at point 70, and reached nobody",
            {Own("Producer::Run()", "/p/a.cc", 34)}),
      State("T0", "signalled 0x400 at point 60, and reached nobody", {Own("main", "/p/a.cc", 39)})};
  EXPECT_EQ(CauseOf(finding).headline,
            "lost wake-up: T0 main signals the object 0x400 (a.cc:39) before T1 Pool waits on it "
            "(a.cc:24), so T1 Pool sleeps for ever")
      << "nobody sleeps on 0x500, and the signal to 0x300 came before";
}

TEST(Cause, OfALostWakeUpNamesWhomTheSignalWokeInstead) {
  Finding finding;
  finding.kind = FindingKind::kLostWakeup;
  finding.stacks = {State("T0", "waits, thread-join of thread 3", {Own("main", "/p/a.cc", 99)}),
                    State("T1", "waits, cond-wake 0x400", {Own("Worker::Run()", "/p/a.cc", 50)}),
                    State("T3", "waits, cond-wake 0x300", {Own("Feeder::Run()", "/p/a.cc", 48)}),
                    State("T3", "signalled 0x400 at point 90, and reached nobody",
                          {Own("Feeder::Run()", "/p/a.cc", 36)}),
                    State("T1", "signalled 0x300 at point 60, and woke thread 0",
                          {Own("Worker::Run()", "/p/a.cc", 65)}),
                    State("T0", "waited for 0x300 and took the wake-up of point 60",
                          {Own("main", "/p/a.cc", 42)})};
  const Cause cause = CauseOf(finding);
  EXPECT_EQ(cause.headline,
            "lost wake-up: T1 Worker signals the object 0x300 (a.cc:65), which wakes T0 main "
            "(a.cc:42) and not T3 Feeder (a.cc:48), so T3 Feeder sleeps for ever")
      << "T1 only waits for work: nobody waits for its end";
  EXPECT_EQ(cause.events[1].what, "signals the object 0x300, which wakes T0 main");
  EXPECT_EQ(cause.events[2].role, CauseRole::kWoken);
  EXPECT_EQ(cause.events[2].what, "waits for the object 0x300 too, and is woken");
  finding.stacks.resize(4);
  EXPECT_EQ(CauseOf(finding).headline,
            "lost wake-up: T3 Feeder signals the object 0x400 (a.cc:36) before T1 Worker waits on "
            "it (a.cc:50), so T1 Worker sleeps for ever")
      << "nothing is known of a signal to T3";
}

TEST(Cause, OfALostWakeUpIsNotAboutTheThreadThatTheSignalWokeOrThatSignalled) {
  Finding finding;
  finding.kind = FindingKind::kLostWakeup;
  finding.stacks = {State("T0", "waits, cond-wake 0x300", {Own("main", "/p/a.cc", 99)}),
                    State("T1", "waits, cond-wake 0x400", {Own("Worker::Run()", "/p/a.cc", 50)}),
                    State("T2", "waits, cond-wake 0x400", {Own("Worker::Run()", "/p/a.cc", 50)}),
                    State("T3", "signalled 0x400 at point 60, and woke thread 1",
                          {Own("Feeder::Run()", "/p/a.cc", 65)}),
                    State("T1", "waited for 0x400 and took the wake-up of point 60",
                          {Own("Worker::Run()", "/p/a.cc", 50)})};
  EXPECT_EQ(CauseOf(finding).headline,
            "lost wake-up: T3 Feeder signals the object 0x400 (a.cc:65), which wakes T1 Worker "
            "(a.cc:50) and not T2 Worker (a.cc:50), so T2 Worker sleeps for ever");
  finding.stacks.resize(3);
  finding.stacks.push_back(
      State("T0", "signalled 0x300 at point 7, and reached nobody", {Own("main", "/p/a.cc", 90)}));
  EXPECT_EQ(
      CauseOf(finding).headline,
      "lost wake-up: T0 main sleeps on the object 0x300 (a.cc:99), and no thread is left that "
      "wakes it")
      << "it signals to others before it waits itself";
}

TEST(Cause, OfAUseOfFreedMemoryThatTheRuntimeSaw) {
  Finding finding;
  finding.kind = FindingKind::kHeapCorruption;
  finding.detail = "heap-use-after-free";
  finding.message =
      "heap-use-after-free: atomic read of size 4 at 0x7e90, in a block that was freed";
  finding.stacks = {State("T0", "waits, thread-join of thread 1", {Own("main", "/p/a.cc", 40)}),
                    State("T1", "runs, atomic-load 0x7e90", {Own("Loop::Run()", "/p/a.cc", 24)})};
  EXPECT_EQ(CauseOf(finding).headline,
            "heap-use-after-free: T1 Loop atomically reads 4 bytes of memory (a.cc:24) that was "
            "freed");
  finding.stacks.push_back(State("T2", "freed 0x7e90", {Own("Sweep()", "/p/a.cc", 31)}));
  finding.message = "heap-use-after-free: unlock of the mutex at 0x7e90, in a block that was freed";
  const Cause cause = CauseOf(finding);
  EXPECT_EQ(cause.headline,
            "heap-use-after-free: T1 Loop does the unlock of the mutex in memory (a.cc:24) that T2 "
            "Sweep freed (a.cc:31)");
  ASSERT_EQ(cause.events.size(), 2u);
  EXPECT_EQ(cause.events[0].role, CauseRole::kFreed);
  EXPECT_EQ(cause.events[0].label, "freed");
  EXPECT_EQ(cause.events[1].role, CauseRole::kAccess);
  finding.detail = "double-free";
  finding.message = "double-free: 0x7e90 is free already";
  finding.stacks.back().thread = "T1";
  EXPECT_EQ(CauseOf(finding).headline,
            "double-free: T1 Loop frees memory (a.cc:24) that it has freed (a.cc:31)");
}

TEST(Cause, OfTheRestIsThePlaceOrTheMessage) {
  Finding crash;
  crash.kind = FindingKind::kCrash;
  crash.detail = "SEGV";
  crash.stacks = {{.title = "SEGV in thread T1",
                   .thread = "T1",
                   .is_access = true,
                   .frames = {Own("Loop::Run()", "/p/a.cc", 24)}}};
  EXPECT_EQ(CauseOf(crash).headline, "SEGV: T1 Loop in Loop::Run (a.cc:24)");
  Finding divergence;
  divergence.kind = FindingKind::kDivergence;
  divergence.message = "head_root is 0x02, expected 0x01\nmore";
  EXPECT_EQ(CauseOf(divergence).headline, "divergence: head_root is 0x02, expected 0x01");
  divergence.message = "head_root is 0x8fcbdcaf89bbad16ef5f; one thread has 0x7a256a55";
  EXPECT_EQ(CauseOf(divergence).headline,
            "divergence: head_root is 0x8fcbdcaf…; one thread has 0x7a256a55");
}

TEST(Cause, OfNothingIsNoCrash) {
  for (size_t kind = 0; kind < kFindingKindNames.size(); ++kind) {
    Finding finding;
    finding.kind = static_cast<FindingKind>(kind);
    EXPECT_FALSE(CauseOf(finding).headline.empty());
    finding.stacks = {{.title = "x"}, {.title = "waits, "}};
    EXPECT_FALSE(CauseOf(finding).headline.empty());
  }
}

}  // namespace
}  // namespace heddle::reports
