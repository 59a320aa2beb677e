#include "harness/run/race_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace heddle::harness {
namespace {

using sim::Frame;
using sim::Stack;

using ::testing::HasSubstr;

Stack Access(std::vector<Frame> frames) { return {.is_access = true, .frames = std::move(frames)}; }

const Frame kVector = {.file = "/usr/include/c++/12/bits/stl_vector.h", .line = 987, .column = 20};
const Frame kStore = {.file = "/src/chain/store.cc", .line = 120, .own = true};

TEST(SiteOf, GoesFromTheAccessToTheFirstOwnLine) {
  EXPECT_EQ(SiteOf(Access({kStore, kVector})), "chain/store.cc:120");
  EXPECT_EQ(SiteOf(Access({kVector, kStore})), "bits/stl_vector.h:987:20<chain/store.cc:120");
}

TEST(SiteOf, ALibrarysAccessHasNone) {
  const Frame in_library = {.function = "operator delete(void*)"};
  EXPECT_EQ(SiteOf(Access({in_library, kStore})), "");
  EXPECT_EQ(SiteOf(Access({kVector})), "");
  EXPECT_EQ(SiteOf(Access({})), "");
}

sim::ExploreOptions Corpus(const char* flavour, const char* program, const char* version) {
  sim::ExploreOptions options;
  options.program.arguments = {std::string(HEDDLE_CORPUS) + flavour, program, version};
  options.schedules = 300;
  return options;
}

// Two threads copy and reset one shared_ptr: a race for ThreadSanitizer, freed memory in use for
// AddressSanitizer once both are at it.
TEST(FindRaceTargets, TargetingThemCausesTheFailure) {
  const absl::StatusOr<RaceTargets> targets =
      FindRaceTargets(Corpus("tsan", "shared-ptr-race", "broken"));
  ASSERT_TRUE(targets.ok()) << targets.status();
  EXPECT_GT(targets->races, 0u);
  ASSERT_FALSE(targets->sites.empty());
  EXPECT_THAT(targets->sites[0], HasSubstr("shared_ptr_race.cc"));
  sim::ExploreOptions steer = Corpus("asan", "shared-ptr-race", "broken");
  steer.spec.strategy.name = "race";
  steer.spec.preempt = sim::Preempt::kSites;
  steer.sites = targets->sites;
  const absl::StatusOr<sim::ExploreResult> result = sim::Explore(steer);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->findings.size(), 1u);
  EXPECT_THAT(result->findings[0].dedup_key, HasSubstr("heap-use-after-free"));
}

TEST(FindRaceTargets, ACorrectProgramHasNone) {
  sim::ExploreOptions options = Corpus("tsan", "shared-ptr-race", "right");
  options.schedules = 20;
  const absl::StatusOr<RaceTargets> targets = FindRaceTargets(options);
  ASSERT_TRUE(targets.ok()) << targets.status();
  EXPECT_EQ(targets->races, 0u);
  EXPECT_TRUE(targets->sites.empty());
  EXPECT_EQ(targets->schedules, 20u);
}

}  // namespace
}  // namespace heddle::harness
