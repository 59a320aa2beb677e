#include "harness/run/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::harness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Scenario WithReferenceAndControl() {
  Scenario scenario;
  scenario.dispatchers = {Dispatcher::kReference, Dispatcher::kUnsync};
  scenario.flavours = {Flavour::kNative, Flavour::kTsan};
  scenario.controls.dispatchers = {Dispatcher::kMutex};
  scenario.expect = {{.kind = FindingKind::kDataRace}};
  return scenario;
}

TEST(Cells, TheReferenceRunsOnceThenEachFlavourWithItsControlsFirst) {
  EXPECT_THAT(CellsOf(WithReferenceAndControl(), {}),
              ElementsAre(Cell{Dispatcher::kReference, Flavour::kNative},
                          Cell{Dispatcher::kMutex, Flavour::kNative},
                          Cell{Dispatcher::kUnsync, Flavour::kNative},
                          Cell{Dispatcher::kMutex, Flavour::kTsan},
                          Cell{Dispatcher::kUnsync, Flavour::kTsan}));
}

TEST(Cells, OptionsSelectDispatchersAndFlavours) {
  RunOptions options;
  options.dispatchers = {Dispatcher::kUnsync, Dispatcher::kAsync};  // the scenario has no async
  options.flavours = {Flavour::kTsan};
  EXPECT_THAT(CellsOf(WithReferenceAndControl(), options),
              ElementsAre(Cell{Dispatcher::kUnsync, Flavour::kTsan}));
}

TEST(Cells, TheReferenceGoesWithTheNativeFlavour) {
  RunOptions options;
  options.dispatchers = {Dispatcher::kReference};
  EXPECT_THAT(CellsOf(WithReferenceAndControl(), options), SizeIs(1));
  options.flavours = {Flavour::kTsan};
  EXPECT_THAT(CellsOf(WithReferenceAndControl(), options), IsEmpty());
  // A scenario without native hosts has its reference all the same.
  Scenario scenario = WithReferenceAndControl();
  scenario.flavours = {Flavour::kAsan};
  options.flavours = {};
  EXPECT_THAT(CellsOf(scenario, options), SizeIs(1));
}

// What is asked for is run, or said not to be there.
TEST(Cells, WhatSelectsNothingIsAnError) {
  Scenario other = WithReferenceAndControl();
  other.flavours = {Flavour::kNative};
  const auto select = [&](RunOptions options, size_t left) {
    std::vector<Scenario> scenarios = {WithReferenceAndControl(), other};
    const absl::Status status = SelectScenarios(options, &scenarios);
    if (status.ok()) EXPECT_EQ(scenarios.size(), left);
    return std::string(status.message());
  };
  RunOptions options;
  EXPECT_EQ(select(options, 2), "");
  options.flavours = {Flavour::kTsan};
  EXPECT_EQ(select(options, 1), "");
  options.dispatchers = {Dispatcher::kUnsync, Dispatcher::kAsync};
  EXPECT_THAT(select(options, 0), HasSubstr("dispatcher or flavour: async"));
  options.dispatchers = {};
  options.flavours = {Flavour::kTsan, Flavour::kDet};
  EXPECT_THAT(select(options, 0), HasSubstr("dispatcher or flavour: det"));
}

TEST(Cells, ControlsAreToBeClean) {
  const Scenario scenario = WithReferenceAndControl();
  EXPECT_TRUE(IsControl(scenario, Dispatcher::kMutex));
  EXPECT_THAT(ExpectedOf(scenario, Dispatcher::kMutex), IsEmpty());
  EXPECT_FALSE(IsControl(scenario, Dispatcher::kUnsync));
  EXPECT_EQ(ExpectedOf(scenario, Dispatcher::kUnsync).size(), 1u);
}

}  // namespace
}  // namespace heddle::harness
