// What --memory c11 and tso cost per atomic operation, as ratios to sc: the same threads under each
// model by turns, in one process. Measured, not tested.
//
//   weak_memory_benchmark-det, -tsan
#include <benchmark/benchmark.h>
#include <time.h>

#include <atomic>
#include <thread>
#include <vector>

#include "sim/runtime/runtime.h"

namespace {

using heddle::sim::MemoryModel;

constexpr auto rlx = std::memory_order_relaxed;
constexpr auto acq = std::memory_order_acquire;
constexpr auto rel = std::memory_order_release;

constexpr int kRounds = 20'000;
constexpr int kCells = 64;
std::atomic<int> cells[kCells];
volatile int plain[kCells];

void Load(int) {
  int seen = 0;
  for (int i = 0; i < kRounds; ++i) seen += cells[0].load(rlx);
  benchmark::DoNotOptimize(seen);
}
void Store(int me) {
  for (int i = 0; i < kRounds; ++i) cells[me].store(i, rlx);
}
void Add(int) {
  for (int i = 0; i < kRounds; ++i) cells[0].fetch_add(1);
}
void CompareExchange(int) {
  for (int i = 0; i < kRounds; ++i) {
    int expected = 0;
    cells[0].compare_exchange_strong(expected, 0, std::memory_order_acq_rel, rlx);
  }
}
void Message(int me) {
  int seen = 0;
  for (int i = 0; i < kRounds / 2; ++i) {
    cells[me].store(i, rel);
    seen += cells[1 - me].load(acq);
  }
  benchmark::DoNotOptimize(seen);
}
void ManyCells(int me) {
  int seen = 0;
  for (int i = 0; i < kRounds / 2; ++i) {
    cells[(i * 7 + me) % kCells].store(i, rel);
    seen += cells[(i * 5 + me) % kCells].load(acq);
  }
  benchmark::DoNotOptimize(seen);
}
void PlainWrite(int) {
  for (int i = 0; i < kRounds; ++i) plain[i % kCells] = i;
}

double Now() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Seconds of an execution in which each of the threads does `work`.
double SecondsOf(MemoryModel memory, int threads, void (*work)(int)) {
  heddle::sim::RunOptions options;
  options.spec.strategy.name = "random";
  options.spec.memory = memory;
  const double start = Now();
  heddle::sim::Run(options, [&] {
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(work, i);
    work(0);
    for (std::thread& other : others) other.join();
  });
  return Now() - start;
}

void Compare(benchmark::State& state, int threads, void (*work)(int)) {
  double seconds[3] = {};
  for (auto _ : state) {
    for (const MemoryModel memory : {MemoryModel::kSc, MemoryModel::kC11, MemoryModel::kTso}) {
      seconds[static_cast<int>(memory)] += SecondsOf(memory, threads, work);
    }
  }
  const double operations = 1e-9 * kRounds * threads * static_cast<double>(state.iterations());
  state.counters["sc_ns"] = seconds[0] / operations;
  state.counters["c11_ns"] = seconds[static_cast<int>(MemoryModel::kC11)] / operations;
  state.counters["c11/sc"] = seconds[static_cast<int>(MemoryModel::kC11)] / seconds[0];
  state.counters["tso/sc"] = seconds[static_cast<int>(MemoryModel::kTso)] / seconds[0];
}

BENCHMARK_CAPTURE(Compare, load, 1, Load);
BENCHMARK_CAPTURE(Compare, store, 1, Store);
BENCHMARK_CAPTURE(Compare, fetch_add, 1, Add);
BENCHMARK_CAPTURE(Compare, compare_exchange, 1, CompareExchange);
BENCHMARK_CAPTURE(Compare, load_2_threads, 2, Load);
BENCHMARK_CAPTURE(Compare, store_2_threads, 2, Store);
BENCHMARK_CAPTURE(Compare, fetch_add_2_threads, 2, Add);
BENCHMARK_CAPTURE(Compare, release_acquire_2_threads, 2, Message);
BENCHMARK_CAPTURE(Compare, release_acquire_64_cells_4_threads, 4, ManyCells);
BENCHMARK_CAPTURE(Compare, plain_write, 1, PlainWrite);

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
