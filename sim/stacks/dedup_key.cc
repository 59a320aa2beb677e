#include "sim/stacks/dedup_key.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sim/stacks/last_words.h"

namespace heddle::sim {
namespace {

// How many own frames of each stack tell one bug from another: the place, and who led there.
constexpr size_t kHashedFrames = 2;

// A race has two sides; what comes behind them says where things were made.
constexpr size_t kReportedStacks = 2;

// FNV-1a, 64 bits: stable across builds, machines and versions of the standard library.
uint64_t Fnv1a(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

std::string Join(absl::string_view kind, std::vector<std::string> locations) {
  std::sort(locations.begin(), locations.end());
  locations.insert(locations.begin(), std::string(kind));
  return absl::StrJoin(locations, " ");
}

// "file.cc:12", or the function's name when the line is not known.
std::string Location(const Frame& frame) {
  if (frame.line > 0 && !frame.file.empty()) {
    return absl::StrCat(BaseName(frame.file), ":", frame.line);
  }
  return ShortFunction(frame.function);
}

struct ThreadLocations {
  ThreadNumber thread = kNoThread;
  std::vector<std::string> locations;  // innermost first, never empty
  std::string entry;                   // the outermost one's file, or else function
};

// Where the threads are in the program's own code; threads that are nowhere in it are left out.
std::vector<ThreadLocations> OwnLocations(const FailedExecution& execution) {
  std::vector<ThreadLocations> threads;
  if (execution.own_stacks == nullptr) return threads;
  for (const ThreadFrames& stack : execution.own_stacks()) {
    ThreadLocations own{.thread = stack.thread, .locations = {}, .entry = ""};
    for (const Frame& frame : stack.frames) {
      std::string location = Location(frame);
      if (location.empty()) continue;
      own.locations.push_back(std::move(location));
      own.entry = frame.file.empty() ? own.locations.back() : std::string(BaseName(frame.file));
    }
    if (!own.locations.empty()) threads.push_back(std::move(own));
  }
  return threads;
}

// Where each thread that waits or runs is.
std::vector<std::string> Innermost(const FailedExecution& execution) {
  std::vector<std::string> locations;
  for (const ThreadLocations& own : OwnLocations(execution)) {
    locations.push_back(own.locations.front());
  }
  return locations;
}

// Where the thread that failed is; when it is nowhere in the program, where the others are.
std::vector<std::string> InnermostOfFailing(const FailedExecution& execution) {
  std::vector<std::string> locations;
  for (const ThreadLocations& own : OwnLocations(execution)) {
    if (own.thread == execution.thread) locations.push_back(own.locations.front());
  }
  return locations.empty() ? Innermost(execution) : locations;
}

// The own function that the thread that failed runs.
std::vector<std::string> FunctionsOfFailing(const FailedExecution& execution) {
  if (execution.own_stacks == nullptr) return {};
  for (const ThreadFrames& stack : execution.own_stacks()) {
    if (stack.thread != execution.thread || stack.frames.empty()) continue;
    const std::string function = ShortFunction(stack.frames.front().function);
    return {function.empty() ? Location(stack.frames.front()) : function};
  }
  return {};
}

// Where each thread came from. Threads that are busy are at another line each time.
std::vector<std::string> Entries(const FailedExecution& execution) {
  std::vector<std::string> files;
  for (const ThreadLocations& own : OwnLocations(execution)) files.push_back(own.entry);
  return files;
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

std::string OwnLocation(const Frame& frame) { return frame.own ? Location(frame) : ""; }

std::string DedupKey(const SanitizerReport& report) {
  std::vector<std::string> locations;
  for (const Stack& stack : report.stacks) {
    for (const Frame& frame : stack.frames) {
      std::string location = OwnLocation(frame);
      if (location.empty()) continue;
      locations.push_back(std::move(location));
      break;
    }
    if (locations.size() == kReportedStacks) break;
  }
  // Nowhere in the program: what it called tells reports apart.
  for (size_t i = 0; locations.empty() && i < report.stacks.size(); ++i) {
    const std::vector<Frame>& frames = report.stacks[i].frames;
    if (!frames.empty() && !Location(frames.front()).empty()) {
      locations.push_back(Location(frames.front()));
    }
  }
  return Join(report.summary, std::move(locations));
}

std::string SanitizerDedupKey(absl::string_view text) {
  for (const SanitizerReport& report : ParseSanitizerReports(text).reports) {
    if (!report.summary.empty()) return DedupKey(report);
  }
  return "";
}

std::string DedupKey(const FailedExecution& execution) {
  const absl::string_view kind = FailureKindName(execution.kind);
  switch (execution.kind) {
    case FailureKind::kSanitizer: {
      const std::string key = SanitizerDedupKey(execution.standard_error);
      return key.empty() ? Join(kind, Innermost(execution)) : key;
    }
    case FailureKind::kCrash:
    case FailureKind::kExit: {
      const std::string words = StableLastWords(execution.standard_error);
      const std::string base = absl::StrCat(kind, " ", execution.message);
      return words.empty() ? Join(base, Innermost(execution)) : absl::StrCat(base, " ", words);
    }
    case FailureKind::kMisuse: {
      // The words are the same for each object of its type.
      const std::string base = absl::StrCat(kind, " ", Stable(execution.message));
      return Join(base, InnermostOfFailing(execution));
    }
    case FailureKind::kUnmodelled:
    case FailureKind::kLimit:
    case FailureKind::kInternal:
    case FailureKind::kDivergence:
      return absl::StrCat(kind, " ", Stable(execution.message));
    case FailureKind::kHeap: {
      // Whose call it was; what the others do is not part of it.
      const absl::string_view message = execution.message;
      return Join(message.substr(0, message.find(':')), InnermostOfFailing(execution));
    }
    case FailureKind::kLivelock:
      return Join(kind, Entries(execution));
    case FailureKind::kTimeLimit: {
      // The function: a thread that is busy is at another line of it each time.
      const std::vector<std::string> functions = FunctionsOfFailing(execution);
      return functions.empty() ? absl::StrCat(kind, " ", Stable(execution.message))
                               : Join(kind, functions);
    }
    default:
      return Join(kind, Innermost(execution));
  }
}

std::string HashedDedupKey(absl::string_view kind, absl::string_view detail,
                           const std::vector<Stack>& stacks, absl::string_view place) {
  std::vector<std::string> accesses;
  for (const Stack& stack : stacks) {
    if (!stack.is_access) continue;
    std::string access;
    size_t used = 0;
    for (const Frame* frame : OwnFrames(stack)) {
      if (used++ == kHashedFrames) break;
      absl::StrAppend(&access, ShortFunction(frame->function), "@", BaseName(frame->file), ";");
    }
    accesses.push_back(std::move(access));
  }
  std::sort(accesses.begin(), accesses.end());
  return absl::StrFormat("%016x", Fnv1a(absl::StrCat(kind, "|", detail, "|",
                                                     absl::StrJoin(accesses, "|"), "|", place)));
}

}  // namespace heddle::sim
