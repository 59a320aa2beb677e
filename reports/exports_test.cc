// JUnit, SARIF, Markdown, the result file and the HTML page, over the same results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "reports/html.h"
#include "reports/json.h"
#include "reports/junit.h"
#include "reports/markdown.h"
#include "reports/result_file.h"
#include "reports/sarif.h"

namespace heddle::reports {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using sim::Frame;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What a program under test may be called, at its worst.
constexpr char kNasty[] = "</script><b a=\"1\">&'`|\x01\xff\n";

Finding Race() {
  Finding finding;
  finding.kind = FindingKind::kDataRace;
  finding.detail = "data-race";
  finding.source = "ThreadSanitizer";
  finding.message = absl::StrCat("Write in A", kNasty);
  finding.stacks = {
      {.title = "Write of size 8 by thread T1 'producer'",
       .thread = "T1 producer",
       .is_access = true,
       .frames = {{.function = "memmove", .module = "host"},
                  {.function = "chain::Store::OnBlock(int)",
                   .file = "/repo/src/chain/store.cc",
                   .line = 12,
                   .column = 3,
                   .own = true},
                  {.function = "Loop", .file = "/repo/src/my loop.cc", .line = 5, .own = true}}},
      {.title = "Previous read of size 8 by main thread",
       .thread = "main",
       .is_access = true,
       .frames = {{.function = "Other", .file = "/else/where.cc", .line = 7, .own = true}}}};
  finding.text = absl::StrCat("WARNING: ThreadSanitizer: data race", kNasty);
  finding.dedup_key = "0123456789abcdef";
  finding.schedule = "findings/a.schedule.json";
  finding.count = 4;
  finding.runs = 2;
  finding.first_run = 3;
  return finding;
}

Finding Divergence() {
  Finding finding;
  finding.kind = FindingKind::kDivergence;
  finding.source = "serialisability";
  finding.detail = "head_root";
  finding.message = "the end: head_root is 0x02, expected 0x01";
  finding.dedup_key = "fedcba9876543210";
  ChainView chain;
  chain.name = "the host";
  chain.head = {"0x02", 9};
  chain.justified = {"0x01", 8};
  chain.blocks = {{"0x01", "0x00", 8, 4}, {"0x02", "0x01", 9, 2}};
  finding.chains = {chain, chain};
  return finding;
}

ScenarioResult Failed() {
  ScenarioResult result;
  result.name = "broken";
  result.path = "scenarios/broken.yaml";
  result.description = kNasty;
  result.again = "heddle run scenarios/broken.yaml";
  CellResult cell;
  cell.dispatcher = sim::Dispatcher::kAsync;
  cell.flavour = sim::Flavour::kTsan;
  cell.runs = 10;
  cell.duration = std::chrono::milliseconds(1530);
  cell.events = 12'345;
  cell.reached = {Situation::kInterleaved};
  cell.reason = "2 findings, expected clean";
  cell.explored = Explored{.schedules = 10, .distinct = 9};
  cell.explored->curve = {{5, 4, 3, 0}, {10, 9, 7, 2}};
  cell.findings = {Race(), Divergence()};
  result.cells = {cell};
  cell.met = true;
  cell.reason.clear();
  cell.findings.clear();
  cell.explored.reset();
  result.cells.push_back(cell);
  result.duration = std::chrono::seconds(2);
  return result;
}

ScenarioResult Unable() {
  ScenarioResult result;
  result.name = "nowhere";
  result.again = "heddle run nowhere";
  result.environment = "flavour <tsan> is not built";
  return result;
}

ScenarioResult Program() {
  ScenarioResult result;
  result.name = "queue_test";
  result.path = "./queue_test-det";
  result.again = "heddle explore --program ./queue_test-det";
  result.is_program = true;
  CellResult cell;
  cell.flavour = sim::Flavour::kDet;
  cell.met = true;
  result.cells = {cell};
  return result;
}

std::vector<ScenarioResult> All() { return {Failed(), Unable(), Program()}; }

std::string Text(const ordered_json& value) {
  return value.dump(1, ' ', false, ordered_json::error_handler_t::replace);
}

// --- The result file ----------------------------------------------------------------------------

TEST(ResultFile, ComesBackAsItWas) {
  std::vector<ScenarioResult> all = All();
  all[0].cells[0].findings[0].status = FindingStatus::kAllowed;
  const std::string text = Text(RenderJson(all));
  const auto again = ParseResults(text, "result.json");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Text(RenderJson(*again)), text);
  EXPECT_TRUE((*again)[2].is_program);
}

TEST(ResultFile, WithoutStatusesTheFindingsOfACellThatIsMetAreTheExpectedOnes) {
  ScenarioResult result = Failed();
  result.expects_findings = true;
  for (const bool met : {true, false}) {
    result.cells[0].met = met;
    result.cells[0].findings = {Divergence()};
    nlohmann::ordered_json json = RenderJson(std::vector{result});
    json["scenarios"][0]["cells"][0]["findings"][0].erase("status");
    const auto back = ParseResults(Text(json), "r");
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ((*back)[0].cells[0].findings[0].status,
              met ? FindingStatus::kExpected : FindingStatus::kUnexpected);
  }
}

TEST(ResultFile, NamesTheErrorAndItsPlace) {
  const auto error = [](const std::string& text) {
    return std::string(ParseResults(text, "r.json").status().message());
  };
  EXPECT_THAT(error("{"), StartsWith("r.json: not JSON"));
  EXPECT_THAT(error("{}"), StartsWith("r.json: is not a result"));
  EXPECT_THAT(error(std::string(200'000, '[')), HasSubstr("nested more than"));
  EXPECT_THAT(error(R"({"format": "else"})"), StartsWith("r.json: is not a result"));
  json good = json::parse(Text(RenderJson(All())));
  json bad = good;
  bad["version"] = 99;
  EXPECT_EQ(error(bad.dump()), "r.json: version: expected 1, got 99");
  bad = good;
  bad["scenarios"][0]["cells"][0]["findings"][1]["kind"] = "typo";
  EXPECT_THAT(
      error(bad.dump()),
      StartsWith("r.json: scenarios[0].cells[0].findings[1].kind: \"typo\" is not one of "));
  bad = good;
  bad["scenarios"][0]["cells"][1].erase("runs");
  EXPECT_EQ(error(bad.dump()), "r.json: scenarios[0].cells[1].runs: is missing");
  bad = good;
  bad["scenarios"][0]["cells"][0]["findings"][0]["stacks"][0]["frames"][0]["line"] = -1;
  EXPECT_THAT(error(bad.dump()), HasSubstr("frames[0].line: expected a whole number"));
  bad["scenarios"] = 3;
  EXPECT_EQ(error(bad.dump()), "r.json: scenarios: expected a list, got 3");
}

TEST(ResultFile, IsWrittenIntoAFolderAndFoundThere) {
  const std::string folder = testing::TempDir() + absl::StrCat("heddle_results_", getpid());
  ASSERT_TRUE(WriteResults(folder + "/made", All()).ok());
  const auto again = ReadResults(folder + "/made");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->size(), 3u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder + "/made"),
                          std::filesystem::directory_iterator()),
            1);
  EXPECT_EQ(ReadResults(folder).status().code(), absl::StatusCode::kNotFound);
  std::filesystem::remove_all(folder);
}

// --- JUnit --------------------------------------------------------------------------------------

// Enough of XML to tell whether elements nest, attributes are quoted and characters are allowed.
class Xml {
 public:
  explicit Xml(std::string text) : text_(std::move(text)) {}

  // "" when it is well formed; counts elements by name.
  std::string Check() {
    if (!Take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")) return "no declaration";
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return "a control";
      if (c == '&' && !Entity()) return absl::StrCat("a bare & at ", at_);
      if (c == '<' && !Tag()) return absl::StrCat("a bad tag at ", at_);
      if (c != '<') ++at_;
    }
    return open_.empty() ? "" : "not closed: " + open_.back();
  }

  size_t count(const std::string& name) const { return names_.count(name); }

 private:
  bool Take(const std::string& what) {
    if (text_.compare(at_, what.size(), what) != 0) return false;
    at_ += what.size();
    return true;
  }
  bool Entity() const {
    for (const char* entity : {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;", "&#10;"}) {
      if (text_.compare(at_, std::string(entity).size(), entity) == 0) return true;
    }
    return false;
  }
  std::string Name() {
    std::string name;
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_]))) {
      name += text_[at_++];
    }
    return name;
  }
  bool Tag() {
    ++at_;
    if (Take("/")) {
      const std::string name = Name();
      if (open_.empty() || open_.back() != name || !Take(">")) return false;
      open_.pop_back();
      return true;
    }
    const std::string name = Name();
    if (name.empty()) return false;
    names_.insert(name);
    std::set<std::string> attributes;
    while (Take(" ")) {
      if (!attributes.insert(Name()).second || !Take("=\"")) return false;
      while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '<' || (text_[at_] == '&' && !Entity())) return false;
        ++at_;
      }
      ++at_;
    }
    if (Take("/>")) return true;
    open_.push_back(name);
    return Take(">");
  }

  std::string text_;
  size_t at_ = 0;
  std::vector<std::string> open_;
  std::multiset<std::string> names_;
};

TEST(JUnit, IsWellFormedAndCounts) {
  const std::string text = RenderJUnit(All());
  Xml xml(text);
  EXPECT_EQ(xml.Check(), "") << text;
  EXPECT_EQ(xml.count("testsuite"), 3u);
  EXPECT_EQ(xml.count("testcase"), 4u);
  EXPECT_EQ(xml.count("failure"), 1u);
  EXPECT_EQ(xml.count("skipped"), 1u);
  EXPECT_THAT(text, HasSubstr("<testsuites name=\"heddle\" tests=\"4\" failures=\"1\" errors=\"0\" "
                              "time=\"2.000\">"));
  EXPECT_THAT(text,
              HasSubstr("<testcase classname=\"broken\" name=\"async tsan\" time=\"1.530\">"));
  EXPECT_THAT(text,
              HasSubstr("<failure type=\"data-race\" message=\"2 findings, expected clean\">"));
  EXPECT_THAT(text, HasSubstr("run again: heddle replay findings/a.schedule.json"));
  EXPECT_THAT(text, HasSubstr("name=\"program det\""));
  EXPECT_THAT(text, HasSubstr("flavour &lt;tsan&gt; is not built"));
  EXPECT_THAT(text, Not(HasSubstr("</script>")));
}

// --- SARIF --------------------------------------------------------------------------------------

// What the schema of SARIF 2.1.0 requires of the objects that are used here.
void CheckLocation(const json& location) {
  ASSERT_TRUE(location.is_object());
  if (location.contains("physicalLocation")) {
    const json& artifact = location["physicalLocation"].at("artifactLocation");
    EXPECT_TRUE(artifact.at("uri").is_string());
    EXPECT_THAT(artifact["uri"].get<std::string>(), Not(HasSubstr(" ")));
    if (location["physicalLocation"].contains("region")) {
      EXPECT_GE(location["physicalLocation"]["region"].at("startLine"), 1);
    }
  }
  if (location.contains("message")) {
    EXPECT_TRUE(location["message"].at("text").is_string());
  }
}

TEST(Sarif, HasWhatTheSchemaRequires) {
  const json log = json::parse(Text(RenderSarif(All(), "/repo/")));
  EXPECT_EQ(log.at("version"), "2.1.0");
  EXPECT_THAT(log.at("$schema").get<std::string>(), HasSubstr("sarif-schema-2.1.0.json"));
  ASSERT_EQ(log.at("runs").size(), 1u);
  const json& run = log["runs"][0];
  const json& driver = run.at("tool").at("driver");
  EXPECT_EQ(driver.at("name"), "Heddle");
  std::set<std::string> ids;
  for (const json& rule : driver.at("rules")) {
    EXPECT_TRUE(ids.insert(rule.at("id")).second);
    EXPECT_TRUE(rule.at("shortDescription").at("text").is_string());
  }
  EXPECT_EQ(ids.size(), kFindingKindNames.size());
  EXPECT_EQ(run.at("originalUriBaseIds").at("SRCROOT").at("uri"), "file:///repo/");
  ASSERT_EQ(run.at("results").size(), 2u);
  for (const json& result : run["results"]) {
    EXPECT_EQ(driver["rules"][result.at("ruleIndex").get<size_t>()]["id"], result.at("ruleId"));
    EXPECT_TRUE(result.at("message").at("text").is_string());
    EXPECT_TRUE(result.at("level") == "error" || result["level"] == "note");
    ASSERT_EQ(result.at("locations").size(), 1u);
    CheckLocation(result["locations"][0]);
    for (const json& each : result.value("relatedLocations", json::array())) CheckLocation(each);
    for (const json& flow : result.value("codeFlows", json::array())) {
      ASSERT_FALSE(flow.at("threadFlows").empty());
      for (const json& thread : flow["threadFlows"]) {
        ASSERT_FALSE(thread.at("locations").empty());
        for (const json& each : thread["locations"]) CheckLocation(each.at("location"));
      }
    }
  }
}

TEST(Sarif, BothStacksStandWhereTheyAre) {
  const json result = json::parse(Text(RenderSarif({Failed()}, "/repo/")))["runs"][0]["results"][0];
  const json& place = result["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "src/chain/store.cc");
  EXPECT_EQ(place["artifactLocation"]["uriBaseId"], "SRCROOT");
  EXPECT_EQ(place["region"]["startLine"], 12);
  EXPECT_EQ(place["region"]["startColumn"], 3);
  EXPECT_EQ(result["relatedLocations"][0]["message"]["text"],
            "Write of size 8 by thread T1 'producer'");
  EXPECT_EQ(result["relatedLocations"][1]["physicalLocation"]["artifactLocation"]["uri"],
            "file:///else/where.cc");
  // Innermost first.
  const json& frames = result["stacks"][0]["frames"];
  EXPECT_EQ(frames[0]["location"]["logicalLocations"][0]["fullyQualifiedName"], "memmove");
  EXPECT_EQ(frames[0]["module"], "host");
  EXPECT_EQ(frames[2]["location"]["physicalLocation"]["artifactLocation"]["uri"],
            "src/my%20loop.cc");
  EXPECT_EQ(result["partialFingerprints"]["heddleSignature/v1"], "0123456789abcdef");
}

TEST(Sarif, TheCodeFlowIsWhatHappenedInOrderOverAllThreads) {
  const json result = json::parse(Text(RenderSarif({Failed()}, "/repo/")))["runs"][0]["results"][0];
  const json& flow = result["codeFlows"][0];
  EXPECT_THAT(flow["message"]["text"].get<std::string>(),
              StartsWith("data race: T1 producer writes the same memory (store.cc:12), which"));
  ASSERT_EQ(flow["threadFlows"].size(), 2u);
  EXPECT_EQ(flow["threadFlows"][0]["message"]["text"], "T0 main");
  const json& first = flow["threadFlows"][0]["locations"][0];
  EXPECT_EQ(first["executionOrder"], 1);
  EXPECT_EQ(first["location"]["message"]["text"], "T0 main reads 8 bytes");
  const json& second = flow["threadFlows"][1]["locations"][0];
  EXPECT_EQ(second["executionOrder"], 2);
  EXPECT_EQ(second["location"]["physicalLocation"]["region"]["startLine"], 12);
}

TEST(Sarif, ADeadlockIsWhereItsThreadsWait) {
  Finding finding = Race();
  finding.kind = FindingKind::kDeadlock;
  finding.stacks = {{.title = "waits, mutex-lock 0x10 held by thread 1; holds mutex 0x20",
                     .thread = "T0",
                     .frames = {{.function = "A", .file = "/repo/a.cc", .line = 4, .own = true}}},
                    {.title = "waits, mutex-lock 0x20 held by thread 0; holds mutex 0x10",
                     .thread = "T1",
                     .frames = {{.function = "B", .file = "/repo/b.cc", .line = 8, .own = true}}}};
  ScenarioResult scenario = Failed();
  scenario.cells[0].findings = {finding};
  const json result = json::parse(Text(RenderSarif({scenario}, "/repo/")))["runs"][0]["results"][0];
  EXPECT_EQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a.cc");
  EXPECT_EQ(result["relatedLocations"][1]["message"]["text"],
            "T1 waits, mutex-lock 0x20 held by thread 0; holds mutex 0x10");
}

TEST(Sarif, TheTextNamesFilesAsItsLocationsDo) {
  ScenarioResult scenario = Failed();
  scenario.cells[0].findings[0].message = "written in /repo/src/a.cc:4, read in /else/b.cc:5";
  EXPECT_THAT(Text(RenderSarif({scenario}, "/repo/")),
              HasSubstr("written in src/a.cc:4, read in /else/b.cc:5"));
  EXPECT_THAT(Text(RenderSarif({scenario}, "")), HasSubstr("written in /repo/src/a.cc:4"));
}

TEST(Sarif, ARepeatedFindingIsOneResult) {
  EXPECT_EQ(RenderSarif({Failed(), Failed()}, "")["runs"][0]["results"].size(), 2u);
}

TEST(Sarif, WhatWasExpectedIsANote) {
  ScenarioResult expecting = Failed();
  expecting.expects_findings = true;
  expecting.cells[0].findings[0].status = FindingStatus::kExpected;
  const auto results = RenderSarif({expecting}, "")["runs"][0]["results"];
  EXPECT_EQ(results[0]["level"], "note");
  EXPECT_EQ(results[1]["level"], "error") << "came beside it";
}

TEST(Sarif, AMessageHasNoLinksAndNoPlaceholders) {
  ScenarioResult nasty = Failed();
  nasty.cells[0].findings[0].message = "[see](https://host/) {0}";
  nasty.cells[0].findings[0].stacks[0].title = "[see](0)";
  const std::string text = Text(RenderSarif({nasty}, "/repo/"));
  EXPECT_THAT(text, HasSubstr("[see\\\\](https://host/) {{0}}"));
  EXPECT_THAT(text, HasSubstr("[see\\\\](0)"));
  EXPECT_THAT(text, Not(HasSubstr("see](")));
}

// --- Markdown -----------------------------------------------------------------------------------

TEST(Markdown, HasARowForEachCellAndFoldsFindings) {
  const std::string text = RenderMarkdown(All());
  EXPECT_THAT(text, StartsWith("### ❌ Heddle: 1 of 3 scenarios as expected\n"));
  EXPECT_THAT(
      text,
      HasSubstr("| broken | async | tsan | 10 | 1.5 s | ❌ not as expected: 2 findings, expected "
                "clean |\n"));
  EXPECT_THAT(text, HasSubstr("cannot run: flavour &lt;tsan> is not built"));
  EXPECT_THAT(text, HasSubstr("<b>data race: T1 producer writes the same memory (store.cc:12)"));
  EXPECT_THAT(text, HasSubstr("```text\nheddle replay findings/a.schedule.json\n```\n"));
}

TEST(Markdown, NothingInItIsMarkup) {
  ScenarioResult nasty = Failed();
  nasty.name = "a|b<script>`*[x](y)";
  nasty.cells[0].findings[0].message = "x\n```\n</details><b>";
  nasty.cells[0].findings[0].stacks.clear();
  const std::string text = RenderMarkdown({nasty});
  EXPECT_THAT(text, Not(HasSubstr("<script>")));
  EXPECT_THAT(text, HasSubstr("| a\\|b&lt;script>\\`\\*\\[x\\](y) |"));
  EXPECT_THAT(text, HasSubstr("(a|b&lt;script&gt;`*[x](y), async tsan)</summary>"));
  EXPECT_THAT(text, HasSubstr("````text\n")) << "a fence longer than the one inside";
}

TEST(Markdown, StaysWithinAComment) {
  ScenarioResult failed = Failed();
  Finding big = Divergence();
  big.message = std::string(7'000, 'x');
  failed.cells[0].findings.assign(30, big);
  const std::string text = RenderMarkdown({failed});
  EXPECT_LT(text.size(), kMaxMarkdownBytes + 100);
  EXPECT_THAT(text, HasSubstr(" more in the full report\n"));
}

// --- HTML ---------------------------------------------------------------------------------------

TEST(Html, HoldsEverythingAndLoadsNothing) {
  const std::string page = RenderHtml(All(), {});
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, Not(HasSubstr("@@")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* loads : {" src=", "@import", "url(", "fetch(", "XMLHttpRequest", "<link"}) {
    EXPECT_THAT(page, Not(HasSubstr(loads)));
  }
}

TEST(Html, DataCannotEndItsElement) {
  const std::string page = RenderHtml(All(), {});
  const size_t begin = page.find("id=\"data\">");
  ASSERT_NE(begin, std::string::npos);
  const size_t end = page.find("</script>", begin);
  const std::string data = page.substr(begin + 10, end - begin - 10);
  EXPECT_THAT(data, Not(HasSubstr("<")));
  const json parsed = json::parse(data);
  EXPECT_EQ(parsed["run"]["scenarios"].size(), 3u);
  EXPECT_EQ(parsed["run"]["scenarios"][0]["description"],
            "</script><b a=\"1\">&'`|\x01\xEF\xBF\xBD\n");
}

TEST(Html, ShowsTheSourceThatIsThere) {
  const std::string path = testing::TempDir() + absl::StrCat("heddle_source_", getpid(), ".cc");
  std::ofstream stream(path);
  for (int i = 1; i <= 20; ++i) stream << "line " << i << "\n";
  stream.close();
  ScenarioResult failed = Failed();
  failed.cells[0].findings[0].stacks[0].frames[1].file = path;
  const std::string page = RenderHtml({failed}, {});
  EXPECT_THAT(page, HasSubstr("\"9\":\"line 9\""));
  EXPECT_THAT(page, HasSubstr("\"15\":\"line 15\""));
  EXPECT_THAT(page, Not(HasSubstr("line 16")));
  EXPECT_THAT(page, Not(HasSubstr("line 8")));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace heddle::reports
