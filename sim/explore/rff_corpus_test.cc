#include "sim/explore/rff_corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sim/explore/explore.h"

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;

class RffCorpusTest : public testing::Test {
 protected:
  RffCorpusTest() : out_(testing::TempDir() + "heddle_rff_corpus_" + std::to_string(getpid())) {}
  ~RffCorpusTest() override { std::filesystem::remove_all(out_); }

  ExploreOptions Options() const {
    ExploreOptions options;
    options.program.arguments = {HEDDLE_PROGRAMS "/heddle-corpus-det", "peterson", "right"};
    options.spec.strategy = *ParseStrategySpec("rff");
    options.subject_path = options.program.arguments[0];
    options.subject_hash = "one";
    options.schedules = 200;
    options.keep_clean = 200;
    options.out = out_;
    return options;
  }

  // The choices of each execution.
  static std::vector<std::vector<Step>> Explored(const ExploreOptions& options,
                                                 uint64_t learnt_before) {
    const absl::StatusOr<ExploreResult> result = Explore(options);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) return {};
    EXPECT_EQ(result->learnt_before, learnt_before);
    EXPECT_EQ(result->kept.size(), options.schedules);
    std::vector<std::vector<Step>> steps;
    for (const std::string& path : result->kept) {
      absl::StatusOr<Schedule> schedule = ReadSchedule(path);
      EXPECT_TRUE(schedule.ok()) << schedule.status();
      if (schedule.ok()) steps.push_back(std::move(schedule->steps));
    }
    return steps;
  }

  std::string CorpusFile() const {
    for (const auto& entry : std::filesystem::directory_iterator(out_)) {
      if (entry.path().string().ends_with(".corpus.json")) return entry.path();
    }
    return "";
  }

  const std::string out_;
};

TEST_F(RffCorpusTest, ASecondCampaignGoesOn) {
  ExploreOptions options = Options();
  const auto first = Explored(options, 0);
  const std::string file = CorpusFile();
  ASSERT_NE(file, "");
  std::filesystem::copy(file, out_ + "/copy");
  const auto second = Explored(options, 200);
  EXPECT_NE(second, first);
  // The same folder and seed, the same campaign.
  std::filesystem::rename(out_ + "/copy", file);
  EXPECT_EQ(Explored(options, 200), second);
  std::filesystem::remove(file);
  EXPECT_EQ(Explored(options, 0), first);
}

TEST_F(RffCorpusTest, AnotherBuildBeginsAnew) {
  ExploreOptions options = Options();
  const auto first = Explored(options, 0);
  options.subject_hash = "another";
  const absl::StatusOr<ExploreResult> result = Explore(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->learnt_before, 0u);
  ASSERT_EQ(result->warnings.size(), 1u);
  EXPECT_THAT(result->warnings[0], HasSubstr("another build"));
  Explored(options, 200);
  // Other flavours' builds do not matter; one whose name does not tell its flavour does.
  options.subject_builds = {{"tsan", "any"}};
  Explored(options, 400);
  options.subject_builds = {{"", "any"}};
  Explored(options, 0);
}

TEST_F(RffCorpusTest, OtherStrategiesKeepNothing) {
  ExploreOptions options = Options();
  options.spec.strategy = *ParseStrategySpec("auto");
  Explored(options, 0);
  EXPECT_EQ(CorpusFile(), "");
}

TEST_F(RffCorpusTest, SaysWhatIsWrongWithAFile) {
  const ExploreOptions options = Options();
  Explored(options, 0);
  const std::string file = CorpusFile();
  const auto expect = [&](const std::string& text, const std::string& message) {
    std::ofstream(file) << text;
    const absl::StatusOr<ExploreResult> result = Explore(options);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << text.substr(0, 100);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(file));
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(message));
  };
  const std::string head =
      R"({"format":"heddle-rff-corpus","version":1,"campaign":"","schedules":)";
  expect("", "");
  expect("{", "");
  expect("[]", "expected an object");
  expect(R"({"format":"heddle-schedule"})", "heddle-rff-corpus");
  expect(R"({"format":"heddle-rff-corpus","version":2})", "version");
  expect(head + "-1,\"words\":[]}", "schedules");
  expect(head + "1,\"words\":7}", "words");
  expect(head + "1,\"words\":[-1]}", "words");
  expect(head + "1,\"words\":[1,2,3]}", "remove the file");
  expect(std::string(100'000, '['), "");
  expect(std::string(kMaxCorpusBytes + 1, ' '), "no corpus is that long");
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_FALSE(Explore(options).ok());
}

}  // namespace
}  // namespace heddle::sim
