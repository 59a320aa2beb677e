#include "sim/json/document.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/json/parse.h"

namespace heddle::json {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ParseError(const std::string& text) {
  const absl::StatusOr<Document> document = Document::Parse(text, "x.json");
  return document.ok() ? "" : std::string(document.status().message());
}

// What `read` makes of a document that is JSON.
template <typename Read>
std::string ReadError(const std::string& text, const Read& read) {
  absl::StatusOr<Document> document = Document::Parse(text, "x.json");
  EXPECT_TRUE(document.ok()) << document.status();
  if (!document.ok()) return "";
  read(document->root());
  return std::string(document->status().message());
}

constexpr absl::string_view kNames[] = {"one", "two"};

std::string Nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Parse, RefusesWhatIsNotJson) {
  EXPECT_THAT(ParseError("{\n\"a\": 1,\n!}"), HasSubstr("x.json:3: not JSON (at byte "));
  EXPECT_THAT(ParseError("{\"a\": 1"), HasSubstr("cut short"));
  EXPECT_THAT(ParseError(""), HasSubstr("cut short"));
  EXPECT_THAT(ParseError("{} {}"), HasSubstr("not JSON"));
  EXPECT_THAT(ParseError("{\"a\": \"\xff\"}"), HasSubstr("not JSON"));
}

TEST(Parse, BoundsNesting) {
  EXPECT_EQ(ParseError(Nested(kMaxDepth)), "");
  EXPECT_THAT(ParseError(Nested(kMaxDepth + 1)), HasSubstr("x.json: nested more than 64 deep"));
  EXPECT_THAT(ParseError(std::string(1'000'000, '[')), HasSubstr("nested more than"));
}

TEST(Parse, BoundsMembers) {
  std::string text = "{\"k\": 0";
  for (size_t i = 1; i < kMaxMembers; ++i) absl::StrAppend(&text, ", \"k", i, "\": 0");
  EXPECT_EQ(ParseError(text + "}"), "");
  EXPECT_THAT(ParseError(text + ", \"more\": 0}"), HasSubstr("more than 1024 members"));
}

TEST(Parse, RefusesAKeyThatStandsThereTwice) {
  EXPECT_THAT(ParseError(R"({"a": {"seed": 1, "b": 2, "seed": 3}})"),
              HasSubstr("the key \"seed\" stands there twice"));
  EXPECT_EQ(ParseError(R"({"a": {"seed": 1}, "b": {"seed": 1}})"), "");
}

TEST(Parse, RefusesNumbersOutOfRange) {
  EXPECT_THAT(ParseError("[1e999]"), HasSubstr("out of range"));
  EXPECT_THAT(ParseError("{\"trace\": -1e999}"), HasSubstr("out of range"));
}

TEST(Document, CoercesNothing) {
  const auto count = [](const std::string& number, uint64_t most) {
    return ReadError(absl::StrCat("{\"n\": ", number, "}"),
                     [most](const Value& root) { root["n"].Count(most); });
  };
  EXPECT_EQ(count("18446744073709551615", ~uint64_t{0}), "");
  EXPECT_EQ(count("1.75", 9), "x.json: n: expected a whole number from 0, got 1.75");
  EXPECT_EQ(count("1.0", 9), "x.json: n: expected a whole number from 0, got 1.0");
  EXPECT_EQ(count("-1", 9), "x.json: n: expected a whole number from 0, got -1");
  EXPECT_EQ(count("1e30", 9), "x.json: n: expected a whole number from 0, got 1e+30");
  EXPECT_EQ(count("18446744073709551616", 9),
            "x.json: n: expected a whole number from 0, got 1.8446744073709552e+19");
  EXPECT_EQ(count("4294967297", 4294967295),
            "x.json: n: expected a whole number up to 4294967295, "
            "got 4294967297");
  EXPECT_EQ(count("\"1\"", 9), "x.json: n: expected a whole number from 0, got \"1\"");
  EXPECT_EQ(count("true", 9), "x.json: n: expected a whole number from 0, got true");
  EXPECT_EQ(ReadError("{\"n\": 1}", [](const Value& root) { root["n"].Bool(); }),
            "x.json: n: expected true or false, got 1");
  EXPECT_EQ(
      ReadError("{\"n\": 9223372036854775808}", [](const Value& root) { root["n"].Signed(); }),
      "x.json: n: expected a smaller number, got 9223372036854775808");
  EXPECT_EQ(ReadError("{\"n\": 2}", [](const Value& root) { root["n"].Number(0, 1); }),
            "x.json: n: expected a number from 0 to 1, got 2");
}

TEST(Document, NamesThePlaceOfTheFirstError) {
  const auto read = [](const Value& root) {
    for (const Value& cell : root["cells"].List()) cell["run"]["slot"].Count();
  };
  EXPECT_EQ(ReadError(R"({"cells": [{"run": {"slot": 1}}, {"run": {"slot": "x"}}, 7]})", read),
            "x.json: cells[1].run.slot: expected a whole number from 0, got \"x\"");
  EXPECT_EQ(ReadError(R"({"cells": [{"run": {}}]})", read),
            "x.json: cells[0].run.slot: is missing");
  EXPECT_EQ(ReadError(R"({"cells": [{"run": []}]})", read),
            "x.json: cells[0].run: expected an object, got []");
  EXPECT_EQ(ReadError("[]", read), "x.json: expected an object, got []");
  EXPECT_EQ(ReadError("{}", read), "x.json: cells: is missing");
}

TEST(Document, EscapesWhatItQuotes) {
  const std::string error = ReadError("{\"\\u001b[31m\": {\"n\": \"\\u001b[2J\"}}",
                                      [](const Value& root) { root["\x1b[31m"]["n"].Count(); });
  EXPECT_EQ(error.find('\x1b'), std::string::npos) << error;
}

TEST(Document, ReadsEveryKind) {
  absl::StatusOr<Document> document = Document::Parse(
      R"({"t": "x", "b": true, "n": 7, "s": -7, "d": 0.5, "l": ["a", "b"], "e": "two", "z": null})",
      "x.json");
  ASSERT_TRUE(document.ok()) << document.status();
  Document moved = *std::move(document);
  const Value root = moved.root();
  EXPECT_EQ(root["t"].Text(), "x");
  EXPECT_TRUE(root["b"].Bool());
  EXPECT_EQ(root["n"].Count(), 7u);
  EXPECT_EQ(root["s"].Signed(), -7);
  EXPECT_EQ(root["d"].Number(0, 1), 0.5);
  EXPECT_THAT(root["l"].Texts(), ElementsAre("a", "b"));
  EXPECT_EQ(root["e"].OneOf<int>(kNames), 1);
  EXPECT_TRUE(root.Has("t"));
  EXPECT_FALSE(root.Has("z"));
  EXPECT_FALSE(root.Has("y"));
  EXPECT_THAT(root.Keys(), ElementsAre("t", "b", "n", "s", "d", "l", "e", "z"));
  EXPECT_EQ(root["l"].Json(), R"(["a","b"])");
  EXPECT_TRUE(moved.status().ok()) << moved.status();
}

}  // namespace
}  // namespace heddle::json
