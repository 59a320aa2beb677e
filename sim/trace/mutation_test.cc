// Damages traces and expectations at random and reads them. Nothing may crash or hang; what is
// refused says where; what is accepted is a whole trace, which is written and read again to the
// same. The seeds are fixed; HEDDLE_SEED=<n> runs another one.
#include <cstdlib>
#include <random>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/trace/observation.h"
#include "sim/trace/operations.h"
#include "sim/trace/test_files.h"
#include "sim/trace/trace.h"
#include "sim/trace/verify.h"

namespace heddle::trace {
namespace {

constexpr int kRounds = 400;

using Random = std::mt19937_64;

uint64_t Seed() {
  const char* text = std::getenv("HEDDLE_SEED");
  uint64_t seed = 1;
  if (text != nullptr) {
    EXPECT_TRUE(absl::SimpleAtoi(text, &seed)) << "HEDDLE_SEED=" << text;
  }
  return seed;
}

// The first `count` lines.
std::string Head(const std::string& text, int count) {
  size_t end = 0;
  for (int i = 0; i < count; ++i) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

void Damage(Random& random, std::string* text) {
  constexpr absl::string_view kTelling = "{}[]\":,\\\n0-1e=\xff ";
  if (text->empty()) return;
  const size_t at = random() % text->size();
  switch (random() % 6) {
    case 0:
      (*text)[at] = static_cast<char>((*text)[at] ^ 1 << random() % 8);
      break;
    case 1:
      (*text)[at] = kTelling[random() % kTelling.size()];
      break;
    case 2:
      text->erase(at, random() % 40 + 1);
      break;
    case 3:
      text->insert(at, text->substr(random() % text->size(), random() % 40));
      break;
    case 4:
      text->insert(at, 1, kTelling[random() % kTelling.size()]);
      break;
    default:
      text->resize(at);
  }
}

// Calls `check` with kRounds damaged copies of `sample`, as files that end in `ending`.
template <typename Check>
void ForEachDamaged(const std::string& sample, absl::string_view ending, Check check) {
  const uint64_t seed = Seed();
  Random random(seed);
  for (int round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
    std::string text = sample;
    for (uint64_t edits = random() % 3 + 1; edits > 0; --edits) Damage(random, &text);
    SCOPED_TRACE(absl::StrCat("seed ", seed, ", round ", round));
    check(WriteFile(absl::StrCat("damaged", ending), text));
  }
}

// InvalidArgument, and "path:line: " in front of the message.
void ExpectLocated(const absl::Status& status, const std::string& path) {
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              testing::MatchesRegex(absl::StrCat(path, ":[0-9]+: .*")));
}

void CheckTrace(const std::string& path) {
  const auto trace = ReadTrace(path);
  if (!trace.ok()) {
    ExpectLocated(trace.status(), path);
    EXPECT_FALSE(Verify(path, nullptr).ok());
    return;
  }
  EXPECT_TRUE(Verify(path, nullptr).ok());
  const std::string copy = TempPath("copy.jsonl");
  std::remove(copy.c_str());
  ASSERT_TRUE(Slice(path, copy, {}).ok());
  const auto again = ReadTrace(copy);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->header, trace->header);
  ASSERT_EQ(again->events.size(), trace->events.size());
  for (size_t i = 0; i < trace->events.size(); ++i) {
    EXPECT_EQ(again->events[i].data, trace->events[i].data);
    EXPECT_EQ(again->events[i].topic, trace->events[i].topic);
  }
}

TEST(Mutation, Trace) {
  ForEachDamaged(Head(Decompress(ReadFile(kShortTrace)), 12), ".jsonl", CheckTrace);
}

TEST(Mutation, CompressedTrace) { ForEachDamaged(ReadFile(kShortTrace), ".jsonl.zst", CheckTrace); }

TEST(Mutation, Expectation) {
  const std::string text = Decompress(ReadFile(kShortExpectation));
  const std::string sample =
      Head(text, 10) + text.substr(text.rfind('\n', text.size() - 2) + 1);  // with the end
  ForEachDamaged(sample, ".expected.jsonl", [](const std::string& path) {
    auto reader = ObservationReader::Open(path);
    ASSERT_TRUE(reader.ok()) << reader.status();
    ObservedLine line;
    absl::StatusOr<bool> more = true;
    while (more.ok() && *more) more = (*reader)->Next(&line);
    if (!more.ok()) ExpectLocated(more.status(), path);
  });
}

}  // namespace
}  // namespace heddle::trace
