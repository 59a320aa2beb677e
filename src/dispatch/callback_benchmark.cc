// How long a network's callback takes under `mutex` and under `async`, while the node is kept busy
// by blocks and votes whose signatures cost 1 ms each.
//
// Two networks hand over a healthy chain's messages, each its half, as fast as the host takes them;
// a message that is answered with "full" is offered again a little later, as a producer does. Every
// call is timed, refused ones too.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "src/dispatch/include/heddle/host.h"
#include "src/dispatch/testing/validators.h"
#include "src/node/testing/gossip.h"

namespace heddle::dispatch {
namespace {

constexpr uint64_t kValidators = 4;
constexpr uint64_t kSlots = 300;
constexpr uint32_t kNetworks = 2;
constexpr uint64_t kSignatureNs = 1'000'000;

void Must(heddle_status status) {
  if (status != HEDDLE_OK) std::abort();
}

heddle_host* MakeHost(uint32_t dispatcher) {
  const std::vector<heddle_validator> validators = SyntheticValidators(kValidators);
  heddle_config config;
  heddle_config_init(&config);
  config.dispatcher = dispatcher;
  config.validators = validators.data();
  config.validator_count = validators.size();
  config.instances = kNetworks;
  config.tick_source = HEDDLE_TICKS_EXTERNAL;
  config.signature_check = HEDDLE_SIGNATURES_COST_MODEL;
  config.signature_cost_ns = kSignatureNs;
  heddle_host* host;
  Must(heddle_host_create(&config, &host, nullptr));
  return host;
}

// Delivers every kNetworks-th message, from `first` on; the time of each call, in ns.
std::vector<uint64_t> Deliver(heddle_host* host, const std::vector<node::Gossip>& messages,
                              uint32_t first) {
  heddle_instance* instance;
  Must(heddle_instance_open(host, first, &instance));
  std::vector<uint64_t> times;
  times.reserve(messages.size() * 4);
  for (size_t i = first; i < messages.size(); i += kNetworks) {
    const node::Gossip& message = messages[i];
    heddle_status status;
    do {
      const auto start = std::chrono::steady_clock::now();
      status = heddle_gossip(instance, message.topic.c_str(), message.payload.data(),
                             message.payload.size(), "16Uiu2HAmPeer");
      const auto end = std::chrono::steady_clock::now();
      times.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
      if (status == HEDDLE_FULL) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } while (status == HEDDLE_FULL);
    Must(status);
  }
  heddle_instance_close(instance);
  return times;
}

std::vector<uint64_t> TimeCallbacks(uint32_t dispatcher,
                                    const std::vector<node::Gossip>& messages) {
  heddle_host* const host = MakeHost(dispatcher);
  Must(heddle_host_start(host));
  Must(heddle_host_tick(host, chain::IntervalFromSlot(kSlots + 1)));
  Must(heddle_host_flush(host));
  std::vector<std::vector<uint64_t>> times(kNetworks);
  std::vector<std::thread> networks;
  for (uint32_t i = 0; i < kNetworks; ++i) {
    networks.emplace_back([&, i] { times[i] = Deliver(host, messages, i); });
  }
  for (std::thread& network : networks) network.join();
  heddle_host_destroy(host);
  std::vector<uint64_t> all;
  for (const std::vector<uint64_t>& some : times) all.insert(all.end(), some.begin(), some.end());
  return all;
}

uint64_t Percentile(const std::vector<uint64_t>& sorted, double fraction) {
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(fraction * sorted.size()))];
}

double mutex_p999 = 0;

// `mutex` runs first, for the comparison.
void Callback(benchmark::State& state, uint32_t dispatcher) {
  const std::vector<node::Gossip> messages = node::HealthyMessages(kValidators, kSlots);
  std::vector<uint64_t> times;
  for (auto _ : state) times = TimeCallbacks(dispatcher, messages);
  std::sort(times.begin(), times.end());
  const double p999 = static_cast<double>(Percentile(times, 0.999));
  state.counters["calls"] = static_cast<double>(times.size());
  state.counters["p50_ns"] = static_cast<double>(Percentile(times, 0.5));
  state.counters["p99_ns"] = static_cast<double>(Percentile(times, 0.99));
  state.counters["p99.9_ns"] = p999;
  state.counters["max_ns"] = static_cast<double>(times.back());
  if (dispatcher == HEDDLE_DISPATCH_MUTEX) {
    mutex_p999 = p999;
  } else if (mutex_p999 > 0) {
    state.counters["p99.9_shorter_than_mutex"] = mutex_p999 / p999;
  }
}

BENCHMARK_CAPTURE(Callback, mutex, HEDDLE_DISPATCH_MUTEX)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Callback, async, HEDDLE_DISPATCH_ASYNC)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace heddle::dispatch
