#include "harness/run/program_builds.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heddle::harness {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

// In a folder of its own, which is the current one.
class ProgramBuilds : public testing::Test {
 protected:
  ProgramBuilds() : before_(fs::current_path()) {
    std::string folder = fs::temp_directory_path() / "builds-XXXXXX";
    folder_ = fs::canonical(mkdtemp(folder.data()));
    fs::create_directories(folder_ / "work/build");
    fs::current_path(folder_ / "work");
    schedule_.flavour = "det";
  }
  ~ProgramBuilds() override {
    fs::current_path(before_);
    fs::remove_all(folder_);
  }

  // A file that holds the runtime, or one that does not.
  void Copy(const std::string& to) { fs::copy_file(absl::StrCat(HEDDLE_CORPUS, "det"), to); }
  void Write(const std::string& to) { std::ofstream(to) << "#!/bin/sh\n"; }

  void Record(const std::string& program) {
    schedule_.subject_path = program;
    schedule_.subject_builds = HashBuilds(program);
  }
  std::string Objection(absl::string_view flavour = "det") {
    const absl::StatusOr<std::string> found = FindBuild(schedule_, "x.json", flavour);
    return found.ok() ? "" : std::string(found.status().message());
  }

  const fs::path before_;
  fs::path folder_;
  sim::Schedule schedule_;
};

TEST_F(ProgramBuilds, BuildsDifferByTheirEnding) {
  EXPECT_EQ(EndingOf("a/queue-tsan"), "tsan");
  EXPECT_EQ(EndingOf("a/queue"), "");
  EXPECT_EQ(EndingOf("a/det"), "");
  EXPECT_EQ(BuildIn("a/queue-tsan", "det"), "a/queue-det");
  EXPECT_EQ(BuildIn("a/queue", "det"), "a/queue");
}

TEST_F(ProgramBuilds, EachBuildThatIsThereIsHashed) {
  Write("build/a-det");
  Write("build/a-asan");
  Write("build/b");
  EXPECT_THAT(HashBuilds("build/a-det"), UnorderedElementsAre(Key("det"), Key("asan")));
  EXPECT_THAT(HashBuilds("build/b"), UnorderedElementsAre(Key("")));
  EXPECT_THAT(HashBuilds("build/c"), UnorderedElementsAre());
  // SHA-256 of the script's only line.
  EXPECT_EQ(HashBuilds("build/b")[""],
            "a8076d3d28d21e02012b20eaf7dbf75409a6277134439025f282e368e3305abf");
}

TEST_F(ProgramBuilds, WhatWasRecordedRunsInEveryFlavour) {
  Copy("build/a-det");
  Copy("build/a-tsan");
  Record("build/a-det");
  EXPECT_EQ(FindBuild(schedule_, "x.json", "det").value_or(""), "build/a-det");
  EXPECT_EQ(FindBuild(schedule_, "x.json", "tsan").value_or(""), "build/a-tsan");
  EXPECT_THAT(Objection("asan"), HasSubstr("build/a-asan, is not there"));
  Record(fs::absolute("build/a-det"));
  EXPECT_EQ(Objection(), "");
}

TEST_F(ProgramBuilds, ABuildFolderMayBeALink) {
  Copy(folder_ / "a-det");
  fs::create_directory_symlink(folder_, "linked");
  Record("linked/a-det");
  EXPECT_EQ(Objection(), "");
}

TEST_F(ProgramBuilds, WhatHasChangedDoesNotRun) {
  Copy("build/a-det");
  Record("build/a-det");
  std::ofstream("build/a-det", std::ios::app) << "more";
  EXPECT_THAT(Objection(), HasSubstr("its content has changed"));
  EXPECT_THAT(Objection(), HasSubstr("name it: --program build/a-det"));
  schedule_.subject_builds.clear();
  EXPECT_THAT(Objection(), HasSubstr("without the hash"));
}

TEST_F(ProgramBuilds, WhatDoesNotHoldTheRuntimeDoesNotRun) {
  Write("build/a-det");
  Record("build/a-det");
  EXPECT_THAT(Objection(), HasSubstr("does not hold Heddle's runtime"));
}

TEST_F(ProgramBuilds, WhatIsNotBelowTheCurrentFolderDoesNotRun) {
  Copy(folder_ / "a-det");
  for (const std::string& path : {std::string("../a-det"), (folder_ / "a-det").string()}) {
    Record(path);
    EXPECT_THAT(Objection(), HasSubstr("is not below the current folder"));
  }
  Record("build/../../a-det");
  EXPECT_THAT(Objection(), HasSubstr("is not below the current folder"));
  Record("/bin/sh");
  EXPECT_THAT(Objection(), HasSubstr("is not below the current folder"));
}

}  // namespace
}  // namespace heddle::harness
