#include "sim/text/printable.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace heddle::sim {
namespace {

struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 0;  // 0: not UTF-8
};

// The code point at the start of `text`, which is not empty. RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF.
CodePoint First(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  uint32_t value = lead & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  if (value < kLeast[bytes] || surrogate || value > 0x10FFFF) return {};
  return {value, bytes};
}

bool IsControl(uint32_t value) {
  const bool noncharacter = (value & 0xFFFE) == 0xFFFE;  // XML has no place for some of them
  return value < 0x20 || (value >= 0x7F && value < 0xA0) || value == 0x2028 || value == 0x2029 ||
         noncharacter;
}

bool TurnsDirection(uint32_t value) {
  return value == 0x061C || value == 0x200E || value == 0x200F ||
         (value >= 0x202A && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
}

std::string Escaped(absl::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint first = First(text);
    const size_t bytes = first.bytes == 0 ? 1 : first.bytes;
    const bool kept_break = keep_lines && (first.value == '\n' || first.value == '\t');
    const bool escape = first.bytes == 0 || IsControl(first.value) || TurnsDirection(first.value);
    if (escape && !kept_break) {
      for (size_t i = 0; i < bytes; ++i) {
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<uint8_t>(text[i]));
      }
    } else {
      out.append(text.data(), bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace

std::string Printable(absl::string_view text) { return Escaped(text, /*keep_lines=*/false); }

std::string PrintableLines(absl::string_view text) { return Escaped(text, /*keep_lines=*/true); }

}  // namespace heddle::sim
