// A small scenario and its cells, for tests of the parts of a run: a short trace in lockstep, with
// the fake hosts (harness/testing/fake_host.cc) or real ones.
#ifndef HEDDLE_HARNESS_RUN_TEST_CELL_H_
#define HEDDLE_HARNESS_RUN_TEST_CELL_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "harness/run/cell_plan.h"
#include "harness/run/host_run.h"
#include "harness/run/scenario_schedule.h"
#include "harness/testing/result_writer.h"
#include "sim/process/process.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

class CellTest : public testing::Test {
 protected:
  CellTest() : folder_(*sim::TemporaryFolder::Create()) {
    scenario_.name = scenario_.path = "test";
    scenario_.trace = "scenarios/traces/devnet-4v-short.jsonl.zst";
    scenario_.dispatchers = {Dispatcher::kMutex, Dispatcher::kAsync};
    scenario_.compare = {Oracle::kConservation, Oracle::kSanitizers};
    options_.host_folder = sim::ExecutableFolder() + "/fake";
    trace_ = trace::ReadTrace(scenario_.trace).value();
  }

  CellPlan Plan(Dispatcher dispatcher, Flavour flavour = Flavour::kNative) const {
    return {.scenario = scenario_,
            .options = options_,
            .trace = trace_,
            .window = {},
            .folder = folder_.path(),
            .dispatcher = dispatcher,
            .flavour = flavour,
            .host = FindHost(options_.host_folder, flavour).value()};
  }

  // What a correct host reports.
  std::vector<HostLine> Right(Dispatcher dispatcher) const {
    return RightLines(trace_, MakeRequest(scenario_, dispatcher, 1));
  }
  // A result file with `lines`.
  std::string Write(const std::string& name, const std::vector<HostLine>& lines) const {
    const std::string path = folder_.path() + "/" + name;
    WriteResult(path, MakeRequest(scenario_, Dispatcher::kAsync, 1), lines);
    return path;
  }

  Scenario scenario_;
  RunOptions options_;
  trace::Trace trace_;
  const sim::TemporaryFolder folder_;
};

// Makes the fake host go wrong, as long as it lives.
class FakeFault {
 public:
  explicit FakeFault(const char* fault) { setenv("FAKE_HOST", fault, 1); }
  ~FakeFault() { unsetenv("FAKE_HOST"); }
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_TEST_CELL_H_
