#include "reports/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "reports/model/evidence.h"
#include "reports/story.h"

namespace heddle::reports {
namespace {

using nlohmann::json;
using sim::OperationLog;
using sim::OpKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two threads, a mutex, a race: what a replay would have logged.
OperationLog Log() {
  OperationLog log;
  log.frames = {
      {.function = "main", .file = "/p/main.cc", .line = 3, .column = 1, .own = true},
      {.function = "Producer::Run()",
       .file = "/p/producer.cc",
       .line = 10,
       .column = 1,
       .own = true},
      {.function = "std::mutex::lock()", .file = "/usr/include/c++/12/mutex", .line = 100},
      {.function = "Store::Add(int)", .file = "/p/store.cc", .line = 7, .column = 2, .own = true}};
  log.stacks = {{}, {0}, {2, 1}, {3, 1}, {3, 0}};
  const auto add = [&](OpKind kind, sim::ThreadNumber thread, sim::ObjectId object, uint32_t stack,
                       int64_t time) {
    log.operations.push_back(
        {.kind = kind, .thread = thread, .object = object, .stack = stack, .virtual_ns = time});
  };
  add(OpKind::kThreadCreate, 0, 9, 1, 0);
  add(OpKind::kMutexLock, 0, 4, 1, 10);
  add(OpKind::kMutexUnlock, 0, 4, 1, 20);
  add(OpKind::kThreadStart, 1, 9, 0, 20);
  add(OpKind::kMutexLock, 1, 4, 2, 30);
  add(OpKind::kAtomicStore, 1, 5, 3, 40);
  add(OpKind::kClockAdvance, sim::kClock, 1, 0, 40);
  add(OpKind::kAtomicLoad, 0, 5, 4, 6'000'000'000);
  add(OpKind::kThreadExit, 1, 9, 0, 6'000'000'000);
  add(OpKind::kThreadJoin, 0, 9, 1, 6'000'000'000);
  return log;
}

Finding Race() {
  Finding finding;
  finding.kind = FindingKind::kDataRace;
  finding.dedup_key = "0123456789abcdef";
  finding.stacks = {
      {.title = "Write of size 4 by main thread",
       .thread = "main",
       .is_access = true,
       .frames = {{.function = "Store::Add(int)", .file = "/p/store.cc", .line = 9, .own = true},
                  {.function = "main", .file = "/p/main.cc", .line = 3, .own = true}}},
      {.title = "Previous write of size 4 by thread T1",
       .thread = "T1 'producer'",
       .is_access = true,
       .frames = {
           {.function = "Store::Add(int)", .file = "/p/store.cc", .line = 7, .own = true},
           {.function = "Producer::Run()", .file = "/p/producer.cc", .line = 10, .own = true}}}};
  return finding;
}

TEST(Timeline, ThreadsHaveNamesAndTheClockComesLast) {
  const Timeline timeline = MakeTimeline(Log(), {}, "det", {Race()});
  ASSERT_EQ(timeline.lanes.size(), 3u);
  EXPECT_EQ(timeline.lanes[0].name, "T0 main");
  EXPECT_EQ(timeline.lanes[1].name, "T1 producer") << "as the sanitizer calls it";
  EXPECT_EQ(timeline.lanes[2].name, "clock");
  EXPECT_EQ(MakeTimeline(Log(), {}, "det", {}).lanes[1].name, "T1 Producer") << "where it began";
}

TEST(Timeline, EdgesJoinWhatIsOrdered) {
  const Timeline timeline = MakeTimeline(Log(), {}, "det", {});
  std::vector<std::string> edges;
  for (const Timeline::Edge& edge : timeline.edges) {
    edges.push_back(std::to_string(edge.from) + ">" + std::to_string(edge.to) + " " +
                    std::string(kEdgeKindNames[static_cast<size_t>(edge.kind)]));
  }
  EXPECT_THAT(edges,
              ElementsAre("0>3 thread", "2>4 unlock, lock", "5>7 store, load", "8>9 thread"));
}

// Under a weak memory model: from the store that was read, past newer ones; from none to a value
// that was there before all stores.
TEST(Timeline, AnOldValueComesFromItsOwnStore) {
  const auto atomic_edges = [](uint64_t read_from) {
    OperationLog log;
    log.stacks = {{}};
    for (const OpKind kind : {OpKind::kAtomicStore, OpKind::kAtomicStore, OpKind::kAtomicLoad}) {
      log.operations.push_back({.kind = kind, .thread = 1, .object = 5});
    }
    log.operations[2].thread = 0;
    log.operations[2].newer = 1;
    log.operations[2].read_from = read_from;
    return MakeTimeline(std::move(log), {}, "det", {}).edges;
  };
  const std::vector<Timeline::Edge> edges = atomic_edges(0);
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_EQ(edges[0].from, 0u);
  EXPECT_EQ(edges[0].to, 2u);
  EXPECT_THAT(atomic_edges(sim::kNoStep), testing::IsEmpty());
}

TEST(Timeline, AnAccessThatIsNoStepIsInsertedAtItsOwnLine) {
  OperationLog log = Log();
  log.outcome.report_points = {{7, 0, 0}};
  const Timeline timeline = MakeTimeline(std::move(log), {}, "tsan", {Race()});
  ASSERT_EQ(timeline.marks.size(), 2u);
  EXPECT_EQ(timeline.marks[0].step, 5u);
  EXPECT_FALSE(timeline.marks[0].inserted) << "the very stack";
  EXPECT_EQ(timeline.marks[0].role, "previous");
  EXPECT_EQ(timeline.marks[0].label, "T1 producer writes 4 bytes");
  EXPECT_EQ(timeline.marks[1].step, 7u);
  EXPECT_EQ(timeline.marks[1].role, "access");
  ASSERT_TRUE(timeline.marks[1].inserted) << "a plain access is no step";
  const Timeline::Inserted& access = timeline.inserted[*timeline.marks[1].inserted];
  EXPECT_EQ(access.after, 7u);
  EXPECT_EQ(timeline.lanes[access.lane].name, "T0 main");
  EXPECT_EQ(access.operation.kind, OpKind::kMemoryWrite);
  const std::vector<uint32_t>& stack = timeline.log.stacks[access.operation.stack];
  ASSERT_FALSE(stack.empty());
  EXPECT_EQ(timeline.log.frames[stack[0]].line, 9) << "not that of the step before it";
}

TEST(Timeline, AUseAfterFreeMarksWhereTheBlockCameFromAndWent) {
  OperationLog log = Log();
  log.frames.push_back(
      {.function = "Make()", .file = "/p/make.cc", .line = 1, .column = 1, .own = true});
  log.stacks.push_back({4, 1});
  const auto add = [&](OpKind kind, sim::ThreadNumber thread, uint32_t stack, uint64_t address) {
    log.operations.push_back({.kind = kind,
                              .thread = thread,
                              .object = 20,
                              .stack = stack,
                              .address = address,
                              .virtual_ns = 6'000'000'000});
  };
  add(OpKind::kAllocate, 1, 5, 0);       // 10
  add(OpKind::kFree, 1, 5, 0x602000);    // 11: of the block
  add(OpKind::kFree, 1, 5, 0x603000);    // 12: of another
  add(OpKind::kAtomicStore, 0, 4, 0x1);  // 13
  log.outcome.standard_error =
      "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000 at pc 0x1\n"
      "READ of size 1 at 0x602000 thread T0\n"
      "    #0 0x1 in Use() /p/use.cc:5:3\n"
      "\n"
      "0x602000 is located 0 bytes inside of 16-byte region [0x602000,0x602010)\n"
      "freed by thread T1 here:\n"
      "    #0 0x1 in operator delete(void*) (host+0x1)\n"
      "    #1 0x1 in Make() /p/make.cc:1:1\n"
      "    #2 0x1 in Producer::Run() /p/producer.cc:10:1\n"
      "\n"
      "previously allocated by thread T1 here:\n"
      "    #0 0x1 in operator new(unsigned long) (host+0x1)\n"
      "    #1 0x1 in Make() /p/make.cc:1:1\n"
      "    #2 0x1 in Producer::Run() /p/producer.cc:10:1\n"
      "\n"
      "SUMMARY: AddressSanitizer: heap-use-after-free /p/use.cc:5:3 in Use()\n";
  log.outcome.report_points = {{13, 0, 0}};
  const Finding finding =
      FindingsOf(sim::ParseSanitizerReports(log.outcome.standard_error).reports)[0];
  const Timeline timeline = MakeTimeline(std::move(log), {}, "asan", {finding});
  std::vector<std::string> marks;
  for (const Timeline::Mark& mark : timeline.marks) {
    marks.push_back(absl::StrCat(mark.step, mark.inserted ? "+ " : " ", mark.text));
  }
  EXPECT_THAT(marks, ElementsAre("10 allocated", "11 freed", "13+ reads"));
  EXPECT_EQ(timeline.causes.at(finding.dedup_key).headline,
            "heap-use-after-free: T0 main reads a 16-byte block that T1 Producer freed");
}

// Two threads that take two locks in opposite orders; both wait at the end.
Timeline Deadlock() {
  OperationLog log;
  log.frames = {
      {.function = "First::Run()", .file = "/p/a.cc", .line = 3, .column = 1, .own = true},
      {.function = "Second::Run()", .file = "/p/a.cc", .line = 7, .column = 1, .own = true}};
  log.stacks = {{}, {0}, {1}};
  log.operations = {
      {.kind = OpKind::kMutexLock, .thread = 1, .object = 4, .stack = 1, .address = 0x100},
      {.kind = OpKind::kMutexLock, .thread = 2, .object = 5, .stack = 2, .address = 0x200}};
  log.names = {{4, "queue"}, {5, "index"}};
  Finding finding;
  finding.kind = FindingKind::kDeadlock;
  finding.dedup_key = "0123456789abcdef";
  finding.stacks = {
      {.title = "waits, mutex-lock 0x200 held by thread 2; holds mutex 0x100",
       .thread = "T1",
       .frames = {{.function = "First::Run()", .file = "/p/a.cc", .line = 4, .own = true}}},
      {.title = "waits, mutex-lock 0x100 held by thread 1; holds mutex 0x200",
       .thread = "T2",
       .frames = {{.function = "Second::Run()", .file = "/p/a.cc", .line = 8, .own = true}}},
      {.title = "took the mutex 0x100", .thread = "T1", .frames = {log.frames[0]}},
      {.title = "took the mutex 0x200", .thread = "T2", .frames = {log.frames[1]}}};
  return MakeTimeline(std::move(log), {}, "det", {finding});
}

TEST(Timeline, ADeadlockShowsTheLocksThatAreHeldAndThoseThatAreWanted) {
  const Timeline timeline = Deadlock();
  std::vector<std::string> marks;
  for (const Timeline::Mark& mark : timeline.marks) {
    marks.push_back(absl::StrCat(mark.step, mark.inserted ? "+ " : " ", mark.text));
  }
  EXPECT_THAT(marks, ElementsAre("0 holds queue #4", "1 holds index #5", "1+ wants index #5",
                                 "1+ wants queue #4"));
  const json data = json::parse(RenderTimeline(timeline).dump());
  EXPECT_EQ(data["steps"], 4) << "with those that are inserted";
  EXPECT_EQ(data["points"], 2);
  EXPECT_EQ(data["inserted"], json::array({2, 3}));
  EXPECT_EQ(data["objects"]["4"], "queue #4");
  EXPECT_EQ(data["marks"][3]["step"], 3);
}

TEST(Story, SaysWhoDoesWhatInOrder) {
  const Timeline timeline = Deadlock();
  EXPECT_THAT(StorySentences(StoryOf(timeline, "0123456789abcdef")),
              ElementsAre("T1 First takes queue #4 and keeps it (a.cc:3).",
                          "T2 Second takes index #5 and keeps it (a.cc:7).",
                          "T1 First wants index #5 (a.cc:4), which T2 Second holds.",
                          "T2 Second wants queue #4 (a.cc:8), which T1 First holds."));
  EXPECT_TRUE(StoryOf(timeline, "another").empty());
}

TEST(Timeline, AReplayThatIsNotAsRecordedMarksNothing) {
  for (const sim::ReplayEnd end : {sim::ReplayEnd::kDiverged, sim::ReplayEnd::kOtherEnd}) {
    OperationLog log = Log();
    log.outcome.report_points = {{7, 0, 0}};
    log.verdict = {end, "expected 9 points, got 10"};
    const Timeline timeline = MakeTimeline(std::move(log), {}, "tsan", {Race()});
    EXPECT_TRUE(timeline.marks.empty());
    EXPECT_EQ(RenderTimeline(timeline)["difference"], "expected 9 points, got 10");
  }
}

std::vector<uint64_t> Decode(const json& column) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(column["data"].get<std::string>(), &bytes));
  const size_t width = column["width"];
  std::vector<uint64_t> values;
  for (size_t i = 0; i + width <= bytes.size(); i += width) {
    uint64_t value = 0;
    for (size_t b = 0; b < width; ++b) {
      value |= uint64_t{static_cast<unsigned char>(bytes[i + b])} << (8 * b);
    }
    values.push_back(value);
  }
  return values;
}

TEST(Timeline, ColumnsHoldWhatHappened) {
  const json data = json::parse(RenderTimeline(MakeTimeline(Log(), {}, "det", {Race()})).dump());
  EXPECT_EQ(data["steps"], 11) << "with the access that is no step";
  EXPECT_EQ(data["points"], 10);
  EXPECT_THAT(Decode(data["columns"]["thread"]), ElementsAre(0, 0, 0, 1, 1, 1, 2, 0, 1, 0, 0));
  EXPECT_THAT(Decode(data["columns"]["object"]), ElementsAre(9, 4, 4, 9, 4, 5, 1, 5, 9, 9, 0));
  const std::vector<uint64_t> kinds = Decode(data["columns"]["kind"]);
  EXPECT_EQ(data["kinds"][kinds[1]], "mutex-lock");
  EXPECT_EQ(data["kinds"][kinds[6]], "clock-advance");
  uint64_t time = 0;
  const uint64_t unit = data["time_unit"];
  EXPECT_EQ(unit, 10u) << "six seconds do not fit into 32 bits of nanoseconds";
  for (const uint64_t delta : Decode(data["columns"]["time"])) time += delta * unit;
  EXPECT_EQ(time, 6'000'000'000u);
  EXPECT_EQ(data["frames"][2]["own"], false);
  EXPECT_EQ(data["frames"][3]["own"], true);
}

TEST(Timeline, AHundredThousandStepsAreSmall) {
  OperationLog log = Log();
  for (uint32_t i = 0; i < 100'000; ++i) {
    log.operations.push_back({.kind = OpKind::kAtomicStore,
                              .thread = i % 2,
                              .object = i,
                              .stack = 3,
                              .virtual_ns = 6'000'000'000 + 70'000LL * i});
  }
  EXPECT_LT(RenderTimeline(MakeTimeline(std::move(log), {}, "det", {})).dump().size(), 3'000'000u);
}

TEST(Perfetto, IsATraceOfTracksSlicesAndFlows) {
  Timeline timeline = MakeTimeline(Log(), {}, "det", {Race()});
  timeline.schedule = "a.schedule.json";
  const json trace = json::parse(RenderPerfetto({timeline}));
  std::map<std::string, int> phases;
  for (const json& event : trace.at("traceEvents")) {
    const std::string phase = event.at("ph");
    ++phases[phase];
    EXPECT_TRUE(event.at("pid").is_number());
    EXPECT_TRUE(event.at("name").is_string());
    if (phase == "M") continue;
    EXPECT_TRUE(event.at("ts").is_number());
    EXPECT_TRUE(event.at("tid").is_number());
    if (phase == "X") {
      EXPECT_EQ(event.at("dur"), 1);
    }
    if (phase == "s" || phase == "f") {
      EXPECT_TRUE(event.at("id").is_number());
    }
  }
  EXPECT_EQ(phases["M"], 7);  // the process, and two for each thread
  EXPECT_EQ(phases["X"], 10);
  EXPECT_EQ(phases["s"], 4);
  EXPECT_EQ(phases["f"], 4);
  EXPECT_EQ(phases["i"], static_cast<int>(timeline.marks.size()));
}

}  // namespace
}  // namespace heddle::reports
