#include "src/dispatch/event_channel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heddle::dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using PushResult = EventChannel::PushResult;

// An event that owns its bytes.
struct Owned {
  node::EventKind kind = node::EventKind::kGossip;
  uint32_t code = 0;
  uint32_t reason = 0;
  uint64_t number = 0;
  std::string name;
  std::string peer;
  std::vector<uint8_t> payload;

  explicit Owned(const node::Event& event)
      : kind(event.kind),
        code(event.code),
        reason(event.reason),
        number(event.number),
        name(event.name),
        peer(event.peer),
        payload(event.payload.begin(), event.payload.end()) {}
  Owned() = default;

  node::Event event() const {
    return {.kind = kind,
            .code = code,
            .reason = reason,
            .number = number,
            .name = name,
            .peer = peer,
            .payload = payload};
  }
  friend bool operator==(const Owned&, const Owned&) = default;
};

node::Event Numbered(uint64_t number) { return {.number = number}; }

std::vector<uint64_t> DrainNumbers(EventChannel* channel, uint32_t most = 1000) {
  std::vector<uint64_t> numbers;
  channel->Drain(
      most, [&](uint32_t, uint64_t, const node::Event& event) { numbers.push_back(event.number); });
  return numbers;
}

TEST(EventChannelTest, CarriesEveryField) {
  EventChannel channel({});
  Owned peer;
  peer.kind = node::EventKind::kPeerDisconnected;
  peer.code = 1;
  peer.reason = 3;
  peer.peer = "16Uiu2HAm";
  Owned gossip;
  gossip.name = "/topic";
  gossip.peer = std::string(200, 'p');
  gossip.payload = std::vector<uint8_t>(12345, 0xab);
  Owned response;
  response.kind = node::EventKind::kRpcResponse;
  response.number = UINT64_MAX;
  response.code = UINT32_MAX;
  response.name = "protocol";
  response.payload = {0};
  const std::vector<Owned> sent = {peer, gossip, response, Owned()};
  for (const Owned& event : sent) {
    EXPECT_EQ(channel.Push(0, event.event()), PushResult::kTaken);
  }
  std::vector<Owned> received;
  EXPECT_EQ(channel.Drain(10,
                          [&](uint32_t producer, uint64_t sequence, const node::Event& event) {
                            EXPECT_EQ(producer, 0u);
                            EXPECT_EQ(sequence, received.size());
                            received.emplace_back(event);
                          }),
            4u);
  EXPECT_EQ(received, sent);
}

TEST(EventChannelTest, IsFullAtItsCapacity) {
  for (uint32_t capacity : {1u, 2u, 7u}) {
    SCOPED_TRACE(capacity);
    EventChannel channel({.capacity = capacity});
    for (uint64_t round = 0; round < 3; ++round) {
      for (uint64_t i = 0; i < capacity; ++i) {
        EXPECT_EQ(channel.Push(0, Numbered(i)), PushResult::kTaken);
      }
      EXPECT_EQ(channel.Push(0, Numbered(99)), PushResult::kFull);
      EXPECT_EQ(channel.Push(0, Numbered(99)), PushResult::kFull);
      EXPECT_EQ(DrainNumbers(&channel, 1), std::vector<uint64_t>{0});
      EXPECT_EQ(channel.Push(0, Numbered(capacity)), PushResult::kTaken);
      EXPECT_EQ(channel.Push(0, Numbered(99)), PushResult::kFull);
      EXPECT_EQ(DrainNumbers(&channel).size(), capacity);
    }
  }
}

TEST(EventChannelTest, TheEventBeingAppliedCounts) {
  EventChannel channel({.capacity = 1});
  EXPECT_EQ(channel.Push(0, Numbered(1)), PushResult::kTaken);
  channel.Drain(1, [&](uint32_t, uint64_t, const node::Event& event) {
    EXPECT_EQ(channel.Push(0, Numbered(2)), PushResult::kFull);
    EXPECT_EQ(event.number, 1u);  // still there
  });
  EXPECT_EQ(channel.Push(0, Numbered(2)), PushResult::kTaken);
}

TEST(EventChannelTest, IsFullWhenItsBytesAre) {
  EventChannel channel({.capacity = 1000, .max_event_bytes = 1000});
  const std::vector<uint8_t> payload(1000, 1);
  const node::Event event{.payload = payload};
  uint32_t taken = 0;
  while (channel.Push(0, event) == PushResult::kTaken) ++taken;
  EXPECT_EQ(taken, channel.ring_bytes() / 1008);
  EXPECT_EQ(DrainNumbers(&channel).size(), taken);
  EXPECT_EQ(channel.Push(0, event), PushResult::kTaken);
}

// Wherever in the ring the last event ended.
TEST(EventChannelTest, TheLargestEventFitsAnEmptyRing) {
  constexpr uint64_t kLargest = 100;
  EventChannel channel({.max_event_bytes = kLargest});
  const std::vector<uint8_t> payload(kLargest, 7);
  for (uint64_t step = 0; step < 200; ++step) {
    EXPECT_EQ(channel.Push(0, {.payload = absl::MakeConstSpan(payload).first(step % kLargest)}),
              PushResult::kTaken);
    EXPECT_EQ(DrainNumbers(&channel).size(), 1u);
    EXPECT_EQ(channel.Push(0, {.number = 1, .payload = payload}), PushResult::kTaken);
    EXPECT_EQ(DrainNumbers(&channel).size(), 1u);
  }
}

// Against a deque, with sizes that make the ring wrap and rewind everywhere.
TEST(EventChannelTest, BehavesLikeAQueue) {
  for (const uint64_t ring_bytes : {uint64_t{0}, uint64_t{300'000}}) {
    constexpr uint32_t kProducers = 3;
    const uint64_t largest = ring_bytes == 0 ? 500 : 20'000;
    EventChannel channel({.producers = kProducers,
                          .capacity = 50,
                          .max_event_bytes = largest,
                          .ring_bytes = ring_bytes});
    std::vector<std::deque<Owned>> model(kProducers);
    std::vector<uint64_t> applied(kProducers);
    std::mt19937_64 random(ring_bytes + 1);
    uint64_t full = 0;
    for (int step = 0; step < 20'000; ++step) {
      const uint32_t producer = random() % kProducers;
      if (random() % 100 < 52) {
        Owned event;
        event.kind = static_cast<node::EventKind>(random() % node::kEventKinds);
        event.number = random() % 2 == 0 ? 0 : random();
        event.name = std::string(random() % 80, 'n');
        event.peer = std::string(random() % 60, 'p');
        event.payload.assign(random() % (largest - 140), static_cast<uint8_t>(step));
        if (channel.Push(producer, event.event()) == PushResult::kTaken) {
          model[producer].push_back(std::move(event));
        } else {
          ++full;
          EXPECT_FALSE(model[producer].empty());
        }
      } else {
        channel.Drain(random() % 8,
                      [&](uint32_t from, uint64_t sequence, const node::Event& event) {
                        EXPECT_EQ(sequence, applied[from]++);
                        ASSERT_FALSE(model[from].empty());
                        EXPECT_EQ(Owned(event), model[from].front());
                        model[from].pop_front();
                      });
      }
    }
    EXPECT_GT(full, 0u);
    channel.Drain(1000, [&](uint32_t from, uint64_t, const node::Event& event) {
      EXPECT_EQ(Owned(event), model[from].front());
      model[from].pop_front();
    });
    for (const auto& rest : model) EXPECT_THAT(rest, IsEmpty());
  }
}

TEST(EventChannelTest, ProducersTakeTurns) {
  EventChannel channel({.producers = 2});
  for (uint64_t i = 0; i < 100; ++i) {
    channel.Push(0, Numbered(0));
    channel.Push(1, Numbered(1));
  }
  // Neither waits for the other's whole backlog.
  const std::vector<uint64_t> first = DrainNumbers(&channel, 64);
  EXPECT_EQ(std::count(first.begin(), first.end(), 0u), 32);
  EXPECT_EQ(std::count(first.begin(), first.end(), 1u), 32);
}

TEST(EventChannelTest, AnExceptionLeavesTheEventInPlace) {
  EventChannel channel({});
  channel.Push(0, Numbered(5));
  EXPECT_THROW(
      channel.Drain(1, [](uint32_t, uint64_t, const node::Event&) { throw std::bad_alloc(); }),
      std::bad_alloc);
  EXPECT_THAT(DrainNumbers(&channel), ElementsAre(5));
}

TEST(EventChannelTest, WakesASleeperOncePerProducer) {
  EventChannel channel({.producers = 2});
  EXPECT_EQ(channel.Push(0, Numbered(1)), PushResult::kTaken);  // nobody sleeps
  EXPECT_FALSE(channel.PrepareToSleep());
  DrainNumbers(&channel);
  EXPECT_TRUE(channel.PrepareToSleep());
  EXPECT_TRUE(channel.PrepareToSleep());
  EXPECT_EQ(channel.Push(0, Numbered(1)), PushResult::kTakenWakeConsumer);
  EXPECT_EQ(channel.Push(0, Numbered(2)), PushResult::kTaken);  // the wake-up is on its way
  EXPECT_EQ(channel.Push(1, Numbered(3)), PushResult::kTakenWakeConsumer);
  EXPECT_FALSE(channel.PrepareToSleep());
  EXPECT_EQ(DrainNumbers(&channel).size(), 3u);
  EXPECT_EQ(channel.Push(0, Numbered(1)), PushResult::kTaken);
}

TEST(EventChannelTest, RefusesAfterTheCloseAndKeepsWhatCameBefore) {
  EventChannel channel({.producers = 2, .capacity = 2});
  channel.Push(0, Numbered(1));
  channel.Push(0, Numbered(2));
  channel.Close();
  channel.Close();
  EXPECT_EQ(channel.Push(0, Numbered(3)), PushResult::kClosed);  // and full
  EXPECT_EQ(channel.Push(1, Numbered(4)), PushResult::kClosed);
  EXPECT_FALSE(channel.PrepareToSleep());
  EXPECT_THAT(DrainNumbers(&channel), ElementsAre(1, 2));
  EXPECT_TRUE(channel.PrepareToSleep());
  EXPECT_EQ(channel.Push(0, Numbered(5)), PushResult::kClosed);  // asleep and closed
  EXPECT_THAT(DrainNumbers(&channel), IsEmpty());
}

TEST(EventChannelTest, AMarkIsPassedWhenAllBeforeItIsApplied) {
  EventChannel channel({.producers = 2});
  std::vector<uint64_t> mark;
  channel.Mark(&mark);
  EXPECT_TRUE(channel.Passed(mark));
  channel.Push(0, Numbered(1));
  channel.Push(1, Numbered(2));
  channel.Mark(&mark);
  channel.Push(0, Numbered(3));
  EXPECT_FALSE(channel.Passed(mark));
  DrainNumbers(&channel, 1);
  EXPECT_FALSE(channel.Passed(mark));
  DrainNumbers(&channel, 2);
  EXPECT_TRUE(channel.Passed(mark));
}

TEST(EventChannelDeathTest, ChecksItsProducers) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EventChannel channel({.max_event_bytes = 10});
  const std::vector<uint8_t> payload(11);
  EXPECT_DEATH(channel.Push(0, {.payload = payload}), "max_event_bytes_");
  EXPECT_DEATH(channel.Push(1, {}), "producer < producers_");
}

// A consumer that sleeps whenever it may, as the loop does.
class Sleeper {
 public:
  void Wake() {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
    wake_.notify_one();
  }
  void Sleep() {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [this] { return woken_; });
    woken_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
};

struct Load {
  uint32_t producers;
  uint32_t capacity;
};

class EventChannelThreadsTest : public ::testing::TestWithParam<Load> {};

// If a wake-up or an event were lost, this would never end.
TEST_P(EventChannelThreadsTest, LosesNothing) {
  const auto [producers, capacity] = GetParam();
  constexpr uint64_t kEach = 3'000;
  EventChannel channel({.producers = producers, .capacity = capacity, .max_event_bytes = 300});
  Sleeper sleeper;
  std::vector<std::thread> threads;
  for (uint32_t p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      std::vector<uint8_t> payload(300);
      for (uint64_t i = 0; i < kEach; ++i) {
        const auto bytes = absl::MakeSpan(payload).first(i % payload.size());
        std::fill(bytes.begin(), bytes.end(), static_cast<uint8_t>(i));
        PushResult result;
        while ((result = channel.Push(p, {.number = i, .payload = bytes})) == PushResult::kFull) {
          std::this_thread::yield();
        }
        if (result == PushResult::kTakenWakeConsumer) sleeper.Wake();
      }
    });
  }
  std::vector<uint64_t> next(producers);
  uint64_t total = 0;
  while (total < kEach * producers) {
    total += channel.Drain(16, [&](uint32_t p, uint64_t sequence, const node::Event& event) {
      EXPECT_EQ(sequence, next[p]);
      EXPECT_EQ(event.number, next[p]++);
      EXPECT_EQ(event.payload.size(), event.number % 300);
      EXPECT_TRUE(std::all_of(event.payload.begin(), event.payload.end(), [&](uint8_t byte) {
        return byte == static_cast<uint8_t>(event.number);
      }));
    });
    if (total < kEach * producers && channel.PrepareToSleep()) sleeper.Sleep();
  }
  for (std::thread& thread : threads) thread.join();
}

// Closed in the middle, from a third thread: what was taken, and only that, is drained.
TEST_P(EventChannelThreadsTest, ClosesAtAnyMoment) {
  const auto [producers, capacity] = GetParam();
  for (uint64_t round = 0; round < 100; ++round) {
    EventChannel channel({.producers = producers, .capacity = capacity, .max_event_bytes = 64});
    Sleeper sleeper;
    std::vector<uint64_t> taken(producers);
    std::atomic<uint64_t> pushed{0};
    std::atomic<bool> closed{false};
    std::vector<std::thread> threads;
    for (uint32_t p = 0; p < producers; ++p) {
      threads.emplace_back([&, p] {
        while (true) {
          const PushResult result = channel.Push(p, Numbered(taken[p]));
          if (result == PushResult::kClosed) return;
          if (result == PushResult::kFull) {
            std::this_thread::yield();
            continue;
          }
          ++taken[p];
          pushed.fetch_add(1);
          if (result == PushResult::kTakenWakeConsumer) sleeper.Wake();
        }
      });
    }
    std::thread closer([&] {
      while (pushed.load() < round) std::this_thread::yield();
      channel.Close();
      closed.store(true);
      sleeper.Wake();
    });
    std::vector<uint64_t> drained(producers);
    bool last = false;
    while (true) {
      const uint32_t count =
          channel.Drain(16, [&](uint32_t p, uint64_t sequence, const node::Event& event) {
            EXPECT_EQ(sequence, drained[p]);
            EXPECT_EQ(event.number, drained[p]++);
          });
      if (last && count == 0) break;
      last = closed.load();
      if (!last && channel.PrepareToSleep()) sleeper.Sleep();
    }
    for (std::thread& thread : threads) thread.join();
    closer.join();
    EXPECT_EQ(drained, taken) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Loads, EventChannelThreadsTest,
                         ::testing::Values(Load{1, 1}, Load{1, 2}, Load{1, 1024}, Load{2, 1},
                                           Load{2, 2}, Load{4, 3}, Load{4, 1024}),
                         [](const auto& info) {
                           return std::to_string(info.param.producers) + "Producers" +
                                  std::to_string(info.param.capacity) + "Capacity";
                         });

}  // namespace
}  // namespace heddle::dispatch
