// How fast the kernel is: the two-thread, ten-atomics-each test that Relacy is measured with, run
// in process; and the bare cost of a schedule point. Prints one JSON object.
//
//   speed [executions]     built as speed-det, -tsan, -asan
#include <time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "sim/runtime/runtime.h"

namespace {

std::atomic<int> x{0};

void TwoThreads() {
  const auto work = [] {
    int seen = 0;
    for (int i = 0; i < 5; ++i) {
      x.fetch_add(1, std::memory_order_relaxed);
      seen += x.load(std::memory_order_relaxed);
    }
    if (seen == 0) std::abort();
  };
  std::thread a(work), b(work);
  a.join(), b.join();
}

void ManyPoints() {
  constexpr int kRounds = 500'000;
  std::thread other([] {
    for (int i = 0; i < kRounds; ++i) x.fetch_add(1);
  });
  for (int i = 0; i < kRounds; ++i) x.fetch_add(1);
  other.join();
}

double Seconds(const std::function<void()>& action) {
  // Processor time: other load on the machine is not the kernel's cost.
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double start = now();
  action();
  return now() - start;
}

}  // namespace

int main(int argc, char** argv) {
  heddle::sim::RunOptions options;
  options.executions = argc > 1 ? strtoull(argv[1], nullptr, 10) : 100'000;
  heddle::sim::RunResult result;
  const double seconds = Seconds([&] { result = heddle::sim::Run(options, TwoThreads); });
  heddle::sim::RunOptions once;
  heddle::sim::RunResult many;
  const double many_seconds = Seconds([&] { many = heddle::sim::Run(once, ManyPoints); });
  std::printf(
      "{\"flavour\": \"%s\", \"executions_per_second\": %.0f, \"points_per_execution\": %.1f, "
      "\"points_per_second\": %.0f, \"ns_per_point\": %.1f, \"switches\": %llu}\n",
      heddle::sim::Flavour(), static_cast<double>(result.executions) / seconds,
      static_cast<double>(result.points) / static_cast<double>(result.executions),
      static_cast<double>(many.points) / many_seconds,
      1e9 * many_seconds / static_cast<double>(many.points),
      static_cast<unsigned long long>(many.switches));
}
