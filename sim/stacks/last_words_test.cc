#include "sim/stacks/last_words.h"

#include <gtest/gtest.h>

namespace heddle::sim {
namespace {

TEST(LastWords, AllocatorAndAssertions) {
  EXPECT_EQ(LastWords("a\nmalloc(): unaligned tcache chunk detected\n"),
            "malloc(): unaligned tcache chunk detected");
  EXPECT_EQ(LastWords("x: a.cc:3: int main(): Assertion `a == b' failed.\nAborted\n"),
            "x: a.cc:3: int main(): Assertion `a == b' failed.");
  EXPECT_EQ(LastWords("all is well\n"), "");
  EXPECT_TRUE(IsHeapComplaint("free(): double free detected in tcache 2"));
  EXPECT_TRUE(IsHeapComplaint("corrupted size vs. prev_size"));
  EXPECT_FALSE(IsHeapComplaint("terminate called"));
}

TEST(LastWords, TheLastOnesCount) {
  EXPECT_EQ(LastWords("terminate called after throwing an instance of 'std::future_error'\n"
                      "  what():  std::future_error: Broken promise\nAborted\n"),
            "what():  std::future_error: Broken promise");
  EXPECT_EQ(LastWords("terminate called without an active exception\n"),
            "terminate called without an active exception");
  EXPECT_EQ(LastWords("Assertion `" + std::string(1000, 'x')).size(), 300u);
}

TEST(FailureLine, IsWhatATestFrameworkSays) {
  EXPECT_EQ(FailureLine("thread/conditions: \n  FAIL regress_thread.c:388: assert(1 == 2)\n"
                        "  [conditions FAILED]\n1/1 TESTS FAILED. (0 skipped)\n"),
            "FAIL regress_thread.c:388: assert(1 == 2)");
  EXPECT_EQ(FailureLine("[ RUN      ] Queue.Keeps\nqueue_test.cc:12: Failure\nExpected\n"
                        "[  FAILED  ] Queue.Keeps\n"),
            "queue_test.cc:12: Failure");
  EXPECT_EQ(FailureLine("1..2\nok 1 - opens\nnot ok 2 - closes\n"), "not ok 2 - closes");
  EXPECT_EQ(FailureLine("reads\nwrites 3\n\n"), "writes 3");
  EXPECT_EQ(FailureLine(""), "");
}

TEST(StableLastWords, DoNotDependOnTheBuild) {
  EXPECT_EQ(
      StableLastWords("x: x.cc:25: void Run() [kBroken = true]: Assertion `a == 2' failed.\n"),
      "Assertion `a == 2' failed.");
  EXPECT_EQ(StableLastWords("terminate called after throwing an instance of 'std::future_error'\n"
                            "  what():  std::future_error: Broken promise\n"),
            "what():  std::future_error: Broken promise");
  EXPECT_EQ(StableLastWords("free(): double free detected in tcache 2\n"),
            "free(): double free detected in tcache 2");
  EXPECT_EQ(StableLastWords("3 items\n"), "");
}

// These name a place or nothing at all: the stack tells more.
TEST(StableLastWords, LeaveOutWhatTellsNothingApart) {
  EXPECT_EQ(StableLastWords("terminate called without an active exception\n"), "");
  EXPECT_EQ(StableLastWords("CHECK failed: x.cc:3: a == b\n"), "");
}

}  // namespace
}  // namespace heddle::sim
