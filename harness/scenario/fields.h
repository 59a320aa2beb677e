// Reads the fields of YAML maps into C++ values, strictly: a key nobody asked for, a wrong type and
// a value out of range are errors with file, line and column, and the nearest name that would do.
//
// The reader is also the format's catalogue: every call declares a key, whether the document has it
// or not, so a format can list its own keys (and a test can hold a JSON Schema against the list).
#ifndef HEDDLE_HARNESS_SCENARIO_FIELDS_H_
#define HEDDLE_HARNESS_SCENARIO_FIELDS_H_

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "harness/scenario/yaml.h"

namespace heddle::harness {

// One key of a format. Types are named as JSON Schema names them.
struct KeyInfo {
  std::string path;  // "explore.seed"; "expect[].finding" for maps in a list
  std::string type;  // "string", "integer", "boolean", "array", "object"
  bool required = false;
  std::vector<std::string> choices;  // the values allowed; for an array, of its items
  std::optional<int64_t> minimum;
  std::optional<int64_t> maximum;
};

// What went wrong so far, and every key declared so far. One for a document.
class FieldContext {
 public:
  explicit FieldContext(std::string file) : file_(std::move(file)) {}

  void AddError(const YamlMark& mark, absl::string_view message);
  void Declare(KeyInfo key) { keys_.push_back(std::move(key)); }

  // All errors, one a line, in the order of the file; at most kMaxErrors of them.
  absl::Status ToStatus() const;
  const std::vector<KeyInfo>& keys() const { return keys_; }

 private:
  static constexpr size_t kMaxErrors = 20;
  struct Error {
    YamlMark mark;
    std::string message;
  };
  std::string file_;
  std::vector<Error> errors_;
  std::vector<KeyInfo> keys_;
};

enum class Need { kOptional, kRequired };

// The fields of one map. A field that is absent or wrong leaves its `value` as it was; the wrong
// ones are in the context's errors. Each method returns the field's node when it was there and
// right.
class Fields {
 public:
  // `map` may be null: then everything is absent, and only declared.
  Fields(const YamlNode* map, std::string path, FieldContext* context);

  const YamlNode* Text(absl::string_view key, Need need, std::string* value);
  const YamlNode* Boolean(absl::string_view key, bool* value);
  const YamlNode* Integer(absl::string_view key, int64_t minimum, int64_t maximum, int64_t* value);
  // An integer with a unit: "250ns", "50us", "1ms", "2s", "5min".
  const YamlNode* Duration(absl::string_view key, std::chrono::nanoseconds minimum,
                           std::chrono::nanoseconds maximum, std::chrono::nanoseconds* value);

  // A probability as a percentage: "1%", "0.05%"; up to 100%, in steps of a millionth.
  const YamlNode* Rate(absl::string_view key, uint32_t* per_million);
  // Either an integer from 1 to `maximum`, or a probability. Sets one of the two, and the other to
  // 0.
  const YamlNode* CountOrRate(absl::string_view key, int64_t maximum, uint32_t* count,
                              uint32_t* per_million);

  // One of `names`; `*value` becomes the enumerator with the name's position.
  template <typename Enum>
  const YamlNode* Choice(absl::string_view key, Need need,
                         absl::Span<const absl::string_view> names, Enum* value) {
    size_t index = 0;
    const YamlNode* node = ChoiceIndex(key, need, names, &index);
    if (node != nullptr) *value = static_cast<Enum>(index);
    return node;
  }

  // A list, not empty, of distinct `names`.
  template <typename Enum>
  const YamlNode* Choices(absl::string_view key, Need need,
                          absl::Span<const absl::string_view> names, std::vector<Enum>* values) {
    std::vector<size_t> indices;
    const YamlNode* node = ChoiceIndices(key, need, names, &indices);
    if (node == nullptr) return nullptr;
    values->clear();
    for (size_t index : indices) values->push_back(static_cast<Enum>(index));
    return node;
  }

  // A map; `*node` is null when it is absent. Construct a Fields on the result either way.
  Fields Map(absl::string_view key);

  // The single word `word`, or a list, not empty, of maps. Null when it is absent, wrong or the
  // word. The maps' fields are under `ItemPath(key)`.
  const YamlNode* WordOrMaps(absl::string_view key, absl::string_view word);
  std::string ItemPath(absl::string_view key) const { return Path(key) + "[]"; }

  bool present() const { return map_ != nullptr; }
  YamlMark mark() const { return map_ == nullptr ? YamlMark{} : map_->mark; }

  // Reports the keys that no call above asked for. Call it last.
  void Finish();

 private:
  std::string Path(absl::string_view key) const;
  const YamlNode* Find(absl::string_view key, Need need);
  const YamlNode* FindTyped(absl::string_view key, Need need, YamlNode::Type type);
  const YamlNode* ChoiceIndex(absl::string_view key, Need need,
                              absl::Span<const absl::string_view> names, size_t* index);
  const YamlNode* ChoiceIndices(absl::string_view key, Need need,
                                absl::Span<const absl::string_view> names,
                                std::vector<size_t>* indices);
  bool ChooseOne(const YamlNode& node, absl::Span<const absl::string_view> names, size_t* index);

  const YamlNode* map_;
  std::string path_;
  FieldContext* context_;
  std::vector<std::string> known_;
};

// The name among `names` that is nearest to `word` in edit distance, or "" when none is near.
std::string NearestName(absl::string_view word, absl::Span<const std::string> names);

// Parses "250ns", "50us", "1ms", "2s", "5min"; nothing when it is none of these or overflows.
std::optional<std::chrono::nanoseconds> ParseDuration(absl::string_view text);

// Parses "1%", "0.05%", "100%" into millionths; nothing when it is none of these.
std::optional<uint32_t> ParseRate(absl::string_view text);
// The shortest exact form: "1%", "0.05%".
std::string FormatRate(uint32_t per_million);

// The shortest exact form: "1ms", "1500us".
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_SCENARIO_FIELDS_H_
