#include "sim/schedule/step_codec.h"

#include <zstd.h>

#include <charconv>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace heddle::sim {
namespace {

// zstd's densest level but for those that need much memory: schedules are written once, kept and
// sent around.
constexpr int kCompressionLevel = 19;

// So many steps in a row of one thread; their operations are not known yet.
struct Run {
  ThreadNumber thread = kClock;
  uint64_t count = 1;
};

// Reads "3", "c", "3*7" at `position`, and moves it behind.
absl::StatusOr<Run> DecodeRun(absl::string_view text, size_t* position) {
  const char* const begin = text.data() + *position;
  const char* const end = text.data() + text.size();
  const char* next = begin;
  Run run;
  if (*next == 'c') {
    ++next;
  } else {
    const auto [behind, error] = std::from_chars(next, end, run.thread);
    if (error != std::errc() || run.thread >= kMaxThreadNumber) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"choices\": at character ", *position,
                       ", expected a thread's number or 'c' for the clock"));
    }
    next = behind;
  }
  if (next < end && *next == '*') {
    const auto [behind, error] = std::from_chars(next + 1, end, run.count);
    if (error != std::errc() || run.count == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"choices\": at character ", *position, ", expected a count after '*'"));
    }
    next = behind;
  }
  *position = static_cast<size_t>(next - text.data());
  if (next < end && *next != ' ') {
    return absl::InvalidArgumentError(
        absl::StrCat("\"choices\": at character ", *position, ", expected a space"));
  }
  return run;
}

absl::Status DecodeChoices(absl::string_view text, uint64_t points, std::vector<Step>* steps) {
  for (size_t position = 0; position < text.size();) {
    if (text[position] == ' ') {
      ++position;
      continue;
    }
    const absl::StatusOr<Run> run = DecodeRun(text, &position);
    if (!run.ok()) return run.status();
    if (run->count > points - steps->size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"choices\" holds more than \"points\" = ", points, " choices"));
    }
    steps->insert(steps->end(), run->count, run->thread);
  }
  if (steps->size() == points) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"choices\" holds ", steps->size(),
                                                 " choices, \"points\" says ", points,
                                                 "; the file is cut short or was edited"));
}

absl::Status DecodeOperations(absl::string_view text, std::vector<Step>* steps) {
  std::string compressed;
  if (!absl::Base64Unescape(text, &compressed)) {
    return absl::InvalidArgumentError(
        "\"operations\" is not base64; the file is cut short or was edited");
  }
  std::string kinds(steps->size(), 0);
  const size_t size =
      ZSTD_decompress(kinds.data(), kinds.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(size) || size != steps->size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"operations\" does not hold one byte for each of ", steps->size(), " points"));
  }
  for (size_t i = 0; i < steps->size(); ++i) {
    const auto kind = static_cast<OpKind>(kinds[i]);
    if (kind == OpKind::kNone || kind >= OpKind::kCount) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"operations\" at point ", i, ": no operation has number ", static_cast<int>(kind)));
    }
    (*steps)[i] = MakeStep(kind, (*steps)[i]);
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeChoices(const std::vector<Step>& steps) {
  std::string text;
  for (size_t i = 0; i < steps.size();) {
    const ThreadNumber thread = StepThread(steps[i]);
    size_t run = 1;
    while (i + run < steps.size() && StepThread(steps[i + run]) == thread) ++run;
    if (!text.empty()) text += ' ';
    if (thread == kClock) {
      text += 'c';
    } else {
      absl::StrAppend(&text, thread);
    }
    if (run > 1) absl::StrAppend(&text, "*", run);
    i += run;
  }
  return text;
}

std::string EncodeOperations(const std::vector<Step>& steps) {
  std::string kinds;
  kinds.reserve(steps.size());
  for (const Step step : steps) kinds.push_back(static_cast<char>(StepKind(step)));
  std::string compressed(ZSTD_compressBound(kinds.size()), 0);
  compressed.resize(ZSTD_compress(compressed.data(), compressed.size(), kinds.data(), kinds.size(),
                                  kCompressionLevel));
  return absl::Base64Escape(compressed);
}

std::string EncodeReads(const std::vector<Step>& steps) {
  std::string text;
  for (size_t i = 0; i < steps.size(); ++i) {
    const uint32_t store = StepStore(steps[i]);
    if (store != 0) absl::StrAppend(&text, text.empty() ? "" : " ", i, ":", store);
  }
  return text;
}

absl::Status DecodeReads(absl::string_view reads, std::vector<Step>* steps) {
  uint64_t next = 0;  // they are in order
  for (const absl::string_view read : absl::StrSplit(reads, ' ', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(read, absl::MaxSplits(':', 1));
    uint64_t step = 0;
    uint32_t store = 0;
    if (!absl::SimpleAtoi(parts.first, &step) || !absl::SimpleAtoi(parts.second, &store) ||
        step < next || step >= steps->size() || store == 0 || store >= kMaxReadable) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"reads\" holds \"", absl::CEscape(read.substr(0, 40)),
                       "\"; expected STEP:STORE, in order, steps below ", steps->size(),
                       " and stores from 1 to ", kMaxReadable - 1));
    }
    (*steps)[step] = MakeStep(StepKind((*steps)[step]), StepThread((*steps)[step]), store);
    next = step + 1;
  }
  return absl::OkStatus();
}

std::vector<std::string> EncodeHashes(const std::vector<Step>& steps, uint64_t every) {
  std::vector<std::string> hashes;
  uint64_t hash = kHashStart;
  for (size_t i = 0; i < steps.size(); ++i) {
    hash = HashStep(hash, steps[i]);
    if ((i + 1) % every == 0 || i + 1 == steps.size()) {
      hashes.push_back(absl::StrFormat("%016x", hash));
    }
  }
  return hashes;
}

absl::StatusOr<std::vector<Step>> DecodeSteps(absl::string_view choices,
                                              absl::string_view operations, uint64_t points) {
  std::vector<Step> steps;
  absl::Status status = DecodeChoices(choices, points, &steps);
  if (status.ok()) status = DecodeOperations(operations, &steps);
  if (!status.ok()) return status;
  return steps;
}

}  // namespace heddle::sim
