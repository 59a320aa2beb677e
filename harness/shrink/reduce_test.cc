#include "harness/shrink/reduce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace heddle::harness {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> NamesFor(const char* strategy) {
  sim::Schedule schedule;
  schedule.strategy = {strategy, ""};
  std::vector<std::string> names;
  for (const sim::StrategySpec& spec : StrategiesFor(schedule))
    names.emplace_back(spec.name.c_str());
  return names;
}

TEST(StrategiesFor, AStrategyOfFewPreemptionsAndARandomOne) {
  EXPECT_THAT(NamesFor("random"), ElementsAre("pct", "random"));
  EXPECT_THAT(NamesFor("pos"), ElementsAre("pct", "pos"));
  EXPECT_THAT(NamesFor("pct"), ElementsAre("pct", "random"));
  EXPECT_THAT(NamesFor("dfs"), ElementsAre("pct", "random"));
}

TEST(StrategiesFor, OnlyRaceFindsWhatRaceFound) {
  EXPECT_THAT(NamesFor("race"), ElementsAre("race"));
}

}  // namespace
}  // namespace heddle::harness
