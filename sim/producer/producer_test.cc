#include "sim/producer/producer.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

// A host that notes what it is told: the C ABI's functions, as far as a producer calls them.
struct heddle_instance {
  std::vector<std::string> calls;
  std::vector<heddle_status> answers;  // for the next calls; HEDDLE_OK when there are none left
  const char* borrowed_topic = nullptr;

  heddle_status Note(std::string call) {
    calls.push_back(std::move(call));
    if (answers.empty()) return HEDDLE_OK;
    const heddle_status answer = answers.front();
    answers.erase(answers.begin());
    return answer;
  }
};
struct heddle_host {
  std::vector<std::string> log;
};

extern "C" {
heddle_status heddle_peer_connected(heddle_instance* instance, const char* peer,
                                    uint32_t) noexcept {
  return instance->Note(std::string("connected ") + peer);
}
heddle_status heddle_peer_disconnected(heddle_instance* instance, const char* peer, uint32_t,
                                       uint32_t) noexcept {
  return instance->Note(std::string("disconnected ") + peer);
}
heddle_status heddle_gossip(heddle_instance* instance, const char* topic, const uint8_t* payload,
                            size_t payload_size, const char* peer) noexcept {
  const std::string text(reinterpret_cast<const char*>(payload), payload_size);
  return instance->Note(std::string("gossip ") + topic + " " + text + " " + peer);
}
heddle_status heddle_rpc_response(heddle_instance* instance, uint64_t request, const char* peer,
                                  const char* protocol, const uint8_t* chunk,
                                  size_t chunk_size) noexcept {
  const std::string text(reinterpret_cast<const char*>(chunk), chunk_size);
  return instance->Note("response " + std::to_string(request) + " " + peer + " " + protocol + " " +
                        text);
}
heddle_status heddle_rpc_end(heddle_instance* instance, uint64_t request, const char* peer,
                             const char*) noexcept {
  return instance->Note("end " + std::to_string(request) + " " + peer);
}
heddle_status heddle_host_tick(heddle_host* host, uint64_t interval) noexcept {
  host->log.push_back("tick " + std::to_string(interval));
  return HEDDLE_OK;
}
heddle_status heddle_host_flush(heddle_host* host) noexcept {
  host->log.push_back("flush");
  return HEDDLE_OK;
}
}

namespace heddle::producer {
namespace {

using ::testing::ElementsAre;

trace::Event Gossip(uint64_t index, uint8_t id) {
  trace::Event event;
  event.index = index;
  event.kind = trace::Kind::kGossip;
  event.topic = "topic";
  event.peer = "peer";
  event.id[0] = id;
  event.data = {'m', static_cast<uint8_t>('0' + id)};
  return event;
}

trace::Event Rpc(trace::Kind kind, uint64_t request) {
  trace::Event event;
  event.kind = kind;
  event.peer = "peer";
  event.request = request;
  if (kind == trace::Kind::kRpcResponse) {
    event.protocol = "protocol";
    event.data = {'c'};
  }
  return event;
}

std::vector<const trace::Event*> Pointers(const std::vector<trace::Event>& events) {
  std::vector<const trace::Event*> pointers;
  for (const trace::Event& event : events) pointers.push_back(&event);
  return pointers;
}

struct Refusal {
  uint64_t index;
  heddle_status status;
  bool operator==(const Refusal&) const = default;
};

// Runs a producer to its end.
struct Delivery {
  Delivery(heddle_instance* instance, const std::vector<trace::Event>& events,
           bool deliver_duplicates = false) {
    FlatOut flat_out;
    Options options;
    options.deliver_duplicates = deliver_duplicates;
    options.taken = [this] { ++taken; };
    options.refused = [this](const trace::Event& event, heddle_status status) {
      refusals.push_back({event.index, status});
    };
    Producer producer(instance, Pointers(events), options);
    producer.Start(&flat_out);
    producer.Join();
    counters = producer.counters();
    for (uint64_t k = 0; k < counters.delivered; ++k) order.push_back(producer.EventOf(k).index);
  }

  int taken = 0;
  std::vector<Refusal> refusals;
  std::vector<uint64_t> order;
  Counters counters;
};

TEST(ProducerTest, DropsWhatGossipsubHasSeen) {
  heddle_instance host;
  const Delivery run(&host, {Gossip(0, 1), Gossip(1, 1), Gossip(2, 2), Gossip(3, 1)});
  EXPECT_THAT(host.calls, ElementsAre("gossip topic m1 peer", "gossip topic m2 peer"));
  EXPECT_THAT(run.order, ElementsAre(0, 2));
  EXPECT_EQ(run.counters.duplicates_dropped, 2u);
  EXPECT_EQ(run.taken, 2);
}

TEST(ProducerTest, DeliversDuplicatesWhenAsked) {
  heddle_instance host;
  const Delivery run(&host, {Gossip(0, 1), Gossip(1, 1)}, /*deliver_duplicates=*/true);
  EXPECT_THAT(run.order, ElementsAre(0, 1));
}

TEST(ProducerTest, OffersAgainWhatTheHostHadNoRoomFor) {
  heddle_instance host;
  host.answers = {HEDDLE_FULL, HEDDLE_FULL, HEDDLE_OK, HEDDLE_FULL};
  const Delivery run(&host, {Gossip(0, 1), Gossip(1, 2)});
  EXPECT_THAT(host.calls,
              ElementsAre("gossip topic m1 peer", "gossip topic m1 peer", "gossip topic m1 peer",
                          "gossip topic m2 peer", "gossip topic m2 peer"));
  EXPECT_THAT(run.order, ElementsAre(0, 1));
  EXPECT_EQ(run.counters.full, 3u);
  EXPECT_TRUE(run.refusals.empty());
}

TEST(ProducerTest, ReportsEverythingThatAStoppedHostDidNotTake) {
  heddle_instance host;
  host.answers = {HEDDLE_OK, HEDDLE_STOPPED};
  const Delivery run(&host, {Gossip(0, 1), Gossip(1, 2), Gossip(2, 2), Gossip(3, 3)});
  EXPECT_THAT(run.refusals, ElementsAre(Refusal{1, HEDDLE_STOPPED}, Refusal{3, HEDDLE_STOPPED}));
  EXPECT_EQ(host.calls.size(), 2u);  // a stopped host is left alone
  EXPECT_EQ(run.counters.refused, 2u);
}

TEST(ProducerTest, GoesOnAfterAMessageThatTheHostRefuses) {
  heddle_instance host;
  host.answers = {HEDDLE_TOO_LARGE};
  const Delivery run(&host, {Gossip(0, 1), Gossip(1, 2)});
  EXPECT_THAT(run.refusals, ElementsAre(Refusal{0, HEDDLE_TOO_LARGE}));
  EXPECT_THAT(run.order, ElementsAre(1));  // sequence numbers count what was taken
}

TEST(ProducerTest, ForwardsNoChunkAfterTheStreamClosed) {
  heddle_instance host;
  const Delivery run(&host, {Rpc(trace::Kind::kRpcResponse, 7), Rpc(trace::Kind::kRpcEnd, 7),
                             Rpc(trace::Kind::kRpcResponse, 7), Rpc(trace::Kind::kRpcResponse, 8)});
  EXPECT_THAT(host.calls, ElementsAre("response 7 peer protocol c", "end 7 peer",
                                      "response 8 peer protocol c"));
  EXPECT_EQ(run.counters.late_chunks_dropped, 1u);
  EXPECT_EQ(run.counters.open_requests, 1u);
}

TEST(RecentSetTest, ForgetsTheOldest) {
  RecentSet<int> set(2);
  EXPECT_TRUE(set.Add(1));
  EXPECT_TRUE(set.Add(2));
  EXPECT_FALSE(set.Add(1));
  EXPECT_TRUE(set.Add(3));
  EXPECT_FALSE(set.contains(1));
  EXPECT_TRUE(set.contains(2));
}

TEST(LockstepTest, RunsDueTicksFirstAndKeepsTheOrderOverAllProducers) {
  heddle_host host;
  heddle_instance first, second;
  std::vector<trace::Event> events = {Gossip(4, 1), Gossip(5, 2), Gossip(6, 3)};
  events[0].time_ns = -5;
  events[1].time_ns = 2 * trace::kIntervalNs;  // due together with a tick: the tick is first
  events[2].time_ns = 2 * trace::kIntervalNs + 1;
  Lockstep lockstep(&host, /*interval=*/0, /*first=*/4, /*copies=*/1);
  const auto note = [&host](const trace::Event& event, heddle_status) {
    host.log.push_back("event " + std::to_string(event.index));
  };
  first.answers = {HEDDLE_INVALID, HEDDLE_INVALID};  // so that `refused` tells the order
  second.answers = {HEDDLE_INVALID};
  Options options;
  options.refused = note;
  Producer one(&first, {&events[0], &events[2]}, options);
  Producer two(&second, {&events[1]}, options);
  two.Start(&lockstep);
  one.Start(&lockstep);
  one.Join();
  two.Join();
  EXPECT_THAT(host.log, ElementsAre("event 4", "flush", "tick 2", "flush", "event 5", "flush",
                                    "event 6", "flush"));
}

TEST(PaceTest, IntervalAt) {
  EXPECT_EQ(IntervalAt(-1), 0u);
  EXPECT_EQ(IntervalAt(trace::kIntervalNs - 1), 0u);
  EXPECT_EQ(IntervalAt(trace::kIntervalNs), 1u);
}

}  // namespace
}  // namespace heddle::producer
