#include "harness/scenario/fields.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "harness/scenario/edit_distance.h"

namespace heddle::harness {
namespace {

struct Unit {
  absl::string_view name;
  int64_t ns;
};
// Longest first, so that the first match from the top is exact.
constexpr Unit kUnits[] = {
    {"min", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}};

std::string Quoted(absl::string_view text) {
  constexpr size_t kMaxShown = 60;
  const bool cut = text.size() > kMaxShown;
  return absl::StrCat("'", absl::Utf8SafeCHexEscape(text.substr(0, kMaxShown)), cut ? "..." : "",
                      "'");
}

std::string DidYouMean(absl::string_view word, absl::Span<const std::string> names) {
  const std::string nearest = NearestName(word, names);
  if (!nearest.empty()) return absl::StrCat("; did you mean '", nearest, "'?");
  return absl::StrCat("; known: ", absl::StrJoin(names, ", "));
}

}  // namespace

std::string NearestName(absl::string_view word, absl::Span<const std::string> names) {
  constexpr size_t kLongestWord = 64;
  if (word.size() > kLongestWord) return "";
  const std::string lower = absl::AsciiStrToLower(word);
  std::string nearest;
  size_t best = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t distance = EditDistance(lower, absl::AsciiStrToLower(name));
    if (distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

std::optional<std::chrono::nanoseconds> ParseDuration(absl::string_view text) {
  const size_t end = text.find_first_not_of("0123456789");
  int64_t count = 0;
  if (end == absl::string_view::npos || !absl::SimpleAtoi(text.substr(0, end), &count)) {
    return std::nullopt;
  }
  for (const Unit& unit : kUnits) {
    if (text.substr(end) != unit.name) continue;
    if (count > std::numeric_limits<int64_t>::max() / unit.ns) return std::nullopt;
    return std::chrono::nanoseconds(count * unit.ns);
  }
  return std::nullopt;
}

std::optional<uint32_t> ParseRate(absl::string_view text) {
  constexpr uint32_t kPerPercent = 10'000;
  if (!absl::ConsumeSuffix(&text, "%")) return std::nullopt;
  const size_t dot = text.find('.');
  const absl::string_view whole = text.substr(0, dot);
  std::string fraction(dot == absl::string_view::npos ? "0" : text.substr(dot + 1));
  const auto digits = [](absl::string_view digits, size_t most) {
    return !digits.empty() && digits.size() <= most &&
           digits.find_first_not_of("0123456789") == absl::string_view::npos;
  };
  if (!digits(whole, 3) || !digits(fraction, 4)) return std::nullopt;
  fraction.resize(4, '0');
  uint32_t percent = 0, parts = 0;
  if (!absl::SimpleAtoi(whole, &percent) || !absl::SimpleAtoi(fraction, &parts)) {
    return std::nullopt;
  }
  const uint32_t per_million = percent * kPerPercent + parts;
  if (per_million > 100 * kPerPercent) return std::nullopt;
  return per_million;
}

std::string FormatRate(uint32_t per_million) {
  std::string text = absl::StrFormat("%d.%04d", per_million / 10'000, per_million % 10'000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text + "%";
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0ns";
  for (const Unit& unit : kUnits) {
    if (duration.count() % unit.ns == 0) return absl::StrCat(duration.count() / unit.ns, unit.name);
  }
  return "";  // not reached: everything is a multiple of 1 ns
}

void FieldContext::AddError(const YamlMark& mark, absl::string_view message) {
  errors_.push_back({mark, std::string(message)});
}

absl::Status FieldContext::ToStatus() const {
  if (errors_.empty()) return absl::OkStatus();
  std::vector<Error> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Error& a, const Error& b) {
    return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
  });
  std::vector<std::string> lines;
  for (const Error& error : sorted) {
    if (lines.size() == kMaxErrors) {
      lines.push_back(absl::StrCat("... and ", sorted.size() - kMaxErrors, " more"));
      break;
    }
    lines.emplace_back(YamlError(file_, error.mark, error.message).message());
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

Fields::Fields(const YamlNode* map, std::string path, FieldContext* context)
    : map_(map), path_(std::move(path)), context_(context) {}

std::string Fields::Path(absl::string_view key) const {
  return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
}

const YamlNode* Fields::Find(absl::string_view key, Need need) {
  known_.emplace_back(key);
  if (map_ == nullptr) return nullptr;
  const YamlNode* node = map_->Find(key);
  if (node == nullptr && need == Need::kRequired) {
    context_->AddError(map_->mark, absl::StrCat("the key '", Path(key), "' is missing"));
  }
  return node;
}

const YamlNode* Fields::FindTyped(absl::string_view key, Need need, YamlNode::Type type) {
  const YamlNode* node = Find(key, need);
  if (node == nullptr || node->type == type) return node;
  context_->AddError(node->mark, absl::StrCat("'", Path(key), "': expected ", TypeName(type),
                                              ", found ", TypeName(node->type)));
  return nullptr;
}

const YamlNode* Fields::Text(absl::string_view key, Need need, std::string* value) {
  context_->Declare({.path = Path(key), .type = "string", .required = need == Need::kRequired});
  const YamlNode* node = FindTyped(key, need, YamlNode::Type::kString);
  if (node == nullptr) return nullptr;
  if (node->text.empty()) {
    context_->AddError(node->mark, absl::StrCat("'", Path(key), "' is empty"));
    return nullptr;
  }
  *value = node->text;
  return node;
}

const YamlNode* Fields::Boolean(absl::string_view key, bool* value) {
  context_->Declare({.path = Path(key), .type = "boolean"});
  const YamlNode* node = FindTyped(key, Need::kOptional, YamlNode::Type::kBool);
  if (node != nullptr) *value = node->boolean;
  return node;
}

const YamlNode* Fields::Integer(absl::string_view key, int64_t minimum, int64_t maximum,
                                int64_t* value) {
  context_->Declare({.path = Path(key), .type = "integer", .minimum = minimum, .maximum = maximum});
  const YamlNode* node = FindTyped(key, Need::kOptional, YamlNode::Type::kInteger);
  if (node == nullptr) return nullptr;
  if (node->integer < minimum || node->integer > maximum) {
    context_->AddError(node->mark, absl::StrCat("'", Path(key), "': expected ", minimum, " to ",
                                                maximum, ", found ", node->integer));
    return nullptr;
  }
  *value = node->integer;
  return node;
}

const YamlNode* Fields::Duration(absl::string_view key, std::chrono::nanoseconds minimum,
                                 std::chrono::nanoseconds maximum,
                                 std::chrono::nanoseconds* value) {
  context_->Declare({.path = Path(key), .type = "string"});
  const YamlNode* node = Find(key, Need::kOptional);
  if (node == nullptr) return nullptr;
  const std::optional<std::chrono::nanoseconds> parsed =
      node->type == YamlNode::Type::kString ? ParseDuration(node->text) : std::nullopt;
  if (!parsed) {
    context_->AddError(
        node->mark,
        absl::StrCat("'", Path(key), "': expected a duration like 500us, 1ms or 2s, found ",
                     node->text.empty() ? std::string(TypeName(node->type)) : Quoted(node->text)));
    return nullptr;
  }
  if (*parsed < minimum || *parsed > maximum) {
    context_->AddError(node->mark,
                       absl::StrCat("'", Path(key), "': expected ", FormatDuration(minimum), " to ",
                                    FormatDuration(maximum), ", found ", node->text));
    return nullptr;
  }
  *value = *parsed;
  return node;
}

const YamlNode* Fields::Rate(absl::string_view key, uint32_t* per_million) {
  context_->Declare({.path = Path(key), .type = "string"});
  const YamlNode* node = Find(key, Need::kOptional);
  if (node == nullptr) return nullptr;
  const std::optional<uint32_t> rate =
      node->type == YamlNode::Type::kString ? ParseRate(node->text) : std::nullopt;
  if (!rate) {
    context_->AddError(
        node->mark,
        absl::StrCat("'", Path(key), "': expected a probability like 1% or 0.05%, found ",
                     node->text.empty() ? std::string(TypeName(node->type)) : Quoted(node->text)));
    return nullptr;
  }
  *per_million = *rate;
  return node;
}

const YamlNode* Fields::CountOrRate(absl::string_view key, int64_t maximum, uint32_t* count,
                                    uint32_t* per_million) {
  context_->Declare({.path = Path(key), .type = "string", .minimum = 1, .maximum = maximum});
  const YamlNode* node = Find(key, Need::kOptional);
  if (node == nullptr) return nullptr;
  if (node->type == YamlNode::Type::kInteger && node->integer >= 1 && node->integer <= maximum) {
    *count = static_cast<uint32_t>(node->integer);
    *per_million = 0;
    return node;
  }
  const std::optional<uint32_t> rate =
      node->type == YamlNode::Type::kString ? ParseRate(node->text) : std::nullopt;
  if (!rate) {
    context_->AddError(
        node->mark,
        absl::StrCat("'", Path(key), "': expected the number of an occasion, 1 to ", maximum,
                     ", or a probability like 1% or 0.05%, found ",
                     node->text.empty() ? std::string(TypeName(node->type)) : Quoted(node->text)));
    return nullptr;
  }
  *count = 0;
  *per_million = *rate;
  return node;
}

bool Fields::ChooseOne(const YamlNode& node, absl::Span<const absl::string_view> names,
                       size_t* index) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (node.type == YamlNode::Type::kString && node.text == names[i]) {
      *index = i;
      return true;
    }
  }
  const std::vector<std::string> known(names.begin(), names.end());
  const bool collection =
      node.type == YamlNode::Type::kMap || node.type == YamlNode::Type::kSequence;
  context_->AddError(
      node.mark,
      collection ? absl::StrCat("expected one of ", absl::StrJoin(known, ", "), ", found ",
                                TypeName(node.type))
                 : absl::StrCat("unknown value ", Quoted(node.text), DidYouMean(node.text, known)));
  return false;
}

const YamlNode* Fields::ChoiceIndex(absl::string_view key, Need need,
                                    absl::Span<const absl::string_view> names, size_t* index) {
  context_->Declare({.path = Path(key),
                     .type = "string",
                     .required = need == Need::kRequired,
                     .choices = {names.begin(), names.end()}});
  const YamlNode* node = Find(key, need);
  return node != nullptr && ChooseOne(*node, names, index) ? node : nullptr;
}

const YamlNode* Fields::ChoiceIndices(absl::string_view key, Need need,
                                      absl::Span<const absl::string_view> names,
                                      std::vector<size_t>* indices) {
  context_->Declare({.path = Path(key),
                     .type = "array",
                     .required = need == Need::kRequired,
                     .choices = {names.begin(), names.end()}});
  const YamlNode* node = FindTyped(key, need, YamlNode::Type::kSequence);
  if (node == nullptr) return nullptr;
  if (node->items.empty()) {
    context_->AddError(node->mark, absl::StrCat("'", Path(key), "': the list is empty"));
    return nullptr;
  }
  bool right = true;
  for (const YamlNode& item : node->items) {
    size_t index = 0;
    if (!ChooseOne(item, names, &index)) {
      right = false;
    } else if (std::find(indices->begin(), indices->end(), index) != indices->end()) {
      context_->AddError(item.mark,
                         absl::StrCat("'", Path(key), "': ", Quoted(item.text), " is given twice"));
      right = false;
    } else {
      indices->push_back(index);
    }
  }
  return right ? node : nullptr;
}

Fields Fields::Map(absl::string_view key) {
  context_->Declare({.path = Path(key), .type = "object"});
  return {FindTyped(key, Need::kOptional, YamlNode::Type::kMap), Path(key), context_};
}

const YamlNode* Fields::WordOrMaps(absl::string_view key, absl::string_view word) {
  context_->Declare({.path = Path(key), .type = "array", .choices = {std::string(word)}});
  const YamlNode* node = Find(key, Need::kOptional);
  if (node == nullptr) return nullptr;
  if (node->type == YamlNode::Type::kString && node->text == word) return nullptr;
  if (node->type != YamlNode::Type::kSequence || node->items.empty()) {
    context_->AddError(
        node->mark,
        absl::StrCat("'", Path(key), "': expected '", word, "' or a list of maps, found ",
                     node->text.empty() ? std::string(TypeName(node->type)) : Quoted(node->text)));
    return nullptr;
  }
  for (const YamlNode& item : node->items) {
    if (item.type == YamlNode::Type::kMap) continue;
    context_->AddError(
        item.mark, absl::StrCat("'", Path(key), "': expected a map, found ", TypeName(item.type)));
    return nullptr;
  }
  return node;
}

void Fields::Finish() {
  if (map_ == nullptr) return;
  for (const YamlNode::Entry& entry : map_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    context_->AddError(entry.mark,
                       absl::StrCat("unknown key ", Quoted(entry.key),
                                    path_.empty() ? "" : absl::StrCat(" in '", path_, "'"),
                                    DidYouMean(entry.key, known_)));
  }
}

}  // namespace heddle::harness
