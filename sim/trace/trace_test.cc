#include "sim/trace/trace.h"

#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <tuple>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/trace/test_files.h"

namespace heddle::trace {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kHeader[] =
    R"({"format":"gossip-trace","version":1,"network":"12345678","genesis_time":1,"validators":[]})"
    "\n";
constexpr char kConnected[] = R"({"t":5,"kind":"peer_connected","peer":"a"})"
                              "\n";

std::string KeyHex(char digit) { return std::string(104, digit); }

std::string ValidatorJson() {
  return absl::StrCat(R"({"attestation_public_key":")", KeyHex('a'), R"(","proposal_public_key":")",
                      KeyHex('b'), "\"}");
}

// A gossip line with `fields` instead of the usual ones of the same name.
std::string Gossip(absl::string_view data, absl::string_view id = std::string(40, '1')) {
  return absl::StrCat(R"({"t":7,"kind":"gossip","topic":"x","peer":"a","id":")", id,
                      R"(","data":")", data, "\"}\n");
}

TEST(TraceReader, ReadsARecordedTrace) {
  const auto trace = ReadTrace(kShortTrace);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->header.network, "12345678");
  EXPECT_EQ(trace->header.genesis_time, 1795368651u);
  ASSERT_EQ(trace->header.validators.size(), 4u);
  EXPECT_EQ(trace->header.validators[0].attestation_public_key[0], 0xf7);
  EXPECT_EQ(trace->header.validators[0].proposal_public_key[51], 0x1d);
  ASSERT_EQ(trace->events.size(), 147u);

  const Event& connected = trace->events[0];
  EXPECT_EQ(connected.kind, Kind::kPeerConnected);
  EXPECT_EQ(connected.time_ns, -11088097030);
  EXPECT_EQ(connected.peer, "16Uiu2HAmNDwjm19U91s6JNMTRWM8eLEtMSZ1ncnkTE8Ghu1vfSBx");
  EXPECT_EQ(connected.line, 2u);

  const Event& vote = trace->events[3];
  EXPECT_EQ(vote.index, 3u);
  EXPECT_EQ(vote.line, 5u);
  EXPECT_EQ(vote.kind, Kind::kGossip);
  EXPECT_EQ(vote.topic, "/leanconsensus/12345678/attestation_0/ssz_snappy");
  EXPECT_EQ(vote.id[0], 0xdd);
  EXPECT_EQ(vote.id[19], 0x44);
  EXPECT_FALSE(vote.duplicate);
  ASSERT_EQ(vote.data.size(), 476u);
  EXPECT_EQ(vote.data[0], 0xb0);
  EXPECT_TRUE(trace->events[7].duplicate);
}

TEST(TraceReader, EmptiesWhatTheEventBeforeLeft) {
  const std::string path = WriteFile(
      "t.jsonl",
      absl::StrCat(
          kHeader, Gossip("AAAA"),
          R"({"t":8,"kind":"rpc_response","peer":"b","request":9,"protocol":"p","data":""})"
          "\n",
          R"({"t":8,"kind":"rpc_end","peer":"b","request":9,"data":"ignored here"})"
          "\n"));
  auto reader = TraceReader::Open(path);
  ASSERT_TRUE(reader.ok()) << reader.status();
  Event event;
  ASSERT_TRUE((*reader)->Next(&event).value());
  EXPECT_EQ(event.data.size(), 3u);
  ASSERT_TRUE((*reader)->Next(&event).value());
  EXPECT_EQ(event.kind, Kind::kRpcResponse);
  EXPECT_EQ(event.protocol, "p");
  EXPECT_EQ(event.request, 9u);
  EXPECT_TRUE(event.topic.empty());
  EXPECT_EQ(event.id, MessageId());
  EXPECT_TRUE(event.data.empty());
  ASSERT_TRUE((*reader)->Next(&event).value());
  EXPECT_EQ(event.kind, Kind::kRpcEnd);
  EXPECT_TRUE(event.protocol.empty());
  EXPECT_TRUE(event.data.empty());
  EXPECT_FALSE((*reader)->Next(&event).value());
  EXPECT_FALSE((*reader)->Next(&event).value());
}

TEST(TraceReader, AcceptsWhatTheFormatLeavesOpen) {
  for (const std::string& content : {
           std::string(kHeader),                           // no event
           absl::StrCat(kHeader, kConnected, kConnected),  // times may be equal
           absl::StrCat(kHeader, R"({"t":1,"kind":"peer_connected","peer":"a","new":{"x":[]}})"),
           absl::StrCat(kHeader, R"({ "peer" : "a" , "kind":"peer_connected","t" : -3 })", "\r\n"),
           absl::StrCat(kHeader, R"({"t":1,"kind":"peer_connected","peer":"\u00e9 \" \n"})"),
           absl::StrCat(kHeader, Gossip("", std::string(40, 'F'))),
       }) {
    const auto trace = ReadTrace(WriteFile("t.jsonl", content));
    EXPECT_TRUE(trace.ok()) << content << "\n" << trace.status();
  }
}

struct Wrong {
  std::string content;
  int line;
  std::string message;
};

void ExpectRefused(const std::vector<Wrong>& cases) {
  for (const Wrong& wrong : cases) {
    const std::string path = WriteFile("t.jsonl", wrong.content);
    const auto trace = ReadTrace(path);
    EXPECT_TRUE(absl::IsInvalidArgument(trace.status())) << wrong.content << trace.status();
    EXPECT_THAT(std::string(trace.status().message()),
                StartsWith(absl::StrCat(path, ":", wrong.line, ": ")));
    EXPECT_THAT(std::string(trace.status().message()), HasSubstr(wrong.message));
  }
}

std::string HeaderJson(absl::string_view format, absl::string_view version,
                       absl::string_view network, absl::string_view genesis_time,
                       absl::string_view validators) {
  return absl::StrCat(R"({"format":)", format, R"(,"version":)", version, R"(,"network":)", network,
                      R"(,"genesis_time":)", genesis_time, R"(,"validators":)", validators, "}\n");
}

TEST(TraceReader, RefusesWrongHeaders) {
  const std::string format = "\"gossip-trace\"";
  const std::string network = "\"12345678\"";
  ExpectRefused({
      {"", 1, "empty file"},
      {"\n", 1, "empty line"},
      {"[]\n", 1, "expected an object, found an array"},
      {"{}\n", 1, "\"format\" is missing"},
      {kConnected, 1, "\"format\" is missing"},
      {HeaderJson("\"gossip\"", "1", network, "1", "[]"), 1, "expected \"gossip-trace\""},
      {HeaderJson(format, "2", network, "1", "[]"), 1, "found 2, expected 1"},
      {HeaderJson(format, "\"1\"", network, "1", "[]"), 1, "\"version\": expected a non-negative"},
      {HeaderJson(format, "1.0", network, "1", "[]"), 1, "found a fraction"},
      {HeaderJson(format, "1", "1", "1", "[]"), 1, "\"network\": expected a string"},
      {HeaderJson(format, "1", "\"\"", "1", "[]"), 1, "\"network\": is empty"},
      {HeaderJson(format, "1", network, "-1", "[]"), 1, "found a negative integer"},
      {HeaderJson(format, "1", network, "1", "{}"), 1, "\"validators\": expected an array"},
      {HeaderJson(format, "1", network, "1", "[1]"), 1, "\"validators[0]\": expected an object"},
      {HeaderJson(format, "1", network, "1", "[{}]"), 1,
       "\"validators[0].attestation_public_key\" is missing"},
      {HeaderJson(format, "1", network, "1",
                  R"([{"attestation_public_key":"ab","proposal_public_key":"cd"}])"),
       1, "expected 52 bytes in hexadecimal (104 digits), found 2 characters"},
      {HeaderJson(format, "1", network, "1",
                  absl::StrCat("[", ValidatorJson(), R"(,{"attestation_public_key":")", KeyHex('a'),
                               R"(","proposal_public_key":")", KeyHex('g'), "\"}]")),
       1, "\"validators[1].proposal_public_key\": no hexadecimal digit at character 1"},
      {R"({"format":"gossip-trace","format":"gossip-trace"})", 1, "stands twice"},
      {R"({"format":"gossip-trace","version":1,"network":"1","genesis_time":1,"validators":[],)"
       R"("observer_final":{"head":"zz"}})",
       1, "\"observer_final.head\": expected a root"},
      {R"({"format":"gossip-trace","version":1)", 1, "cut off"},
  });
}

TEST(TraceReader, RefusesWrongEvents) {
  ExpectRefused({
      {absl::StrCat(kHeader, "\n"), 2, "empty line"},
      {absl::StrCat(kHeader, "1\n"), 2, "expected an object, found an integer"},
      {absl::StrCat(kHeader, "{]\n"), 2, "not valid JSON"},
      {absl::StrCat(kHeader, "{\"\xff\":1}\n"), 2, "not valid JSON"},
      {absl::StrCat(kHeader, kConnected, R"({"t":6,"kind":"peer_conn)"), 3, "cut off"},
      {absl::StrCat(kHeader, R"({"kind":"peer_connected","peer":"a"})"), 2, "\"t\" is missing"},
      {absl::StrCat(kHeader, R"({"t":1,"peer":"a"})"), 2, "\"kind\" is missing"},
      {absl::StrCat(kHeader, R"({"t":1,"kind":"peer_connected"})"), 2, "\"peer\" is missing"},
      {absl::StrCat(kHeader, R"({"t":1,"kind":"gossips","peer":"a"})"), 2,
       "unknown kind \"gossips\""},
      {absl::StrCat(kHeader, R"({"t":1.5,"kind":"peer_connected","peer":"a"})"), 2,
       "\"t\": expected an integer, found a fraction"},
      {absl::StrCat(kHeader, R"({"t":"1","kind":"peer_connected","peer":"a"})"), 2,
       "found a string"},
      {absl::StrCat(kHeader, R"({"t":9223372036854775808,"kind":"peer_connected","peer":"a"})"), 2,
       "\"t\": expected an integer, found an integer of 64 bits"},
      {absl::StrCat(kHeader, R"({"t":1,"t":2,"kind":"peer_connected","peer":"a"})"), 2,
       "\"t\": stands twice"},
      {absl::StrCat(kHeader, R"({"t":1,"kind":"peer_connected","peer":null})"), 2, "found null"},
      {absl::StrCat(kHeader, kConnected, R"({"t":4,"kind":"peer_connected","peer":"a"})"), 3,
       "\"t\": goes back, from 5 to 4"},
      {absl::StrCat(kHeader, Gossip("AAA")), 2, "\"data\": expected base64"},
      {absl::StrCat(kHeader, Gossip("AAA ")), 2, "expected base64"},
      {absl::StrCat(kHeader, Gossip("AA-_")), 2, "expected base64"},
      {absl::StrCat(kHeader, Gossip("A===")), 2, "expected base64"},
      {absl::StrCat(kHeader, Gossip("====")), 2, "expected base64"},
      {absl::StrCat(kHeader, Gossip("AA==AAAA")), 2, "expected base64"},
      {absl::StrCat(kHeader, Gossip("AB==")), 2, "expected base64"},
      {absl::StrCat(kHeader, Gossip("AAB=")), 2, "expected base64"},
      {absl::StrCat(kHeader, Gossip("", "11")), 2, "\"id\": expected 20 bytes"},
      {absl::StrCat(kHeader, Gossip("", "0x" + std::string(38, '1'))), 2,
       "no hexadecimal digit at character 2"},
      {absl::StrCat(kHeader, R"({"t":1,"kind":"gossip","peer":"a"})"), 2, "\"topic\" is missing"},
      {absl::StrCat(kHeader, R"({"t":1,"kind":"gossip","peer":"a","topic":"x","id":")",
                    std::string(40, '0'), R"(","data":"","duplicate":1})"),
       2, "\"duplicate\": expected true or false, found an integer"},
      {absl::StrCat(kHeader, R"({"t":1,"kind":"rpc_response","peer":"a","protocol":"","data":""})"),
       2, "\"request\" is missing"},
      {absl::StrCat(kHeader, R"({"t":1,"kind":"rpc_end","peer":"a","request":-1})"), 2,
       "\"request\": expected a non-negative integer, found a negative integer"},
  });
}

TEST(ReadTrace, RefusesJumpsOfTime) {
  const auto trace_with = [](int64_t first, int64_t second) {
    const auto event = [](int64_t time) {
      return absl::StrCat(R"({"t":)", time, R"(,"kind":"peer_connected","peer":"a"})", "\n");
    };
    return WriteFile("jumps.jsonl", absl::StrCat(kHeader, event(first), event(second)));
  };
  EXPECT_TRUE(ReadTrace(trace_with(-kMaxQuietNs, 0)).ok());
  EXPECT_TRUE(ReadTrace(trace_with(kMaxQuietNs, 2 * kMaxQuietNs)).ok());
  for (const auto& [first, second, line] :
       std::vector<std::tuple<int64_t, int64_t, int>>{{kMaxQuietNs + 1, kMaxQuietNs + 2, 2},
                                                      {1, kMaxQuietNs + 2, 3},
                                                      {-kMaxQuietNs - 1, 0, 2},
                                                      {0, INT64_MAX, 3},
                                                      {INT64_MIN, INT64_MAX, 2}}) {
    const std::string path = trace_with(first, second);
    const absl::Status status = ReadTrace(path).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_NE(status.message().find(absl::StrCat(path, ":", line, ": field \"t\": jumps from ")),
              std::string::npos)
        << status;
    // What is only looked at may be quiet for as long as it likes.
    EXPECT_TRUE(TraceReader::Open(path).ok());
  }
}

TEST(TraceReader, DecodesBase64) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},        {"Zg==", "f"},        {"Zm8=", "fo"},
      {"Zm9v", "foo"}, {"Zm9vYg==", "foob"}, {"+/+/", nullptr}};
  for (const auto& [text, expected] : cases) {
    const auto trace = ReadTrace(WriteFile("t.jsonl", absl::StrCat(kHeader, Gossip(text))));
    ASSERT_TRUE(trace.ok()) << trace.status();
    const std::vector<uint8_t>& data = trace->events[0].data;
    EXPECT_EQ(std::string(data.begin(), data.end()), expected ? expected : "\xfb\xff\xbf");
  }
}

TEST(TraceReader, StaysBroken) {
  auto reader = TraceReader::Open(WriteFile("t.jsonl", absl::StrCat(kHeader, "{}\n", kConnected)));
  ASSERT_TRUE(reader.ok());
  Event event;
  const absl::Status error = (*reader)->Next(&event).status();
  EXPECT_TRUE(absl::IsInvalidArgument(error));
  EXPECT_EQ((*reader)->Next(&event).status(), error);
}

TEST(TraceReader, BoundsTheRegistry) {
  const auto header = [](size_t count) {
    return HeaderJson(
        "\"gossip-trace\"", "1", "\"1\"", "1",
        absl::StrCat("[", absl::StrJoin(std::vector<std::string>(count, ValidatorJson()), ","),
                     "]"));
  };
  const auto trace = ReadTrace(WriteFile("t.jsonl", header(kMaxValidators)));
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->header.validators.size(), kMaxValidators);
  ExpectRefused({{header(kMaxValidators + 1), 1, "more than 4096 validators"}});
}

TEST(TraceReader, BoundsTheLine) {
  const std::string spaces(kMaxLineBytes - sizeof(kConnected) + 2, ' ');
  const std::string longest = absl::StrCat(spaces, kConnected);  // kMaxLineBytes and the newline
  EXPECT_TRUE(ReadTrace(WriteFile("t.jsonl", absl::StrCat(kHeader, longest))).ok());
  ExpectRefused({{absl::StrCat(kHeader, " ", longest), 2, "line is longer than"},
                 {absl::StrCat(kHeader, spaces, spaces), 2, "line is longer than"}});
}

TEST(TraceReader, BoundsNesting) {
  ExpectRefused(
      {{absl::StrCat(kHeader, R"({"x":)", std::string(100000, '['), "\n"), 2, "not valid JSON"}});
}

TEST(TraceReader, SaysWhyAFileCannotBeOpened) {
  const auto missing = TraceReader::Open(TempPath("none.jsonl"));
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("none.jsonl"));
  EXPECT_FALSE(TraceReader::Open(testing::TempDir()).ok());
}

TEST(TraceReader, RefusesWhatDoesNotFitMemory) {
  EXPECT_TRUE(ReadTrace(kShortTrace, 147).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ReadTrace(kShortTrace, 146).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(ReadTrace(kShortTrace, 147, 1000).status()));
}

TEST(CompressedTrace, MayConsistOfSeveralFrames) {
  const auto trace = ReadTrace(
      WriteFile("t.jsonl.zst", Compress(kHeader) + Compress(kConnected) + Compress(kConnected)));
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->events.size(), 2u);
}

TEST(CompressedTrace, RefusesWhatIsNotZstd) {
  for (const std::string& content :
       {std::string(), std::string(kHeader), std::string("\x28\xb5")}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(TraceReader::Open(WriteFile("t.jsonl.zst", content)).status()));
  }
  const auto garbage = ReadTrace(WriteFile("t.jsonl.zst", Compress(kHeader) + "garbage"));
  EXPECT_THAT(std::string(garbage.status().message()), HasSubstr("damaged zstd data"));
}

TEST(CompressedTrace, RefusesToEndEarly) {
  const std::string whole = ReadFile(kShortTrace);
  for (size_t size : {size_t{5}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    const std::string path = WriteFile("t.jsonl.zst", whole.substr(0, size));
    const auto trace = ReadTrace(path);
    EXPECT_TRUE(absl::IsInvalidArgument(trace.status())) << size;
    EXPECT_THAT(std::string(trace.status().message()), StartsWith(path + ":"));
  }
}

// A file of a few kilobytes that expands to 4 GiB without a newline. Reading stops at the limit of
// a line, having taken a few times that in memory.
TEST(CompressedTrace, StopsABomb) {
  std::string bomb = Compress(kHeader);
  const std::string frame = Compress(std::string(64 << 20, ' '));
  for (int i = 0; i < 64; ++i) bomb += frame;
  struct rusage before;
  getrusage(RUSAGE_SELF, &before);
  const auto trace = ReadTrace(WriteFile("t.jsonl.zst", bomb));
  struct rusage after;
  getrusage(RUSAGE_SELF, &after);
  EXPECT_THAT(std::string(trace.status().message()), HasSubstr("line is longer than"));
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 512 << 10) << "KiB";
}

Event MakeGossip(int64_t time_ns) {
  Event event;
  event.time_ns = time_ns;
  event.peer = "peer \"quoted\" \\ \n\t\x01 é";
  event.topic = "topic";
  event.id.fill(0xab);
  event.duplicate = true;
  event.data = {0, 1, 2, 250};
  return event;
}

TEST(TraceWriter, WritesARecordedTraceAgainByteForByte) {
  const auto trace = ReadTrace(kShortTrace);
  ASSERT_TRUE(trace.ok());
  for (const char* name : {"t.jsonl", "t.jsonl.zst"}) {
    const std::string path = TempPath(name);
    auto writer = TraceWriter::Create(path, trace->header);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (const Event& event : trace->events) ASSERT_TRUE((*writer)->Write(event).ok());
    ASSERT_TRUE((*writer)->Close().ok());
    const std::string written = ReadFile(path);
    EXPECT_EQ(absl::EndsWith(path, ".zst") ? Decompress(written) : written,
              Decompress(ReadFile(kShortTrace)));
  }
}

TEST(TraceWriter, WritesEveryFieldOfEveryKind) {
  Header header;
  header.network = "net";
  header.validators.resize(2);
  header.validators[1].proposal_public_key.fill(7);
  header.observer_final = ObserverFinal{"0x" + std::string(64, 'c'), 3, 2, 1};
  std::vector<Event> events(5, MakeGossip(-4));
  const Kind kinds[] = {Kind::kGossip, Kind::kPeerConnected, Kind::kPeerDisconnected,
                        Kind::kRpcResponse, Kind::kRpcEnd};
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].kind = kinds[i];
    events[i].request = ~uint64_t{0};
    events[i].protocol = "/p";
  }
  const std::string path = TempPath("t.jsonl");
  auto writer = TraceWriter::Create(path, header);
  for (const Event& event : events) ASSERT_TRUE((*writer)->Write(event).ok());
  ASSERT_TRUE((*writer)->Close().ok());

  const auto trace = ReadTrace(path);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->header, header);
  ASSERT_EQ(trace->events.size(), events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    const Event& read = trace->events[i];
    EXPECT_EQ(read.kind, kinds[i]);
    EXPECT_EQ(read.time_ns, -4);
    EXPECT_EQ(read.peer, events[i].peer);
  }
  EXPECT_EQ(trace->events[0].topic, "topic");
  EXPECT_EQ(trace->events[0].id, events[0].id);
  EXPECT_TRUE(trace->events[0].duplicate);
  EXPECT_EQ(trace->events[0].data, events[0].data);
  EXPECT_EQ(trace->events[3].request, ~uint64_t{0});
  EXPECT_EQ(trace->events[3].protocol, "/p");
  EXPECT_EQ(trace->events[3].data, events[3].data);
  EXPECT_EQ(trace->events[4].request, ~uint64_t{0});
}

Header MakeHeader() {
  Header header;
  header.network = "12345678";
  return header;
}

TEST(TraceWriter, AppearsOnlyWhenItIsWhole) {
  const std::string path = TempPath("t.jsonl");
  std::filesystem::remove(path);
  {
    auto writer = TraceWriter::Create(path, MakeHeader());
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->Write(MakeGossip(1)).ok());
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_TRUE(std::filesystem::exists(path + ".partial"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
  auto writer = TraceWriter::Create(path, MakeHeader());
  ASSERT_TRUE((*writer)->Close().ok());
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
  EXPECT_TRUE(absl::IsFailedPrecondition((*writer)->Write(MakeGossip(1))));
  EXPECT_TRUE(absl::IsFailedPrecondition((*writer)->Close()));
}

TEST(TraceWriter, RefusesWhatAReaderWould) {
  const std::string path = TempPath("t.jsonl");
  auto writer = TraceWriter::Create(path, MakeHeader());
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->Write(MakeGossip(5)).ok());
  EXPECT_TRUE(absl::IsInvalidArgument((*writer)->Write(MakeGossip(4))));
  Event not_utf8 = MakeGossip(6);
  not_utf8.peer = "\xff";
  EXPECT_TRUE(absl::IsInvalidArgument((*writer)->Write(not_utf8)));
  Event too_long = MakeGossip(6);
  too_long.data.resize(kMaxLineBytes);
  EXPECT_TRUE(absl::IsInvalidArgument((*writer)->Write(too_long)));
  ASSERT_TRUE((*writer)->Write(MakeGossip(5)).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  const auto trace = ReadTrace(path);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->events.size(), 2u);

  Header header = MakeHeader();
  header.validators.resize(kMaxValidators + 1);
  EXPECT_TRUE(absl::IsInvalidArgument(TraceWriter::Create(path, header).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(TraceWriter::Create(path, Header()).status()));
  EXPECT_FALSE(TraceWriter::Create(TempPath("none/t.jsonl"), MakeHeader()).ok());
}

TEST(TraceWriter, SaysWhenTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const std::string path = TempPath("t.jsonl");
  std::filesystem::remove(path + ".partial");
  std::filesystem::create_symlink("/dev/full", path + ".partial");
  auto writer = TraceWriter::Create(path, MakeHeader());
  if (writer.ok()) {
    EXPECT_FALSE((*writer)->Close().ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Slots, RoundDown) {
  const std::pair<int64_t, int64_t> cases[] = {{0, 0},   {kSlotNs - 1, 0}, {kSlotNs, 1},
                                               {-1, -1}, {-kSlotNs, -1},   {-kSlotNs - 1, -2}};
  for (const auto& [time_ns, slot] : cases) {
    Event event;
    event.time_ns = time_ns;
    EXPECT_EQ(SlotOf(event), slot) << time_ns;
  }
}

}  // namespace
}  // namespace heddle::trace
