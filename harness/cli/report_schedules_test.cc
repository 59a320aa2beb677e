// heddle report and explain on a program: the shrunk schedule comes first, and what heddle shrink
// writes is taken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"

namespace heddle::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class ReportSchedules : public RunCli {
 protected:
  ReportSchedules() {
    EXPECT_EQ(Heddle({"explore", "--program", Program("heddle-corpus-det"), "--out", Path("found"),
                      "--", "shutdown-lost-wakeup", "broken"})
                  .code,
              1);
    for (const auto& entry : std::filesystem::directory_iterator(Path("found"))) {
      if (absl::EndsWith(entry.path().string(), ".schedule.json")) schedule_ = entry.path();
    }
  }

  // The data of the page that is made of `what`.
  json Page(std::vector<std::string> what) {
    what.insert(what.begin(), "report");
    for (const char* more : {"--html", "page.html", "--program"}) what.emplace_back(more);
    what[what.size() - 2] = Path("page.html");
    what.push_back(Program("heddle-corpus-det"));
    const Result result = Heddle(what);
    EXPECT_EQ(result.code, 0) << result.err;
    const std::string page = Read(Path("page.html"));
    const std::string data = "id=\"data\">";
    const size_t begin = page.find(data) + data.size();
    return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  }

  std::string schedule_;
};

constexpr char kHeadline[] =
    " (shutdown_lost_wakeup.cc:33) before T1 waits on it (shutdown_lost_wakeup.cc:24), so T1 "
    "sleeps for ever";

TEST_F(ReportSchedules, AFindingIsShrunkAndItsShrunkScheduleIsOnThePage) {
  const json page = Page({Path("found"), "--shrink", "60s"});
  ASSERT_TRUE(page["shrunk"].contains(schedule_)) << page["shrunk"];
  const std::string shrunk = page["shrunk"][schedule_];
  EXPECT_THAT(shrunk, HasSubstr("-shrunk/finding.schedule.json"));
  const std::string key = page["run"]["scenarios"][0]["cells"][0]["findings"][0]["signature"];
  for (const std::string& path : {schedule_, shrunk}) {
    const json& cause = page["timelines"][path]["causes"][key];
    EXPECT_THAT(cause["headline"].get<std::string>(),
                StartsWith("lost wake-up: T2 signals changed #"));
    EXPECT_THAT(cause["headline"].get<std::string>(), HasSubstr(kHeadline));
    EXPECT_THAT(cause["story"].dump(), HasSubstr("reads stopping #"));
  }
  // The folder may move: the link to the schedule is relative to the page.
  EXPECT_EQ(page["files"][schedule_],
            "found/" + std::filesystem::path(schedule_).filename().string());
}

TEST_F(ReportSchedules, NothingIsShrunkWithoutTime) {
  EXPECT_THAT(Page({Path("found"), "--shrink", "0"})["shrunk"], IsEmpty());
  EXPECT_FALSE(
      std::filesystem::exists(schedule_.substr(0, schedule_.find(".schedule.json")) + "-shrunk"));
}

TEST_F(ReportSchedules, WhatShrinkWroteIsTakenBesideItsFindingAndAlone) {
  EXPECT_EQ(Heddle({"shrink", schedule_, "--program", Program("heddle-corpus-det"), "--out",
                    Path("small")})
                .code,
            0);
  const std::string small = Path("small/finding.schedule.json");
  const json both = Page({Path("found"), Path("small"), "--shrink", "0"});
  EXPECT_EQ(both["run"]["scenarios"].size(), 1u);
  EXPECT_EQ(both["shrunk"][schedule_], small);
  for (const std::string& alone : {Path("small"), small, schedule_}) {
    const json page = Page({alone, "--shrink", "0"});
    const json& finding = page["run"]["scenarios"][0]["cells"][0]["findings"][0];
    EXPECT_EQ(finding["kind"], "lost-wakeup");
    const std::string key = finding["signature"];
    EXPECT_THAT(page["causes"][key]["headline"].get<std::string>(), HasSubstr(kHeadline));
  }
}

TEST_F(ReportSchedules, ExplainTellsTheCauseInSentences) {
  EXPECT_EQ(Heddle({"shrink", schedule_, "--program", Program("heddle-corpus-det"), "--out",
                    Path("small")})
                .code,
            0);
  const Result told = Heddle({"explain", Path("small"), "--program", Program("heddle-corpus-det")});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("T1 reads stopping #"));
  EXPECT_THAT(told.out, HasSubstr("T2 sets stopping #"));
  EXPECT_THAT(told.out, HasSubstr("(shutdown_lost_wakeup.cc:33), and nobody waits there."));
  EXPECT_THAT(told.out, HasSubstr("T1 sleeps on changed #"));
  EXPECT_THAT(told.out, HasSubstr("**essential**. Result without it: clean."));
}

}  // namespace
}  // namespace heddle::cli
