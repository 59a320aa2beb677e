// What an execution costs as a fork and in a worker (sim/runtime/serve/worker.h), side by side: CPU
// time of all processes, so that the ratio does not depend on what else the machine does.
//
//   build/heddle_worker_benchmark --benchmark_filter=asan
//
// fork_us, worker_us: an execution. The start of the program and of the worker are not in it.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/supervisor/supervisor.h"

namespace heddle::sim {
namespace {

struct Subject {
  const char* name;  // of a program of the corpus
  const char* flavour;
  bool leak_checks;  // as in a campaign; otherwise none (asan)
};

double CpuMicroseconds() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage = {};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      sum += static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    }
  }
  return sum;
}

// The CPU time of a campaign with so many executions, and how many of them ran in the worker.
struct Cost {
  double microseconds = 0;
  uint64_t in_process = 0;
  std::string error;
};

Cost CostOf(const Subject& subject, bool in_process, uint32_t executions) {
  Cost cost;
  const double begin = CpuMicroseconds();
  {
    ProgramOptions program;
    program.arguments = {std::string(HEDDLE_PROGRAMS) + "/heddle-corpus-" + subject.flavour,
                         subject.name, "right"};
    program.in_process = in_process;
    auto supervisor = Supervisor::Start(program);
    if (!supervisor.ok()) return {.error = std::string(supervisor.status().message())};
    CampaignOptions campaign;
    campaign.spec.strategy.name = "random";
    if (!subject.leak_checks) campaign.spec.leak_check_every = 0;
    if (!(*supervisor)->NewCampaign(campaign).ok()) return {.error = "no campaign"};
    for (uint32_t done = 0; done < executions;) {
      const auto batch = (*supervisor)->RunBatch(done, std::min(executions - done, kMaxBatch));
      if (!batch.ok()) return {.error = std::string(batch.status().message())};
      done += static_cast<uint32_t>(batch->executions.size());
    }
    cost.in_process = (*supervisor)->InProcessExecutions();
    // Another campaign ends the worker, whose time counts once it is waited for.
    if (!(*supervisor)->NewCampaign(campaign).ok() || !(*supervisor)->RunBatch(0, 1).ok()) {
      cost.error = "no second campaign";
    }
  }
  cost.microseconds = CpuMicroseconds() - begin;
  return cost;
}

void Compare(benchmark::State& state, const Subject& subject) {
  // Enough of each for a second or two.
  constexpr uint32_t kFirst = 64, kForks = 600, kInWorker = 20'000;
  for ([[maybe_unused]] auto _ : state) {
    double per_execution[2] = {};
    for (const bool in_process : {false, true}) {
      const uint32_t count = in_process ? kInWorker : kForks;
      const Cost first = CostOf(subject, in_process, kFirst);
      const Cost all = CostOf(subject, in_process, kFirst + count);
      const std::string& error = first.error.empty() ? all.error : first.error;
      if (!error.empty()) return state.SkipWithError(error.c_str());
      per_execution[in_process ? 1 : 0] = (all.microseconds - first.microseconds) / count;
      if (in_process)
        state.counters["forks"] = static_cast<double>(kFirst + count - all.in_process);
    }
    state.counters["fork_us"] = per_execution[0];
    state.counters["worker_us"] = per_execution[1];
    state.counters["ratio"] = per_execution[0] / per_execution[1];
  }
}

const bool registered = [] {
  for (const char* flavour : {"det", "asan", "tsan"}) {
    for (const char* name : {"lost-update", "bounded-buffer", "dining-philosophers"}) {
      for (const bool leak_checks : {true, false}) {
        const Subject subject = {name, flavour, leak_checks};
        const bool asan = std::string(flavour) == "asan";
        if (!asan && !leak_checks) continue;
        const std::string title =
            std::string(flavour) + "/" + name + (asan && leak_checks ? "/with leak checks" : "");
        benchmark::RegisterBenchmark(title.c_str(), Compare, subject)
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace heddle::sim

BENCHMARK_MAIN();
