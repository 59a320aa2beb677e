#include "reports/model/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace heddle::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<Finding> Read(absl::string_view text) {
  return FindingsOf(sim::ParseSanitizerReports(text).reports);
}

std::string Race(absl::string_view first, absl::string_view second) {
  return absl::StrCat(
      "WARNING: ThreadSanitizer: data race (pid=1)\n"
      "  Write of size 8 at 0x7b08 by thread T1:\n    #0 app::",
      first, " /a.cc:1:2 (p+0x1)\n\n",
      "  Previous read of size 8 at 0x7b08 by main thread:\n    #0 app::", second,
      " /a.cc:9:9 (p+0x2)\n\nSUMMARY: ThreadSanitizer: data race /a.cc:1:2 in f\n");
}

TEST(SanitizersReports, BecomeFindings) {
  const std::vector<Finding> findings = Read(Race("F()", "G()"));
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].kind, FindingKind::kDataRace);
  EXPECT_EQ(findings[0].detail, "data-race");
  EXPECT_EQ(findings[0].source, "ThreadSanitizer");
  EXPECT_THAT(findings[0].message, HasSubstr("app::F /a.cc:1"));
  EXPECT_THAT(findings[0].text, HasSubstr("SUMMARY: "));
  EXPECT_THAT(findings[0].stacks, SizeIs(2));
  EXPECT_EQ(findings[0].dedup_key, DedupKeyOf(findings[0]));
}

TEST(SanitizersReports, ARaceIsTheSameFromEitherSide) {
  EXPECT_EQ(Read(Race("F()", "G()"))[0].dedup_key, Read(Race("G()", "F()"))[0].dedup_key);
  EXPECT_NE(Read(Race("F()", "G()"))[0].dedup_key, Read(Race("F()", "H()"))[0].dedup_key);
}

TEST(SanitizersReports, EachLeakIsAFinding) {
  const std::vector<Finding> findings = Read(
      "==1==ERROR: LeakSanitizer: detected memory leaks\n\n"
      "Direct leak of 123 byte(s) in 3 object(s) allocated from:\n"
      "    #0 0x55 in app::First() /a.cc:1:1\n\n"
      "Direct leak of 8 byte(s) in 1 object(s) allocated from:\n"
      "    #0 0x55 in app::Second() /a.cc:2:1\n\n"
      "SUMMARY: AddressSanitizer: 131 byte(s) leaked in 4 allocation(s).\n");
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].kind, FindingKind::kLeak);
  EXPECT_TRUE(MatchesWhere(findings[0], "app::First"));
  EXPECT_TRUE(MatchesWhere(findings[1], "app::Second"));
  EXPECT_NE(findings[0].dedup_key, findings[1].dedup_key);
}

TEST(KindOf, TheWordsOfSanitizers) {
  const std::tuple<const char*, FindingKind> cases[] = {
      {"WARNING: ThreadSanitizer: data race (pid=1)", FindingKind::kDataRace},
      {"WARNING: ThreadSanitizer: race on vptr (ctor/dtor vs virtual call) (pid=1)",
       FindingKind::kDataRace},
      {"WARNING: ThreadSanitizer: heap-use-after-free (pid=1)", FindingKind::kHeapCorruption},
      {"WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock) (pid=1)",
       FindingKind::kDeadlock},
      {"WARNING: ThreadSanitizer: thread leak (pid=1)", FindingKind::kSyncMisuse},
      {"WARNING: ThreadSanitizer: destroy of a locked mutex (pid=1)", FindingKind::kSyncMisuse},
      {"WARNING: ThreadSanitizer: unlock of an unlocked mutex (or by a wrong thread) (pid=1)",
       FindingKind::kSyncMisuse},
      {"==1==ERROR: ThreadSanitizer: SEGV on unknown address 0x8 (pc 0x5 T3)", FindingKind::kCrash},
      {"==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60 at pc 0x5",
       FindingKind::kHeapCorruption},
      {"==1==ERROR: AddressSanitizer: attempting double-free on 0x60 in thread T0:",
       FindingKind::kHeapCorruption},
      {"==1==ERROR: AddressSanitizer: attempting free on address which was not malloc()-ed: 0x7f",
       FindingKind::kHeapCorruption},
      {"==1==ERROR: AddressSanitizer: alloc-dealloc-mismatch (malloc vs operator delete) on 0x6",
       FindingKind::kHeapCorruption},
      {"==1==ERROR: AddressSanitizer: container-overflow on address 0x60 at pc",
       FindingKind::kHeapCorruption},
      {"==1==ERROR: AddressSanitizer: use-after-poison on address 0x60 at pc",
       FindingKind::kHeapCorruption},
      {"==1==ERROR: AddressSanitizer: stack-buffer-overflow on address 0x7f at pc",
       FindingKind::kMemoryError},
      {"==1==ERROR: AddressSanitizer: global-buffer-overflow on address 0x5 at pc",
       FindingKind::kMemoryError},
      {"==1==ERROR: AddressSanitizer: stack-overflow on address 0x7f (pc 0x5 bp 0x7 sp 0x7 T0)",
       FindingKind::kCrash},
      {"==1==ERROR: AddressSanitizer: ABRT on unknown address 0x4193 (pc 0x7f bp 0x7f sp 0x7f T0)",
       FindingKind::kCrash},
      {"==1==ERROR: AddressSanitizer: requested allocation size 0xffffffff (0x800 after) exceeds",
       FindingKind::kCrash},
      {"/p/a.cc:12:38: runtime error: signed integer overflow: 2147483647 + 2 cannot",
       FindingKind::kUndefinedBehaviour},
      {"==1==ERROR: UndefinedBehaviorSanitizer: SEGV on unknown address 0x8 (pc 0x5 T3)",
       FindingKind::kCrash},
  };
  for (const auto& [line, kind] : cases) {
    const std::vector<Finding> findings =
        Read(absl::StrCat(line, "\n    #0 0x55 in app::F() /a.cc:1:2\n"));
    ASSERT_THAT(findings, SizeIs(1)) << line;
    EXPECT_EQ(findings[0].kind, kind) << line;
  }
}

TEST(FailedExecutions, TheRuntimesWordBecomesAKindForPeople) {
  const std::tuple<sim::FailureKind, FindingKind> cases[] = {
      {sim::FailureKind::kDeadlock, FindingKind::kDeadlock},
      {sim::FailureKind::kLostWakeup, FindingKind::kLostWakeup},
      {sim::FailureKind::kLivelock, FindingKind::kLivelock},
      {sim::FailureKind::kThreadLeak, FindingKind::kSyncMisuse},
      {sim::FailureKind::kMisuse, FindingKind::kSyncMisuse},
      {sim::FailureKind::kUnmodelled, FindingKind::kUnmodelled},
      {sim::FailureKind::kLimit, FindingKind::kUnmodelled},
      {sim::FailureKind::kInternal, FindingKind::kUnmodelled},
      {sim::FailureKind::kDivergence, FindingKind::kNondeterminism},
      {sim::FailureKind::kUncontrolled, FindingKind::kNondeterminism},
      {sim::FailureKind::kTimeLimit, FindingKind::kHang},
      {sim::FailureKind::kCrash, FindingKind::kCrash},
      {sim::FailureKind::kExit, FindingKind::kCrash},
  };
  for (const auto& [from, kind] : cases) {
    const std::vector<Finding> findings =
        FindingsOf({.kind = from, .message = "m", .description = "d", .dedup_key = "k"});
    ASSERT_THAT(findings, SizeIs(1));
    EXPECT_EQ(findings[0].kind, kind) << sim::FailureKindName(from);
    EXPECT_EQ(findings[0].detail, sim::FailureKindName(from));
    EXPECT_EQ(findings[0].message, "m");
    EXPECT_EQ(findings[0].text, "d");
    EXPECT_EQ(findings[0].dedup_key, DedupKeyOf(findings[0], "k"));
  }
}

TEST(FailedExecutions, HeapMisuseIsABrokenHeap) {
  const std::vector<Finding> findings =
      FindingsOf({.kind = sim::FailureKind::kHeap, .message = "double-free: 0x55 of 16 bytes"});
  EXPECT_EQ(findings[0].kind, FindingKind::kHeapCorruption);
  EXPECT_EQ(findings[0].detail, "double-free");
  EXPECT_EQ(findings[0].source, "Heddle");
}

TEST(FailedExecutions, ASanitizersReportSaysMoreThanTheEnd) {
  const std::string race = Race("F()", "G()");
  const FailedExecution crash{
      .kind = sim::FailureKind::kCrash, .message = "SIGABRT", .standard_error = race};
  EXPECT_EQ(FindingsOf(crash)[0].kind, FindingKind::kDataRace);
  // Not where the end has another cause.
  const FailedExecution deadlock{.kind = sim::FailureKind::kDeadlock, .standard_error = race};
  EXPECT_EQ(FindingsOf(deadlock)[0].kind, FindingKind::kDeadlock);
}

TEST(FailedExecutions, TheAllocatorsComplaintIsABrokenHeap) {
  const std::vector<Finding> findings =
      FindingsOf({.kind = sim::FailureKind::kCrash,
                  .message = "SIGABRT",
                  .standard_error = "free(): double free detected in tcache 2\n"});
  EXPECT_EQ(findings[0].kind, FindingKind::kHeapCorruption);
  EXPECT_EQ(findings[0].detail, "free(): double free detected in tcache 2");
  EXPECT_EQ(findings[0].message, "SIGABRT: free(): double free detected in tcache 2");
}

}  // namespace
}  // namespace heddle::reports
