// Files of others: looking at one runs nothing that it names and takes nothing from elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "harness/cli/run_cli_test.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr int kCannotRunCode = 3;

class FilesOfOthers : public RunCli {
 protected:
  // A campaign that found something. Its schedule file is made to name `program` and `argument`.
  void Plant(const std::string& program, const std::string& argument) {
    const std::string corpus = Program("heddle-corpus-det");
    EXPECT_EQ(Heddle({"explore", "--program", corpus, "--out", Path("found"), "--", "lost-update",
                      "broken"})
                  .code,
              1);
    for (const fs::directory_entry& entry : fs::directory_iterator(Path("found"))) {
      if (entry.path().string().ends_with(".schedule.json")) schedule_ = entry.path();
    }
    Replace(schedule_, {{corpus, program}, {"lost-update", argument}});
  }
  static void Replace(const std::string& file,
                      const std::vector<std::pair<std::string, std::string>>& texts) {
    const std::string changed = absl::StrReplaceAll(Read(file), texts);
    EXPECT_NE(changed, Read(file));
    std::ofstream(file) << changed;
  }
  // Leaves a trace when it runs.
  std::string Script() {
    const std::string script = Path("script-det");
    std::ofstream(script) << "#!/bin/sh\ntouch " << Path("ran") << "\n";
    fs::permissions(script, fs::perms::owner_all);
    return script;
  }
  bool Ran() const { return fs::exists(Path("ran")); }

  std::string schedule_;
};

TEST_F(FilesOfOthers, RunNoProgramThatTheUserDidNotName) {
  Plant(Script(), "x");
  for (const std::vector<std::string>& how :
       {std::vector<std::string>{}, {"--print"}, {"--gdb"}, {"--flavour", "tsan"}}) {
    std::vector<std::string> command = {"replay", schedule_};
    command.insert(command.end(), how.begin(), how.end());
    const Result replay = Heddle(command);
    EXPECT_EQ(replay.code, kCannotRunCode) << replay.err;
    EXPECT_THAT(replay.err, HasSubstr("name it: --program "));
  }
  EXPECT_EQ(Heddle({"shrink", schedule_}).code, kCannotRunCode);
  const Result report = Heddle({"report", Path("found")});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.err, HasSubstr("does not run unasked"));
  EXPECT_EQ(Heddle({"findings", "--store", Path("found")}).code, 0);
  EXPECT_EQ(Heddle({"merge", Path("found"), "--out", Path("merged")}).code, 1);
  EXPECT_FALSE(Ran());
  // Named, it runs; it holds no runtime.
  EXPECT_NE(Heddle({"replay", schedule_, "--program", Script()}).code, 0);
  EXPECT_TRUE(Ran());
}

TEST_F(FilesOfOthers, EveryCommandRunsTheCommandBeforeAnExecution) {
  Plant(Program("heddle-corpus-det"), "lost-update ");
  Replace(schedule_, {{"lost-update ", "lost-update"}});
  const std::vector<std::string> how = {"--program", Program("heddle-corpus-det"), "--before",
                                        "touch " + Path("ran")};
  const auto runs = [&](std::vector<std::string> command) {
    fs::remove(Path("ran"));
    command.insert(command.end(), how.begin(), how.end());
    EXPECT_EQ(Heddle(command).code, 0) << command[0];
    EXPECT_TRUE(Ran()) << command[0];
  };
  runs({"replay", schedule_});
  runs({"shrink", schedule_, "--out", Path("small")});
  runs({"explain", Path("small/finding.schedule.json")});
  runs({"report", Path("found")});
}

TEST_F(FilesOfOthers, ExplainRunsNoProgramThatTheUserDidNotName) {
  Plant(Program("heddle-corpus-det"), "lost-update ");
  Replace(schedule_, {{"lost-update ", "lost-update"}});
  EXPECT_EQ(Heddle({"shrink", schedule_, "--out", Path("small"), "--program",
                    Program("heddle-corpus-det")})
                .code,
            0);
  const std::string small = Path("small/finding.schedule.json");
  const Result told = Heddle({"explain", small, "--program", Program("heddle-corpus-det")});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("reads hits #"));
  EXPECT_THAT(told.out, HasSubstr("(lost_update.cc:"));
  Replace(small, {{Program("heddle-corpus-det"), Script()}});
  const Result explain = Heddle({"explain", small});
  EXPECT_EQ(explain.code, kCannotRunCode);
  EXPECT_THAT(explain.err, HasSubstr("does not run unasked"));
  EXPECT_FALSE(Ran());
}

TEST_F(FilesOfOthers, MergeCopiesSchedulesOfTheFolderOnly) {
  Plant(Script(), "x");
  std::ofstream(Path("secret")) << "a secret";
  const std::string name = fs::path(schedule_).filename();
  const auto merged = [this] {
    fs::remove_all(Path("merged"));
    EXPECT_NE(Heddle({"merge", Path("found"), "--out", Path("merged")}).code, 0);
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(Path("merged"))) {
      names.push_back(entry.path().filename());
      EXPECT_THAT(Read(entry.path()), Not(HasSubstr("a secret")));
    }
    return names;
  };
  EXPECT_THAT(merged(), UnorderedElementsAre(name, "result.json", "store.sqlite"));
  // Elsewhere, and not a schedule's name.
  Replace(Path("found/result.json"), {{schedule_, Path("secret")}});
  EXPECT_THAT(merged(), UnorderedElementsAre("result.json", "store.sqlite"));
  // A link out of the folder.
  Replace(Path("found/result.json"), {{Path("secret"), "x.schedule.json"}});
  fs::create_symlink(Path("secret"), Path("found/x.schedule.json"));
  EXPECT_THAT(merged(), UnorderedElementsAre("result.json", "store.sqlite"));
  // A file of the folder that is no schedule.
  fs::remove(Path("found/x.schedule.json"));
  std::ofstream(Path("found/x.schedule.json")) << "a secret";
  fs::remove_all(Path("merged"));
  EXPECT_EQ(Heddle({"merge", Path("found"), "--out", Path("merged")}).code, 2);
}

}  // namespace
}  // namespace heddle::cli
