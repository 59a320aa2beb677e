// The fields of one JSON object, by name and type. Internal to sim/trace.
//
// Errors are InvalidArgument with a message like `field "t": expected an integer, found a string`;
// who knows the file and line puts them in front. Unknown fields are ignored, a known field that
// stands twice is an error (readers would differ on which one counts).
#ifndef HEDDLE_SIM_TRACE_JSON_FIELDS_H_
#define HEDDLE_SIM_TRACE_JSON_FIELDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "simdjson.h"

namespace heddle::trace {

// Says what a JSON value is: "a string", "an array", "null", ...
absl::string_view Describe(simdjson::dom::element value);

class Fields {
 public:
  static constexpr size_t kMaxNames = 16;

  // Takes the fields in `names` (string literals, at most kMaxNames) out of `value`, which must be
  // an object. `path` stands in front of the names in messages: "" or "snapshot.".
  static absl::StatusOr<Fields> Of(simdjson::dom::element value,
                                   std::initializer_list<absl::string_view> names,
                                   std::string path = "");

  bool Has(absl::string_view name) const;

  // `name` with what stands in front of it in messages.
  std::string Path(absl::string_view name) const;

  // Each stores the field's value, or returns an error when the field is missing or of another
  // type.
  absl::Status Get(absl::string_view name, int64_t* out) const;
  absl::Status Get(absl::string_view name, uint64_t* out) const;
  absl::Status Get(absl::string_view name, bool* out) const;
  absl::Status Get(absl::string_view name, std::string* out) const;
  absl::Status Get(absl::string_view name, absl::string_view* out) const;  // lives as the document
  absl::Status Get(absl::string_view name, simdjson::dom::array* out) const;
  absl::Status Get(absl::string_view name, simdjson::dom::element* out) const;  // of any type

  // A string of 2 * out.size() hexadecimal digits, into bytes.
  absl::Status GetHex(absl::string_view name, absl::Span<uint8_t> out) const;
  // 64 hexadecimal digits, with or without "0x"; becomes "0x" and lower case.
  absl::Status GetRoot(absl::string_view name, std::string* out) const;
  // Strict base64 (RFC 4648, section 4, padded), into bytes.
  absl::Status GetBase64(absl::string_view name, std::vector<uint8_t>* out) const;

  // An error about a field: `field "<path><name>": <what>`.
  absl::Status Error(absl::string_view name, absl::string_view what) const;

 private:
  struct Slot {
    absl::string_view name;
    simdjson::dom::element value;
    bool present = false;
  };
  const Slot* Find(absl::string_view name) const;
  absl::StatusOr<simdjson::dom::element> Require(absl::string_view name) const;
  template <typename T>
  absl::Status GetAs(absl::string_view name, absl::string_view expected, T* out) const;

  std::string path_;
  std::array<Slot, kMaxNames> slots_;
  size_t count_ = 0;
};

// The value of a hexadecimal digit, or -1.
int HexDigit(char c);

// Normalises a root's text as GetRoot() does; false when it is none.
bool NormalizeRoot(absl::string_view text, std::string* out);

// Makes `*out` what `text` encodes; false, with `*out` unspecified, unless it is strict base64.
bool DecodeBase64(absl::string_view text, std::vector<uint8_t>* out);

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_JSON_FIELDS_H_
