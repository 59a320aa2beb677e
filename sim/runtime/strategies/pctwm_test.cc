#include <gtest/gtest.h>

#include <cmath>

#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::FailIfReads;
using model::Private;
using model::Program;
using model::Sample;

// Jumps over a failure when the register does not hold what the bug needs.
void OnlyIfReads(Program& program, size_t thread, int value) {
  program.threads[thread].push_back({Do::kJumpIfNot, 100, value});
}

// The paper's message passing without order: the flag is read from the other thread, the data is
// still old. One read communicates.
Program MessagePassing() {
  Program program{.threads = {{{Do::kStore, 0, 1}, {Do::kStore, 1, 1}}, {{Do::kLoad, 1}}},
                  .weak = true};
  OnlyIfReads(program, 1, 1);
  program.threads[1].push_back({Do::kLoad, 0});
  FailIfReads(program.threads[1], 0);
  return program;
}

// Two reads communicate: the second thread learns of the first one's store, the third one of the
// second one's, but not of the first one's. Beside them, loads that do not matter.
Program NoCausality(int loads) {
  Program program{.threads = {{{Do::kStore, 0, 1}}, {}, {}}, .weak = true};
  for (size_t reader = 1; reader < 3; ++reader) {
    for (int i = 0; i < loads; ++i) program.threads[reader].push_back({Do::kLoad, 9});
    program.threads[reader].push_back({Do::kLoad, reader == 1 ? 0 : 1});
    OnlyIfReads(program, reader, 1);
  }
  program.threads[1].push_back({Do::kStore, 1, 1});
  program.threads[2].push_back({Do::kLoad, 0});
  FailIfReads(program.threads[2], 0);
  return program;
}

// The theorem: at least one in k^d h^d executions finds the bug, k being the loads.
void ExpectGuarantee(const Program& program, const PctwmOptions& options, int loads,
                     int executions) {
  const std::unique_ptr<Strategy> pctwm = MakePctwm(options);
  const int failed = Sample(program, *pctwm, executions).failed;
  EXPECT_GE(failed, executions / std::pow(loads * options.history, options.depth))
      << loads << " loads, h = " << options.history;
}

TEST(Pctwm, FindsBugsAsOftenAsTheTheoremSays) {
  for (const uint32_t history : {1u, 2u}) {
    ExpectGuarantee(MessagePassing(), {.depth = 1, .history = history}, 2, 1000);
    ExpectGuarantee(NoCausality(0), {.depth = 2, .history = history}, 3, 2000);
    ExpectGuarantee(NoCausality(3), {.depth = 2, .history = history}, 9, 10'000);
  }
}

// All reads but d are local: with one less than the bug needs, it is never found.
TEST(Pctwm, OnlyThePickedReadsLearn) {
  const std::unique_ptr<Strategy> pctwm = MakePctwm({.depth = 1});
  EXPECT_EQ(Sample(NoCausality(0), *pctwm, 1000).failed, 0);
}

// A picked read reads one of the h newest stores, each of them.
TEST(Pctwm, ThePickedReadReadsOneOfTheNewest) {
  Program program{.threads = {{}, {{Do::kLoad, 0}}}, .weak = true};
  for (int i = 1; i <= 8; ++i) program.threads[0].push_back({Do::kStore, 0, i});
  FailIfReads(program.threads[1], 6);
  const auto failed = [&](uint32_t history) {
    const std::unique_ptr<Strategy> pctwm = MakePctwm({.depth = 1, .history = history});
    return Sample(program, *pctwm, 600).failed;
  };
  EXPECT_EQ(failed(2), 0);
  EXPECT_GE(failed(3), 100);
}

TEST(Pctwm, SpinningThreadsGiveWay) {
  const std::unique_ptr<Strategy> pctwm = MakePctwm({});
  EXPECT_LT(Sample(model::SpinningProgram(), *pctwm, 500).longest, 100u);
}

TEST(Pctwm, IsDeterministic) {
  const std::unique_ptr<Strategy> one = MakePctwm({}), other = MakePctwm({});
  EXPECT_EQ(Sample(NoCausality(1), *one, 200).results, Sample(NoCausality(1), *other, 200).results);
}

}  // namespace
}  // namespace heddle::sim
