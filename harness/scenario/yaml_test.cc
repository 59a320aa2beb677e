#include "harness/scenario/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace heddle::harness {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Type = YamlNode::Type;

YamlNode Parse(const std::string& text) {
  absl::StatusOr<YamlNode> node = ParseYaml("f.yaml", text);
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : YamlNode{};
}

std::string Error(const std::string& text) {
  absl::StatusOr<YamlNode> node = ParseYaml("f.yaml", text);
  EXPECT_FALSE(node.ok()) << "accepted: " << text.substr(0, 200);
  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(node.status().message());
}

TEST(Yaml, ResolvesTheCoreSchemasTypes) {
  const YamlNode node = Parse(
      "a: 1\nb: -7\nc: 1.5\nd: true\ne: word\nf: '1'\ng: \"true\"\nh: ~\ni:\nj: yes\nk: 1ms\n"
      "l: [1, x]\nm: {n: 2}\no: 0x10\np: null\nq: 1e3\nr: e\n");
  const std::pair<const char*, Type> expected[] = {
      {"a", Type::kInteger}, {"b", Type::kInteger}, {"c", Type::kFloat},  {"d", Type::kBool},
      {"e", Type::kString},  {"f", Type::kString},  {"g", Type::kString}, {"h", Type::kNull},
      {"i", Type::kNull},    {"j", Type::kString},  {"k", Type::kString}, {"l", Type::kSequence},
      {"m", Type::kMap},     {"o", Type::kString},  {"p", Type::kNull},   {"q", Type::kFloat},
      {"r", Type::kString}};
  for (const auto& [key, type] : expected) {
    ASSERT_NE(node.Find(key), nullptr) << key;
    EXPECT_EQ(node.Find(key)->type, type) << key;
  }
  EXPECT_EQ(node.Find("b")->integer, -7);
  EXPECT_TRUE(node.Find("d")->boolean);
  EXPECT_EQ(node.Find("l")->items[1].text, "x");
  EXPECT_EQ(node.Find("nothing"), nullptr);
}

TEST(Yaml, RemembersLinesAndColumns) {
  const YamlNode node = Parse("# a comment\nfirst: 1\nsecond:\n  - x\n  -   y\n");
  EXPECT_EQ(node.entries[1].mark.line, 3);
  EXPECT_EQ(node.entries[1].mark.column, 1);
  EXPECT_EQ(node.Find("second")->items[1].mark.line, 5);
  EXPECT_EQ(node.Find("second")->items[1].mark.column, 7);
}

TEST(Yaml, RejectsUnsupportedInput) {
  EXPECT_THAT(Error("a: 1\nb: 2\na: 3\n"), HasSubstr("f.yaml:3:1: the key 'a' is given twice"));
  EXPECT_THAT(Error("a: &x 1\n"), HasSubstr("f.yaml:1:4: anchors"));
  EXPECT_THAT(Error("a: 1\nb: *a\n"), HasSubstr("f.yaml:2:"));
  EXPECT_THAT(Error("a: !!python/object 1\n"), HasSubstr("tags"));
  EXPECT_THAT(Error("? [a]\n: 1\n"), HasSubstr("expected a key"));
  EXPECT_THAT(Error("- 1\n- 2\n"), HasSubstr("expected a map, found a list"));
  EXPECT_THAT(Error("word\n"), HasSubstr("expected a map, found a string"));
  EXPECT_THAT(Error("a: 1\n---\nb: 2\n"), HasSubstr("a second document"));
  EXPECT_THAT(Error("a: 99999999999999999999\n"), HasSubstr("too large"));
  EXPECT_THAT(Error(std::string("a: \0b", 5)), HasSubstr("byte 3 is zero"));
  EXPECT_THAT(Error(""), HasSubstr("empty"));
  EXPECT_THAT(Error("# only a comment\n"), HasSubstr("f.yaml:"));
}

TEST(Yaml, NamesThePlaceOfASyntaxError) {
  EXPECT_THAT(Error("a: 1\nb: [1, 2\nc: 3\n"), StartsWith("f.yaml:"));
  EXPECT_THAT(Error("a: {b: 1\n"), StartsWith("f.yaml:"));
  EXPECT_THAT(Error("a: b: c\n"),
              StartsWith("f.yaml:1:5: illegal map value (text that contains ': '"));
  EXPECT_THAT(Error("\ta: 1\n"), StartsWith("f.yaml:1:"));
  EXPECT_THAT(Error("a: \"\\q\"\n"), StartsWith("f.yaml:1:"));
}

TEST(Yaml, AliasBombIsRefusedAtItsFirstAnchor) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string above(1, static_cast<char>(c - 1));
    absl::StrAppend(&bomb, std::string(1, c), ": &", std::string(1, c), " [*", above, ", *", above,
                    ", *", above, ", *", above, ", *", above, "]\n");
  }
  EXPECT_THAT(Error(bomb), HasSubstr("f.yaml:1:4: anchors"));
}

TEST(Yaml, DepthAndSizeAreBounded) {
  const std::string deep = "a: " + std::string(30000, '[') + std::string(30000, ']') + "\n";
  EXPECT_THAT(Error(deep), HasSubstr("nested deeper than 16 levels"));
  const std::string deep_maps = "a: " + std::string(30000, '{');
  EXPECT_THAT(Error(deep_maps), StartsWith("f.yaml:"));
  EXPECT_THAT(Error("a: '" + std::string(kMaxYamlBytes, 'x') + "'"), HasSubstr("larger than"));
}

// Every prefix and every single changed byte of a document ends in a tree or in an error with a
// place; under asan this is the test that nothing worse happens.
TEST(Yaml, DamagedTextNeverCrashes) {
  const std::string text = "a: [1, {b: 'c'}]\nd: \"e\\n\"\n# f\ng:\n  h: |\n    i\n  ? j\n  : k\n";
  for (size_t cut = 0; cut < text.size(); ++cut) (void)ParseYaml("f", text.substr(0, cut));
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '{', '[', '&', '*', '!', '\'', '\xff', '\t', '-', '?', '%', '|'}) {
      std::string damaged = text;
      damaged[i] = c;
      absl::StatusOr<YamlNode> node = ParseYaml("f", damaged);
      if (!node.ok()) EXPECT_THAT(node.status().message(), StartsWith("f:"));
    }
  }
}

TEST(Yaml, FilesThatCannotBeReadAreNamed) {
  absl::StatusOr<YamlNode> missing = ReadYaml("/no/such/file.yaml");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.status().message(), StartsWith("/no/such/file.yaml: "));
  absl::StatusOr<YamlNode> folder = ReadYaml(::testing::TempDir());
  ASSERT_FALSE(folder.ok());
  EXPECT_THAT(folder.status().message(), StartsWith(::testing::TempDir()));
}

}  // namespace
}  // namespace heddle::harness
