#include "harness/run/cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::harness {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  EXPECT_TRUE(AnythingToRun(WithReferenceAndControl(), options));
  options.flavours = {Flavour::kTsan};
  EXPECT_THAT(CellsOf(WithReferenceAndControl(), options), IsEmpty());
  EXPECT_FALSE(AnythingToRun(WithReferenceAndControl(), options));
  // A scenario without native hosts has its reference all the same.
  Scenario scenario = WithReferenceAndControl();
  scenario.flavours = {Flavour::kAsan};
  options.flavours = {};
  EXPECT_TRUE(AnythingToRun(scenario, options));
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
