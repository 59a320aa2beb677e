#include "reports/model/finding.h"

#include <gtest/gtest.h>

namespace heddle::reports {
namespace {

Frame Own(const std::string& function, const std::string& file, int line) {
  return {.function = function, .file = file, .line = line, .own = true};
}

Finding Race(Frame first, Frame second) {
  Finding finding;
  finding.kind = FindingKind::kDataRace;
  finding.detail = "data-race";
  finding.stacks = {{.title = "Write", .is_access = true, .frames = {std::move(first)}},
                    {.title = "Previous read", .is_access = true, .frames = {std::move(second)}},
                    {.title = "Thread T1 created", .frames = {Own("main", "/p/main.cc", 1)}}};
  return finding;
}

TEST(Signatures, OutliveLinesFoldersAndTheOrderOfAccesses) {
  const Finding race = Race(Own("A(int)", "/x/a.cc", 1), Own("B()", "/x/b.cc", 2));
  EXPECT_EQ(DedupKeyOf(race).size(), 16u);
  EXPECT_EQ(DedupKeyOf(race),
            DedupKeyOf(Race(Own("A(int)", "/y/a.cc", 9), Own("B()", "/y/b.cc", 8))));
  EXPECT_EQ(DedupKeyOf(race),
            DedupKeyOf(Race(Own("B()", "/x/b.cc", 2), Own("A(int)", "/x/a.cc", 1))));
}

TEST(Signatures, DistinguishBugs) {
  const Finding race = Race(Own("A()", "/x/a.cc", 1), Own("B()", "/x/b.cc", 2));
  EXPECT_NE(DedupKeyOf(race), DedupKeyOf(Race(Own("A()", "/x/a.cc", 1), Own("C()", "/x/b.cc", 2))));
  EXPECT_NE(DedupKeyOf(race), DedupKeyOf(Race(Own("A()", "/x/c.cc", 1), Own("B()", "/x/b.cc", 2))));
  Finding other = race;
  other.detail = "race-on-vptr";
  EXPECT_NE(DedupKeyOf(race), DedupKeyOf(other));
  other = race;
  other.kind = FindingKind::kCrash;
  EXPECT_NE(DedupKeyOf(race), DedupKeyOf(other));
  EXPECT_NE(DedupKeyOf(Finding{}, "head"), DedupKeyOf(Finding{}, "time"));
}

TEST(Where, MatchesFunctionsFilesAndLinesOfAccesses) {
  const Finding race = Race(Own("heddle::chain::Store::OnBlock(int)", "/src/chain/store.cc", 12),
                            Own("B()", "/b.cc", 2));
  for (const char* pattern : {"", "chain::", "Store::OnBlock", "src/chain/", "store.cc:12", "B()",
                              "chain*OnBlock", "src/*store", "*"}) {
    EXPECT_TRUE(MatchesWhere(race, pattern)) << pattern;
  }
  // Neither elsewhere nor where a thread was created.
  for (const char* pattern : {"node::", "store.cc:13", "main.cc", "OnBlock*chain::"}) {
    EXPECT_FALSE(MatchesWhere(race, pattern)) << pattern;
  }
}

TEST(Where, OfAFindingWithoutStacksIsItsMessage) {
  Finding finding;
  finding.message = "event 812: outcome is pending";
  EXPECT_TRUE(MatchesWhere(finding, "outcome"));
  EXPECT_FALSE(MatchesWhere(finding, "head"));
}

TEST(Merging, CountsRepeatsAndRuns) {
  Finding a, b;
  a.dedup_key = "a";
  b.dedup_key = "b";
  std::vector<Finding> all;
  Merge({a, a, b}, 1, &all);
  Merge({a}, 2, &all);
  Merge({b, b}, 5, &all);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].dedup_key, "a");
  EXPECT_EQ(all[0].count, 3u);
  EXPECT_EQ(all[0].runs, 2u);
  EXPECT_EQ(all[0].first_run, 1u);
  EXPECT_EQ(all[1].count, 3u);
  EXPECT_EQ(all[1].runs, 2u);
}

}  // namespace
}  // namespace heddle::reports
