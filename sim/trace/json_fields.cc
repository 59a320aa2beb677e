#include "sim/trace/json_fields.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heddle::trace {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr uint8_t kNoDigit = 0x80;  // digits are below 64

constexpr std::array<uint8_t, 256> MakeBase64Table() {
  std::array<uint8_t, 256> table{};
  for (uint8_t& value : table) value = kNoDigit;
  constexpr absl::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return table;
}

constexpr std::array<uint8_t, 256> kBase64 = MakeBase64Table();

}  // namespace

absl::string_view Describe(element value) {
  switch (value.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::INT64:
      return value.get_int64().value_unsafe() < 0 ? "a negative integer" : "an integer";
    case element_type::UINT64:
      return "an integer of 64 bits";
    case element_type::DOUBLE:
      return "a fraction";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
  }
  return "something else";
}

absl::StatusOr<Fields> Fields::Of(element value, std::initializer_list<absl::string_view> names,
                                  std::string path) {
  assert(names.size() <= kMaxNames);
  Fields fields;
  fields.path_ = std::move(path);
  for (absl::string_view name : names) fields.slots_[fields.count_++].name = name;
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    const absl::string_view within = absl::string_view(fields.path_);
    return absl::InvalidArgumentError(absl::StrCat(
        within.empty() ? "" : absl::StrCat("field \"", within.substr(0, within.size() - 1), "\": "),
        "expected an object, found ", Describe(value)));
  }
  for (const simdjson::dom::key_value_pair field : object) {
    for (size_t i = 0; i < fields.count_; ++i) {
      Slot& slot = fields.slots_[i];
      if (field.key != std::string_view(slot.name.data(), slot.name.size())) continue;
      if (slot.present) return fields.Error(slot.name, "stands twice");
      slot.value = field.value;
      slot.present = true;
    }
  }
  return fields;
}

const Fields::Slot* Fields::Find(absl::string_view name) const {
  for (size_t i = 0; i < count_; ++i) {
    if (slots_[i].name == name) return &slots_[i];
  }
  assert(false && "asked for a field that Of() did not name");
  return &slots_[0];
}

bool Fields::Has(absl::string_view name) const { return Find(name)->present; }

std::string Fields::Path(absl::string_view name) const { return absl::StrCat(path_, name); }

absl::StatusOr<element> Fields::Require(absl::string_view name) const {
  const Slot* slot = Find(name);
  if (!slot->present) {
    return absl::InvalidArgumentError(absl::StrCat("field \"", path_, name, "\" is missing"));
  }
  return slot->value;
}

absl::Status Fields::Error(absl::string_view name, absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat("field \"", path_, name, "\": ", what));
}

template <typename T>
absl::Status Fields::GetAs(absl::string_view name, absl::string_view expected, T* out) const {
  const absl::StatusOr<element> value = Require(name);
  if (!value.ok()) return value.status();
  if (value->get(*out) == simdjson::SUCCESS) return absl::OkStatus();
  return Error(name, absl::StrCat("expected ", expected, ", found ", Describe(*value)));
}

absl::Status Fields::Get(absl::string_view name, int64_t* out) const {
  return GetAs(name, "an integer", out);
}

absl::Status Fields::Get(absl::string_view name, uint64_t* out) const {
  return GetAs(name, "a non-negative integer", out);
}

absl::Status Fields::Get(absl::string_view name, bool* out) const {
  return GetAs(name, "true or false", out);
}

absl::Status Fields::Get(absl::string_view name, simdjson::dom::array* out) const {
  return GetAs(name, "an array", out);
}

absl::Status Fields::Get(absl::string_view name, element* out) const {
  const absl::StatusOr<element> value = Require(name);
  if (value.ok()) *out = *value;
  return value.status();
}

absl::Status Fields::Get(absl::string_view name, absl::string_view* out) const {
  std::string_view text;
  absl::Status status = GetAs(name, "a string", &text);
  if (status.ok()) *out = {text.data(), text.size()};
  return status;
}

absl::Status Fields::Get(absl::string_view name, std::string* out) const {
  absl::string_view text;
  absl::Status status = Get(name, &text);
  if (status.ok()) out->assign(text.data(), text.size());
  return status;
}

absl::Status Fields::GetHex(absl::string_view name, absl::Span<uint8_t> out) const {
  absl::string_view text;
  if (absl::Status status = Get(name, &text); !status.ok()) return status;
  if (text.size() != 2 * out.size()) {
    return Error(name,
                 absl::StrCat("expected ", out.size(), " bytes in hexadecimal (", 2 * out.size(),
                              " digits), found ", text.size(), " characters"));
  }
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return Error(name,
                   absl::StrCat("no hexadecimal digit at character ", 2 * i + (high < 0 ? 1 : 2)));
    }
    out[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return absl::OkStatus();
}

absl::Status Fields::GetRoot(absl::string_view name, std::string* out) const {
  absl::string_view text;
  if (absl::Status status = Get(name, &text); !status.ok()) return status;
  if (!NormalizeRoot(text, out)) return Error(name, "expected a root, 64 hexadecimal digits");
  return absl::OkStatus();
}

absl::Status Fields::GetBase64(absl::string_view name, std::vector<uint8_t>* out) const {
  absl::string_view text;
  if (absl::Status status = Get(name, &text); !status.ok()) return status;
  if (!DecodeBase64(text, out)) return Error(name, "expected base64, padded, without spaces");
  return absl::OkStatus();
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool NormalizeRoot(absl::string_view text, std::string* out) {
  if (text.substr(0, 2) == "0x") text.remove_prefix(2);
  if (text.size() != 64) return false;
  out->assign("0x");
  for (char c : text) {
    const int digit = HexDigit(c);
    if (digit < 0) return false;
    out->push_back("0123456789abcdef"[digit]);
  }
  return true;
}

bool DecodeBase64(absl::string_view text, std::vector<uint8_t>* out) {
  if (text.size() % 4 != 0) return false;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out->resize(text.size() / 4 * 3 - padding);
  uint8_t* to = out->data();
  for (size_t i = 0; i < text.size(); i += 4) {
    const size_t missing = i + 4 == text.size() ? padding : 0;  // digits of this group
    const auto digit = [&](size_t k) {
      return k < 4 - missing ? kBase64[static_cast<uint8_t>(text[i + k])] : uint8_t{0};
    };
    const uint8_t a = digit(0), b = digit(1), c = digit(2), d = digit(3);
    if (((a | b | c | d) & kNoDigit) != 0) return false;
    const uint32_t bits = uint32_t{a} << 18 | uint32_t{b} << 12 | uint32_t{c} << 6 | d;
    // Bits of the last digit that belong to no byte must be zero: one text for the same bytes.
    if (missing > 0 && (bits & ((1u << (8 * missing)) - 1)) != 0) return false;
    *to++ = static_cast<uint8_t>(bits >> 16);
    if (missing < 2) *to++ = static_cast<uint8_t>(bits >> 8);
    if (missing < 1) *to++ = static_cast<uint8_t>(bits);
  }
  return true;
}

}  // namespace heddle::trace
