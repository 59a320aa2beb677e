#include "harness/scenario/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace heddle::harness {
namespace {

YamlMark MarkOf(const YAML::Mark& mark) {
  return {.line = mark.line + 1, .column = mark.column + 1};
}

// Thrown through the YAML parser, which is exception safe, and caught in ParseYaml().
struct Refused {
  YamlMark mark;
  std::string message;
};

bool IsInteger(absl::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == absl::string_view::npos;
}

// The core schema's types for a plain (unquoted) scalar.
void Resolve(YamlNode* node) {
  const std::string& text = node->text;
  node->type = YamlNode::Type::kString;
  if (text == "true" || text == "True" || text == "TRUE") {
    node->type = YamlNode::Type::kBool;
    node->boolean = true;
  } else if (text == "false" || text == "False" || text == "FALSE") {
    node->type = YamlNode::Type::kBool;
  } else if (IsInteger(text)) {
    if (!absl::SimpleAtoi(text, &node->integer)) {
      throw Refused{node->mark, absl::StrCat("the number ", text.substr(0, 40), " is too large")};
    }
    node->type = YamlNode::Type::kInteger;
  } else if (double number; text.find_first_of("0123456789") != std::string::npos &&
                            text.find_first_not_of("+-.0123456789eE") == std::string::npos &&
                            absl::SimpleAtod(text, &number)) {
    node->type = YamlNode::Type::kFloat;
  }
}

// Builds the tree from the parser's events. `open_` is the path from the root to the collection
// that is being filled; nodes are moved into their parents when they close.
class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(Make(YamlNode::Type::kNull, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{MarkOf(mark), "aliases (*name) are not supported: write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool quoted = tag == "!";
    YamlNode node = Make(YamlNode::Type::kString, mark, quoted ? "" : tag, anchor);
    node.text = value;
    const bool is_key =
        !open_.empty() && open_.back().type == YamlNode::Type::kMap && !has_key_.back();
    if (!quoted && !is_key) Resolve(&node);
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::Type::kSequence, mark, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Make(YamlNode::Type::kMap, mark, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

  YamlNode Take() { return std::move(root_); }

 private:
  static YamlNode Make(YamlNode::Type type, const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor) {
    if (anchor != 0) {
      throw Refused{MarkOf(mark), "anchors (&name) are not supported: write the value out"};
    }
    if (!tag.empty() && tag != "?") {
      throw Refused{MarkOf(mark), "tags (!name) are not supported"};
    }
    YamlNode node;
    node.type = type;
    node.mark = MarkOf(mark);
    return node;
  }

  void Open(YamlNode node) {
    if (open_.size() >= kMaxYamlDepth) {
      throw Refused{node.mark, absl::StrCat("nested deeper than ", kMaxYamlDepth, " levels")};
    }
    if (!open_.empty() && open_.back().type == YamlNode::Type::kMap && !has_key_.back()) {
      throw Refused{node.mark, "expected a key, found a collection"};
    }
    open_.push_back(std::move(node));
    has_key_.push_back(false);
  }

  void Close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    has_key_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    if (parent.type == YamlNode::Type::kSequence) {
      parent.items.push_back(std::move(node));
    } else if (has_key_.back()) {
      parent.entries.back().value = std::move(node);
      has_key_.back() = false;
    } else {
      AddKey(&parent, node);
      has_key_.back() = true;
    }
  }

  static void AddKey(YamlNode* map, const YamlNode& key) {
    if (key.type != YamlNode::Type::kString || key.text.empty()) {
      throw Refused{key.mark, absl::StrCat("expected a key, found ", TypeName(key.type))};
    }
    for (const YamlNode::Entry& entry : map->entries) {
      if (entry.key == key.text) {
        throw Refused{key.mark, absl::StrCat("the key '", absl::CHexEscape(key.text),
                                             "' is given twice, first in line ", entry.mark.line)};
      }
    }
    map->entries.push_back({.key = key.text, .mark = key.mark, .value = {}});
  }

  YamlNode root_;
  std::vector<YamlNode> open_;
  std::vector<bool> has_key_;  // for each of `open_`: a map whose newest entry has no value yet
};

}  // namespace

const YamlNode* YamlNode::Find(absl::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

absl::string_view TypeName(YamlNode::Type type) {
  switch (type) {
    case YamlNode::Type::kNull:
      return "nothing";
    case YamlNode::Type::kBool:
      return "a boolean";
    case YamlNode::Type::kInteger:
      return "an integer";
    case YamlNode::Type::kFloat:
      return "a number";
    case YamlNode::Type::kString:
      return "a string";
    case YamlNode::Type::kSequence:
      return "a list";
    case YamlNode::Type::kMap:
      return "a map";
  }
  return "?";
}

absl::Status YamlError(absl::string_view file, const YamlMark& mark, absl::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(file, ":", mark.line, ":", mark.column, ": ", message));
}

absl::StatusOr<YamlNode> ParseYaml(absl::string_view file, absl::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return YamlError(file, {}, absl::StrCat("larger than ", kMaxYamlBytes, " bytes"));
  }
  if (const size_t zero = text.find('\0'); zero != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": byte ", zero, " is zero: this is not a text file"));
  }
  std::istringstream stream{std::string(text)};
  YamlNode root;
  try {
    YAML::Parser parser(stream);
    TreeBuilder builder;
    if (!parser.HandleNextDocument(builder)) return YamlError(file, {}, "the file is empty");
    root = builder.Take();
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return YamlError(file, second.Take().mark, "a second document; expected one");
    }
  } catch (const Refused& refused) {
    return YamlError(file, refused.mark, refused.message);
  } catch (const YAML::Exception& error) {
    const bool colon = error.msg == YAML::ErrorMsg::MAP_VALUE;
    return YamlError(
        file, MarkOf(error.mark),
        absl::StrCat(error.msg, colon ? " (text that contains ': ' requires quotes)" : ""));
  }
  if (root.type != YamlNode::Type::kMap) {
    return YamlError(file, root.mark, absl::StrCat("expected a map, found ", TypeName(root.type)));
  }
  return root;
}

absl::StatusOr<YamlNode> ReadYaml(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  std::string text(kMaxYamlBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A directory opens and then fails to be read.
  if (stream.bad()) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  text.resize(static_cast<size_t>(stream.gcount()));
  return ParseYaml(path, text);
}

}  // namespace heddle::harness
