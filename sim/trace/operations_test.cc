#include "sim/trace/operations.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/trace/test_files.h"
#include "sim/trace/verify.h"

namespace heddle::trace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kTopic[] = "/leanconsensus/12345678/block/ssz_snappy";

Header MakeHeader() {
  Header header;
  header.network = "12345678";
  return header;
}

Event Gossip(int64_t time_ns, uint8_t id, bool duplicate, std::string topic = kTopic) {
  Event event;
  event.kind = Kind::kGossip;
  event.time_ns = time_ns;
  event.peer = "peer";
  event.topic = std::move(topic);
  event.id.fill(id);
  event.duplicate = duplicate;
  event.data = {id};
  return event;
}

Event Simple(Kind kind, int64_t time_ns, uint64_t request = 0) {
  Event event;
  event.kind = kind;
  event.time_ns = time_ns;
  event.peer = "peer";
  event.request = request;
  return event;
}

std::string WriteTrace(absl::string_view name, const std::vector<Event>& events,
                       const Header& header = MakeHeader()) {
  std::string path = TempPath(name);
  auto writer = TraceWriter::Create(path, header);
  EXPECT_TRUE(writer.ok()) << writer.status();
  for (const Event& event : events) EXPECT_TRUE((*writer)->Write(event).ok());
  EXPECT_TRUE((*writer)->Close().ok());
  return path;
}

// In these tests a message id is its payload's only byte, twenty times.
MessageId FakeId(absl::string_view, absl::Span<const uint8_t> data) {
  MessageId id;
  id.fill(data.empty() ? 0 : data[0]);
  return id;
}

TEST(Summarise, CountsARecordedTrace) {
  const auto summary = Summarise(kShortTrace);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->events, 147u);
  EXPECT_EQ(summary->duplicates, 96u);
  EXPECT_EQ(summary->header.validators.size(), 4u);
  EXPECT_EQ(summary->file_bytes, 16968u);
  EXPECT_EQ(summary->uncompressed_bytes, 115854u);
  EXPECT_EQ(summary->first_time_ns, -11088097030);
  EXPECT_EQ(summary->last_time_ns, 32013338784);
  EXPECT_EQ(summary->by_kind.at("peer_connected").events, 3u);
  EXPECT_EQ(summary->by_kind.at("gossip").events, 144u);
  EXPECT_EQ(summary->by_kind.at("gossip").bytes, summary->payload_bytes);
  EXPECT_EQ(summary->by_topic.size(), 3u);
  EXPECT_EQ(summary->by_topic.at(kTopic).duplicates * 3, summary->by_topic.at(kTopic).events * 2);
  EXPECT_EQ(summary->by_peer.size(), 3u);
  EXPECT_THAT(summary->by_protocol, IsEmpty());
}

TEST(Summarise, BoundsItsNames) {
  std::vector<Event> events;
  for (size_t i = 0; i < Summary::kMaxNames + 5; ++i) {
    events.push_back(Gossip(1, 1, i > 0, absl::StrCat(i)));
  }
  const auto summary = Summarise(WriteTrace("t.jsonl", events));
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->by_topic.size(), Summary::kMaxNames + 1);
  EXPECT_EQ(summary->by_topic.at(std::string(Summary::kOtherNames)).events, 5u);
}

TEST(Verify, AcceptsEveryRecordedTrace) {
  for (const char* name :
       {"4v-short", "4v-healthy", "4v-late", "8v-forks", "8v-partition", "10v-churn"}) {
    const auto result =
        Verify(absl::StrCat("scenarios/traces/devnet-", name, ".jsonl.zst"), nullptr);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(result->ok()) << result->problems[0].message;
    EXPECT_GT(result->events, 0u);
  }
}

TEST(Verify, FindsEachProblem) {
  struct {
    std::vector<Event> events;
    const char* message;  // nullptr: none
  } const cases[] = {
      {{Gossip(1, 1, false), Gossip(1, 1, true), Gossip(1, 2, false)}, nullptr},
      {{Gossip(1, 1, true)}, "is new, but \"duplicate\" is true"},
      {{Gossip(1, 1, false), Gossip(1, 1, false)}, "came before, but \"duplicate\" is not true"},
      {{Gossip(1, 1, false, "/leanconsensus/12345678/attestation_63/ssz_snappy")}, nullptr},
      {{Gossip(1, 1, false, "/leanconsensus/12345678/aggregation/ssz_snappy")}, nullptr},
      {{Gossip(1, 1, false, "/leanconsensus/aabbccdd/block/ssz_snappy")}, "/12345678/"},
      {{Gossip(1, 1, false, "/leanconsensus/12345678/blocks/ssz_snappy")}, "expected /lean"},
      {{Gossip(1, 1, false, "/leanconsensus/12345678/attestation_01/ssz_snappy")},
       "expected /lean"},
      {{Gossip(1, 1, false, "block")}, "expected /lean"},
      {{Simple(Kind::kPeerConnected, 1), Simple(Kind::kPeerDisconnected, 1),
        Simple(Kind::kPeerConnected, 1)},
       nullptr},
      {{Simple(Kind::kPeerDisconnected, 1)}, nullptr},  // it was there before the recording
      {{Simple(Kind::kPeerConnected, 1), Simple(Kind::kPeerConnected, 1)}, "connects twice"},
      {{Simple(Kind::kPeerDisconnected, 1), Simple(Kind::kPeerDisconnected, 1)},
       "disconnects twice"},
      {{Simple(Kind::kRpcResponse, 1, 5), Simple(Kind::kRpcEnd, 1, 5), Simple(Kind::kRpcEnd, 1, 6)},
       nullptr},
      {{Simple(Kind::kRpcEnd, 1, 5), Simple(Kind::kRpcEnd, 1, 5)}, "request 5 ends twice"},
      {{Simple(Kind::kRpcEnd, 1, 5), Simple(Kind::kRpcResponse, 1, 5)}, "request 5 has ended"},
  };
  for (const auto& c : cases) {
    const std::string path = WriteTrace("t.jsonl", c.events);
    const auto result = Verify(path, FakeId);
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->problem_count, c.message == nullptr ? 0u : 1u) << c.message;
    if (c.message == nullptr) continue;
    EXPECT_EQ(result->problems[0].line, c.events.size() + 1);
    EXPECT_THAT(result->problems[0].message,
                StartsWith(absl::StrCat(path, ":", c.events.size() + 1, ": ")));
    EXPECT_THAT(result->problems[0].message, HasSubstr(c.message));
  }
}

TEST(Verify, ComparesMessageIds) {
  Event event = Gossip(1, 7, false);
  event.id.fill(8);
  const std::string path = WriteTrace("t.jsonl", {event});
  EXPECT_TRUE(Verify(path, nullptr)->ok());
  const auto result = Verify(path, FakeId);
  ASSERT_EQ(result->problem_count, 1u);
  EXPECT_THAT(result->problems[0].message, HasSubstr("message id 0808"));
  EXPECT_THAT(result->problems[0].message, HasSubstr("the payload's is 0707"));
}

TEST(Verify, BoundsItsReport) {
  std::vector<Event> events(Verification::kMaxProblems + 50, Gossip(1, 1, false));
  const auto result = Verify(WriteTrace("t.jsonl", events), nullptr);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->problem_count, Verification::kMaxProblems + 49);
  EXPECT_EQ(result->problems.size(), Verification::kMaxProblems);
}

TEST(Verify, RefusesWhatCannotBeRead) {
  const std::string whole = ReadFile(kShortTrace);
  const std::string path = WriteFile("t.jsonl.zst", whole.substr(0, whole.size() / 2));
  EXPECT_TRUE(absl::IsInvalidArgument(Verify(path, nullptr).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Summarise(path).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Cat(path, {}, [](absl::string_view) {})));
}

std::vector<uint8_t> SlicedIds(const std::string& path, const Window& window) {
  const std::string to = TempPath("slice.jsonl");
  const auto count = Slice(path, to, window);
  EXPECT_TRUE(count.ok()) << count.status();
  const auto trace = ReadTrace(to);
  EXPECT_TRUE(trace.ok()) << trace.status();
  EXPECT_TRUE(Verify(to, FakeId)->ok());
  std::vector<uint8_t> ids;
  for (const Event& event : trace->events) ids.push_back(event.id[0]);
  EXPECT_EQ(ids.size(), *count);
  return ids;
}

TEST(Slice, CutsByIndexTimeAndSlot) {
  const std::string path = WriteTrace(
      "t.jsonl", {Gossip(-1, 0, false), Gossip(0, 1, false), Gossip(kSlotNs - 1, 2, false),
                  Gossip(kSlotNs, 3, false), Gossip(3 * kSlotNs, 4, false)});
  EXPECT_THAT(SlicedIds(path, {}), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(SlicedIds(path, {.by = Window::By::kIndex, .from = 1, .to = 3}), ElementsAre(1, 2));
  EXPECT_THAT(SlicedIds(path, {.by = Window::By::kIndex, .from = 4}), ElementsAre(4));
  EXPECT_THAT(SlicedIds(path, {.by = Window::By::kTime, .from = 0, .to = kSlotNs}),
              ElementsAre(1, 2));
  EXPECT_THAT(SlicedIds(path, {.by = Window::By::kSlot, .from = -1, .to = 1}),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(SlicedIds(path, {.by = Window::By::kSlot, .from = 1, .to = 2}), ElementsAre(3));
  EXPECT_THAT(SlicedIds(path, {.by = Window::By::kSlot, .from = 2, .to = 3}), IsEmpty());
}

TEST(Slice, RecomputesDuplicates) {
  const std::string path =
      WriteTrace("t.jsonl", {Gossip(1, 1, false), Gossip(2, 1, true), Gossip(3, 1, true)});
  EXPECT_THAT(SlicedIds(path, {.by = Window::By::kIndex, .from = 1}), ElementsAre(1, 1));
  const auto trace = ReadTrace(TempPath("slice.jsonl"));
  EXPECT_FALSE(trace->events[0].duplicate);
  EXPECT_TRUE(trace->events[1].duplicate);
}

TEST(Slice, KeepsTheObserversEndForTheWholeOnly) {
  Header header = MakeHeader();
  header.observer_final = ObserverFinal{"0x" + std::string(64, 'c'), 3, 2, 1};
  const std::string path = WriteTrace("t.jsonl", {Gossip(1, 1, false)}, header);
  SlicedIds(path, {});
  EXPECT_EQ(ReadTrace(TempPath("slice.jsonl"))->header, header);
  SlicedIds(path, {.by = Window::By::kIndex, .from = 0, .to = 1});
  EXPECT_EQ(ReadTrace(TempPath("slice.jsonl"))->header, MakeHeader());
}

TEST(Slice, LeavesNothingWhenItFails) {
  const std::string whole = ReadFile(kShortTrace);
  const std::string path = WriteFile("t.jsonl.zst", whole.substr(0, whole.size() - 10));
  const std::string to = TempPath("slice.jsonl");
  EXPECT_TRUE(absl::IsInvalidArgument(Slice(path, to, {}).status()));
  EXPECT_EQ(ReadFile(to), "");
  EXPECT_EQ(ReadFile(to + ".partial"), "");
}

TEST(Cat, PrintsALineForEachEvent) {
  std::vector<std::string> lines;
  const Window window = {.by = Window::By::kIndex, .from = 2, .to = 5};
  ASSERT_TRUE(
      Cat(kShortTrace, window, [&](absl::string_view line) { lines.emplace_back(line); }).ok());
  EXPECT_THAT(
      lines,
      ElementsAre("     2     -11.065668 s  slot -3.1  peer_connected    16*xof1vk",
                  "     3       0.859134 s  slot 0.1  gossip            16*xof1vk  attestation_0  "
                  "476 bytes  id dde6dd90",
                  "     4       0.859731 s  slot 0.1  gossip            16*1vfSBx  attestation_0  "
                  "477 bytes  id c7a0fd77"));
}

TEST(Cat, DoesNotLetATraceDriveTheTerminal) {
  Event event = Gossip(0, 1, true, "\x1b[2J");
  event.peer = "\x1b[2J";
  EXPECT_THAT(Describe(event), HasSubstr("\\033[2J  \\033[2J  1 bytes  id 01010101  duplicate"));
}

}  // namespace
}  // namespace heddle::trace
