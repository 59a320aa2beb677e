#include "sim/stacks/dedup_key.h"

#include <gtest/gtest.h>

#include <string>

namespace heddle::sim {
namespace {

Frame At(const std::string& file, int line, bool own = true) {
  return {.function = "F()", .file = file, .line = line, .own = own};
}

TEST(OwnLocation, IsThePrograms) {
  EXPECT_EQ(OwnLocation(At("/home/me/lazy.cc", 30)), "lazy.cc:30");
  EXPECT_EQ(OwnLocation(At("/usr/include/c++/12/mutex", 100, false)), "");
  EXPECT_EQ(OwnLocation({.function = "app::F(int)", .own = true}), "app::F");
  EXPECT_EQ(OwnLocation({.function = "app::F(int)", .file = "a.cc", .own = true}), "app::F");
  EXPECT_EQ(OwnLocation({.function = "app::F(int)", .own = false}), "");
}

constexpr char kDataRace[] = R"(==================
WARNING: ThreadSanitizer: data race (pid=%d)
  Read of size 8 at 0x7ffe%d by thread T2:
    #0 std::map::find() /usr/include/c++/12/map:3:1 (program+0xd4)
    #1 Get() /home/me/lazy.cc:30:27 (program+0xd4ef)

  Previous write of size 8 at 0x7ffe%d by thread T1 (mutexes: write M9):
    #0 Set() /home/me/lazy.cc:36:19 (program+0xd4bb)

  Location is stack of main thread.

  Thread T2 (tid=4242, running) created by main thread at:
    #0 pthread_create <null> (program+0x1)

SUMMARY: ThreadSanitizer: data race /usr/include/c++/12/map:3:1 in std::map::find()
==================
)";

TEST(SanitizerDedupKey, DataRaceHasBothSides) {
  EXPECT_EQ(SanitizerDedupKey(kDataRace), "ThreadSanitizer: data race lazy.cc:30 lazy.cc:36");
}

TEST(SanitizerDedupKey, DataRaceIsTheSameFromEitherSide) {
  std::string other = kDataRace;
  const size_t read = other.find("lazy.cc:30"), write = other.find("lazy.cc:36");
  other.replace(read, 10, "lazy.cc:36");
  other.replace(write, 10, "lazy.cc:30");
  EXPECT_EQ(SanitizerDedupKey(other), SanitizerDedupKey(kDataRace));
}

TEST(SanitizerDedupKey, UseAfterFree) {
  constexpr char kReport[] = R"(=================================================================
==77==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x5 bp 0x7 sp 0x7
READ of size 4 at 0x602000000010 thread T1
    #0 0x55d in Buffer::Release() /home/me/buffer.cc:23:23
    #1 0x55e in main /home/me/buffer.cc:40:3

0x602000000010 is located 0 bytes inside of 4-byte region [0x602000000010,0x602000000014)
freed by thread T2 here:
    #0 0x55f in operator delete(void*) (program+0xd5)
    #1 0x560 in Buffer::Release() /home/me/buffer.cc:24:9

SUMMARY: AddressSanitizer: heap-use-after-free /home/me/buffer.cc:23:23 in Buffer::Release()
)";
  EXPECT_EQ(SanitizerDedupKey(kReport),
            "AddressSanitizer: heap-use-after-free buffer.cc:23 buffer.cc:24");
}

TEST(SanitizerDedupKey, NoReport) { EXPECT_EQ(SanitizerDedupKey("all is well\n"), ""); }

TEST(SanitizerDedupKey, OutsideOfTheProgramWhatItCalledTells) {
  SanitizerReport report;
  report.summary = "AddressSanitizer: alloc-dealloc-mismatch";
  report.stacks = {
      {.frames = {{.function = "operator delete(void*)"}, {.function = "start_thread"}}}};
  EXPECT_EQ(DedupKey(report), "AddressSanitizer: alloc-dealloc-mismatch operator delete");
}

FailedExecution Failure(FailureKind kind, const std::string& message) {
  return {.kind = kind, .message = message, .thread = 2, .standard_error = "", .own_stacks = [] {
            return std::vector<ThreadFrames>{
                {.thread = 0, .frames = {At("/p/b.cc", 7), At("/p/main.cc", 1)}},
                {.thread = 1, .frames = {}},
                {.thread = 2, .frames = {At("/p/a.cc", 9), At("/p/loop.cc", 2)}}};
          }};
}

TEST(DedupKey, WhereTheThreadsAreInAFixedOrder) {
  EXPECT_EQ(DedupKey(Failure(FailureKind::kDeadlock, "thread 2 waits")), "deadlock a.cc:9 b.cc:7");
}

TEST(DedupKey, BusyThreadsAreToldByWhereTheyCameFrom) {
  EXPECT_EQ(DedupKey(Failure(FailureKind::kLivelock, "")), "livelock loop.cc main.cc");
}

TEST(DedupKey, WithoutLinesFunctionsTell) {
  FailedExecution failed = Failure(FailureKind::kDeadlock, "");
  failed.own_stacks = [] {
    return std::vector<ThreadFrames>{{.thread = 0, .frames = {{.function = "main", .own = true}}},
                                     {.thread = 1,
                                      .frames = {{.function = "app::Take(int)", .own = true},
                                                 {.function = "app::Run()", .own = true}}}};
  };
  EXPECT_EQ(DedupKey(failed), "deadlock app::Take main");
  failed.kind = FailureKind::kLivelock;
  EXPECT_EQ(DedupKey(failed), "livelock app::Run main");
}

TEST(DedupKey, OfTheRuntimesMessageOnlyWhatStays) {
  EXPECT_EQ(DedupKey(Failure(FailureKind::kLimit, "more than 128 threads, at 0x55\nmore")),
            "limit more than * threads, at *");
}

TEST(DedupKey, MisuseIsToldByItsWordsAndTheFailingThread) {
  EXPECT_EQ(DedupKey(Failure(FailureKind::kMisuse, "mutex 0x55 is destroyed by thread 3\nmore")),
            "misuse mutex * is destroyed by thread * a.cc:9");
}

TEST(DedupKey, HeapMisuseIsToldByItsWordAndTheFailingThread) {
  EXPECT_EQ(DedupKey(Failure(FailureKind::kHeap, "double-free: 0x55 of 16 bytes")),
            "double-free a.cc:9");
  FailedExecution elsewhere = Failure(FailureKind::kHeap, "double-free: 0x55 of 16 bytes");
  elsewhere.thread = 1;  // it has no frame of the program's
  EXPECT_EQ(DedupKey(elsewhere), "double-free a.cc:9 b.cc:7");
}

TEST(DedupKey, LastWordsTellACrashElseTheStacks) {
  FailedExecution crash = Failure(FailureKind::kCrash, "SIGABRT");
  EXPECT_EQ(DedupKey(crash), "crash SIGABRT a.cc:9 b.cc:7");
  crash.standard_error = "x: x.cc:25: void Run(): Assertion `a == 2' failed.\n";
  EXPECT_EQ(DedupKey(crash), "crash SIGABRT Assertion `a == 2' failed.");
}

TEST(DedupKey, ASanitizersReportTellsElseTheStacks) {
  FailedExecution execution = Failure(FailureKind::kSanitizer, "");
  EXPECT_EQ(DedupKey(execution), "sanitizer a.cc:9 b.cc:7");
  execution.standard_error = kDataRace;
  EXPECT_EQ(DedupKey(execution), "ThreadSanitizer: data race lazy.cc:30 lazy.cc:36");
}

// FNV-1a over "data-race|data-race|F@a.cc;|F@b.cc;|", computed elsewhere: stores on disk keep it.
TEST(HashedDedupKey, IsTheSameForEver) {
  const std::vector<Stack> stacks = {{.is_access = true, .frames = {At("/x/a.cc", 1)}},
                                     {.is_access = true, .frames = {At("/x/b.cc", 2)}},
                                     {.title = "created", .frames = {At("/x/c.cc", 3)}}};
  EXPECT_EQ(HashedDedupKey("data-race", "data-race", stacks, ""), "769abcdb308fdfe2");
}

}  // namespace
}  // namespace heddle::sim
