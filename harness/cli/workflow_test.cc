// The workflow for users: YAML, with the jobs that the pages speak of, and nothing in it that is
// not there. (Whether GitHub likes it only GitHub knows.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "nlohmann/json.hpp"

namespace heddle::harness {
namespace {

using ::testing::Contains;

const char kWorkflow[] = ".github/workflows/heddle.yml";

std::string Read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::set<std::string> AllMatches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex expression(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    found.insert((*at)[1]);
  }
  return found;
}

TEST(Workflow, HasTheJobsInTheirOrder) {
  const YAML::Node workflow = YAML::LoadFile(kWorkflow);
  const YAML::Node jobs = workflow["jobs"];
  ASSERT_EQ(jobs.size(), 4u);
  EXPECT_FALSE(jobs["test"]["needs"]);
  EXPECT_FALSE(jobs["fuzz"]["needs"]);
  EXPECT_EQ(jobs["explore"]["needs"].as<std::string>(), "test");
  EXPECT_EQ(jobs["merge"]["needs"].as<std::string>(), "explore");
  for (const auto& job : jobs) {
    EXPECT_TRUE(job.second["runs-on"]) << job.first;
    for (const YAML::Node& step : job.second["steps"]) {
      EXPECT_NE(step["run"].IsDefined(), step["uses"].IsDefined()) << step;
    }
  }
  EXPECT_TRUE(workflow["on"]["schedule"][0]["cron"]) << "the nightly";
}

TEST(Workflow, EachFlavourIsExploredByAllItsShards) {
  const YAML::Node explore = YAML::LoadFile(kWorkflow)["jobs"]["explore"];
  const auto flavours = explore["strategy"]["matrix"]["flavour"].as<std::vector<std::string>>();
  EXPECT_EQ(flavours, (std::vector<std::string>{"det", "tsan", "asan"}));
  const auto shards = explore["strategy"]["matrix"]["shard"].as<std::vector<int>>();
  for (size_t i = 0; i < shards.size(); ++i) EXPECT_EQ(shards[i], static_cast<int>(i) + 1);
  EXPECT_EQ(explore["env"]["SHARD"].as<std::string>(),
            "${{ matrix.shard }}/" + std::to_string(shards.size()));
}

TEST(Workflow, NamesOnlyWhatIsThere) {
  const std::string text = Read(kWorkflow);
  for (const std::string& script : AllMatches(text, "(scripts/[a-z]+\\.sh)")) {
    EXPECT_TRUE(std::filesystem::exists(script)) << script;
  }
  const auto presets = nlohmann::json::parse(Read("CMakePresets.json"));
  std::set<std::string> configure, build;
  for (const auto& preset : presets["configurePresets"]) configure.insert(preset["name"]);
  for (const auto& preset : presets["buildPresets"]) build.insert(preset["name"]);
  const YAML::Node matrix = YAML::Load(text)["jobs"]["test"]["strategy"]["matrix"]["include"];
  ASSERT_GE(matrix.size(), 6u);
  for (const YAML::Node& entry : matrix) {
    EXPECT_THAT(configure, Contains(entry["preset"].as<std::string>()));
    EXPECT_THAT(build, Contains(entry["flavour"].as<std::string>()));
  }
}

}  // namespace
}  // namespace heddle::harness
