// What the C ABI promises, for every dispatcher that keeps promises.
#include "src/dispatch/include/heddle/host.h"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "src/chain/testing/synthetic_chain.h"
#include "src/dispatch/host_node.h"
#include "src/dispatch/testing/test_host.h"
#include "src/dispatch/worker_dispatcher.h"

namespace heddle::dispatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The calling thread, and those that it starts, run on one processor as long as this lives.
class OnOneProcessor {
 public:
  explicit OnOneProcessor(bool really) : really_(really) {
    if (!really_) return;
    EXPECT_EQ(sched_getaffinity(0, sizeof(before_), &before_), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    EXPECT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  }
  ~OnOneProcessor() {
    if (really_) sched_setaffinity(0, sizeof(before_), &before_);
  }
  OnOneProcessor(const OnOneProcessor&) = delete;
  OnOneProcessor& operator=(const OnOneProcessor&) = delete;

 private:
  const bool really_;
  cpu_set_t before_;
};

class HostTest : public ::testing::TestWithParam<uint32_t> {
 protected:
};

std::vector<uint64_t> SequencesOf(const TestHost& host, uint32_t instance) {
  std::vector<uint64_t> sequences;
  for (const Applied& applied : host.applied) {
    if (applied.instance == instance) sequences.push_back(applied.sequence);
  }
  return sequences;
}

std::vector<uint64_t> UpTo(uint64_t count) {
  std::vector<uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST_P(HostTest, TakesCallbacksBetweenStartAndStop) {
  TestHost test(GetParam());
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_flush(test.host), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_tick(test.host, 1), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(heddle_host_start(test.host), HEDDLE_INVALID);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  EXPECT_EQ(heddle_host_flush(test.host), HEDDLE_OK);
  EXPECT_EQ(test.applied.size(), 1u);
  heddle_host_stop(test.host);
  heddle_host_stop(test.host);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
  EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_flush(test.host), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_tick(test.host, 1), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_stop_timer(test.host), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_start(test.host), HEDDLE_INVALID);
  EXPECT_EQ(test.applied.size(), 1u);
  const heddle_instance_counters counters = test.Counters();
  EXPECT_EQ(counters.taken, 1u);
  EXPECT_EQ(counters.stopped, 3u);
}

TEST_P(HostTest, MayBeStoppedBeforeItStarts) {
  TestHost test(GetParam());
  heddle_host_stop(test.host);
  EXPECT_EQ(heddle_host_start(test.host), HEDDLE_STOPPED);
  EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
}

TEST_P(HostTest, AppliesWhatTheNetworkHandsOver) {
  TestHost test(GetParam());
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  const std::vector<chain::SyntheticSlot> slots = chain::SyntheticChain(TestHost::kValidators, 3);
  heddle_host_tick(test.host, 25);
  heddle_host_flush(test.host);
  for (const chain::SyntheticSlot& slot : slots) {
    // Buffers that are gone the moment the call returns.
    node::Gossip block = node::GossipOf(slot.block);
    EXPECT_EQ(test.Deliver(block), HEDDLE_OK);
    std::fill(block.payload.begin(), block.payload.end(), 0xdd);
    EXPECT_EQ(test.Deliver(node::GossipOf(slot.votes)), HEDDLE_OK);
  }
  EXPECT_EQ(heddle_rpc_request(test.instances[0], 1, kPeer, "/protocol", nullptr, 0), HEDDLE_OK);
  EXPECT_EQ(heddle_rpc_response(test.instances[0], 2, kPeer, "/protocol", nullptr, 0), HEDDLE_OK);
  EXPECT_EQ(heddle_rpc_end(test.instances[0], 2, kPeer, "/protocol"), HEDDLE_OK);
  EXPECT_EQ(heddle_rpc_error(test.instances[0], 3, "/protocol", 9, "timeout"), HEDDLE_OK);
  EXPECT_EQ(heddle_peer_disconnected(test.instances[0], kPeer, HEDDLE_OUTBOUND,
                                     HEDDLE_DISCONNECT_TIMEOUT),
            HEDDLE_OK);
  heddle_host_flush(test.host);
  std::vector<uint32_t> events;
  for (const Applied& applied : test.applied) {
    events.push_back(applied.event);
    EXPECT_EQ(applied.outcome,
              applied.event == HEDDLE_EVENT_GOSSIP ? HEDDLE_OUTCOME_ACCEPTED : HEDDLE_OUTCOME_NONE);
  }
  EXPECT_THAT(events,
              ElementsAre(HEDDLE_EVENT_GOSSIP, HEDDLE_EVENT_GOSSIP, HEDDLE_EVENT_GOSSIP,
                          HEDDLE_EVENT_GOSSIP, HEDDLE_EVENT_GOSSIP, HEDDLE_EVENT_GOSSIP,
                          HEDDLE_EVENT_RPC_REQUEST, HEDDLE_EVENT_RPC_RESPONSE, HEDDLE_EVENT_RPC_END,
                          HEDDLE_EVENT_RPC_ERROR, HEDDLE_EVENT_PEER_DISCONNECTED));
  const chain::Root head = chain::HashBlock(slots.back().block.block).root;
  EXPECT_EQ(test.heads.back(), std::string(head.begin(), head.end()));
}

TEST_P(HostTest, TellsWhatAnEventLetIn) {
  TestHost test(GetParam());
  std::vector<std::string> told;
  test.on_applied = [&](const heddle_application& application) {
    for (size_t i = 0; i < application.released_count; ++i) {
      const heddle_release& release = application.released[i];
      told.push_back(release.outcome.kind == HEDDLE_OUTCOME_REJECTED ? release.outcome.reason
                                                                     : "accepted");
    }
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  const std::vector<chain::SyntheticSlot> slots = chain::SyntheticChain(TestHost::kValidators, 2);
  chain::SignedBlock wrong = slots[1].block;
  wrong.block.state_root.data()[3] ^= 1;
  test.Deliver(node::GossipOf(wrong));
  test.Deliver(node::GossipOf(slots[1].block));
  test.Deliver(node::GossipOf(slots[0].block));
  heddle_host_flush(test.host);
  EXPECT_THAT(told, ElementsAre("STATE_ROOT_MISMATCH", "accepted"));
}

TEST_P(HostTest, RefusesArgumentsThatBreakTheRules) {
  TestHost test(GetParam());
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  heddle_instance* const instance = test.instances[0];
  const uint8_t byte = 0;
  const std::string long_peer(HEDDLE_MAX_PEER_BYTES + 1, 'p');
  const std::string long_name(HEDDLE_MAX_TOPIC_BYTES + 1, 'n');
  const std::string long_message(HEDDLE_MAX_MESSAGE_BYTES + 1, 'm');
  EXPECT_EQ(heddle_gossip(instance, nullptr, &byte, 1, kPeer), HEDDLE_INVALID);
  EXPECT_EQ(heddle_gossip(instance, "t", nullptr, 1, kPeer), HEDDLE_INVALID);
  EXPECT_EQ(heddle_gossip(instance, "t", &byte, 1, nullptr), HEDDLE_INVALID);
  EXPECT_EQ(heddle_gossip(instance, "t", &byte, 1, long_peer.c_str()), HEDDLE_INVALID);
  EXPECT_EQ(heddle_gossip(instance, long_name.c_str(), &byte, 1, kPeer), HEDDLE_INVALID);
  EXPECT_EQ(heddle_rpc_end(instance, 1, kPeer, nullptr), HEDDLE_INVALID);
  EXPECT_EQ(heddle_rpc_error(instance, 1, "p", 1, nullptr), HEDDLE_INVALID);
  EXPECT_EQ(heddle_rpc_error(instance, 1, "p", 1, long_message.c_str()), HEDDLE_INVALID);
  EXPECT_EQ(heddle_peer_connected(instance, nullptr, HEDDLE_INBOUND), HEDDLE_INVALID);
  const std::vector<uint8_t> large(test.config.max_payload_bytes + 1);
  EXPECT_EQ(heddle_gossip(instance, "t", large.data(), large.size(), kPeer), HEDDLE_TOO_LARGE);
  EXPECT_EQ(heddle_gossip(instance, "t", large.data(), large.size() - 1, kPeer), HEDDLE_OK);
  EXPECT_EQ(heddle_gossip(instance, "", nullptr, 0, ""), HEDDLE_OK);
  const heddle_instance_counters counters = test.Counters();
  EXPECT_EQ(counters.invalid, 9u);
  EXPECT_EQ(counters.too_large, 1u);
  EXPECT_EQ(counters.taken, 2u);
  heddle_host_flush(test.host);
  EXPECT_EQ(test.applied.size(), 2u);
}

TEST_P(HostTest, OpensEachInstanceOnce) {
  TestHost test(GetParam(), [](heddle_config* config) { config->instances = 2; });
  heddle_instance* instance;
  EXPECT_EQ(heddle_instance_open(test.host, 0, &instance), HEDDLE_INVALID);
  EXPECT_EQ(instance, nullptr);
  EXPECT_EQ(heddle_instance_open(test.host, 2, &instance), HEDDLE_INVALID);
  heddle_instance_close(test.instances[1]);
  EXPECT_EQ(heddle_instance_open(test.host, 1, &test.instances[1]), HEDDLE_OK);
}

TEST_P(HostTest, TicksOnRequestOneByOne) {
  TestHost test(GetParam());
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  heddle_host_tick(test.host, 3);
  heddle_host_flush(test.host);
  EXPECT_THAT(test.ticked, ElementsAre(1, 2, 3));
  heddle_host_tick(test.host, 2);
  heddle_host_tick(test.host, 5);
  heddle_host_flush(test.host);
  EXPECT_THAT(test.ticked, ElementsAre(1, 2, 3, 4, 5));
}

TEST_P(HostTest, TimerCatchesUpWithThePast) {
  constexpr uint64_t kIntervalNs = 1'000'000'000;
  TestHost test(GetParam(), [](heddle_config* config) {
    config->tick_source = HEDDLE_TICKS_TIMER;
    config->tick_interval_ns = kIntervalNs;
    config->tick_origin_ns = NowNs() - 7 * kIntervalNs;
  });
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  heddle_host_flush(test.host);
  heddle_host_stop_timer(test.host);
  // At least the seven that were due; more if this took more than a second.
  ASSERT_GE(test.ticked.size(), 7u);
  for (uint64_t i = 0; i < test.ticked.size(); ++i) EXPECT_EQ(test.ticked[i], i + 1);
}

TEST_P(HostTest, TimerTicksUntilItIsStopped) {
  TestHost test(GetParam());
  ASSERT_EQ(heddle_host_use_timer(test.host, NowNs(), 50'000), HEDDLE_OK);
  std::latch ticked_often(1);
  test.on_ticked = [&](uint64_t interval) {
    if (interval == 20) ticked_often.count_down();
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(heddle_host_use_timer(test.host, NowNs(), 50'000), HEDDLE_INVALID);
  ticked_often.wait();
  ASSERT_EQ(heddle_host_stop_timer(test.host), HEDDLE_OK);
  const node::Node& node = NodeOf(test.host);
  const uint64_t stopped_at = node.store().time();
  EXPECT_EQ(test.ticked.size(), stopped_at);
  ASSERT_EQ(heddle_host_flush(test.host), HEDDLE_OK);
  EXPECT_EQ(node.store().time(), stopped_at);
  heddle_host_tick(test.host, stopped_at + 2);
  heddle_host_flush(test.host);
  EXPECT_EQ(node.store().time(), stopped_at + 2);
}

// Every tick costs more than the interval, so the timer is late for ever. A callback that never got
// its turn would never come back.
TEST_P(HostTest, TicksThatAreLateDoNotStarveCallbacks) {
  constexpr int kEvents = 50;
  for (const uint64_t interval_ns : {1'000, 100'000}) {
    for (const bool one_processor : {false, true}) {
      TestHost test(GetParam());
      std::latch ticks(1);
      test.on_ticked = [&ticks](uint64_t interval) {
        if (interval == 3) ticks.count_down();
        const int64_t end_ns = NowNs() + 200'000;
        while (NowNs() < end_ns) {
        }
      };
      ASSERT_EQ(heddle_host_use_timer(test.host, NowNs(), interval_ns), HEDDLE_OK);
      const OnOneProcessor pinned(one_processor);
      ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
      ticks.wait();
      for (int i = 0; i < kEvents; ++i) {
        while (test.Connect() == HEDDLE_FULL) std::this_thread::yield();
      }
      ASSERT_EQ(heddle_host_stop_timer(test.host), HEDDLE_OK);
      EXPECT_EQ(test.applied.size(), size_t{kEvents});
    }
  }
}

TEST_P(HostTest, KeepsTheOrderOfEachInstance) {
  constexpr uint32_t kInstances = 3;
  constexpr uint64_t kEach = 500;
  TestHost test(GetParam(), [](heddle_config* config) {
    config->instances = kInstances;
    config->channel_capacity = 8;
    config->tick_source = HEDDLE_TICKS_TIMER;
    config->tick_origin_ns = NowNs();
    config->tick_interval_ns = 100'000;
  });
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  std::vector<std::thread> networks;
  for (uint32_t i = 0; i < kInstances; ++i) {
    networks.emplace_back([&, i] {
      for (uint64_t taken = 0; taken < kEach;) {
        if (test.Connect(i) == HEDDLE_OK) {
          ++taken;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& network : networks) network.join();
  EXPECT_EQ(heddle_host_stop_timer(test.host), HEDDLE_OK);
  for (uint32_t i = 0; i < kInstances; ++i) EXPECT_EQ(SequencesOf(test, i), UpTo(kEach));
}

// The stop comes from another thread, in the middle of a burst: what was taken is applied, once.
TEST_P(HostTest, StopsWhateverTheNetworksAreDoing) {
  constexpr uint32_t kInstances = 2;
  for (uint64_t round = 0; round < 30; ++round) {
    TestHost test(GetParam(), [&](heddle_config* config) {
      config->instances = kInstances;
      config->channel_capacity = 1 + round % 4;
    });
    ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
    std::atomic<uint64_t> taken{0};
    std::vector<std::thread> networks;
    for (uint32_t i = 0; i < kInstances; ++i) {
      networks.emplace_back([&, i] {
        heddle_status status;
        while ((status = test.Connect(i)) != HEDDLE_STOPPED) {
          if (status == HEDDLE_OK) taken.fetch_add(1);
        }
        EXPECT_EQ(test.Connect(i), HEDDLE_STOPPED);
      });
    }
    while (taken.load() < round * 5) std::this_thread::yield();
    heddle_host_stop(test.host);
    EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
    for (std::thread& network : networks) network.join();
    for (uint32_t i = 0; i < kInstances; ++i) {
      EXPECT_EQ(SequencesOf(test, i), UpTo(test.Counters(i).taken)) << "round " << round;
    }
  }
}

// The owner destroys the host while networks still call; each closes its instance in its own time.
TEST_P(HostTest, InstancesOutliveTheHost) {
  for (uint64_t round = 0; round < 30; ++round) {
    TestHost test(GetParam(), [](heddle_config* config) { config->instances = 2; });
    ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
    std::atomic<uint64_t> taken{0};
    std::vector<std::thread> networks;
    for (heddle_instance* instance : test.instances) {
      networks.emplace_back([&, instance] {
        while (heddle_peer_connected(instance, kPeer, HEDDLE_INBOUND) != HEDDLE_STOPPED) {
          taken.fetch_add(1);
        }
        EXPECT_EQ(heddle_peer_connected(instance, kPeer, HEDDLE_INBOUND), HEDDLE_STOPPED);
        heddle_instance_close(instance);
      });
    }
    while (taken.load() < round) std::this_thread::yield();
    heddle_host_destroy(test.host);
    for (std::thread& network : networks) network.join();
    test.host = nullptr;
    test.instances.clear();
  }
}

TEST_P(HostTest, MayBeStoppedInsideTheObserver) {
  TestHost test(GetParam());
  test.on_applied = [&](const heddle_application&) { heddle_host_stop(test.host); };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
  EXPECT_EQ(test.applied.size(), 1u);
}

TEST_P(HostTest, DoesNotWaitForItselfInsideTheObserver) {
  TestHost test(GetParam());
  std::vector<heddle_status> answers;
  test.on_applied = [&](const heddle_application&) {
    answers = {heddle_host_join(test.host), heddle_host_flush(test.host),
               heddle_host_stop_timer(test.host)};
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  heddle_host_flush(test.host);
  EXPECT_THAT(answers, ElementsAre(HEDDLE_INVALID, HEDDLE_INVALID, HEDDLE_INVALID));
}

TEST_P(HostTest, ManyMayWait) {
  TestHost test(GetParam());
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  std::vector<std::thread> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back([&] {
      for (int j = 0; j < 100; ++j) EXPECT_EQ(heddle_host_flush(test.host), HEDDLE_OK);
    });
  }
  for (std::thread& thread : waiting) thread.join();
  waiting.clear();
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back([&] { EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK); });
  }
  heddle_host_stop(test.host);
  for (std::thread& thread : waiting) thread.join();
}

// Flushes that the stop overtakes come back too.
TEST_P(HostTest, AStopReleasesThoseWhoFlush) {
  for (int round = 0; round < 30; ++round) {
    TestHost test(GetParam());
    ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
    std::thread flusher([&] {
      while (heddle_host_flush(test.host) == HEDDLE_OK) {
      }
    });
    heddle_host_stop(test.host);
    flusher.join();
  }
}

TEST_P(HostTest, RefusesABadConfiguration) {
  const auto message_for = [&](auto edit) {
    heddle_config config;
    heddle_config_init(&config);
    const heddle_validator validator{};
    config.validators = &validator;
    config.validator_count = 1;
    config.dispatcher = GetParam();
    edit(&config);
    heddle_host* host = reinterpret_cast<heddle_host*>(&config);
    heddle_error error;
    EXPECT_EQ(heddle_host_create(&config, &host, &error), HEDDLE_INVALID);
    EXPECT_EQ(host, nullptr);
    return std::string(error.message);
  };
  EXPECT_EQ(message_for([](heddle_config* config) { config->abi_version = 2; }),
            "abi_version is 2, expected 1");
  EXPECT_EQ(message_for([](heddle_config* config) { config->dispatcher = 9; }),
            "dispatcher is 9, expected a HEDDLE_DISPATCH_ constant");
  EXPECT_EQ(message_for([](heddle_config* config) { config->validator_count = 0; }),
            "validator_count is 0, expected at least one validator");
  EXPECT_EQ(message_for([](heddle_config* config) { config->tick_interval_ns = 10; }),
            "tick_interval_ns is 10, expected 1000 to 86400000000000");
  EXPECT_EQ(message_for([](heddle_config* config) { config->tick_origin_ns = -1; }),
            "tick_origin_ns is -1, expected a time that is not before 1970");
  EXPECT_EQ(message_for([](heddle_config* config) { config->instances = 0; }),
            "instances is 0, expected 1 to 64");
  EXPECT_EQ(message_for([](heddle_config* config) { config->channel_capacity = 0; }),
            "channel_capacity is 0, expected 1 to 1048576");
  EXPECT_EQ(message_for([](heddle_config* config) { config->tick_source = 2; }),
            "tick_source is 2, expected a HEDDLE_TICKS_ constant");
  EXPECT_EQ(message_for([](heddle_config* config) { config->signature_check = 2; }),
            "signature_check is 2, expected a HEDDLE_SIGNATURES_ constant");
  heddle_host* host;
  EXPECT_EQ(heddle_host_create(nullptr, &host, nullptr), HEDDLE_INVALID);
}

std::string DispatcherName(const ::testing::TestParamInfo<uint32_t>& info) {
  static constexpr const char* kNames[] = {"Unsync", "Mutex", "Async", "Locks", "Worker"};
  return kNames[info.param];
}
INSTANTIATE_TEST_SUITE_P(Dispatchers, HostTest,
                         ::testing::Values(uint32_t{HEDDLE_DISPATCH_MUTEX},
                                           uint32_t{HEDDLE_DISPATCH_ASYNC},
                                           uint32_t{HEDDLE_DISPATCH_LOCKS},
                                           uint32_t{HEDDLE_DISPATCH_WORKER}),
                         DispatcherName);

// Without a second thread at work `unsync` does what the others do.
TEST(UnsyncHostTest, AppliesOnTheCallersThread) {
  TestHost test(HEDDLE_DISPATCH_UNSYNC);
  const std::thread::id self = std::this_thread::get_id();
  test.on_applied = [&](const heddle_application&) { EXPECT_EQ(std::this_thread::get_id(), self); };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  EXPECT_EQ(test.applied.size(), 1u);
  heddle_host_stop(test.host);
  EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
}

TEST(AsyncHostTest, AppliesOnTheLoopThreadOnly) {
  TestHost test(HEDDLE_DISPATCH_ASYNC);
  std::vector<std::thread::id> threads;
  test.on_applied = [&](const heddle_application&) {
    threads.push_back(std::this_thread::get_id());
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  test.Connect();
  std::thread([&] { test.Connect(); }).join();
  heddle_host_flush(test.host);
  ASSERT_EQ(threads.size(), 2u);
  EXPECT_EQ(threads[0], threads[1]);
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

// The loop is stuck in an import; the network goes on, and is told when there is no room left.
TEST(AsyncHostTest, CallbacksDoNotWaitAndFullIsAnswered) {
  for (uint32_t capacity : {1u, 2u, 5u}) {
    TestHost test(HEDDLE_DISPATCH_ASYNC, [&](heddle_config* config) {
      config->channel_capacity = capacity;
      config->instances = 2;
    });
    std::latch entered(1);
    std::latch go_on(1);
    test.on_applied = [&](const heddle_application& application) {
      if (application.instance != 0 || application.sequence != 0) return;
      entered.count_down();
      go_on.wait();
    };
    ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
    EXPECT_EQ(test.Connect(), HEDDLE_OK);
    entered.wait();
    // The one that is being applied has its place still.
    for (uint32_t i = 1; i < capacity; ++i) EXPECT_EQ(test.Connect(), HEDDLE_OK);
    EXPECT_EQ(test.Connect(), HEDDLE_FULL);
    EXPECT_EQ(test.Connect(), HEDDLE_FULL);
    EXPECT_EQ(test.Connect(1), HEDDLE_OK);  // another network has its own room
    EXPECT_EQ(test.Counters().full, 2u);
    EXPECT_THAT(test.applied, IsEmpty());
    go_on.count_down();
    EXPECT_EQ(heddle_host_flush(test.host), HEDDLE_OK);
    EXPECT_EQ(test.Connect(), HEDDLE_OK);
    heddle_host_flush(test.host);
    EXPECT_EQ(SequencesOf(test, 0), UpTo(capacity + 1));
    EXPECT_EQ(SequencesOf(test, 1), UpTo(1));
  }
}

TEST(AsyncHostTest, StopDrainsWhatWasTaken) {
  TestHost test(HEDDLE_DISPATCH_ASYNC);
  std::latch entered(1);
  std::latch go_on(1);
  test.on_applied = [&](const heddle_application& application) {
    if (application.sequence != 0) return;
    entered.count_down();
    go_on.wait();
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  entered.wait();
  for (int i = 1; i < 500; ++i) EXPECT_EQ(test.Connect(), HEDDLE_OK);
  heddle_host_stop(test.host);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
  go_on.count_down();
  EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
  EXPECT_EQ(SequencesOf(test, 0), UpTo(500));
}

TEST(AsyncHostTest, WakesTheLoopOnlyWhenItSleeps) {
  TestHost test(HEDDLE_DISPATCH_ASYNC);
  std::latch entered(1);
  std::latch go_on(1);
  test.on_applied = [&](const heddle_application& application) {
    if (application.sequence != 0) return;
    entered.count_down();
    go_on.wait();
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  heddle_host_flush(test.host);  // now it sleeps, or is about to
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  entered.wait();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(test.Connect(), HEDDLE_OK);
  EXPECT_EQ(test.Counters().wakeups, 1u);
  go_on.count_down();
  heddle_host_flush(test.host);
  EXPECT_EQ(test.applied.size(), 101u);
}

TEST(WorkerHostTest, AppliesOnOneThreadThatIsNotTheLoop) {
  TestHost test(HEDDLE_DISPATCH_WORKER, [](heddle_config* config) { config->instances = 2; });
  std::vector<std::thread::id> threads;
  test.on_applied = [&](const heddle_application&) {
    threads.push_back(std::this_thread::get_id());
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  test.Connect();
  std::thread([&] { test.Connect(1); }).join();
  heddle_host_tick(test.host, 3);
  heddle_host_flush(test.host);
  ASSERT_EQ(threads.size(), 2u);
  EXPECT_EQ(threads[0], threads[1]);
  EXPECT_NE(threads[0], std::this_thread::get_id());
  EXPECT_THAT(test.ticked, ElementsAre(1, 2, 3));
}

// The worker is stuck. What the channel and the queue hold together is taken, the next is refused
// visibly, and after the worker's return all of it is applied in order.
TEST(WorkerHostTest, FullQueueBecomesBackPressure) {
  constexpr uint32_t kCapacity = 8;
  TestHost test(HEDDLE_DISPATCH_WORKER,
                [](heddle_config* config) { config->channel_capacity = kCapacity; });
  std::latch entered(1);
  std::latch go_on(1);
  test.on_applied = [&](const heddle_application& application) {
    if (application.sequence != 0) return;
    entered.count_down();
    go_on.wait();
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  entered.wait();
  // One is being applied, then the queue, then the channel: there it ends.
  constexpr uint64_t kRoom = 1 + WorkerDispatcher::kMaxQueuedEvents + kCapacity;
  uint64_t taken = 1;
  while (taken < kRoom) {
    if (test.Connect() == HEDDLE_OK) {
      ++taken;
    } else {
      std::this_thread::yield();  // the loop has not routed it yet
    }
  }
  EXPECT_EQ(test.Connect(), HEDDLE_FULL);
  EXPECT_THAT(test.applied, IsEmpty());
  go_on.count_down();
  EXPECT_EQ(heddle_host_flush(test.host), HEDDLE_OK);
  EXPECT_EQ(SequencesOf(test, 0), UpTo(kRoom));
}

TEST(WorkerHostTest, StopAppliesWhatTheQueueCouldNotHold) {
  TestHost test(HEDDLE_DISPATCH_WORKER);
  std::latch entered(1);
  std::latch go_on(1);
  test.on_applied = [&](const heddle_application& application) {
    if (application.sequence != 0) return;
    entered.count_down();
    go_on.wait();
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
  entered.wait();
  constexpr uint64_t kCount = WorkerDispatcher::kMaxQueuedEvents + 500;
  for (uint64_t i = 1; i < kCount; ++i) EXPECT_EQ(test.Connect(), HEDDLE_OK);
  heddle_host_stop(test.host);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
  go_on.count_down();
  EXPECT_EQ(heddle_host_join(test.host), HEDDLE_OK);
  EXPECT_EQ(SequencesOf(test, 0), UpTo(kCount));
}

TEST(LocksHostTest, AppliesOnTheCallersThreads) {
  TestHost test(HEDDLE_DISPATCH_LOCKS, [](heddle_config* config) { config->instances = 2; });
  std::vector<std::thread::id> threads;
  test.on_applied = [&](const heddle_application&) {
    threads.push_back(std::this_thread::get_id());
  };
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  test.Connect();
  std::thread([&] { test.Connect(1); }).join();
  ASSERT_EQ(threads.size(), 2u);
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], threads[0]);
}

class HostDeathTest : public ::testing::Test {
 protected:
  HostDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(HostDeathTest, OverlappingCallsForOneInstanceAbort) {
  EXPECT_DEATH(
      {
        TestHost test(HEDDLE_DISPATCH_MUTEX);
        test.on_applied = [&](const heddle_application&) { test.Connect(); };
        heddle_host_start(test.host);
        test.Connect();
      },
      "two calls for one instance at once");
}

TEST_F(HostDeathTest, AHostIsNotDestroyedInsideItsObserver) {
  for (uint32_t dispatcher : {HEDDLE_DISPATCH_MUTEX, HEDDLE_DISPATCH_ASYNC}) {
    EXPECT_DEATH(
        {
          TestHost test(dispatcher);
          test.on_applied = [&](const heddle_application&) { heddle_host_destroy(test.host); };
          heddle_host_start(test.host);
          test.Connect();
          heddle_host_flush(test.host);
        },
        "cannot be destroyed inside its own callbacks");
  }
}

TEST_F(HostDeathTest, NullHandlesAbort) {
  EXPECT_DEATH(heddle_host_stop(nullptr), "host != nullptr");
  EXPECT_DEATH(heddle_peer_connected(nullptr, kPeer, 0), "instance != nullptr");
  heddle_host_destroy(nullptr);
  heddle_instance_close(nullptr);
}

TEST(StatusTest, HasNames) {
  EXPECT_STREQ(heddle_status_name(HEDDLE_OK), "ok");
  EXPECT_STREQ(heddle_status_name(HEDDLE_FULL), "full");
  EXPECT_STREQ(heddle_status_name(HEDDLE_SYSTEM), "system");
  EXPECT_STREQ(heddle_status_name(-1), "unknown status");
  EXPECT_STREQ(heddle_status_name(7), "unknown status");
}

// host_c_client.c
extern "C" int heddle_c_client_run(void);

TEST(CClientTest, UsesTheHeaderAsItStands) { EXPECT_EQ(heddle_c_client_run(), 0); }

}  // namespace
}  // namespace heddle::dispatch
