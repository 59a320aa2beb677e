#include <gtest/gtest.h>

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

}  // namespace
}  // namespace heddle::sim
