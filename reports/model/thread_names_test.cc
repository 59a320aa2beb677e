#include "reports/model/thread_names.h"

#include <gtest/gtest.h>

namespace heddle::reports {
namespace {

TEST(ThreadNames, NumbersAndGivenNames) {
  EXPECT_EQ(ThreadNumberOf("T12 'producer'"), 12u);
  EXPECT_EQ(ThreadNumberOf("main"), 0u);
  EXPECT_FALSE(ThreadNumberOf("thread"));
  EXPECT_FALSE(ThreadNumberOf(""));
  EXPECT_EQ(GivenThreadName("T1 'producer'"), "producer");
  EXPECT_EQ(GivenThreadName("T1 thread"), "");
  EXPECT_EQ(GivenThreadName("T1"), "");
}

std::string NameOf(const std::vector<Frame>& stack) {
  std::vector<const Frame*> frames;
  for (const Frame& frame : stack) frames.push_back(&frame);
  return ThreadNameOf(frames);
}

TEST(ThreadNames, AreWhatTheThreadDoes) {
  const Frame start{.function = "start_thread"};
  const Frame lambda{.function = "net::Producer::Start()::$_1::operator()() const", .own = true};
  const Frame run{.function = "net::(anonymous namespace)::Producer::Run(int)", .own = true};
  EXPECT_EQ(NameOf({run, lambda, start}), "Producer") << "a class says more than Run";
  EXPECT_EQ(NameOf({{.function = "Pool::Steal()", .own = true}, start}), "Steal");
  EXPECT_EQ(NameOf({{.function = "Run()", .own = true}, start}), "Run");
  EXPECT_EQ(NameOf({lambda, start}), "") << "a lambda says nothing";
}

TEST(ThreadNames, OfAFindingDoNotComeFromWhereThreadsAreCreated) {
  Finding finding;
  finding.stacks = {{.title = "Write of size 4 by thread T1",
                     .thread = "T1",
                     .frames = {{.function = "Cache::Run()", .own = true}}},
                    {.title = "Thread T2 created by main thread",
                     .thread = "T2",
                     .frames = {{.function = "main", .own = true}}},
                    {.title = "Read of size 4 by thread T3 'loop'", .thread = "T3 'loop'"}};
  const auto names = ThreadNamesIn(finding);
  EXPECT_EQ(ThreadLabel(0, names), "T0 main");
  EXPECT_EQ(ThreadLabel(1, names), "T1 Cache");
  EXPECT_EQ(ThreadLabel(2, names), "T2");
  EXPECT_EQ(ThreadLabel(3, names), "T3 loop");
}

}  // namespace
}  // namespace heddle::reports
