#include <gtest/gtest.h>

#include <string_view>
#include <tuple>
#include <utility>

#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

TEST(Registry, MakesEveryStrategy) {
  const char* error;
  for (const auto& [name, parameters] : {std::pair{"fifo", ""},
                                         {"random", ""},
                                         {"random", "clock=0"},
                                         {"pct", ""},
                                         {"pct", "d=1"},
                                         {"pct", "d=5,k=1000"},
                                         {"pctwm", ""},
                                         {"pctwm", "d=3,h=1,k=20"},
                                         {"pos", ""},
                                         {"pos", "clock=8"},
                                         {"surw", ""},
                                         {"surw", "clock=8"},
                                         {"delay", ""},
                                         {"delay", "d=1,k=100"},
                                         {"rff", ""},
                                         {"auto", ""},
                                         {"auto", "memory=0,c11=0"},
                                         {"race", ""},
                                         {"dfs", ""},
                                         {"dfs", "preemptions=3"},
                                         {"dfs", "preemptions=all,advances=0"},
                                         {"exhaustive", ""}}) {
    EXPECT_NE(MakeStrategy(name, parameters, &error), nullptr)
        << name << ":" << parameters << " " << error;
  }
}

TEST(Registry, NamesTheExpectedValue) {
  const char* error;
  for (const auto& [name, parameters, hint] : {std::tuple{"fifo", "d=3", "no parameters"},
                                               {"random", "clock=", "clock=N"},
                                               {"pct", "depth=3", "d=N"},
                                               {"pct", "d=", "d=N"},
                                               {"pct", "d=0", "d=N"},
                                               {"pct", "d=3,", "d=N"},
                                               {"pct", "d=3x", "d=N"},
                                               {"pct", "d=-1", "d=N"},
                                               {"pct", "d=99999999999999999999", "d=N"},
                                               {"pct", "d=all", "d=N"},
                                               {"pctwm", "h=0", "h=N"},
                                               {"pos", "d=3", "clock=N"},
                                               {"surw", "d=3", "clock=N"},
                                               {"delay", "d=x", "d=N"},
                                               {"rff", "d=3", "clock=N"},
                                               {"auto", "sync=2", "sync, memory, sites"},
                                               {"auto", "sync=0,memory=0", "at least one"},
                                               {"race", "d=3", "no parameters"},
                                               {"dfs", "preemptions", "preemptions=N"},
                                               {"exhaustive", "d=3", "no parameters"},
                                               {"dpor", "", "dfs"}}) {
    EXPECT_EQ(MakeStrategy(name, parameters, &error), nullptr) << name << ":" << parameters;
    ASSERT_NE(error, nullptr);
    EXPECT_NE(std::string_view(error).find(hint), std::string_view::npos) << error;
  }
}

TEST(Parameters, SetsWhatIsGiven) {
  uint32_t a = 1, b = 2;
  const Parameter known[] = {{"a", &a, 0, 10}, {"b", &b, 0, 10, true}};
  EXPECT_TRUE(ParseParameters("", known));
  EXPECT_EQ(a, 1u);
  EXPECT_TRUE(ParseParameters("b=all", known));
  EXPECT_EQ(b, kUnbounded);
  EXPECT_TRUE(ParseParameters("b=3,a=10", known));
  EXPECT_EQ(a, 10u);
  EXPECT_EQ(b, 3u);
  EXPECT_FALSE(ParseParameters("a=11", known));
}

}  // namespace
}  // namespace heddle::sim
