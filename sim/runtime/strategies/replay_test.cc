#include "sim/runtime/strategies/replay.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/runtime/strategies/directed.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/testing/sampling_test.h"

namespace heddle::sim {
namespace {

using model::Do;
using model::Machine;
using model::Program;
using model::RunOnce;

struct Divergence {
  std::string message;
};
[[noreturn]] void OnTestDivergence(const char* message) { throw Divergence{message}; }

// Threads that meet at a lock, and one that waits in vain until its deadline.
Program LockProgram() {
  return {.threads = {{{Do::kLock, 0}, {Do::kAdd, 0, 1}, {Do::kUnlock, 0}},
                      {{Do::kLock, 0}, {Do::kLoad, 0}, {Do::kUnlock, 0}},
                      {{Do::kTimedWait, 0, 5}, {Do::kLoad, 0}}},
          .semaphores = {0}};
}

// Records the steps of whoever decides.
class Recorder final : public Strategy {
 public:
  explicit Recorder(Strategy& strategy) : strategy_(strategy) {}
  bool NewExecution(const Random& random) override {
    steps.clear();
    return strategy_.NewExecution(random);
  }
  uint32_t Choose(const Point& point) override {
    const uint32_t choice = strategy_.Choose(point);
    const Candidate& chosen = point.candidates[choice];
    steps.push_back(MakeStep(chosen.next->kind, chosen.thread));
    return choice;
  }
  std::vector<Step> steps;

 private:
  Strategy& strategy_;
};

std::string DivergenceOf(const Program& program, const std::vector<Step>& steps) {
  const auto replay = MakeReplay(steps, ReplayEnd::kWithRecording, OnTestDivergence);
  replay->NewExecution(Random());
  try {
    RunOnce(program, *replay);
  } catch (const Divergence& divergence) {
    return divergence.message;
  }
  return "";
}

TEST(Replay, FollowsEveryRecording) {
  const Program program = LockProgram();
  model::Uniform uniform;
  Recorder recorder(uniform);
  for (int i = 0; i < 100; ++i) {
    recorder.NewExecution(Random(i));
    const Machine recorded = RunOnce(program, recorder);
    const auto replay = MakeReplay(recorder.steps, ReplayEnd::kWithRecording, OnTestDivergence);
    replay->NewExecution(Random());
    const Machine replayed = RunOnce(program, *replay);
    EXPECT_EQ(replayed.Schedule(), recorded.Schedule());
    EXPECT_EQ(replayed.Result(), recorded.Result());
  }
}

TEST(Replay, NamesTheFirstDifference) {
  const Program program = LockProgram();
  const Step lock = MakeStep(OpKind::kMutexLock, 0);
  EXPECT_EQ(DivergenceOf(program, {lock}),
            "replay diverged at point 1: expected the end of the execution, got atomic-rmw");
  EXPECT_EQ(DivergenceOf(program, {MakeStep(OpKind::kMutexUnlock, 0)}),
            "replay diverged at point 0: expected mutex-unlock of thread 0, got mutex-lock");
  EXPECT_EQ(DivergenceOf(program, {lock, MakeStep(OpKind::kMutexLock, 1)}),
            "replay diverged at point 1: expected mutex-lock of thread 1, got mutex-lock, which "
            "cannot go on");
  EXPECT_EQ(DivergenceOf(program, {lock, MakeStep(OpKind::kMutexLock, 7)}),
            "replay diverged at point 1: expected mutex-lock of thread 7, got no such thread");
  EXPECT_EQ(DivergenceOf(program, {MakeStep(OpKind::kClockAdvance, kClock)}),
            "replay diverged at point 0: expected clock-advance of the clock, got no such thread");
}

TEST(Replay, GoesOnByDefaultAfterARecordingThatWasCutShort) {
  const Program program = LockProgram();
  const auto fifo = MakeFifo();
  Recorder recorder(*fifo);
  recorder.NewExecution(Random());
  const Machine whole = RunOnce(program, recorder);
  recorder.steps.resize(2);
  const auto replay = MakeReplay(recorder.steps, ReplayEnd::kOpen, OnTestDivergence);
  replay->NewExecution(Random());
  EXPECT_EQ(RunOnce(program, *replay).Schedule(), whole.Schedule());
}

std::string DirectedSchedule(const std::vector<Switch>& switches) {
  const auto directed = MakeDirected(switches);
  directed->NewExecution(Random());
  return RunOnce(LockProgram(), *directed).Schedule();
}

TEST(Directed, IsTheDefaultButForItsSwitches) {
  const auto fifo = MakeFifo();
  fifo->NewExecution(Random());
  const std::string by_default = RunOnce(LockProgram(), *fifo).Schedule();
  EXPECT_EQ(by_default, "0 0 0 1 1 1 2 clock 2 2 ");
  EXPECT_EQ(DirectedSchedule({}), by_default);
  // After two steps of thread 0, thread 2 and then thread 0 again.
  EXPECT_EQ(DirectedSchedule({{0, 2, 2}}), "0 0 2 0 1 1 1 clock 2 2 ");
  // Thread 1 waits for the lock then: the switch is left out.
  EXPECT_EQ(DirectedSchedule({{0, 2, 1}}), by_default);
  // From the clock.
  EXPECT_EQ(DirectedSchedule({{0, 2, 2}, {2, 1, kClock}, {kClock, 1, 2}}),
            "0 0 2 clock 2 2 0 1 1 1 ");
}

}  // namespace
}  // namespace heddle::sim
