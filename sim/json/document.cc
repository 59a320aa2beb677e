#include "sim/json/document.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "sim/json/parse.h"

namespace heddle::json {
namespace {

using nlohmann::ordered_json;

std::string JsonText(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// "scenarios[0].cells[2]" for the value `wanted` somewhere in `from`, which stands at `place`.
std::optional<std::string> PlaceOf(const ordered_json* wanted, const ordered_json& from,
                                   const std::string& place) {
  if (&from == wanted) return place;
  if (!from.is_structured()) return std::nullopt;
  for (auto at = from.begin(); at != from.end(); ++at) {
    const std::string inner =
        from.is_array() ? absl::StrCat(place, "[", at - from.begin(), "]")
                        : absl::StrCat(place, place.empty() ? "" : ".", Excerpt(at.key()));
    if (std::optional<std::string> found = PlaceOf(wanted, *at, inner)) return found;
  }
  return std::nullopt;
}

}  // namespace

Document::Document(std::string name)
    : name_(std::move(name)), root_(std::make_unique<ordered_json>()) {}
Document::Document(Document&&) noexcept = default;
Document::~Document() = default;

absl::StatusOr<Document> Document::Parse(absl::string_view text, absl::string_view name) {
  absl::StatusOr<ordered_json> root = json::Parse(text, name);
  if (!root.ok()) return root.status();
  Document document{std::string(name)};
  *document.root_ = *std::move(root);
  return document;
}

// Errors are rare, so the place is looked for rather than carried along.
void Document::Fail(const ordered_json* at, absl::string_view key, absl::string_view message) {
  if (at == nullptr || !status_.ok()) return;
  std::string place = PlaceOf(at, *root_, "").value_or("");
  if (!key.empty()) absl::StrAppend(&place, place.empty() ? "" : ".", key);
  status_ = absl::InvalidArgumentError(
      absl::StrCat(name_, ": ", place, place.empty() ? "" : ": ", message));
}

Value Value::operator[](absl::string_view key) const {
  if (!Expect(IsObject(), "an object")) return {document_, nullptr};
  const auto found = value_->find(std::string(key));
  if (found != value_->end()) return {document_, &*found};
  document_->Fail(value_, key, "is missing");
  return {document_, nullptr};
}

bool Value::Has(absl::string_view key) const {
  if (!IsObject()) return false;
  const auto found = value_->find(std::string(key));
  return found != value_->end() && !found->is_null();
}

std::vector<std::string> Value::Keys() const {
  std::vector<std::string> keys;
  if (!Expect(IsObject(), "an object")) return keys;
  for (const auto& member : value_->items()) keys.push_back(member.key());
  return keys;
}

std::vector<Value> Value::List() const {
  std::vector<Value> list;
  if (!Expect(value_ != nullptr && value_->is_array(), "a list")) return list;
  for (const ordered_json& each : *value_) list.push_back({document_, &each});
  return list;
}

std::string Value::Text() const {
  const bool right = Expect(value_ != nullptr && value_->is_string(), "a string");
  return right ? value_->get_ref<const std::string&>() : "";
}

bool Value::Bool() const {
  return Expect(value_ != nullptr && value_->is_boolean(), "true or false") && value_->get<bool>();
}

uint64_t Value::Count(uint64_t most) const {
  if (!Expect(value_ != nullptr && value_->is_number_unsigned(), "a whole number from 0")) return 0;
  const auto count = value_->get<uint64_t>();
  return Expect(count <= most, absl::StrCat("a whole number up to ", most)) ? count : 0;
}

int64_t Value::Signed() const {
  if (!Expect(value_ != nullptr && value_->is_number_integer(), "a whole number")) return 0;
  const bool fits = !value_->is_number_unsigned() ||
                    value_->get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()};
  return Expect(fits, "a smaller number") ? value_->get<int64_t>() : 0;
}

double Value::Number(double least, double most) const {
  if (!Expect(value_ != nullptr && value_->is_number(), "a number")) return 0;
  const auto number = value_->get<double>();
  return Expect(number >= least && number <= most,
                absl::StrCat("a number from ", least, " to ", most))
             ? number
             : 0;
}

std::vector<std::string> Value::Texts() const {
  std::vector<std::string> texts;
  for (const Value& each : List()) texts.push_back(each.Text());
  return texts;
}

size_t Value::Choice(const std::vector<absl::string_view>& names) const {
  const std::string text = Text();
  const auto found = std::find(names.begin(), names.end(), text);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  Fail(absl::StrCat("\"", Excerpt(text), "\" is not one of ", absl::StrJoin(names, ", ")));
  return 0;
}

bool Value::IsObject() const { return value_ != nullptr && value_->is_object(); }

std::string Value::Json() const { return value_ == nullptr ? "null" : JsonText(*value_); }

void Value::Fail(absl::string_view message) const { document_->Fail(value_, "", message); }

bool Value::Expect(bool right, absl::string_view expected) const {
  if (!right && value_ != nullptr) {
    Fail(absl::StrCat("expected ", expected, ", got ", Excerpt(JsonText(*value_))));
  }
  return right;
}

}  // namespace heddle::json
