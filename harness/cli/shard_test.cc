// heddle explore --shard and heddle merge: several jobs find what one would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"

namespace heddle::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Shards : public RunCli {
 protected:
  Result Explore(const std::string& shard, const std::string& folder) {
    return Heddle({"explore", "--program", Program("heddle-corpus-det"), "--schedules", "60",
                   "--strategy", "random", "--go-on", "--shard", shard, "--out", Path(folder), "--",
                   "lost-update", "broken"});
  }
  json Results(const std::string& folder) {
    return json::parse(Read(Path(folder) + "/result.json"));
  }
};

TEST_F(Shards, MergedAreWhatOneJobFinds) {
  EXPECT_EQ(Explore("1/1", "whole").code, 1);
  for (const char* index : {"1", "2", "3"}) {
    EXPECT_EQ(Explore(std::string(index) + "/3", std::string("shard-") + index).code, 1);
  }
  const Result merged =
      Heddle({"merge", Path("shard-1"), Path("shard-2"), Path("shard-3"), "--out", Path("merged")});
  EXPECT_EQ(merged.code, 1) << merged.err;
  const json whole = Results("whole")["scenarios"][0]["cells"][0];
  const json together = Results("merged")["scenarios"][0]["cells"][0];
  EXPECT_EQ(Results("merged")["scenarios"].size(), 1u);
  EXPECT_EQ(together["runs"], 60);
  EXPECT_EQ(together["runs"], whole["runs"]);
  EXPECT_EQ(together["explored"]["points"], whole["explored"]["points"]);
  ASSERT_EQ(together["findings"].size(), whole["findings"].size());
  ASSERT_FALSE(whole["findings"].empty());
  for (size_t i = 0; i < whole["findings"].size(); ++i) {
    json one = whole["findings"][i], other = together["findings"][i];
    const std::string schedule = other["schedule"];
    EXPECT_EQ(Heddle({"replay", schedule}).code, 0);
    EXPECT_EQ(std::filesystem::path(schedule).parent_path(), Path("merged"));
    EXPECT_EQ(Read(schedule), Read(one["schedule"]));
    one.erase("schedule"), other.erase("schedule");
    EXPECT_EQ(one, other);
  }
  // One run of one campaign in the store.
  const json stored = json::parse(Heddle({"findings", "--store", Path("merged"), "--json"}).out);
  ASSERT_EQ(stored.size(), whole["findings"].size());
  EXPECT_EQ(stored[0]["runs"], 1);
}

TEST_F(Shards, FindingsOfEarlierStoresAreRecognised) {
  EXPECT_EQ(Explore("1/2", "last-night").code, 1);
  EXPECT_EQ(Explore("1/2", "shard-1").code, 1);
  const Result fresh = Heddle({"merge", Path("shard-1"), "--out", Path("fresh")});
  EXPECT_THAT(fresh.err, HasSubstr("1 new"));
  const Result merged =
      Heddle({"merge", Path("shard-1"), "--out", Path("tonight"), "--known", Path("last-night")});
  EXPECT_EQ(merged.code, 1) << merged.err;
  EXPECT_THAT(merged.err, HasSubstr("0 new; seen before: number 1"));
  const json stored = json::parse(Heddle({"findings", "--store", Path("tonight"), "--json"}).out);
  EXPECT_EQ(stored[0]["runs"], 2);
  const Result missing =
      Heddle({"merge", Path("shard-1"), "--out", Path("x"), "--known", Path("nowhere")});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("nowhere: there is no store"));
}

TEST_F(Shards, JobsThatRanElsewhereAreMergedFromWhereTheyAreNow) {
  EXPECT_EQ(Explore("1/2", "there").code, 1);
  std::filesystem::rename(Path("there"), Path("here"));
  const Result merged = Heddle({"merge", Path("here"), "--out", Path("merged")});
  EXPECT_EQ(merged.code, 1) << merged.err;
  const json finding = Results("merged")["scenarios"][0]["cells"][0]["findings"][0];
  EXPECT_TRUE(std::filesystem::exists(finding["schedule"].get<std::string>()));
}

TEST_F(Shards, ReportPutsThemTogetherToo) {
  Explore("1/2", "a");
  Explore("2/2", "b");
  const Result result =
      Heddle({"report", Path("a"), Path("b"), "--no-replay", "--sarif", Path("all.sarif")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(json::parse(Read(Path("all.sarif")))["runs"][0]["results"].size(), 1u);
}

TEST_F(Shards, WhatIsNoShardIsRefused) {
  const Result result = Explore("3/2", "x");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--shard: invalid shard '3/2'; expected I/N"));
  EXPECT_EQ(Heddle({"merge", Path("nowhere"), "--out", Path("merged")}).code, 2);
}

}  // namespace
}  // namespace heddle::cli
