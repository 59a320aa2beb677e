// heddle-soak DISPATCHER EVENTS: a long load on the C ABI.
//
// Four producers hand over EVENTS messages in all, again and again those of one healthy chain, one
// in ten of them damaged. Afterwards everything that was taken must have been applied, once, and
// the process must not be larger than it was after the first quarter.
// Exit status: 0 it is so, 1 it is not, 2 wrong usage.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "src/dispatch/include/heddle/host.h"
#include "src/dispatch/testing/validators.h"
#include "src/node/testing/gossip.h"

namespace heddle::dispatch {
namespace {

constexpr uint64_t kValidators = 4;
constexpr uint64_t kSlots = 200;
constexpr uint32_t kProducers = 4;
constexpr uint64_t kOneDamagedIn = 10;
// A channel has room for two of the largest, and takes its memory as it comes to it.
constexpr uint64_t kMaxPayloadBytes = 1 << 20;
// Allocators keep some of what threads have freed.
constexpr int64_t kMaxGrowthBytes = int64_t{16} << 20;

constexpr const char* kDispatchers[] = {"unsync", "mutex", "async", "locks", "worker"};

void Must(heddle_status status) {
  if (status == HEDDLE_OK) return;
  std::fprintf(stderr, "heddle-soak: %s\n", heddle_status_name(status));
  std::exit(1);
}

int64_t ResidentBytes() {
  int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

struct Load {
  uint64_t events_of_each = 0;
  std::atomic<uint64_t> applied{0};
  std::atomic<uint64_t> damaged{0};
  std::atomic<uint64_t> full{0};
  std::atomic<int64_t> resident_after_quarter{0};
  std::vector<uint32_t> times[kProducers];  // ns of each call that was answered with OK
};

void OnApplied(void* context, const heddle_application*) {
  static_cast<Load*>(context)->applied.fetch_add(1, std::memory_order_relaxed);
}

heddle_host* MakeHost(uint32_t dispatcher, Load* load) {
  const std::vector<heddle_validator> validators = SyntheticValidators(kValidators);
  heddle_config config;
  heddle_config_init(&config);
  config.dispatcher = dispatcher;
  config.validators = validators.data();
  config.validator_count = validators.size();
  config.instances = kProducers;
  config.tick_source = HEDDLE_TICKS_EXTERNAL;
  config.max_payload_bytes = kMaxPayloadBytes;
  config.observer.context = load;
  config.observer.applied = OnApplied;
  heddle_host* host;
  Must(heddle_host_create(&config, &host, nullptr));
  return host;
}

void Produce(heddle_instance* instance, uint32_t number, const std::vector<node::Gossip>& messages,
             Load* load) {
  std::mt19937_64 random(number);
  std::vector<uint8_t> payload;
  for (uint64_t i = 0; i < load->events_of_each; ++i) {
    if (number == 0 && i == load->events_of_each / 4) {
      load->resident_after_quarter = ResidentBytes();
    }
    const node::Gossip& message = messages[(i * kProducers + number) % messages.size()];
    payload.assign(message.payload.begin(), message.payload.end());
    if (random() % kOneDamagedIn == 0) {
      payload[random() % payload.size()] ^= static_cast<uint8_t>(1u << random() % 8);
      load->damaged.fetch_add(1, std::memory_order_relaxed);
    }
    for (;;) {
      const auto start = std::chrono::steady_clock::now();
      const heddle_status status = heddle_gossip(instance, message.topic.c_str(), payload.data(),
                                                 payload.size(), "16Uiu2HAmPeer");
      const auto end = std::chrono::steady_clock::now();
      if (status == HEDDLE_FULL) {
        load->full.fetch_add(1, std::memory_order_relaxed);
        std::this_thread::yield();
        continue;
      }
      Must(status);
      load->times[number][i] = static_cast<uint32_t>(
          std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
      break;
    }
  }
}

void PrintTimes(const Load& load) {
  std::vector<uint32_t> all;
  for (const auto& some : load.times) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  std::printf("  time of a call:");
  for (const auto& [name, fraction] : {std::pair("p50", 0.5), std::pair("p90", 0.9),
                                       std::pair("p99", 0.99), std::pair("p99.9", 0.999)}) {
    const auto at = static_cast<size_t>(fraction * static_cast<double>(all.size()));
    std::printf(" %s %.1f us,", name, all[std::min(at, all.size() - 1)] / 1e3);
  }
  std::printf(" longest %.1f us\n", all.back() / 1e3);
}

int Soak(uint32_t dispatcher, uint64_t events) {
  const std::vector<node::Gossip> messages = node::HealthyMessages(kValidators, kSlots);
  Load load;
  load.events_of_each = (events + kProducers - 1) / kProducers;
  for (auto& times : load.times) times.resize(load.events_of_each);
  heddle_host* const host = MakeHost(dispatcher, &load);
  Must(heddle_host_start(host));
  Must(heddle_host_tick(host, chain::IntervalFromSlot(kSlots + 1)));
  Must(heddle_host_flush(host));
  std::vector<heddle_instance*> instances(kProducers);
  std::vector<std::thread> producers;
  for (uint32_t i = 0; i < kProducers; ++i) {
    Must(heddle_instance_open(host, i, &instances[i]));
    producers.emplace_back([&, i] { Produce(instances[i], i, messages, &load); });
  }
  for (std::thread& producer : producers) producer.join();
  Must(heddle_host_flush(host));
  const int64_t growth = ResidentBytes() - load.resident_after_quarter;
  heddle_host_stop(host);
  Must(heddle_host_join(host));
  uint64_t taken = 0;
  for (heddle_instance* const instance : instances) {
    heddle_instance_counters counters;
    heddle_instance_read_counters(instance, &counters);
    taken += counters.taken;
    heddle_instance_close(instance);
  }
  heddle_host_destroy(host);
  const bool all_applied = taken == load.applied && taken == kProducers * load.events_of_each;
  const bool flat = growth <= kMaxGrowthBytes;
  std::printf("%s: %llu taken, %llu applied, %llu damaged, %llu times full; memory %+.1f MiB\n",
              kDispatchers[dispatcher], static_cast<unsigned long long>(taken),
              static_cast<unsigned long long>(load.applied),
              static_cast<unsigned long long>(load.damaged),
              static_cast<unsigned long long>(load.full), static_cast<double>(growth) / (1 << 20));
  PrintTimes(load);
  if (!all_applied) std::printf("  what is taken is not what is applied\n");
  if (!flat) std::printf("  memory grows\n");
  return all_applied && flat ? 0 : 1;
}

}  // namespace
}  // namespace heddle::dispatch

int main(int argc, char** argv) {
  using heddle::dispatch::kDispatchers;
  const uint64_t events = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const auto* const dispatcher = std::find(std::begin(kDispatchers), std::end(kDispatchers),
                                           std::string(argc == 3 ? argv[1] : ""));
  if (events == 0 || dispatcher == std::end(kDispatchers)) {
    std::fprintf(stderr, "usage: heddle-soak unsync|mutex|async|locks|worker EVENTS\n");
    return 2;
  }
  return heddle::dispatch::Soak(static_cast<uint32_t>(dispatcher - kDispatchers), events);
}
