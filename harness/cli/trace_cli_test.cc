// heddle trace, as a user meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"

namespace heddle::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTrace[] = "scenarios/traces/devnet-4v-short.jsonl.zst";

class TraceCli : public RunCli {
 protected:
  Result Run(const std::vector<std::string>& arguments) const { return Heddle(arguments); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }

  // The trace that these options make.
  std::string Generated(const std::vector<std::string>& options) const {
    std::vector<std::string> all = {"trace", "generate", "--slots", "8", "-o", Path("new.jsonl")};
    return Written(all, options);
  }
  std::string Mutated(const std::string& trace, const std::vector<std::string>& options) const {
    std::vector<std::string> all = {"trace", "mutate", trace, "-o", Path("new.jsonl")};
    return Written(all, options);
  }

 private:
  std::string Written(std::vector<std::string> command,
                      const std::vector<std::string>& options) const {
    command.insert(command.end(), options.begin(), options.end());
    const Result result = Run(command);
    EXPECT_EQ(result.code, 0) << result.err;
    return Read(Path("new.jsonl"));
  }
};

TEST_F(TraceCli, ATracesTextIsShownNotObeyed) {
  const std::string header =
      R"({"format":"gossip-trace","version":1,"network":"1234\u001b[31m","genesis_time":1,)"
      R"("validators":[]})";
  const std::string named =
      Write("named.jsonl", header +
                               "\n"
                               R"({"t":1,"kind":"peer_connected","peer":"\u001b[2J\nfake"})"
                               "\n");
  const std::string unknown =
      Write("unknown.jsonl", header +
                                 "\n"
                                 R"({"t":1,"kind":"\u001b]0;x\u0007","peer":"a"})"
                                 "\n");
  for (const std::string& trace : {named, unknown}) {
    for (const char* command : {"info", "cat", "verify"}) {
      const Result result = Run({"trace", command, trace});
      EXPECT_THAT(result.out + result.err, Not(HasSubstr("\x1b")));
      EXPECT_THAT(result.out, Not(HasSubstr("\nfake")));
    }
  }
  EXPECT_THAT(Run({"trace", "info", named}).out, HasSubstr("\\x1b[2J\\x0afake"));
  EXPECT_THAT(Run({"trace", "info", unknown}).err, HasSubstr("]0;x"));
}

TEST_F(TraceCli, InfoCatVerifySlice) {
  Result result = Run({"trace", "info", kTrace});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("147 events (96 duplicates), 4 validators"));
  result = Run({"trace", "info", kTrace, "--json"});
  EXPECT_EQ(json::parse(result.out)["events"], 147);
  result = Run({"trace", "cat", kTrace, "--from", "3", "--to", "5"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
  result = Run({"trace", "verify", kTrace});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("147 events, no problems"));
  const std::string part = Path("part.jsonl");
  result = Run({"trace", "slice", kTrace, part, "--by", "slot", "--from", "2", "--to", "4"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Run({"trace", "verify", part}).code, 0);
  // A flag turned round is a problem, found by its line.
  std::string text = Read(part);
  const size_t flag = text.find("\"duplicate\":true");
  ASSERT_NE(flag, std::string::npos);
  text.replace(flag, 16, "\"duplicate\":false");
  result = Run({"trace", "verify", Write("wrong.jsonl", text)});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("wrong.jsonl:"));
  result = Run({"trace", "verify", Write("broken.jsonl", text.substr(0, text.size() - 9))});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("broken.jsonl:"));
}

TEST_F(TraceCli, GenerateTakesItsRates) {
  const std::string plain = Generated({});
  for (const char* rate : {"--missed", "--late", "--forks", "--equivocation", "--duplicates",
                           "--reorder", "--corrupt", "--churn"}) {
    EXPECT_NE(Generated({absl::StrCat(rate, "=0.9")}), plain) << rate;
    EXPECT_EQ(Generated({absl::StrCat(rate, "=0")}), plain) << rate;
  }
  // Without a value the rate is the one that the help shows.
  EXPECT_EQ(Generated({"--duplicates"}), Generated({"--duplicates=0.5"}));
  EXPECT_NE(Generated({"--duplicates"}), plain);
}

TEST_F(TraceCli, MutateTakesItsRates) {
  const std::string trace = Write("plain.jsonl", Generated({}));
  const std::string plain = Read(trace);
  for (const char* rate :
       {"--drop", "--duplicate", "--reorder", "--delay", "--corrupt", "--disconnect"}) {
    EXPECT_NE(Mutated(trace, {absl::StrCat(rate, "=0.9")}), plain) << rate;
    EXPECT_EQ(Mutated(trace, {absl::StrCat(rate, "=0")}), plain) << rate;
  }
  EXPECT_EQ(Mutated(trace, {"--reorder"}), Mutated(trace, {"--reorder=0.1"}));
  EXPECT_NE(Mutated(trace, {"--reorder"}), plain);
}

TEST_F(TraceCli, ARateIsANumberFrom0To1) {
  for (const char* value : {"-0.1", "1.5", "nan", "often", "10%"}) {
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"trace", "generate"}, {"trace", "mutate", kTrace}}) {
      std::vector<std::string> arguments = command;
      arguments.insert(arguments.end(),
                       {absl::StrCat("--corrupt=", value), "-o", Path("new.jsonl")});
      const Result result = Run(arguments);
      EXPECT_EQ(result.code, 2) << value;
      EXPECT_THAT(result.err, HasSubstr("is not a number from 0 to 1"));
    }
  }
}

}  // namespace
}  // namespace heddle::cli
