#include "reports/model/block_words.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sim/text/plural.h"

namespace heddle::reports {
namespace {

using absl::string_view;

// Frames behind these would be of whoever owns the owner.
constexpr size_t kMostFrames = 16;
// A longer name of a type says less than the block's size.
constexpr size_t kMostTypeBytes = 40;

// The first template argument behind `marker`: "Session" of "default_delete<Session>".
std::string ArgumentOf(string_view function, string_view marker) {
  const size_t at = function.find(marker);
  if (at == string_view::npos) return "";
  const string_view rest = function.substr(at + marker.size());
  int depth = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '<') ++depth;
    const bool ends = depth == 0 && (rest[i] == ',' || rest[i] == '>');
    if (rest[i] == '>') --depth;
    if (ends) return std::string(absl::StripTrailingAsciiWhitespace(rest.substr(0, i)));
  }
  return "";
}

// Bytes are named by their number.
bool IsBytes(string_view type) {
  absl::ConsumeSuffix(&type, " []");
  return type == "char" || type == "unsigned char" || type == "signed char" ||
         type == "std::byte" || type == "void";
}

// "ns::(anonymous namespace)::Session" -> "Session", template arguments included.
std::string WithoutNamespace(string_view type) {
  const size_t open = type.find('<');
  const size_t at = type.substr(0, open).rfind("::");
  return std::string(at == string_view::npos ? type : type.substr(at + 2));
}

// The type that the library allocates or frees in this function; "" when it does not say.
std::string LibraryType(string_view function) {
  constexpr std::array<string_view, 4> kMarkers = {"_Sp_counted_ptr_inplace<", "default_delete<",
                                                   "_Sp_counted_deleter<", "__new_allocator<"};
  for (const string_view marker : kMarkers) {
    std::string type = ArgumentOf(function, marker);
    if (absl::StartsWith(type, "std::_")) type = LibraryType(type);  // the allocator of a wrapper
    if (!type.empty()) return type;
  }
  return "";
}

std::string TypeIn(const std::vector<Frame>& frames) {
  size_t seen = 0;
  for (const Frame& frame : frames) {
    if (++seen > kMostFrames) break;
    if (!frame.own) {
      std::string type = LibraryType(frame.function);
      if (type.empty() || IsBytes(type)) continue;
      const std::string name = WithoutNamespace(absl::StripSuffix(type, " const"));
      const bool vowel = absl::StrContains("AEIOUaeiou", name.substr(0, 1));
      return absl::StrCat(vowel ? "an " : "a ", name);
    }
    // A destructor frees what its object owns.
    const std::string function = sim::ShortFunction(frame.function);
    const size_t tilde = function.rfind("::~");
    return tilde == std::string::npos ? "" : absl::StrCat("memory of ", function.substr(tilde + 3));
  }
  return "";
}

uint64_t NumberBefore(string_view text, string_view words) {
  const size_t end = text.find(words);
  if (end == string_view::npos) return 0;
  size_t begin = end;
  while (begin > 0 && absl::ascii_isdigit(static_cast<unsigned char>(text[begin - 1]))) --begin;
  uint64_t number = 0;
  return absl::SimpleAtoi(text.substr(begin, end - begin), &number) ? number : 0;
}

}  // namespace

bool FreesIn(const std::vector<Frame>& frames) {
  for (const Frame& frame : frames) {
    if (frame.own) return false;
    const std::string name = sim::ShortFunction(frame.function);
    if (name == "free" || name == "__interceptor_free" ||
        absl::StartsWith(frame.function, "operator delete")) {
      return true;
    }
  }
  return false;
}

Block BlockOf(const Finding& finding) {
  Block block;
  std::string type;
  for (const string_view title : {"freed by", "previously allocated by", "allocated by"}) {
    for (const Stack& stack : finding.stacks) {
      if (type.empty() && absl::StartsWith(stack.title, title)) type = TypeIn(stack.frames);
    }
  }
  if (type.size() > kMostTypeBytes) type.clear();
  const uint64_t size = NumberBefore(finding.location, "-byte region");
  if (type.empty()) {
    block.noun = size == 0 ? "memory" : absl::StrCat("a ", size, "-byte block");
  } else {
    block.noun = size == 0 ? type : absl::StrCat(type, " (", sim::Plural(size, "byte"), ")");
  }
  // "4 bytes after 24-byte region" (clang 17 and later), "0 bytes to the right of".
  const auto distance = [&](string_view words, string_view relation) {
    if (!absl::StrContains(finding.location, words)) return;
    const uint64_t bytes = NumberBefore(finding.location, " bytes");
    block.relation = absl::StrCat(bytes == 0 ? "just" : sim::Plural(bytes, "byte"), " ", relation);
  };
  distance(" to the right of ", "after");
  distance(" after ", "after");
  distance(" to the left of ", "before");
  distance(" before ", "before");
  return block;
}

std::string RacedObject(string_view location) {
  if (absl::ConsumePrefix(&location, "global '")) {
    const std::string name(location.substr(0, location.find('\'')));
    return name == "<null>" ? "a global" : name;
  }
  if (absl::ConsumePrefix(&location, "heap block of size ")) {
    return absl::StrCat("a ", location.substr(0, location.find(' ')), "-byte heap block");
  }
  return absl::StartsWith(location, "stack of ") ? "a variable on the " + std::string(location)
                                                 : "";
}

}  // namespace heddle::reports
