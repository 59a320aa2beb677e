#include "sim/stacks/last_words.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace heddle::sim {
namespace {

using absl::string_view;

constexpr size_t kMaxWords = 300;

constexpr string_view kHeapComplaints[] = {
    "malloc(): ",
    "free(): ",
    "realloc(): ",
    "calloc(): ",
    "malloc_consolidate()",
    "munmap_chunk(): ",
    "corrupted size vs. prev_size",
    "double free or corruption",
    "corrupted double-linked list",
    "tcache_thread_shutdown()",
    "mremap_chunk()",
    "unaligned tcache chunk",
};
// With the reason in them.
constexpr string_view kReasons[] = {"Assertion `", "what(): "};
// These say that the program gave up; what they name differs, or is no more than the stack says.
constexpr string_view kGivingUp[] = {"terminate called", "CHECK failed", "Check failed",
                                     "heddle: "};

// Lines behind the last that says something: Heddle's own, and what a panic of Rust's adds.
constexpr string_view kNoReasons[] = {"heddle: ", "note: run with `RUST_BACKTRACE"};

// GoogleTest, Catch2, tinytest, TAP and the like.
constexpr string_view kFailures[] = {"FAIL", "Failure", "failure:", "not ok ", "error:", "Error:"};

// Where in `line` the first of `marks` that occurs begins.
template <size_t N>
std::optional<size_t> Find(string_view line, const string_view (&marks)[N]) {
  for (const string_view mark : marks) {
    const size_t at = line.find(mark);
    if (at != string_view::npos) return at;
  }
  return std::nullopt;
}

std::optional<size_t> FindReason(string_view line) {
  const std::optional<size_t> reason = Find(line, kReasons);
  return reason ? reason : Find(line, kHeapComplaints);
}

}  // namespace

std::string LastWords(string_view text) {
  string_view last;
  for (string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (FindReason(line) || Find(line, kGivingUp)) last = line;
  }
  return std::string(last.substr(0, kMaxWords));
}

std::string LastLine(string_view text) {
  string_view last;
  for (string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    // A panic of Rust's; its text may have more lines, and other threads may panic because of it.
    if (absl::StartsWith(line, "thread '") && absl::StrContains(line, "' panicked at ")) {
      return std::string(line.substr(0, kMaxWords));
    }
    if (!line.empty() && !Find(line, kNoReasons)) last = line;
  }
  return std::string(last.substr(0, kMaxWords));
}

std::string FailureLine(string_view output) {
  for (string_view line : absl::StrSplit(output, '\n')) {
    if (Find(line, kFailures)) {
      line = absl::StripAsciiWhitespace(line);
      return std::string(line.substr(0, kMaxWords));
    }
  }
  return LastLine(output);
}

std::string StableLastWords(string_view text) {
  string_view last;
  for (const string_view line : absl::StrSplit(text, '\n')) {
    if (const std::optional<size_t> at = FindReason(line)) last = line.substr(*at);
  }
  return std::string(last);
}

bool IsHeapComplaint(string_view words) { return Find(words, kHeapComplaints).has_value(); }

}  // namespace heddle::sim
