#include "sim/explore/dedup_key.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace heddle::sim {
namespace {

// A line of a stack in a sanitizer's report: "    #3 0x55... in f() /path/x.cc:12:3
// (program+0x...)".
bool IsFrame(absl::string_view line) {
  line = absl::StripLeadingAsciiWhitespace(line);
  return line.size() > 1 && line[0] == '#' && absl::ascii_isdigit(line[1]);
}

// The program's own locations on each thread's stack, innermost first; threads that have none are
// left out.
std::vector<std::vector<std::string>> OwnStacks(const Outcome& outcome,
                                                const Supervisor& supervisor) {
  std::vector<std::vector<std::string>> stacks;
  for (const ThreadStack& stack : outcome.stacks) {
    std::vector<std::string> own;
    for (const std::string& frame : supervisor.Symbolize(stack.addresses)) {
      std::string location = OwnLocation(frame);
      if (!location.empty()) own.push_back(std::move(location));
    }
    if (!own.empty()) stacks.push_back(std::move(own));
  }
  return stacks;
}

// Where each thread that waits or runs is.
std::vector<std::string> OwnLocations(const Outcome& outcome, const Supervisor& supervisor) {
  std::vector<std::string> locations;
  for (std::vector<std::string>& stack : OwnStacks(outcome, supervisor)) {
    locations.push_back(std::move(stack.front()));
  }
  std::sort(locations.begin(), locations.end());
  return locations;
}

// Where each thread came from: the file of the outermost function. Threads that are busy are at
// another line each time.
std::vector<std::string> OwnEntries(const Outcome& outcome, const Supervisor& supervisor) {
  std::vector<std::string> files;
  for (const std::vector<std::string>& stack : OwnStacks(outcome, supervisor)) {
    files.push_back(stack.back().substr(0, stack.back().rfind(':')));
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Join(absl::string_view kind, std::vector<std::string> locations) {
  locations.insert(locations.begin(), std::string(kind));
  return absl::StrJoin(locations, " ");
}

// The first line, without what differs between executions.
std::string Stable(absl::string_view message) {
  std::vector<std::string> words;
  for (const absl::string_view word :
       absl::StrSplit(message.substr(0, message.find('\n')), ' ', absl::SkipEmpty())) {
    const bool number = std::any_of(word.begin(), word.end(), absl::ascii_isdigit);
    words.push_back(number ? "*" : std::string(word));
  }
  return absl::StrJoin(words, " ");
}

}  // namespace

std::string OwnLocation(absl::string_view frame) {
  for (const absl::string_view word : absl::StrSplit(frame, ' ', absl::SkipEmpty())) {
    if (!absl::StartsWith(word, "/") || absl::StartsWith(word, "/usr/") ||
        absl::StartsWith(word, "/lib/")) {
      continue;
    }
    const std::vector<absl::string_view> parts = absl::StrSplit(word, ':');
    if (parts.size() < 2) continue;
    const absl::string_view path = parts[0];
    // Our own interposers stand between the program and libc.
    if (absl::StrContains(path, "/sim/runtime/") && !absl::StrContains(path, "/testing/")) continue;
    return absl::StrCat(path.substr(path.rfind('/') + 1), ":", parts[1]);
  }
  return "";
}

std::string SanitizerSignature(absl::string_view report) {
  constexpr absl::string_view kSummary = "SUMMARY: ";
  const size_t summary = report.find(kSummary);
  if (summary == absl::string_view::npos) return "";
  absl::string_view type = report.substr(summary + kSummary.size());
  type = type.substr(0, type.find('\n'));
  type = type.substr(0, type.find(" /"));
  type = type.substr(0, type.find(" ("));
  std::vector<std::string> locations;
  bool found = false;  // in the stack that is being read
  bool in_stack = false;
  for (const absl::string_view line : absl::StrSplit(report.substr(0, summary), '\n')) {
    if (!IsFrame(line)) {
      in_stack = false;
      continue;
    }
    if (!in_stack) found = false;
    in_stack = true;
    const std::string location = found ? "" : OwnLocation(line);
    if (location.empty()) continue;
    found = true;
    locations.push_back(location);
    if (locations.size() == 2) break;
  }
  std::sort(locations.begin(), locations.end());
  return Join(type, std::move(locations));
}

std::string LastWords(absl::string_view standard_error) {
  static constexpr absl::string_view kMarks[] = {
      "Assertion `", "what():  ", "free(): ", "malloc(): ", "corrupted ", "double free"};
  for (const absl::string_view line : absl::StrSplit(standard_error, '\n')) {
    for (const absl::string_view mark : kMarks) {
      const size_t at = line.find(mark);
      if (at != absl::string_view::npos) return std::string(line.substr(at));
    }
  }
  return "";
}

std::string SignatureOf(const Outcome& outcome, const Supervisor& supervisor) {
  const absl::string_view kind = FailureKindName(outcome.finding);
  switch (outcome.finding) {
    case FailureKind::kSanitizer: {
      const std::string signature = SanitizerSignature(outcome.standard_error);
      return signature.empty() ? Join(kind, OwnLocations(outcome, supervisor)) : signature;
    }
    case FailureKind::kCrash:
    case FailureKind::kExit: {
      const std::string words = LastWords(outcome.standard_error);
      const std::string base = absl::StrCat(kind, " ", outcome.message);
      return words.empty() ? Join(base, OwnLocations(outcome, supervisor))
                           : absl::StrCat(base, " ", words);
    }
    case FailureKind::kMisuse:
    case FailureKind::kUnmodelled:
    case FailureKind::kLimit:
    case FailureKind::kInternal:
    case FailureKind::kDivergence:
      return absl::StrCat(kind, " ", Stable(outcome.message));
    case FailureKind::kHeap: {
      // Whose call it was; what the others do is not part of it.
      const absl::string_view what =
          absl::string_view(outcome.message).substr(0, outcome.message.find(':'));
      Outcome one;
      for (const ThreadStack& stack : outcome.stacks) {
        if (stack.thread == outcome.thread) one.stacks.push_back(stack);
      }
      return Join(what, OwnLocations(one, supervisor));
    }
    case FailureKind::kLivelock:
      return Join(kind, OwnEntries(outcome, supervisor));
    default:
      return Join(kind, OwnLocations(outcome, supervisor));
  }
}

}  // namespace heddle::sim
