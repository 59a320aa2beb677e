#include "sim/explore/strategy_spec.h"

#include <gtest/gtest.h>

namespace heddle::sim {
namespace {

TEST(StrategySpec, ParsesNameAndParameters) {
  for (const char* text : {"fifo", "random", "random:clock=8", "pct", "pct:d=3", "pos",
                           "dfs:preemptions=2,advances=0"}) {
    const absl::StatusOr<StrategySpec> spec = ParseStrategySpec(text);
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_EQ(spec->ToString(), text);
  }
  EXPECT_TRUE(ParseStrategySpec("dfs")->Systematic());
  EXPECT_FALSE(ParseStrategySpec("pct")->Systematic());
}

TEST(StrategySpec, NamesTheExpectedValue) {
  for (const auto& [text, hint] : {std::pair{"", "expected auto, fifo, random, pct"},
                                   {"rnadom", "expected auto, fifo, random, pct"},
                                   {"fifo:x=1", "no parameters"},
                                   {"random:d=3", "gather=N"},
                                   {"pct:3", "d=N"},
                                   {"dfs:preemptions=-1", "preemptions=N"}}) {
    const absl::StatusOr<StrategySpec> spec = ParseStrategySpec(text);
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(spec.status().message().find(hint), absl::string_view::npos) << spec.status();
  }
}

}  // namespace
}  // namespace heddle::sim
