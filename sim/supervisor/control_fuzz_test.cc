// The supervisor against a program that writes what it likes into the memory they share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

// Batches in all. HEDDLE_SCRIBBLES asks for more: scripts/long.sh scribbles.
uint64_t Batches() {
  uint64_t batches = 500;
  const char* asked = std::getenv("HEDDLE_SCRIBBLES");
  if (asked != nullptr) EXPECT_TRUE(absl::SimpleAtoi(asked, &batches)) << asked;
  return batches;
}

// A process that has nothing to do with it.
class Bystander {
 public:
  Bystander() : process_(fork()) {
    if (process_ == 0) {
      for (;;) pause();
    }
  }
  ~Bystander() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  pid_t process() const { return process_; }
  bool IsAlive() const { return waitpid(process_, nullptr, WNOHANG) == 0; }

 private:
  const pid_t process_;
};

TEST(ControlFuzz, NothingThatAProgramWritesHurtsTheSupervisor) {
  signal(SIGPIPE, SIG_IGN);
  const Bystander bystander;
  const uint64_t batches = Batches();
  uint64_t answered = 0, seed = 0;
  for (uint64_t ran = 0; ran < batches; ++seed) {
    ProgramOptions program;
    program.arguments = {std::string(HEDDLE_PROGRAMS) + "/heddle-scribbler", absl::StrCat(seed),
                         absl::StrCat(bystander.process())};
    program.max_points = 10'000;
    program.time_limit_ms = 2'000;
    program.keep_details = seed % 2 == 0;
    absl::StatusOr<std::unique_ptr<Supervisor>> supervisor = Supervisor::Start(program);
    ASSERT_TRUE(supervisor.ok()) << supervisor.status();
    const std::string flavour = (*supervisor)->flavour();
    CampaignOptions options;
    options.spec.track_objects = true;
    // Until the program is gone.
    for (bool alive = true; alive && ran < batches; ++ran) {
      const absl::Status status = (*supervisor)->NewCampaign(options);
      ASSERT_TRUE(status.ok()) << status << ", seed " << seed;
      const absl::StatusOr<Batch> batch = (*supervisor)->RunBatch(7, 3, 2);
      alive = batch.ok();
      if (!alive) continue;
      ++answered;
      ASSERT_GE(batch->executions.size(), 1u);
      ASSERT_LE(batch->executions.size(), 3u);
      for (size_t i = 0; i < batch->executions.size(); ++i) {
        EXPECT_EQ(batch->executions[i].execution, 7 + 2 * i);
        EXPECT_LE(batch->executions[i].state, kLastExecutionState);
      }
      EXPECT_LT(batch->last.steps.size(), 2 * program.max_points);
      (*supervisor)->Describe(batch->last);
      (*supervisor)->DedupKeyOf(batch->last);
      EXPECT_EQ((*supervisor)->flavour(), flavour);
    }
  }
  EXPECT_GT(answered, batches / 2) << "in " << seed << " processes";
  EXPECT_TRUE(bystander.IsAlive()) << "a process that the program named was killed";
}

}  // namespace
}  // namespace heddle::sim
