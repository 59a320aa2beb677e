#include "sim/stacks/source_lines.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace heddle::sim {
namespace {

using absl::string_view;

bool IsName(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// An expression that names an object: "queue->slots[i].mutex", "ns::flag".
bool IsObject(string_view text) {
  if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) return false;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[') ++depth;
    if (c == ']' && --depth < 0) return false;
    const bool arrow = c == '>' && i > 0 && text[i - 1] == '-';
    const bool minus = c == '-' && i + 1 < text.size() && text[i + 1] == '>';
    const bool inside = depth > 0 && absl::StrContains("+-* ", string_view(&c, 1));
    if (!IsName(c) && c != '.' && c != ':' && c != '[' && c != ']' && !arrow && !minus && !inside) {
      return false;
    }
  }
  constexpr std::array<string_view, 11> kKeywords = {
      "if", "while", "for", "return", "delete", "new", "do", "else", "switch", "auto", "case"};
  return depth == 0 && std::find(kKeywords.begin(), kKeywords.end(), text) == kKeywords.end();
}

std::string Object(string_view text) {
  text = absl::StripAsciiWhitespace(text);
  while (absl::ConsumePrefix(&text, "&") || absl::ConsumePrefix(&text, "*")) {
  }
  absl::ConsumePrefix(&text, "this->");
  return IsObject(text) ? std::string(text) : "";
}

// The expression that ends before `end`: "a->b[i]" in "x = a->b[i]".
string_view Before(string_view line, size_t end) {
  size_t begin = end;
  int depth = 0;
  while (begin > 0) {
    const char c = line[begin - 1];
    if (c == ']') ++depth;
    if (c == '[' && --depth < 0) break;
    const bool arrow = c == '>' && begin > 1 && line[begin - 2] == '-';
    const bool minus = c == '-' && begin < end && line[begin] == '>';
    const bool scope =
        c == ':' && ((begin > 1 && line[begin - 2] == ':') || (begin < end && line[begin] == ':'));
    if (depth == 0 && !IsName(c) && c != '.' && c != '[' && !arrow && !minus && !scope) break;
    --begin;
  }
  return line.substr(begin, end - begin);
}

// What is in the brackets that open at `open`, split at its outer commas.
std::vector<string_view> Arguments(string_view line, size_t open) {
  std::vector<string_view> arguments;
  int depth = 0;
  size_t begin = open + 1;
  for (size_t i = open; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '(' || c == '{' || c == '[') ++depth;
    const bool closes = (c == ')' || c == '}' || c == ']') && --depth == 0;
    if (closes || (c == ',' && depth == 1)) {
      arguments.push_back(absl::StripAsciiWhitespace(line.substr(begin, i - begin)));
      begin = i + 1;
    }
    if (closes) return arguments;
  }
  return {};  // goes on in the next line
}

size_t EndOfName(string_view line, size_t begin) {
  while (begin < line.size() && IsName(line[begin])) ++begin;
  return begin;
}

// The end of "view->time" that begins there.
size_t EndOfMembers(string_view line, size_t begin) {
  size_t end = EndOfName(line, begin);
  while (end < line.size()) {
    const size_t skip = line[end] == '.' ? 1 : line.substr(end, 2) == "->" ? 2 : 0;
    if (skip == 0 || EndOfName(line, end + skip) == end + skip) break;
    end = EndOfName(line, end + skip);
  }
  return end;
}

size_t SkipBlanks(string_view line, size_t at) {
  while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
  return at;
}

// Where the '.' or the "->" before `at` begins; npos without one.
size_t MemberAccess(string_view line, size_t at) {
  if (at >= 1 && line[at - 1] == '.') return at - 1;
  if (at >= 2 && line[at - 2] == '-' && line[at - 1] == '>') return at - 2;
  return string_view::npos;
}

// C functions whose first argument is the object.
bool TakesObjectFirst(string_view function) {
  for (const string_view prefix : {"pthread_", "sem_", "mtx_", "cnd_", "atomic_"}) {
    if (absl::StartsWith(function, prefix)) return true;
  }
  return false;
}

std::string AtName(string_view line, size_t begin) {
  const size_t end = EndOfName(line, begin);
  const size_t next = SkipBlanks(line, end);
  const bool called = next < line.size() && (line[next] == '(' || line[next] == '{');
  const size_t member = MemberAccess(line, begin);
  if (called && member != string_view::npos) return Object(Before(line, member));
  if (!called) return Object(Before(line, end));
  const std::vector<string_view> arguments = Arguments(line, next);
  if (arguments.empty()) return "";
  const bool tagged = arguments.size() == 2 && (absl::EndsWith(arguments[1], "defer_lock") ||
                                                absl::EndsWith(arguments[1], "try_to_lock") ||
                                                absl::EndsWith(arguments[1], "adopt_lock"));
  if (arguments.size() > 1 && !tagged && !TakesObjectFirst(line.substr(begin, end - begin))) {
    return "";
  }
  return Object(arguments[0]);
}

}  // namespace

const std::string& SourceLines::Line(const std::string& file, int line) {
  static const std::string kNone;
  const auto [at, added] = files_.try_emplace(file);
  std::error_code error;
  if (added && std::filesystem::file_size(file, error) <= kMaxSourceBytes && !error) {
    std::ifstream stream(file);
    for (std::string text; std::getline(stream, text);) {
      if (absl::EndsWith(text, "\r")) text.pop_back();
      at->second.push_back(std::move(text));
    }
  }
  const std::vector<std::string>& lines = at->second;
  return line < 1 || static_cast<size_t>(line) > lines.size()
             ? kNone
             : lines[static_cast<size_t>(line) - 1];
}

std::string ObjectExpression(string_view line, int column) {
  if (column < 1 || static_cast<size_t>(column) > line.size()) return "";
  const auto at = static_cast<size_t>(column) - 1;
  if (IsName(line[at])) return AtName(line, at);
  // An operator of std::atomic: "hits += 1", "hits++", "++hits".
  if (!absl::StrContains("=+-&|^", line.substr(at, 1))) return "";
  const size_t end = absl::StripTrailingAsciiWhitespace(line.substr(0, at)).size();
  if (const std::string before = Object(Before(line, end)); !before.empty()) return before;
  const size_t begin = line.find_first_not_of("+-", at);
  return begin == string_view::npos ? ""
                                    : Object(line.substr(begin, EndOfMembers(line, begin) - begin));
}

}  // namespace heddle::sim
