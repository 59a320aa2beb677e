#include "sim/supervisor/libtool.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/process/process.h"
#include "sim/supervisor/launch.h"

namespace heddle::sim {
namespace {

namespace fs = std::filesystem;

class LibtoolTest : public testing::Test {
 protected:
  LibtoolTest() : folder_(*TemporaryFolder::Create()) {
    fs::create_directory(Path(".libs"));
    Write(".libs/server",
          "\x7f"
          "ELF");
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  void WriteScript() const {
    Write("server",
          "#! /bin/sh\n\n# server - temporary wrapper script for .libs/server\n"
          "    LD_LIBRARY_PATH=\"/build/a/.libs:/build/b/.libs:$LD_LIBRARY_PATH\"\n");
  }

  TemporaryFolder folder_;
};

TEST_F(LibtoolTest, TheProgramBehindAScriptRunsWithItsFolders) {
  WriteScript();
  EXPECT_EQ(ProgramBehind(Path("server")), Path(".libs/server"));
  EXPECT_EQ(LibtoolLibraryPath(Path(".libs/server")), "/build/a/.libs:/build/b/.libs");

  ProgramOptions options;
  options.arguments = {Path(".libs/server")};
  const std::vector<std::string> environment = EnvironmentOf(options, options.arguments[0]);
  EXPECT_EQ(std::count(environment.begin(), environment.end(),
                       "LD_LIBRARY_PATH=/build/a/.libs:/build/b/.libs"),
            1);
}

TEST_F(LibtoolTest, WhatTheUserSetsForTheLoaderCounts) {
  WriteScript();
  ProgramOptions options;
  options.arguments = {Path(".libs/server")};
  options.environment = {"LD_LIBRARY_PATH=/mine"};
  const std::vector<std::string> environment = EnvironmentOf(options, options.arguments[0]);
  EXPECT_EQ(std::count(environment.begin(), environment.end(), "LD_LIBRARY_PATH=/mine"), 1);
  for (const std::string& each : environment) EXPECT_EQ(each.find("/build/a"), std::string::npos);
}

TEST_F(LibtoolTest, AProgramThatWasLinkedAnewIsTaken) {
  WriteScript();
  Write(".libs/lt-server",
        "\x7f"
        "ELF");
  EXPECT_EQ(ProgramBehind(Path("server")), Path(".libs/lt-server"));
  EXPECT_EQ(LibtoolLibraryPath(Path(".libs/lt-server")), "/build/a/.libs:/build/b/.libs");
}

TEST_F(LibtoolTest, OtherFilesStayWhatTheyAre) {
  Write("server", "#! /bin/sh\nLD_LIBRARY_PATH=\"/elsewhere:$LD_LIBRARY_PATH\"\n");
  EXPECT_EQ(ProgramBehind(Path("server")), Path("server"));
  EXPECT_EQ(LibtoolLibraryPath(Path(".libs/server")), "");
  EXPECT_EQ(ProgramBehind(Path("missing")), Path("missing"));
  EXPECT_EQ(ProgramBehind(Path(".libs/server")), Path(".libs/server"));
}

TEST_F(LibtoolTest, AScriptWithoutItsProgramStays) {
  WriteScript();
  fs::remove(Path(".libs/server"));
  EXPECT_EQ(ProgramBehind(Path("server")), Path("server"));
}

}  // namespace
}  // namespace heddle::sim
