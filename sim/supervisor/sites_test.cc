#include "sim/supervisor/sites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;

bool Matches(const char* site, const std::vector<Frame>& frames) {
  const absl::StatusOr<Site> parsed = Site::Parse(site);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() && parsed->Matches(frames);
}

const std::vector<Frame> kInlined = {
    {.function = "std::vector::push_back", .file = "/usr/include/vector", .line = 10, .column = 3},
    {.function = "Store::Add", .file = "/home/x/chain/store.cc", .line = 120, .column = 14},
    {.function = "main", .file = "/home/x/main.cc", .line = 5, .column = 1}};

TEST(Site, MatchesTheEndOfThePathTheLineAndTheColumnIfGiven) {
  EXPECT_TRUE(Matches("vector:10", kInlined));
  EXPECT_TRUE(Matches("include/vector:10:3", kInlined));
  EXPECT_TRUE(Matches("/usr/include/vector:10", kInlined));
  EXPECT_FALSE(Matches("vector:10:4", kInlined));
  EXPECT_FALSE(Matches("vector:1", kInlined));
  EXPECT_FALSE(Matches("ector:10", kInlined));
  EXPECT_FALSE(Matches("chain/store.cc:120", kInlined));  // not the innermost line
  EXPECT_FALSE(Matches("vector:10", {}));
}

TEST(Site, ACallerMustMatchAsFarAsItIsInlined) {
  EXPECT_TRUE(Matches("vector:10<store.cc:120", kInlined));
  EXPECT_TRUE(Matches("vector:10:3<chain/store.cc:120:14<main.cc:5", kInlined));
  EXPECT_FALSE(Matches("vector:10<store.cc:121", kInlined));
  // Here the caller calls it.
  EXPECT_TRUE(Matches("vector:10<store.cc:121", {kInlined.front()}));
}

TEST(Site, WhatIsNoSiteIsSaid) {
  for (const char* text : {"", "store.cc", "store.cc:", "store.cc:0", "store.cc:x", ":12",
                           "store.cc:12:0", "store.cc:1:2:3", "store.cc:12<", "<store.cc:12"}) {
    const absl::Status status = Site::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("FILE:LINE")) << text;
  }
}

TEST(AccessCalls, FindsThemInEveryFlavour) {
  for (const char* flavour : {"det", "tsan", "asan"}) {
    const auto calls = AccessCalls(std::string(HEDDLE_PROGRAMS "/kernel-lost_update-") + flavour);
    ASSERT_TRUE(calls.ok()) << calls.status();
    EXPECT_GT(calls->size(), 1u) << flavour;
  }
}

TEST(AccessCalls, OtherFilesAreRefused) {
  EXPECT_EQ(AccessCalls("/bin/true").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AccessCalls("/no-such-file").status().code(), absl::StatusCode::kFailedPrecondition);
  // A header that points behind its end.
  const std::string path = ::testing::TempDir() + "/cut-short";
  std::ifstream whole(HEDDLE_PROGRAMS "/kernel-lost_update-det", std::ios::binary);
  std::string start(4096, '\0');
  whole.read(start.data(), static_cast<std::streamsize>(start.size()));
  std::ofstream(path, std::ios::binary) << start;
  EXPECT_EQ(AccessCalls(path).status().code(), absl::StatusCode::kFailedPrecondition);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace heddle::sim
