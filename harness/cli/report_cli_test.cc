// What the command line leaves behind and tells afterwards: reports, the campaign store, help.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"
#include "reports/testing/json_schema.h"
#include "sim/process/process.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using sim::ExecutableFolder;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ReportCli : public RunCli {
 protected:
  ReportCli() : RunCli({"FAKE_HOST=end", "NO_COLOR=", "HEDDLE_STORE="}, std::chrono::minutes(1)) {
    const char* trace = "scenarios/traces/devnet-4v-short.jsonl.zst";
    fs::create_symlink(fs::absolute(trace), Path("trace.jsonl.zst"));
  }

  Result Run(const std::vector<std::string>& arguments) const { return Heddle(arguments); }

  // A run that finds something, kept in the folder "kept".
  void RunKept() const {
    std::ofstream(Path("fake.yaml")) << "description: a fake host\ntrace: trace.jsonl.zst\n"
                                        "mode: lockstep\ndispatchers: [async]\n";
    const Result result = Run({"run", Path("fake.yaml"), "--hosts", ExecutableFolder() + "/fake",
                               "--keep", Path("kept")});
    EXPECT_EQ(result.code, 1) << result.out << result.err;
  }
};

TEST_F(ReportCli, EveryKindOfReport) {
  RunKept();
  const Result result =
      Run({"report", Path("kept"), "--html", Path("r.html"), "--junit", Path("r.xml"), "--sarif",
           Path("r.sarif"), "--markdown", Path("r.md"), "--perfetto", Path("r.json")});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(Read(Path("r.html")), StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(Read(Path("r.xml")), HasSubstr("<failure "));
  EXPECT_EQ(json::parse(Read(Path("r.sarif")))["version"], "2.1.0");
  EXPECT_THAT(Read(Path("r.md")), StartsWith("### "));
  EXPECT_TRUE(json::parse(Read(Path("r.json")))["traceEvents"].is_array());
}

TEST_F(ReportCli, ADivergenceHasBothTrees) {
  RunKept();  // the host claims another head at the end
  const json results = json::parse(Read(Path("kept/result.json")));
  const json& finding = results["scenarios"][0]["cells"][0]["findings"][0];
  EXPECT_EQ(finding["kind"], "divergence");
  ASSERT_EQ(finding["chains"].size(), 2u);
  const json& reference = finding["chains"][0];
  const json& host = finding["chains"][1];
  EXPECT_NE(reference["head"]["root"], host["head"]["root"]);
  EXPECT_GT(reference["head"]["slot"], 0) << "known from the trace";
  EXPECT_EQ(host["head"]["slot"], 0) << "no such block";
  ASSERT_GT(reference["blocks"].size(), 1u);
  std::set<std::string> roots;
  for (const json& block : reference["blocks"]) roots.insert(block["root"]);
  size_t joined = 0;
  for (const json& block : reference["blocks"]) joined += roots.count(block["parent"]);
  EXPECT_EQ(joined, roots.size() - 1) << "one tree";
}

TEST_F(ReportCli, ThePageIsBesideTheResultsByDefault) {
  RunKept();
  EXPECT_EQ(Run({"report", Path("kept")}).code, 0);
  EXPECT_THAT(Read(Path("kept/report.html")), StartsWith("<!DOCTYPE html>"));
  const Result markdown = Run({"report", Path("kept/result.json"), "--markdown", "-"});
  EXPECT_THAT(markdown.out, StartsWith("### "));
}

TEST_F(ReportCli, JsonIsThatOfRuns) {
  RunKept();
  const json schema = reports::LoadJson("reports/run.schema.json");
  const Result report = Run({"report", Path("kept"), "--json"});
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_EQ(reports::ValidateJson(json::parse(report.out), schema, schema), "");
  EXPECT_FALSE(fs::exists(Path("kept/report.html"))) << "only what was asked for";
  const Result merged = Run({"merge", Path("kept"), "--out", Path("merged"), "--json"});
  EXPECT_EQ(merged.code, 1);
  EXPECT_EQ(reports::ValidateJson(json::parse(merged.out), schema, schema), "");
}

TEST_F(ReportCli, ProblemsAreLinesThatEditorsMatch) {
  RunKept();
  const Result result = Run({"report", Path("kept"), "--problems", "-"});
  EXPECT_EQ(result.code, 0) << result.err;
  // A divergence has no place in the code: its scenario has.
  EXPECT_THAT(result.out,
              testing::ContainsRegex("fake.yaml:1: error: divergence: .*\\[heddle run "));
}

TEST_F(ReportCli, BadResultsExitWith2) {
  EXPECT_EQ(Run({"report", Path("nothing")}).code, 2);
  std::ofstream(Path("result.json")) << "{}";
  const Result result = Run({"report", Path("result.json")});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("result.json: is not a result"));
}

TEST_F(ReportCli, AFindingSeenAgainIsRecognised) {
  RunKept();
  RunKept();
  const Result list = Run({"findings", "--store", Path("kept"), "--json"});
  EXPECT_EQ(list.code, 0) << list.err;
  const json findings = json::parse(list.out);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0]["runs"], 2);
  EXPECT_EQ(findings[0]["subject"], "fake");
  const std::string id = std::to_string(findings[0]["id"].get<int>());
  const Result show = Run({"findings", "--store", Path("kept"), "show", id});
  EXPECT_EQ(show.code, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("in 2 runs"));
  EXPECT_THAT(show.out, HasSubstr("fake.yaml"));
  EXPECT_THAT(Run({"findings", "--store", Path("kept")}).out, HasSubstr("fake: "));
  EXPECT_EQ(Run({"findings", "--store", Path("kept"), "show", "99"}).code, 2);
  EXPECT_EQ(Run({"findings", "--store", Path("nowhere")}).code, 2);
}

TEST_F(ReportCli, TheStarterIsAScenario) {
  const Result result = Run({"init", Path("mine.yaml")});
  EXPECT_EQ(result.code, 0) << result.err;
  const Result list = Run({"list", Path("mine.yaml")});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("mine"));
  EXPECT_THAT(Read(Path("mine.yaml")), StartsWith("# yaml-language-server: $schema="));
  EXPECT_EQ(Run({"init", Path("mine.yaml")}).code, 2) << "never over what is there";
}

TEST_F(ReportCli, DoctorLooksAtEverything) {
  const Result result = Run({"doctor", "--json"});
  EXPECT_TRUE(result.code == 0 || result.code == 3);
  bool missing = false;
  std::vector<std::string> names;
  for (const json& check : json::parse(result.out)) {
    names.push_back(check["name"]);
    if (check["state"] == "missing") missing = true;
    EXPECT_EQ(check["state"] == "ok", check["remedy"] == "") << check;
  }
  EXPECT_EQ(missing, result.code == 3);
  for (const char* name : {"symbolizer", "flavour native", "flavour asan", "FSGSBASE",
                           "system calls", "ASLR control", "clang-14"}) {
    EXPECT_THAT(names, testing::Contains(name));
  }
}

// --- Help ---------------------------------------------------------------------------------------

std::vector<std::string> Commands(const std::string& help) {
  std::vector<std::string> names;
  std::istringstream lines(help.substr(help.find("Subcommands:")));
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 3 && line.compare(0, 2, "  ") == 0 && line[2] != ' ') {
      names.push_back(line.substr(2, line.find(' ', 2) - 2));
    }
  }
  return names;
}

TEST_F(ReportCli, HelpCommandIsTheCommandsHelp) {
  const std::vector<std::string> commands = Commands(Run({"--help"}).out);
  EXPECT_THAT(commands, testing::IsSupersetOf({"run", "explore", "report", "findings", "doctor"}));
  for (const std::string& command : commands) {
    const Result result = Run({"help", command});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.out, Run({command, "--help"}).out) << command;
  }
  EXPECT_EQ(Run({"help", "findings", "show"}).out, Run({"findings", "show", "--help"}).out);
  const Result unknown = Run({"help", "exlpore"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'explore'?"));
}

TEST_F(ReportCli, AnUnknownCommandIsNamedWithTheNearest) {
  const Result unknown = Run({"repotr", "x"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("there is no command 'repotr'; did you mean 'report'?"));
  EXPECT_THAT(Run({"trace", "verfy"}).err, HasSubstr("'verfy'; did you mean 'verify'?"));
  EXPECT_THAT(Run({"frobnicate"}).err,
              HasSubstr("there is no command 'frobnicate'; heddle --help lists all commands"));
}

TEST_F(ReportCli, TheManPageHasEveryCommandAndOption) {
  const std::string page = Run({"help", "--man"}).out;
  EXPECT_THAT(page, StartsWith(".TH HEDDLE 1\n"));
  for (const std::string& command : Commands(Run({"--help"}).out)) {
    EXPECT_THAT(page, HasSubstr(".SS heddle " + command + "\n"));
  }
  EXPECT_THAT(page, HasSubstr("\\-\\-sarif VALUE\n"));
  EXPECT_THAT(page, HasSubstr(".SS heddle trace slice\n"));
  // Every option of every command's help.
  for (const std::string& command : Commands(Run({"--help"}).out)) {
    std::istringstream lines(Run({"help", command}).out);
    for (std::string line; std::getline(lines, line);) {
      const size_t at = line.find("--");
      if (at == std::string::npos || at > 6 || line[0] != ' ') continue;
      const std::string name = line.substr(at + 2, line.find_first_of(" ,[=", at) - at - 2);
      EXPECT_THAT(page, HasSubstr("\\-\\-" + absl::StrReplaceAll(name, {{"-", "\\-"}})))
          << command << ": " << line;
    }
  }
}

TEST_F(ReportCli, BashCompletes) {
  const std::string script = Path("completion");
  std::ofstream(script) << Run({"help", "--completion", "bash"}).out
                        << "complete_words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
                           "_heddle; echo \"${COMPREPLY[*]}\"; }\n"
                           "complete_words heddle explo\n"
                           "complete_words heddle report --sa\n"
                           "complete_words heddle trace sl\n"
                           "complete_words heddle run --flavour t\n"
                           "complete_words heddle explore -s pc\n"
                           "complete_words "
                        << Program("heddle") << " run burst-sho\n";
  const Result result = Execute({"/bin/bash", script});
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, "explore\n--sarif\nslice\ntsan\npct pctwm\nburst-short\n");
  EXPECT_THAT(Run({"help", "--completion", "zsh"}).out, HasSubstr("bashcompinit"));
  EXPECT_THAT(
      Run({"help", "--completion", "fish"}).out,
      HasSubstr("complete -c heddle -n '__fish_seen_subcommand_from report' -l sarif -d '"));
  EXPECT_EQ(Run({"help", "--completion", "tcsh"}).code, 2);
}

}  // namespace
}  // namespace heddle::cli
