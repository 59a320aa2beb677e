#include "reports/testing/json_schema.h"

#include <fstream>
#include <regex>
#include <set>
#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace heddle::reports {
namespace {

using nlohmann::json;

bool HasType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  throw std::invalid_argument("unknown type " + type);
}

std::string CheckObject(const json& value, const json& schema, const json& root,
                        const std::string& place) {
  for (const json& key : schema.value("required", json::array())) {
    if (!value.contains(key))
      return absl::StrCat(place, ": ", key.get<std::string>(), " is missing");
  }
  const json properties = schema.value("properties", json::object());
  const json additional = schema.value("additionalProperties", json(true));
  for (const auto& [key, member] : value.items()) {
    const std::string at = absl::StrCat(place, ".", key);
    std::string error;
    if (properties.contains(key)) {
      error = ValidateJson(member, properties[key], root, at);
    } else if (additional.is_object()) {
      error = ValidateJson(member, additional, root, at);
    } else if (!additional.get<bool>()) {
      error = at + ": unknown";
    }
    if (!error.empty()) return error;
  }
  return "";
}

std::string CheckArray(const json& value, const json& schema, const json& root,
                       const std::string& place) {
  if (value.size() < schema.value("minItems", size_t{0})) return place + ": too few items";
  if (schema.value("uniqueItems", false) &&
      std::set<json>(value.begin(), value.end()).size() != value.size()) {
    return place + ": an item comes twice";
  }
  if (!schema.contains("items")) return "";
  for (size_t i = 0; i < value.size(); ++i) {
    const std::string error =
        ValidateJson(value[i], schema["items"], root, absl::StrCat(place, "[", i, "]"));
    if (!error.empty()) return error;
  }
  return "";
}

std::string CheckScalar(const json& value, const json& schema, const std::string& place) {
  if (value.is_number()) {
    if (schema.contains("minimum") && value < schema["minimum"]) return place + ": too small";
    if (schema.contains("maximum") && value > schema["maximum"]) return place + ": too large";
  }
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (text.size() < schema.value("minLength", size_t{0})) return place + ": too short";
    if (schema.contains("pattern") &&
        !std::regex_search(text, std::regex(schema["pattern"].get<std::string>()))) {
      return absl::StrCat(place, ": '", text, "' does not match ", schema["pattern"].dump());
    }
  }
  return "";
}

std::string CheckOneOf(const json& value, const json& schema, const json& root,
                       const std::string& place) {
  int matches = 0;
  std::string errors;
  for (const json& branch : schema["oneOf"]) {
    const std::string error = ValidateJson(value, branch, root, place);
    if (error.empty()) ++matches;
    absl::StrAppend(&errors, " (", error, ")");
  }
  return matches == 1 ? "" : absl::StrCat(place, ": ", matches, " of oneOf match", errors);
}

}  // namespace

std::string ValidateJson(const json& value, const json& schema, const json& root,
                         const std::string& place) {
  static const std::set<std::string> kKnown = {
      "$schema",  "$id",     "$ref",     "title",       "description", "type",
      "enum",     "const",   "required", "properties",  "items",       "additionalProperties",
      "minItems", "minimum", "maximum",  "uniqueItems", "minLength",   "pattern",
      "oneOf",    "default", "examples", "definitions"};
  for (const auto& [keyword, unused] : schema.items()) {
    if (kKnown.count(keyword) == 0) throw std::invalid_argument("unknown keyword " + keyword);
  }
  if (schema.contains("$ref")) {
    const std::string reference = schema["$ref"].get<std::string>().substr(1);  // without '#'
    return ValidateJson(value, root.at(json::json_pointer(reference)), root, place);
  }
  if (schema.contains("type") && !HasType(value, schema["type"])) {
    return absl::StrCat(place, ": expected ", schema["type"].get<std::string>(), ", found ",
                        value.dump().substr(0, 80));
  }
  if (schema.contains("const") && value != schema["const"]) return place + ": another constant";
  if (schema.contains("enum")) {
    const json& names = schema["enum"];
    if (std::find(names.begin(), names.end(), value) == names.end()) {
      return absl::StrCat(place, ": ", value.dump().substr(0, 80), " is none of ", names.dump());
    }
  }
  std::string error = CheckScalar(value, schema, place);
  if (error.empty() && value.is_object()) error = CheckObject(value, schema, root, place);
  if (error.empty() && value.is_array()) error = CheckArray(value, schema, root, place);
  if (error.empty() && schema.contains("oneOf")) error = CheckOneOf(value, schema, root, place);
  return error;
}

json LoadJson(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) throw std::runtime_error("cannot open " + path);
  return json::parse(stream);
}

}  // namespace heddle::reports
