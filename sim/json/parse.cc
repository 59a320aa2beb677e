#include "sim/json/parse.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "sim/text/printable.h"

namespace heddle::json {
namespace {

using nlohmann::ordered_json;

// Puts the document together as the library meets its parts. Returning false ends the parse.
class Builder : public nlohmann::json_sax<ordered_json> {
 public:
  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // not in JSON text

  bool start_object(size_t /*members*/) override { return Open(ordered_json::object()); }
  bool start_array(size_t /*values*/) override { return Open(ordered_json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& value) override {
    const ordered_json& object = *open_.back();
    if (object.contains(value)) {
      error_ = absl::StrCat("the key \"", Excerpt(value), "\" stands there twice");
      return false;
    }
    if (object.size() == kMaxMembers) {
      error_ = absl::StrCat("an object has more than ", kMaxMembers, " members");
      return false;
    }
    key_ = std::move(value);
    return true;
  }

  bool parse_error(size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    position_ = position;
    constexpr int kOutOfRange = 406;
    error_ = error.id == kOutOfRange ? "a number is out of range" : "not JSON";
    return false;
  }

  // Where the library stopped, in bytes from 1; 0 if it was not the library.
  size_t position() const { return position_; }
  const std::string& error() const { return error_; }
  ordered_json& document() { return document_; }

 private:
  // Returns the value's place in the document.
  ordered_json* Place(ordered_json value) {
    if (open_.empty()) {
      document_ = std::move(value);
      return &document_;
    }
    ordered_json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  bool Add(ordered_json value) {
    Place(std::move(value));
    return true;
  }

  bool Open(ordered_json value) {
    if (open_.size() == kMaxDepth) {
      error_ = absl::StrCat("nested more than ", kMaxDepth, " deep");
      return false;
    }
    open_.push_back(Place(std::move(value)));
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  ordered_json document_;
  std::vector<ordered_json*> open_;  // only the innermost grows, so that the others stay in place
  std::string key_;
  std::string error_;
  size_t position_ = 0;
};

}  // namespace

std::string Excerpt(absl::string_view text) {
  constexpr size_t kMaxQuoted = 64;
  return sim::Printable(text.substr(0, kMaxQuoted));
}

absl::StatusOr<ordered_json> Parse(absl::string_view text, absl::string_view name) {
  Builder builder;
  if (ordered_json::sax_parse(text.begin(), text.end(), &builder)) {
    return std::move(builder.document());
  }
  if (builder.position() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", builder.error()));
  }
  const size_t position = std::min(builder.position(), text.size());
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(position), '\n');
  const bool has_lines = absl::StrContains(text, '\n');
  return absl::InvalidArgumentError(
      absl::StrCat(name, has_lines ? absl::StrCat(":", line) : "", ": ", builder.error(),
                   builder.position() > text.size() ? ", the text is cut short" : "", " (at byte ",
                   builder.position(), ")"));
}

}  // namespace heddle::json
