// Synthetic networks in real hosts: every dispatcher comes to the chain that the reference comes
// to.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "harness/host/request.h"
#include "harness/host/result_reader.h"
#include "harness/host/run.h"
#include "harness/oracles/reference.h"
#include "sim/trace/trace.h"
#include "sim/traffic/generate.h"

namespace heddle::traffic {
namespace {

using harness::Ended;
using harness::HostLine;
using harness::Mode;
using sim::Dispatcher;

class ReplayTest : public testing::TestWithParam<uint64_t> {
 protected:
  ReplayTest() : result_(testing::TempDir() + "heddle_replay_" + std::to_string(getpid())) {
    TrafficOptions options;
    options.seed = GetParam();
    options.validators = 3 + GetParam() % 6;
    options.slots = 16;
    options.peers = 2;
    options.missed = options.corrupt = options.churn = 0.05;
    options.late = options.forks = options.reorder = 0.2;
    options.equivocation = Equivocates() ? 0.2 : 0;
    options.duplicates = 0.3;
    options.partition = GetParam() % 2 == 0;
    options.reqresp = true;
    trace_.header = *HeaderOf(options);
    EXPECT_TRUE(Generate(options, [this](const trace::Event& event) {
                  trace_.events.push_back(event);
                  return absl::OkStatus();
                }).ok());
  }
  ~ReplayTest() override { std::filesystem::remove(result_); }

  static bool Equivocates() { return GetParam() % 3 == 0; }

  // The end of a run in a host.
  Ended Run(Dispatcher dispatcher, Mode mode) {
    std::filesystem::remove(result_);
    host::Request request;
    request.trace = "generated";
    request.dispatcher = dispatcher;
    request.mode = mode;
    auto run = host::Run::Create(request, trace_, result_);
    EXPECT_TRUE(run.ok()) << run.status();
    EXPECT_TRUE((*run)->Execute().ok());
    auto reader = harness::ResultReader::Open(result_);
    EXPECT_TRUE(reader.ok()) << reader.status();
    HostLine line;
    Ended end;
    while (*(*reader)->Next(&line)) {
      if (const auto* ended = std::get_if<Ended>(&line.what)) end = *ended;
    }
    EXPECT_TRUE((*reader)->complete());
    return end;
  }

  Ended RunReference() {
    host::Request request;
    Ended end;
    EXPECT_TRUE(harness::ReplayInLockstep(trace_, request, [&](const HostLine& line) {
                  if (const auto* ended = std::get_if<Ended>(&line.what)) end = *ended;
                  return true;
                }).ok());
    return end;
  }

  const std::string result_;
  trace::Trace trace_;
};

TEST_P(ReplayTest, EveryDispatcherReachesTheSameChain) {
  const Ended reference = RunReference();
  EXPECT_GT(reference.state.snapshot.block_roots.size(), 1u);
  for (const Dispatcher dispatcher :
       {Dispatcher::kMutex, Dispatcher::kAsync, Dispatcher::kLocks, Dispatcher::kWorker}) {
    const Ended lockstep = Run(dispatcher, Mode::kLockstep);
    EXPECT_EQ(lockstep.state.snapshot, reference.state.snapshot);
    EXPECT_EQ(lockstep.state.pending_blocks, reference.state.pending_blocks);
  }
  // At full speed, with a clock that ticks in between: only what all come to once quiet is the
  // same; and of two votes of one validator for one slot, the one that a tick let in first counts
  // for ever.
  if (Equivocates()) return;
  const Ended mutex = Run(Dispatcher::kMutex, Mode::kBurst);
  const Ended async = Run(Dispatcher::kAsync, Mode::kBurst);
  EXPECT_EQ(mutex.state.snapshot.head_root, async.state.snapshot.head_root);
  EXPECT_EQ(mutex.state.snapshot.latest_justified, async.state.snapshot.latest_justified);
  EXPECT_EQ(mutex.state.snapshot.latest_finalized, async.state.snapshot.latest_finalized);
  EXPECT_EQ(mutex.state.snapshot.block_roots, async.state.snapshot.block_roots);
}

// HEDDLE_TRAFFIC_SEEDS: how many, from 1 (scripts/long.sh traffic asks for 1,000).
uint64_t Seeds() {
  uint64_t seeds = 8;
  const char* wanted = std::getenv("HEDDLE_TRAFFIC_SEEDS");
  EXPECT_TRUE(wanted == nullptr || absl::SimpleAtoi(wanted, &seeds)) << wanted;
  return seeds;
}
INSTANTIATE_TEST_SUITE_P(Seeds, ReplayTest, testing::Range(uint64_t{1}, Seeds() + 1));

}  // namespace
}  // namespace heddle::traffic
