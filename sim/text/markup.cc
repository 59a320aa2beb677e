#include "sim/text/markup.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "sim/text/printable.h"

namespace heddle::sim {
namespace {

// The longest row of backticks in `text`.
size_t LongestFence(absl::string_view text) {
  size_t longest = 0, row = 0;
  for (const char c : text) {
    row = c == '`' ? row + 1 : 0;
    longest = std::max(longest, row);
  }
  return longest;
}

bool IsWordPart(absl::string_view text, size_t at) {
  return at < text.size() && absl::ascii_isalnum(static_cast<unsigned char>(text[at]));
}

// Whether the character at `at` could be markup.
bool IsMarkup(absl::string_view text, size_t at) {
  switch (text[at]) {
    case '_':  // within a word it is none
      return !(at > 0 && IsWordPart(text, at - 1) && IsWordPart(text, at + 1));
    case ':':  // addresses become links by themselves
      return absl::StartsWith(text.substr(at), "://");
    case '+':  // lists, headings, quotes, rules
    case '-':
    case '=':
    case '>':
      return at == 0;
    case '.':
    case ')':  // numbered lists
      return at > 0 && std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(at),
                                   [](unsigned char c) { return absl::ascii_isdigit(c); });
    default:
      return absl::StrContains("\\`*[]|~@#$", text[at]);
  }
}

}  // namespace

std::string ShellWord(absl::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("/._-+=:,@%", static_cast<char>(c));
  });
  return plain ? std::string(text)
               : absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string EscapeForMarkdown(absl::string_view text) {
  std::string line = PrintableLines(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  const absl::string_view plain = absl::StripAsciiWhitespace(line);
  std::string out;
  for (size_t at = 0; at < plain.size(); ++at) {
    // These are HTML's too, of which a backslash takes nothing.
    if (plain[at] == '<' || plain[at] == '&') {
      out += plain[at] == '<' ? "&lt;" : "&amp;";
      continue;
    }
    if (IsMarkup(plain, at)) out += '\\';
    out += plain[at];
  }
  return out;
}

std::string EscapeForXml(absl::string_view text) {
  return absl::StrReplaceAll(PrintableLines(text), {{"<", "&lt;"},
                                                    {">", "&gt;"},
                                                    {"&", "&amp;"},
                                                    {"\"", "&quot;"},
                                                    {"'", "&#39;"},
                                                    {"\n", "&#10;"}});  // attributes lose it
}

std::string MarkdownCodeBlock(absl::string_view text) {
  const std::string shown = PrintableLines(text);
  const std::string fence(std::max<size_t>(LongestFence(shown) + 1, 3), '`');
  return absl::StrCat(fence, "text\n", shown, shown.empty() || shown.back() == '\n' ? "" : "\n",
                      fence, "\n");
}

std::string MarkdownCodeSpan(absl::string_view text) {
  const std::string shown = Printable(text);
  const std::string fence(LongestFence(shown) + 1, '`');
  // Beside a fence, and where there is nothing else, a blank is needed; one of them is not shown.
  const bool padded = shown.empty() || shown.front() == '`' || shown.back() == '`';
  const absl::string_view pad = padded ? " " : "";
  return absl::StrCat(fence, pad, shown, pad, fence);
}

}  // namespace heddle::sim
