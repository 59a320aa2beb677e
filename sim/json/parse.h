// JSON text of others to a document of the library, strictly.
#ifndef HEDDLE_SIM_JSON_PARSE_H_
#define HEDDLE_SIM_JSON_PARSE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace heddle::json {

// Formats of ours nest less than ten deep. Functions that recurse over a document need little
// stack.
inline constexpr size_t kMaxDepth = 64;
// Of one object. Documents keep their members in order and find them one by one.
inline constexpr size_t kMaxMembers = 1024;

// The document that `text` is, members in the text's order. InvalidArgument "NAME:LINE: ..."
// (without the line if there is but one) for
// what is not JSON, nests deeper than kMaxDepth, has an object of more than kMaxMembers members or
// one with the same key twice, or a number that no double or 64-bit integer holds.
absl::StatusOr<nlohmann::ordered_json> Parse(absl::string_view text, absl::string_view name);

// The beginning of `text`, escaped, as messages quote what is wrong.
std::string Excerpt(absl::string_view text);

}  // namespace heddle::json

#endif  // HEDDLE_SIM_JSON_PARSE_H_
