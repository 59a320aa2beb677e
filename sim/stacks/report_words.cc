#include "sim/stacks/report_words.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sim/stacks/text_match.h"

namespace heddle::sim {
namespace {

using absl::string_view;

}  // namespace

std::string ThreadError(string_view words) {
  words = words.substr(0, words.find(" ("));
  std::string error(words);
  std::replace(error.begin(), error.end(), ' ', '-');
  return error;
}

std::string AddressError(string_view words) {
  if (absl::StartsWith(words, "attempting double-free")) return "double-free";
  if (absl::StartsWith(words, "attempting free on address")) return "bad-free";
  if (absl::StartsWith(words, "requested allocation size")) return "allocation-size-too-big";
  if (absl::StartsWith(words, "allocator is out of memory")) return "out-of-memory";
  if (absl::StartsWith(words, "calloc parameters overflow")) return "calloc-overflow";
  return std::string(words.substr(0, words.find_first_of(" :")));
}

std::string UndefinedError(string_view words) {
  std::string error;
  words = words.substr(0, words.find(": "));
  for (size_t i = 0; i < words.size(); ++i) {
    if (!absl::ascii_isdigit(words[i])) {
      error += words[i];
      continue;
    }
    error += 'N';
    while (i + 1 < words.size() && absl::ascii_isxdigit(words[i + 1])) ++i;
    if (i + 1 < words.size() && words[i + 1] == 'x') {  // the 0 of "0x.."
      ++i;
      while (i + 1 < words.size() && absl::ascii_isxdigit(words[i + 1])) ++i;
    }
  }
  return error;
}

std::string SummaryOf(string_view line) {
  if (!absl::ConsumePrefix(&line, "SUMMARY: ")) return "";
  line = line.substr(0, line.find(" /"));
  return std::string(line.substr(0, line.find(" (")));
}

std::string CleanTitle(string_view line) {
  line = absl::StripAsciiWhitespace(line);
  absl::ConsumeSuffix(&line, ":");
  absl::ConsumeSuffix(&line, " here");
  absl::ConsumeSuffix(&line, " at");
  std::vector<string_view> words;
  for (string_view word : absl::StrSplit(line, ' ')) {
    if (HasAnyPrefix(word, "0x", "(0x")) {
      if (!words.empty() && (words.back() == "at" || words.back() == "on")) words.pop_back();
    } else if (!HasAnyPrefix(word, "(tid=", "running)", "finished)") &&
               !(absl::StartsWith(word, "(") && absl::StrContains(word, "+0x"))) {
      words.push_back(word);
    }
  }
  return absl::StrJoin(words, " ");
}

std::string HeadlineTitle(string_view words) {
  const size_t pc = words.find(" (pc ");
  if (pc == string_view::npos) return CleanTitle(words);
  const string_view name = words.substr(0, words.find_first_of(" ("));
  const size_t thread = words.rfind(" T");
  if (thread == string_view::npos || thread < pc) return std::string(name);
  return absl::StrCat(name, " in thread", words.substr(thread, words.rfind(')') - thread));
}

std::string ThreadOf(string_view title) {
  if (absl::StrContains(title, "main thread")) return "main";
  size_t at = title.find("hread T");  // "thread T1", "Thread T1"
  if (at == string_view::npos) return "";
  at += 6;
  const size_t end = title.find_first_not_of("0123456789", at + 1);
  return std::string(title.substr(at, end == string_view::npos ? end : end - at));
}

}  // namespace heddle::sim
