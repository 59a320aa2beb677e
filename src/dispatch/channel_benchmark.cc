// The event channel beside the queues one would otherwise take, in one run on one machine.
//
// Each adapter carries the same messages from 1..4 producers to one consumer, and owns what it
// carries: the producer only lends it. Each can wake its consumer: a producer learns with its push
// whether the consumer sleeps, without which a queue is of no use to an event loop. (The consumers
// here stay awake; what is measured is the price of being able to sleep.)
//   Word: 8 bytes by value, nothing to own: the queue alone.
//   Vote: topic, peer and a payload of 600 bytes: what a gossip callback hands over.
// The peers run first; `vs_best_peer` is the channel's rate over that of the best of them.
#include <benchmark/benchmark.h>
#include <concurrentqueue/concurrentqueue.h>

#include <algorithm>
#include <atomic>
#include <boost/lockfree/queue.hpp>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <typeinfo>
#include <vector>

#include "src/dispatch/event_channel.h"

namespace heddle::dispatch {
namespace {

constexpr uint32_t kCapacity = 1024;
constexpr uint64_t kMessages = 400'000;  // of each run, over all producers

struct Word {
  uint64_t value = 0;
  static Word Make(uint64_t value) { return Word{value}; }
  uint64_t Value() const { return value; }
};

// What a producer holds and only lends.
struct Vote {
  static constexpr size_t kPayloadBytes = 600;
  std::string topic = "/leanconsensus/12345678/attestation_0/ssz_snappy";
  std::string peer = "16Uiu2HAmNDwjm19U91s6JNMTRWM8eLEtMSZ1ncnkTE8Ghu1vfSBx";
  std::vector<uint8_t> payload = std::vector<uint8_t>(kPayloadBytes, 7);
  static Vote Make(uint64_t value) {
    Vote vote;
    std::memcpy(vote.payload.data(), &value, sizeof(value));
    return vote;
  }
  uint64_t Value() const {
    uint64_t value;
    std::memcpy(&value, payload.data(), sizeof(value));
    return value;
  }
};

// Every adapter: Push(producer, message) is false when full; Drain(sink) calls sink(value) for what
// is there and returns how many.
template <typename Message>
class Channel {
 public:
  explicit Channel(uint32_t producers)
      : channel_({.producers = producers, .capacity = kCapacity, .ring_bytes = 1 << 20}) {}
  bool Push(uint32_t producer, const Message& message) {
    node::Event event;
    if constexpr (std::is_same_v<Message, Word>) {
      event.payload =
          absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(&message), sizeof(message));
    } else {
      event.name = message.topic;
      event.peer = message.peer;
      event.payload = message.payload;
    }
    return channel_.Push(producer, event) != EventChannel::PushResult::kFull;
  }
  template <typename Sink>
  uint32_t Drain(Sink&& sink) {
    return channel_.Drain(256, [&](uint32_t, uint64_t, const node::Event& event) {
      uint64_t value;
      std::memcpy(&value, event.payload.data(), sizeof(value));
      sink(value);
    });
  }

 private:
  EventChannel channel_;
};

// What makes a lock-free queue wakeable: after a push the producer looks whether the consumer is
// asleep, and the full fence keeps the look from passing the push.
class Doorbell {
 public:
  bool MustRing() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return asleep_.load(std::memory_order_relaxed) && asleep_.exchange(false);
  }

 private:
  alignas(128) std::atomic<bool> asleep_{false};
};

// How a peer carries a message that must be owned: by value, or as a pointer to a copy.
template <typename Message>
struct Carried {
  using Type = Message*;
  static Type Own(const Message& message) { return new Message(message); }
  static uint64_t Consume(Type carried) {
    const uint64_t value = carried->Value();
    delete carried;
    return value;
  }
};
template <>
struct Carried<Word> {
  using Type = Word;
  static Type Own(const Word& message) { return message; }
  static uint64_t Consume(Type carried) { return carried.value; }
};

template <typename Message>
class MutexDeque {
 public:
  explicit MutexDeque(uint32_t) {}
  bool Push(uint32_t, const Message& message) {
    auto carried = Carried<Message>::Own(message);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (queue_.size() >= kCapacity) {
      if constexpr (!std::is_same_v<Message, Word>) delete carried;
      return false;
    }
    queue_.push_back(carried);
    benchmark::DoNotOptimize(asleep_);  // under the lock a plain flag does
    return true;
  }
  template <typename Sink>
  uint32_t Drain(Sink&& sink) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      taken_.swap(queue_);
    }
    const uint32_t count = taken_.size();
    for (auto carried : taken_) sink(Carried<Message>::Consume(carried));
    taken_.clear();
    return count;
  }

 private:
  std::mutex mutex_;
  std::deque<typename Carried<Message>::Type> queue_;
  std::deque<typename Carried<Message>::Type> taken_;
  bool asleep_ = false;
};

// Unbounded: a pool of fixed size goes to whichever producer is first, and never comes back.
template <typename Message>
class Moodycamel {
 public:
  explicit Moodycamel(uint32_t producers) : queue_(kCapacity, producers, 0), consumer_(queue_) {
    tokens_.reserve(producers);
    for (uint32_t i = 0; i < producers; ++i) tokens_.emplace_back(queue_);
  }
  bool Push(uint32_t producer, const Message& message) {
    queue_.enqueue(tokens_[producer], Carried<Message>::Own(message));
    benchmark::DoNotOptimize(doorbell_.MustRing());
    return true;
  }
  template <typename Sink>
  uint32_t Drain(Sink&& sink) {
    const size_t count = queue_.try_dequeue_bulk(consumer_, taken_, 256);
    for (size_t i = 0; i < count; ++i) sink(Carried<Message>::Consume(taken_[i]));
    return count;
  }

 private:
  using Type = typename Carried<Message>::Type;
  moodycamel::ConcurrentQueue<Type> queue_;
  moodycamel::ConsumerToken consumer_;
  std::vector<moodycamel::ProducerToken> tokens_;
  Type taken_[256];
  Doorbell doorbell_;
};

template <typename Message>
class BoostLockfree {
 public:
  explicit BoostLockfree(uint32_t) : queue_(kCapacity) {}
  bool Push(uint32_t, const Message& message) {
    auto carried = Carried<Message>::Own(message);
    if (queue_.bounded_push(carried)) {
      benchmark::DoNotOptimize(doorbell_.MustRing());
      return true;
    }
    if constexpr (!std::is_same_v<Message, Word>) delete carried;
    return false;
  }
  template <typename Sink>
  uint32_t Drain(Sink&& sink) {
    uint32_t count = 0;
    typename Carried<Message>::Type carried;
    while (count < 256 && queue_.pop(carried)) {
      sink(Carried<Message>::Consume(carried));
      ++count;
    }
    return count;
  }

 private:
  boost::lockfree::queue<typename Carried<Message>::Type> queue_;
  Doorbell doorbell_;
};

// Each peer's rate by what was measured ("Vote/4"): that of its last and longest trial, as shown.
std::map<std::string, std::map<std::string, double>>& Peers() {
  static auto* const rates = new std::map<std::string, std::map<std::string, double>>();
  return *rates;
}

// `rate`: the more the better.
template <typename Queue, typename Message>
void Compare(benchmark::State& state, const std::string& what, double rate) {
  const std::string key = (std::is_same_v<Message, Word> ? "Word/" : "Vote/") + what;
  std::map<std::string, double>& peers = Peers()[key];
  if (!std::is_same_v<Queue, Channel<Message>>) {
    peers[typeid(Queue).name()] = rate;
    return;
  }
  double best = 0;
  for (const auto& [name, peer] : peers) best = std::max(best, peer);
  if (best > 0) state.counters["vs_best_peer"] = rate / best;
}

// All producers at full speed, and a consumer that keeps up as it can; the time until the last one
// is consumed.
template <typename Queue, typename Message>
void Throughput(benchmark::State& state) {
  const uint32_t producers = state.range(0);
  const uint64_t each = kMessages / producers;
  double total_seconds = 0;
  for (auto _ : state) {
    Queue queue(producers);
    std::atomic<uint32_t> ready{0};
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    for (uint32_t p = 0; p < producers; ++p) {
      threads.emplace_back([&, p] {
        const Message message = Message::Make(1);
        ready.fetch_add(1);
        while (!go.load(std::memory_order_acquire)) std::this_thread::yield();
        for (uint64_t i = 0; i < each; ++i) {
          while (!queue.Push(p, message)) std::this_thread::yield();
        }
      });
    }
    while (ready.load() < producers) std::this_thread::yield();
    const auto start = std::chrono::steady_clock::now();
    go.store(true, std::memory_order_release);
    uint64_t sum = 0;
    while (sum < each * producers) {
      if (queue.Drain([&](uint64_t value) { sum += value; }) == 0) std::this_thread::yield();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    for (std::thread& thread : threads) thread.join();
    state.SetIterationTime(seconds.count());
    total_seconds += seconds.count();
  }
  const double items = static_cast<double>(state.iterations() * each * producers);
  state.SetItemsProcessed(static_cast<int64_t>(items));
  Compare<Queue, Message>(state, std::to_string(producers), items / total_seconds);
}

// One message goes there, its answer comes back: two one-way trips.
template <typename Queue, typename Message>
void RoundTrip(benchmark::State& state) {
  Queue there(1);
  Queue back(1);
  std::atomic<bool> done{false};
  std::thread echo([&] {
    const Message message = Message::Make(1);
    while (!done.load(std::memory_order_relaxed)) {
      there.Drain([&](uint64_t) { back.Push(0, message); });
    }
  });
  const Message message = Message::Make(1);
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    there.Push(0, message);
    while (back.Drain([](uint64_t) {}) == 0) {
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  Compare<Queue, Message>(state, "round_trip",
                          static_cast<double>(state.iterations()) / seconds.count());
  done.store(true);
  echo.join();
}

#define HEDDLE_CHANNEL_BENCHMARKS(Queue)                                                \
  BENCHMARK_TEMPLATE(Throughput, Queue<Word>, Word)->DenseRange(1, 4)->UseManualTime(); \
  BENCHMARK_TEMPLATE(Throughput, Queue<Vote>, Vote)->DenseRange(1, 4)->UseManualTime(); \
  BENCHMARK_TEMPLATE(RoundTrip, Queue<Word>, Word)->UseRealTime();                      \
  BENCHMARK_TEMPLATE(RoundTrip, Queue<Vote>, Vote)->UseRealTime()

HEDDLE_CHANNEL_BENCHMARKS(MutexDeque);
HEDDLE_CHANNEL_BENCHMARKS(Moodycamel);
HEDDLE_CHANNEL_BENCHMARKS(BoostLockfree);
HEDDLE_CHANNEL_BENCHMARKS(Channel);

}  // namespace
}  // namespace heddle::dispatch
