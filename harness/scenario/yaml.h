// A YAML document as a tree that remembers where everything stood.
//
// Only what a hand-written settings file needs: one document of maps, sequences and scalars, with
// the types of YAML 1.2's core schema. Anchors, aliases, tags, merge keys, duplicate keys and keys
// that are not plain words are errors, so that the tree is never larger than the text. Text and
// depth are bounded, so hostile input costs little.
#ifndef HEDDLE_HARNESS_SCENARIO_YAML_H_
#define HEDDLE_HARNESS_SCENARIO_YAML_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace heddle::harness {

inline constexpr size_t kMaxYamlBytes = 64 << 10;
inline constexpr int kMaxYamlDepth = 16;

// Line and column, both counted from 1.
struct YamlMark {
  int line = 1;
  int column = 1;
};

struct YamlNode {
  enum class Type { kNull, kBool, kInteger, kFloat, kString, kSequence, kMap };
  struct Entry;

  Type type = Type::kNull;
  YamlMark mark;
  std::string text;             // a scalar as it was written, quotes removed
  bool boolean = false;         // kBool
  int64_t integer = 0;          // kInteger
  std::vector<YamlNode> items;  // kSequence
  std::vector<Entry> entries;   // kMap, in the order of the file

  // The value under `key`, or null.
  const YamlNode* Find(absl::string_view key) const;
};

struct YamlNode::Entry {
  std::string key;
  YamlMark mark;  // of the key
  YamlNode value;
};

// "null", "a string", "a list", ...: for messages.
absl::string_view TypeName(YamlNode::Type type);

// "FILE:LINE:COLUMN: MESSAGE" as InvalidArgument.
absl::Status YamlError(absl::string_view file, const YamlMark& mark, absl::string_view message);

// Parses `text`; `file` is only for messages. The root is always a map.
absl::StatusOr<YamlNode> ParseYaml(absl::string_view file, absl::string_view text);

// Reads and parses a file. NotFound or InvalidArgument, naming the file.
absl::StatusOr<YamlNode> ReadYaml(const std::string& path);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SCENARIO_YAML_H_
