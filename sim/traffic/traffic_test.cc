#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "sim/trace/operations.h"
#include "sim/trace/verify.h"
#include "sim/traffic/event_queue.h"
#include "sim/traffic/generate.h"
#include "sim/traffic/mutate.h"
#include "sim/traffic/network_faults.h"
#include "src/chain/wire/message_id.h"

namespace heddle::traffic {
namespace {

using ::testing::HasSubstr;

std::string Bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

uint64_t Fnv1a(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return hash;
}

trace::MessageId IdOf(absl::string_view topic, absl::Span<const uint8_t> data) {
  return wire::GossipMessageId(topic, data);
}

// Everything that can go wrong, often.
TrafficOptions Everything(uint64_t seed) {
  TrafficOptions options;
  options.seed = seed;
  options.validators = 6;
  options.slots = 24;
  options.missed = 0.1;
  options.late = 0.2;
  options.forks = 0.2;
  options.equivocation = 0.2;
  options.duplicates = 0.5;
  options.reorder = 0.2;
  options.corrupt = 0.1;
  options.churn = 0.1;
  options.partition = true;
  options.reqresp = true;
  return options;
}

class TrafficTest : public testing::Test {
 protected:
  TrafficTest() : folder_(testing::TempDir() + "heddle_traffic_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~TrafficTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string Make(const TrafficOptions& options, const std::string& name) {
    const auto summary = GenerateTrace(options, Path(name));
    EXPECT_TRUE(summary.ok()) << summary.status();
    return Path(name);
  }

  static void ExpectSound(const std::string& path) {
    const auto verified = trace::Verify(path, IdOf);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_TRUE(verified->ok()) << verified->problems.front().message;
    EXPECT_GT(verified->events, 100u);
  }

  const std::string folder_;
};

TEST_F(TrafficTest, AHealthyNetworkFinalizes) {
  TrafficOptions options;
  options.slots = 20;
  const auto summary = GenerateTrace(options, Path("healthy.jsonl"));
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->blocks, 20u);
  EXPECT_EQ(summary->head_slot, 20u);
  EXPECT_GE(summary->justified_slot, 18u);
  EXPECT_GE(summary->finalized_slot, 16u);
  ExpectSound(Path("healthy.jsonl"));
}

TEST_F(TrafficTest, TheSameSeedGivesTheSameBytes) {
  const std::string first = Bytes(Make(Everything(7), "a.jsonl"));
  EXPECT_EQ(first, Bytes(Make(Everything(7), "b.jsonl")));
  EXPECT_NE(first, Bytes(Make(Everything(8), "c.jsonl")));
  // On every machine, and from build to build: a change here changes every generated trace.
  EXPECT_EQ(Fnv1a(first), 9796806477939613940u);
}

TEST_F(TrafficTest, TheTraceIsValidWithEveryFault) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    ExpectSound(Make(Everything(seed), "everything.jsonl"));
  }
}

// Each option shows in the trace.
TEST_F(TrafficTest, OptionsHaveTheirDocumentedEffect) {
  TrafficOptions plain;
  plain.slots = 40;
  const auto count = [&](auto edit) {
    TrafficOptions options = plain;
    edit(&options);
    const auto summary = GenerateTrace(options, Path("option.jsonl"));
    EXPECT_TRUE(summary.ok());
    return *summary;
  };
  const auto kinds = [&] { return trace::Summarise(Path("option.jsonl"))->by_kind; };
  const TrafficSummary healthy = count([](TrafficOptions*) {});
  EXPECT_EQ(kinds().at("gossip").duplicates, 0u);
  EXPECT_FALSE(kinds().contains("rpc_response"));
  EXPECT_LT(count([](TrafficOptions* o) { o->missed = 0.3; }).blocks, 36u);
  EXPECT_GT(count([](TrafficOptions* o) { o->equivocation = 0.5; }).blocks, 50u);
  EXPECT_LT(count([](TrafficOptions* o) { o->forks = 0.5; }).finalized_slot,
            healthy.finalized_slot);
  EXPECT_GT(count([](TrafficOptions* o) { o->corrupt = 0.2; }).events, healthy.events * 11 / 10);
  count([](TrafficOptions* o) { o->duplicates = 1; });
  EXPECT_EQ(kinds().at("gossip").duplicates, kinds().at("gossip").events * 3 / 4);
  count([](TrafficOptions* o) { o->churn = 0.2; });
  EXPECT_GT(kinds().at("peer_disconnected").events, 5u);
  count([](TrafficOptions* o) { o->reqresp = true; });
  EXPECT_GT(kinds().at("rpc_response").events, 5u);
  EXPECT_GT(kinds().at("rpc_end").events, 5u);
}

TEST_F(TrafficTest, OptionsOutOfRange) {
  const auto error = [](auto edit) {
    TrafficOptions options;
    edit(&options);
    return std::string(HeaderOf(options).status().message());
  };
  EXPECT_THAT(error([](TrafficOptions* o) { o->validators = 0; }), HasSubstr("validators: 0"));
  EXPECT_THAT(error([](TrafficOptions* o) { o->slots = 0; }), HasSubstr("slots: 0"));
  EXPECT_THAT(error([](TrafficOptions* o) { o->peers = 300; }), HasSubstr("1 to 256"));
  EXPECT_THAT(error([](TrafficOptions* o) { o->late = 1.5; }), HasSubstr("late: 1.5"));
}

TEST_F(TrafficTest, TheSinkCanEndIt) {
  TrafficOptions options;
  const auto result =
      Generate(options, [](const trace::Event&) { return absl::AbortedError("enough"); });
  EXPECT_EQ(result.status(), absl::AbortedError("enough"));
}

// --- Mutation ---

TEST_F(TrafficTest, MutationsAreSoundAndRepeatable) {
  const std::string from = Make(Everything(3), "from.jsonl");
  MutateOptions options;
  options.drop = options.duplicate = options.delay = options.reorder = options.corrupt = 0.1;
  options.disconnect = 0.02;
  const auto summary = MutateTrace(from, Path("worse.jsonl"), options);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_GT(summary->dropped, 0u);
  EXPECT_GT(summary->duplicated, 0u);
  EXPECT_GT(summary->delayed, 0u);
  EXPECT_GT(summary->corrupted, 0u);
  EXPECT_GT(summary->disconnected, 0u);
  ExpectSound(Path("worse.jsonl"));
  ASSERT_TRUE(MutateTrace(from, Path("again.jsonl"), options).ok());
  EXPECT_EQ(Bytes(Path("worse.jsonl")), Bytes(Path("again.jsonl")));
  options.seed = 2;
  ASSERT_TRUE(MutateTrace(from, Path("again.jsonl"), options).ok());
  EXPECT_NE(Bytes(Path("worse.jsonl")), Bytes(Path("again.jsonl")));
}

TEST_F(TrafficTest, NoMutationChangesNothing) {
  const std::string from = Make(Everything(4), "from.jsonl");
  const auto summary = MutateTrace(from, Path("same.jsonl"), {});
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->written, summary->read);
  EXPECT_EQ(Bytes(from), Bytes(Path("same.jsonl")));
}

TEST_F(TrafficTest, DroppingEverythingLeavesThePeers) {
  const std::string from = Make(Everything(5), "from.jsonl");
  MutateOptions options;
  options.drop = 1;
  ASSERT_TRUE(MutateTrace(from, Path("none.jsonl"), options).ok());
  const auto kinds = trace::Summarise(Path("none.jsonl"))->by_kind;
  EXPECT_FALSE(kinds.contains("gossip"));
  EXPECT_FALSE(kinds.contains("rpc_response"));
  EXPECT_TRUE(kinds.contains("peer_connected"));
}

TEST_F(TrafficTest, MutationOfWhatIsNoTrace) {
  std::ofstream(Path("none.jsonl")) << "hello\n";
  EXPECT_FALSE(MutateTrace(Path("none.jsonl"), Path("out.jsonl"), {}).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("out.jsonl")));
  MutateOptions options;
  options.drop = -1;
  EXPECT_THAT(std::string(MutateTrace("", "", options).status().message()), HasSubstr("drop: -1"));
}

// --- Faults on a window ---

class TrafficFaultsTest : public TrafficTest {
 protected:
  trace::Trace Original() {
    absl::StatusOr<trace::Trace> trace = trace::ReadTrace(Make(Everything(6), "original.jsonl"));
    EXPECT_TRUE(trace.ok()) << trace.status();
    return *std::move(trace);
  }
  static std::vector<std::string> Lines(const trace::Trace& trace) {
    std::vector<std::string> lines;
    for (const trace::Event& event : trace.events) lines.push_back(trace::Describe(event));
    return lines;
  }
};

TEST_F(TrafficFaultsTest, OnlyTheWindowMeetsThem) {
  const trace::Trace original = Original();
  const auto third = static_cast<int64_t>(original.events.size() / 3);
  NetworkFaults faults;
  faults.drop = faults.reorder = faults.corrupt = 0.2;
  trace::Trace faulted = original;
  trace::Window window{trace::Window::By::kIndex, third, 2 * third};
  ApplyNetworkFaults(faults, &faulted, &window);
  EXPECT_EQ(window.by, trace::Window::By::kIndex);
  EXPECT_EQ(window.from, third);
  EXPECT_EQ(window.to, static_cast<int64_t>(faulted.events.size()));
  EXPECT_LT(window.to, 2 * third);
  const std::vector<std::string> before = Lines(original), after = Lines(faulted);
  for (int64_t i = 0; i < third; ++i) EXPECT_EQ(after[i], before[i]);
  int64_t last = INT64_MIN;
  for (size_t i = 0; i < faulted.events.size(); ++i) {
    const trace::Event& event = faulted.events[i];
    EXPECT_EQ(event.index, i);
    EXPECT_GE(event.time_ns, last);
    last = event.time_ns;
    if (event.kind == trace::Kind::kGossip) EXPECT_EQ(event.id, IdOf(event.topic, event.data));
  }
}

TEST_F(TrafficFaultsTest, TheSeedAloneDecides) {
  const auto faulted = [this](uint64_t seed) {
    NetworkFaults faults;
    faults.seed = seed;
    faults.drop = faults.duplicate = faults.reorder = faults.delay = faults.corrupt = 0.1;
    faults.disconnect = 0.02;
    trace::Trace trace = Original();
    trace::Window window;
    ApplyNetworkFaults(faults, &trace, &window);
    return Lines(trace);
  };
  EXPECT_EQ(faulted(1), faulted(1));
  EXPECT_NE(faulted(1), faulted(2));
}

// Each by itself: what it does, and that without it nothing is done.
TEST_F(TrafficFaultsTest, EachKindHappens) {
  const trace::Trace original = Original();
  const auto with = [&original](double NetworkFaults::*rate) {
    NetworkFaults faults;
    faults.*rate = 0.1;
    trace::Trace trace = original;
    trace::Window window;
    ApplyNetworkFaults(faults, &trace, &window);
    return trace;
  };
  const size_t events = original.events.size();
  trace::Trace none = original;
  trace::Window window;
  ApplyNetworkFaults({}, &none, &window);
  EXPECT_EQ(Lines(none), Lines(original));
  EXPECT_LT(with(&NetworkFaults::drop).events.size(), events);
  EXPECT_GT(with(&NetworkFaults::duplicate).events.size(), events);
  for (const auto rate : {&NetworkFaults::reorder, &NetworkFaults::delay}) {
    const trace::Trace later = with(rate);
    EXPECT_EQ(later.events.size(), events);
    EXPECT_NE(Lines(later), Lines(original));
  }
  const auto ids = [](const trace::Trace& trace) {
    std::set<trace::MessageId> ids;
    for (const trace::Event& event : trace.events) ids.insert(event.id);
    return ids;
  };
  EXPECT_EQ(ids(with(&NetworkFaults::reorder)), ids(original));
  EXPECT_NE(ids(with(&NetworkFaults::corrupt)), ids(original));
}

// A peer goes: its requests end there, nothing of it comes, and it is back after a while.
TEST_F(TrafficFaultsTest, ADisconnectEndsRequestsAndLosesWhatIsSent) {
  trace::Trace trace;
  const auto add = [&trace](trace::Kind kind, int64_t ms, uint64_t request = 0) {
    trace::Event event = MakeEvent(kind, ms * 1'000'000, "peer");
    event.request = request;
    event.protocol = request == 0 ? "" : "/p";
    event.index = trace.events.size();
    trace.events.push_back(event);
  };
  add(trace::Kind::kPeerConnected, 0);
  add(trace::Kind::kRpcResponse, 1, 7);
  add(trace::Kind::kGossip, 2);  // instead of which it goes
  add(trace::Kind::kRpcResponse, 3, 7);
  add(trace::Kind::kRpcEnd, 50, 7);  // it is back, the stream is not
  trace::Window window{trace::Window::By::kIndex, 2, 5};
  NetworkFaults faults;
  faults.disconnect = 1;
  faults.away_ns = 10'000'000;
  ApplyNetworkFaults(faults, &trace, &window);
  std::vector<std::pair<trace::Kind, int64_t>> got;
  for (const trace::Event& event : trace.events) {
    got.emplace_back(event.kind, event.time_ns / 1'000'000);
  }
  const std::vector<std::pair<trace::Kind, int64_t>> expected = {
      {trace::Kind::kPeerConnected, 0},
      {trace::Kind::kRpcResponse, 1},
      {trace::Kind::kRpcEnd, 2},
      {trace::Kind::kPeerDisconnected, 2},
      {trace::Kind::kPeerConnected, 12}};
  EXPECT_EQ(got, expected);
  EXPECT_EQ(trace.events[2].request, 7u);
  EXPECT_EQ(trace.events[2].protocol, "/p");
}

// --- Queue ---

TEST(EventQueueTest, ForgetsIdsAfterAWhile) {
  std::vector<bool> duplicate;
  EventQueue queue(
      [&](const trace::Event& event) {
        EXPECT_EQ(event.index, duplicate.size());
        duplicate.push_back(event.duplicate);
        return absl::OkStatus();
      },
      /*remember_ns=*/10);
  for (const int64_t time : {5, 0, 9, 30}) {
    queue.Push(MakeEvent(trace::Kind::kGossip, time, "peer"));
  }
  ASSERT_TRUE(queue.TakeUntil(30).ok());
  EXPECT_EQ(queue.waiting(), 1u);
  ASSERT_TRUE(queue.TakeUntil(31).ok());
  EXPECT_EQ(duplicate, (std::vector<bool>{false, true, true, false}));
}

}  // namespace
}  // namespace heddle::traffic
