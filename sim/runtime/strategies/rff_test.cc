#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <vector>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::FailIfReads;
using model::Instruction;
using model::Private;
using model::Program;
using model::Sample;

// The reader must read the seventh of many stores.
Program ReadsOneOfMany(int stores) {
  Program program;
  program.threads.resize(2);
  for (int i = 1; i <= stores; ++i) program.threads[0].push_back({Do::kStore, 0, i});
  program.threads[1].push_back({Do::kLoad, 0});
  FailIfReads(program.threads[1], 7);
  return program;
}

// A constraint is one of so many pairs of a read and a write, and is kept once it is drawn: at
// least once in four times the pairs (a mutation in two adds one; the corpus grows beside it).
// Sampling reaches the seventh place once in 2^8.
TEST(Rff, APairIsFoundOnceInTheNumberOfPairs) {
  constexpr int kStores = 20, kExecutions = 4000;
  const std::unique_ptr<Strategy> rff = MakeRff({});
  const int found = Sample(ReadsOneOfMany(kStores), *rff, kExecutions).failed;
  EXPECT_GE(found, kExecutions / (4 * kStores));
  const std::unique_ptr<Strategy> pos = MakePos({});
  EXPECT_GT(found, 2 * Sample(ReadsOneOfMany(kStores), *pos, kExecutions).failed);
}

// Two pairs at once: an entry that has one is kept, and gets the other.
TEST(Rff, BuildsOnWhatWasNew) {
  Program program;
  program.threads.resize(3);
  for (int i = 1; i <= 10; ++i) program.threads[0].push_back({Do::kStore, 0, i});
  program.threads[1] = {{Do::kLoad, 0}, {Do::kJumpIfNot, 3, 6}, {Do::kStore, 1, 1}};
  for (int i = 0; i < 8; ++i) program.threads[1].push_back({Do::kStore, 2, i});
  program.threads[2] = {{Do::kLoad, 2}, {Do::kJumpIfNot, 6, 5}, {Do::kLoad, 1}};
  FailIfReads(program.threads[2], 1);
  program.threads[2].push_back({Do::kAdd, 9, 1});
  const std::unique_ptr<Strategy> rff = MakeRff({});
  EXPECT_GE(Sample(program, *rff, 6000).failed, 10);
}

// Two pairs, which any of many like threads can have with the reader: it reads what the first one
// of them has stored, and then what none of them has yet.
TEST(Rff, WhichOfManyLikeThreadsDoesNotMatter) {
  constexpr int kLike = 60, kExecutions = 1000;
  Program program;
  program.threads.assign(kLike, {{Do::kStore, 0, 1}, {Do::kStore, 1, 1}});
  constexpr int kApart = 20;
  program.threads.push_back({{Do::kLoad, 0}, {Do::kJumpIf, kApart + 5, 0}});
  Private(program.threads.back(), kApart, 10);
  program.threads.back().push_back({Do::kLoad, 1});
  FailIfReads(program.threads.back(), 0);
  program.threads.back().push_back({Do::kAdd, 9, 1});
  const std::unique_ptr<Strategy> rff = MakeRff({});
  EXPECT_GE(Sample(program, *rff, kExecutions).failed, kExecutions / 100);
  const std::unique_ptr<Strategy> pos = MakePos({});
  EXPECT_LE(Sample(program, *pos, kExecutions).failed, kExecutions / 500);
}

TEST(Rff, NobodyIsStuck) {
  const std::vector<Instruction> code = {{Do::kLock, 1},   {Do::kAdd, 0, 1}, {Do::kLock, 2},
                                         {Do::kUnlock, 2}, {Do::kUnlock, 1}, {Do::kAdd, 0, 1}};
  const std::unique_ptr<Strategy> rff = MakeRff({});
  for (const std::string& result : Sample({.threads = {code, code, code}}, *rff, 1000).results) {
    EXPECT_EQ(result.find("stuck"), std::string::npos) << result;
  }
  EXPECT_LT(Sample(model::SpinningProgram(), *rff, 500).longest, 5000u);
}

TEST(Rff, IsDeterministic) {
  const std::unique_ptr<Strategy> one = MakeRff({}), other = MakeRff({});
  EXPECT_EQ(Sample(ReadsOneOfMany(5), *one, 200).schedules,
            Sample(ReadsOneOfMany(5), *other, 200).schedules);
}

// Three objects, classes of threads, rare combinations.
Program WithMuchToLearn() {
  Program program = ReadsOneOfMany(6);
  program.threads.push_back({{Do::kLock, 1}, {Do::kAdd, 2, 1}, {Do::kUnlock, 1}, {Do::kLoad, 0}});
  program.threads.push_back(program.threads.back());
  return program;
}

std::vector<uint64_t> KeptBy(Strategy& strategy) {
  std::vector<uint64_t> words(1 << 16);
  words.resize(strategy.Keep(words));
  return words;
}

// What goes on from what another has learnt does what that one does next.
TEST(Rff, GoesOnFromWhatWasKept) {
  const Program program = WithMuchToLearn();
  const std::unique_ptr<Strategy> one = MakeRff({});
  Sample(program, *one, 300);
  const std::vector<uint64_t> kept = KeptBy(*one);
  ASSERT_GT(kept.size(), 100u);
  const std::unique_ptr<Strategy> other = MakeRff({});
  ASSERT_TRUE(other->TakeUp(kept));
  EXPECT_EQ(KeptBy(*other), kept);
  EXPECT_EQ(Sample(program, *other, 300).schedules, Sample(program, *one, 300).schedules);
  EXPECT_EQ(KeptBy(*other), KeptBy(*one));
  EXPECT_NE(Sample(program, *MakeRff({}), 300).schedules, Sample(program, *one, 300).schedules);
}

TEST(Rff, KeepsNothingWhereThereIsNoRoom) {
  const std::unique_ptr<Strategy> rff = MakeRff({});
  Sample(WithMuchToLearn(), *rff, 50);
  const size_t words = KeptBy(*rff).size();
  std::vector<uint64_t> room(words + 1, 7);
  EXPECT_EQ(rff->Keep(std::span(room).first(words - 1)), 0u);
  EXPECT_EQ(room[words - 1], 7u);
  EXPECT_EQ(rff->Keep(std::span(room).first(words)), words);
  EXPECT_EQ(room[words], 7u);
}

// Words of others are refused, or taken for what they could be: they lead nowhere out of bounds.
TEST(Rff, TakesUpNoOtherWords) {
  const Program program = WithMuchToLearn();
  const std::unique_ptr<Strategy> one = MakeRff({});
  Sample(program, *one, 100);
  const std::vector<uint64_t> kept = KeptBy(*one);
  EXPECT_FALSE(MakeRff({})->TakeUp({}));
  EXPECT_FALSE(MakeRff({})->TakeUp(std::span(kept).first(kept.size() - 1)));
  std::vector<uint64_t> longer = kept;
  longer.push_back(0);
  EXPECT_FALSE(MakeRff({})->TakeUp(longer));
  Random random(1);
  int refused = 0;
  for (size_t at = 0; at < kept.size(); ++at) {
    for (const uint64_t value : {uint64_t{0}, kept[at] + 1, uint64_t{random.Below(100)},
                                 uint64_t{0xFFFFFFFF}, ~uint64_t{0}}) {
      std::vector<uint64_t> words = kept;
      words[at] = value;
      const std::unique_ptr<Strategy> other = MakeRff({});
      if (!other->TakeUp(words)) {
        ++refused;
      } else if (at % 64 == 0) {
        Sample(program, *other, 20);
      }
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace heddle::sim
