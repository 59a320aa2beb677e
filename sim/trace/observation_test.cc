#include "sim/trace/observation.h"

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/trace/test_files.h"

namespace heddle::trace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string Root(char digit) { return "0x" + std::string(64, digit); }

std::string SnapshotJson() {
  return absl::StrReplaceAll(
      R"({"time":7,"head_root":"A","safe_target_root":"B","latest_justified":{"root":"A","slot":2},)"
      R"("latest_finalized":{"root":"B","slot":1},"block_roots":["A","B"],)"
      R"("block_weights":[{"root":"B","weight":4}],)"
      R"("attestation_signatures":[{"data_root":"A","validator_indices":[0,3]}],)"
      R"("new_aggregated_payloads":[{"data_root":"B","participant_sets":[[0,1],[2]]}],)"
      R"("known_aggregated_payloads":[]})",
      {{"\"A\"", "\"" + Root('a') + "\""}, {"\"B\"", "\"" + Root('b') + "\""}});
}

std::string TickJson(int interval) {
  return absl::StrCat(R"({"at":"tick","interval":)", interval, R"(,"snapshot":)", SnapshotJson(),
                      "}\n");
}

std::string EventJson(int index, absl::string_view more = "") {
  return absl::StrCat(R"({"at":"event","index":)", index, R"(,"outcome":"accepted","head":")",
                      Root('a'), R"(","justified_slot":2,"finalized_slot":1)", more, "}\n");
}

std::string EndJson() {
  return absl::StrCat(R"({"at":"end","interval":9,"pending_blocks":1,"pending_attestations":2,)"
                      R"("pending_aggregates":3,"snapshot":)",
                      SnapshotJson(), "}\n");
}

absl::StatusOr<std::vector<ObservedLine>> ReadAll(const std::string& path) {
  auto reader = ObservationReader::Open(path);
  if (!reader.ok()) return reader.status();
  std::vector<ObservedLine> lines;
  while (true) {
    ObservedLine line;
    const auto more = (*reader)->Next(&line);
    if (!more.ok()) {
      EXPECT_EQ((*reader)->Next(&line).status(), more.status());
      return more.status();
    }
    if (!*more) return lines;
    lines.push_back(line);
  }
}

TEST(Observation, ReadsEveryField) {
  const auto lines = ReadAll(WriteFile(
      "e.jsonl",
      absl::StrCat(TickJson(1),
                   EventJson(4, absl::StrCat(R"(,"released":[{"block":")", Root('c'),
                                             R"(","outcome":"rejected:UNKNOWN_PARENT_BLOCK"}])")),
                   EndJson())));
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_EQ(lines->size(), 3u);

  const auto& tick = std::get<ObservedTick>((*lines)[0].value);
  EXPECT_EQ((*lines)[0].line, 1u);
  EXPECT_EQ(tick.interval, 1u);
  const ObservedSnapshot& snapshot = tick.snapshot;
  EXPECT_EQ(snapshot.time, 7u);
  EXPECT_EQ(snapshot.head_root, Root('a'));
  EXPECT_EQ(snapshot.safe_target_root, Root('b'));
  EXPECT_EQ(snapshot.latest_justified, (ObservedCheckpoint{Root('a'), 2}));
  EXPECT_EQ(snapshot.latest_finalized, (ObservedCheckpoint{Root('b'), 1}));
  EXPECT_THAT(snapshot.block_roots, ElementsAre(Root('a'), Root('b')));
  EXPECT_THAT(snapshot.block_weights, ElementsAre(ObservedSnapshot::Weight{Root('b'), 4}));
  EXPECT_THAT(snapshot.attestation_signatures,
              ElementsAre(ObservedSnapshot::Signatures{Root('a'), {0, 3}}));
  EXPECT_THAT(snapshot.new_aggregated_payloads,
              ElementsAre(ObservedSnapshot::Payloads{Root('b'), {{0, 1}, {2}}}));
  EXPECT_TRUE(snapshot.known_aggregated_payloads.empty());

  const auto& event = std::get<ObservedEvent>((*lines)[1].value);
  EXPECT_EQ(event.index, 4u);
  EXPECT_EQ(event.outcome, "accepted");
  EXPECT_EQ(event.head, Root('a'));
  EXPECT_EQ(event.justified_slot, 2u);
  EXPECT_EQ(event.finalized_slot, 1u);
  EXPECT_THAT(event.released,
              ElementsAre(ObservedRelease{Root('c'), "rejected:UNKNOWN_PARENT_BLOCK"}));

  const auto& end = std::get<ObservedEnd>((*lines)[2].value);
  EXPECT_EQ(end.interval, 9u);
  EXPECT_EQ(end.pending_blocks, 1u);
  EXPECT_EQ(end.pending_attestations, 2u);
  EXPECT_EQ(end.pending_aggregates, 3u);
  EXPECT_EQ(end.snapshot, snapshot);
}

TEST(Observation, ReadsARecordedOne) {
  const auto lines = ReadAll(kShortExpectation);
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_EQ(lines->size(), 98u);
  EXPECT_EQ(std::get<ObservedTick>((*lines)[0].value).interval, 1u);
  EXPECT_TRUE(std::holds_alternative<ObservedEnd>(lines->back().value));
}

TEST(Observation, RejectsInvalidInput) {
  const auto edited = [](const std::string& line, const char* from, const char* to) {
    return absl::StrCat(absl::StrReplaceAll(line, {{from, to}}), EndJson());
  };
  struct {
    std::string content;
    int line;
    const char* message;
  } const cases[] = {
      {"", 1, "expected a line with \"at\":\"end\""},
      {TickJson(1), 2, "expected a line with \"at\":\"end\""},
      {EndJson() + TickJson(1), 2, "a line after the one"},
      {TickJson(1).substr(0, 50), 1, "cut off"},
      {edited(TickJson(1), "\"tick\"", "\"tock\""), 1, "found \"tock\""},
      {TickJson(2) + TickJson(2) + EndJson(), 2, "2 follows 2"},
      {EventJson(2) + EventJson(1) + EndJson(), 2, "1 follows 2"},
      {edited(EventJson(1), "\"accepted\"", "\"acepted\""), 1, "found \"acepted\""},
      {edited(EventJson(1), "\"accepted\"", "\"rejected:\""), 1, "\"outcome\""},
      {edited(EventJson(1), "\"accepted\"", "\"rpc_error:x\""), 1, "\"outcome\""},
      {edited(EventJson(1), "\"head\"", "\"heads\""), 1, "\"head\" is missing"},
      {edited(EventJson(1), "0xaaa", "0xxaa"), 1, "\"head\": expected a root"},
      {edited(EventJson(1), "_slot\":2", "_slot\":-2"), 1, "found a negative integer"},
      {edited(TickJson(1), "\"time\":7,", ""), 1, "\"snapshot.time\" is missing"},
      {edited(TickJson(1), "\"slot\":2", "\"slot\":true"), 1,
       "\"snapshot.latest_justified.slot\": expected a non-negative integer, found a boolean"},
      {edited(TickJson(1), "\"weight\":4", "\"weight\":\"4\""), 1,
       "\"snapshot.block_weights[0].weight\""},
      {edited(TickJson(1), "[0,3]", "[0,{}]"), 1,
       "\"snapshot.attestation_signatures[0].validator_indices[1]\""},
      {edited(TickJson(1), "[[0,1],[2]]", "[[0,1],2]"), 1,
       "\"snapshot.new_aggregated_payloads[0].participant_sets[1]\": expected an array"},
      {edited(TickJson(1), "\"block_roots\":[", "\"block_roots\":[1,"), 1,
       "\"snapshot.block_roots[0]\": expected a root"},
  };
  for (const auto& c : cases) {
    const std::string path = WriteFile("e.jsonl", c.content);
    const auto lines = ReadAll(path);
    ASSERT_TRUE(absl::IsInvalidArgument(lines.status())) << c.message;
    EXPECT_THAT(std::string(lines.status().message()),
                StartsWith(absl::StrCat(path, ":", c.line, ": ")));
    EXPECT_THAT(std::string(lines.status().message()), HasSubstr(c.message));
  }
}

}  // namespace
}  // namespace heddle::trace
