#include "sim/stacks/rust_names.h"

#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace heddle::sim {
namespace {

using absl::string_view;

constexpr string_view kHash = "::h";
constexpr size_t kHashDigits = 16;

// What rustc's legacy mangling (rustc_symbol_mangling/src/legacy.rs) writes between two '$'.
constexpr std::pair<string_view, string_view> kEscapes[] = {
    {"SP", "@"}, {"BP", "*"}, {"RF", "&"}, {"LT", "<"},
    {"GT", ">"}, {"LP", "("}, {"RP", ")"}, {"C", ","},
};

bool IsSymbolCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '.' ||
         c == ':';
}

// The position of the hash that ends a name, at or behind `from`.
size_t FindHash(string_view text, size_t from) {
  for (size_t at = text.find(kHash, from); at != string_view::npos; at = text.find(kHash, at + 1)) {
    const string_view digits = text.substr(at + kHash.size(), kHashDigits);
    const size_t end = at + kHash.size() + kHashDigits;
    if (digits.size() < kHashDigits ||
        digits.find_first_not_of("0123456789abcdef") != string_view::npos ||
        (end < text.size() && absl::ascii_isalnum(static_cast<unsigned char>(text[end])))) {
      continue;
    }
    return at;
  }
  return string_view::npos;
}

// "$LT$" at the beginning of `text` -> "<", and what it takes up; 0 when it is none.
size_t ReadEscape(string_view text, std::string* out) {
  const size_t end = text.find('$', 1);
  if (end == string_view::npos) return 0;
  const string_view code = text.substr(1, end - 1);
  for (const auto& [name, character] : kEscapes) {
    if (code != name) continue;
    out->append(character.data(), character.size());
    return end + 1;
  }
  uint32_t character = 0;
  if (!absl::StartsWith(code, "u") || !absl::SimpleHexAtoi(code.substr(1), &character) ||
      character < ' ' || character > '~') {
    return 0;
  }
  out->push_back(static_cast<char>(character));
  return end + 1;
}

std::string Decoded(string_view name) {
  std::string out;
  size_t i = 0;
  while (i < name.size()) {
    const bool begins_part = out.empty() || out.back() == ':';
    const string_view rest = name.substr(i);
    if (begins_part && absl::StartsWith(rest, "_$")) {
      ++i;  // a part does not begin with an escape in the symbol
    } else if (absl::StartsWith(rest, "..")) {
      out += "::";
      i += 2;
    } else if (const size_t taken = rest[0] == '$' ? ReadEscape(rest, &out) : 0; taken > 0) {
      i += taken;
    } else {
      out += rest[0];
      ++i;
    }
  }
  return out;
}

}  // namespace

std::string WithRustNames(string_view text) {
  std::string out;
  size_t done = 0;
  for (size_t hash = FindHash(text, 0); hash != string_view::npos; hash = FindHash(text, done)) {
    size_t begin = hash;
    while (begin > done && IsSymbolCharacter(text[begin - 1])) --begin;
    out.append(text.data() + done, begin - done);
    out += Decoded(text.substr(begin, hash - begin));
    done = hash + kHash.size() + kHashDigits;
  }
  out.append(text.data() + done, text.size() - done);
  return out;
}

}  // namespace heddle::sim
