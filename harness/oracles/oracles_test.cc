// Each oracle passes what is right, and is shown to fail on each thing it is there to see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/oracles/conservation.h"
#include "harness/oracles/equivalence.h"
#include "harness/oracles/expectation.h"
#include "harness/oracles/reference.h"
#include "harness/oracles/serialisability.h"
#include "harness/testing/result_writer.h"
#include "sim/process/process.h"

namespace heddle::harness {
namespace {

using reports::ChainView;

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// A whole trace with blocks that wait, and a short one.
constexpr char kShort[] = "scenarios/traces/devnet-4v-short.jsonl.zst";
constexpr char kShortExpectation[] = "scenarios/traces/devnet-4v-short.expected.jsonl.zst";
constexpr char kLate[] = "scenarios/traces/devnet-4v-late.jsonl.zst";

trace::Trace Read(const std::string& path) {
  absl::StatusOr<trace::Trace> trace = trace::ReadTrace(path);
  if (!trace.ok()) throw std::runtime_error(std::string(trace.status().message()));
  return *std::move(trace);
}

const trace::Trace& ShortTrace() {
  static const trace::Trace* const trace = new trace::Trace(Read(kShort));
  return *trace;
}

// Shows `lines` to the oracle; the first violation ends it.
std::optional<Finding> FirstViolation(RunOracle* oracle, const std::vector<HostLine>& lines) {
  for (const HostLine& line : lines) {
    if (std::optional<Finding> finding = oracle->OnLine(line)) return finding;
  }
  return std::nullopt;
}

// The n-th line of a kind.
template <typename Line>
Line& Nth(std::vector<HostLine>* lines, size_t n) {
  for (HostLine& line : *lines) {
    if (Line* what = std::get_if<Line>(&line.what); what != nullptr && n-- == 0) return *what;
  }
  throw std::out_of_range("no such line");
}

template <typename Line>
size_t PositionOf(const std::vector<HostLine>& lines, size_t n) {
  for (size_t i = 0; i < lines.size(); ++i) {
    if (std::holds_alternative<Line>(lines[i].what) && n-- == 0) return i;
  }
  throw std::out_of_range("no such line");
}

// Every way in which one line can be wrong about the chain.
struct Tampering {
  const char* field;
  std::function<void(std::vector<HostLine>*)> tamper;
};

constexpr char kOtherRoot[] = "0x00000000000000000000000000000000000000000000000000000000000000ff";

// The snapshot after the last tick but one: nothing in it is empty but the signatures.
Snapshot& FullSnapshot(std::vector<HostLine>* lines) {
  size_t ticks = 0;
  for (const HostLine& line : *lines) ticks += std::holds_alternative<Ticked>(line.what);
  return *Nth<Ticked>(lines, ticks - 2).snapshot;
}

std::vector<Tampering> Tamperings() {
  using Lines = std::vector<HostLine>;
  return {
      {"outcome", [](Lines* l) { Nth<Applied>(l, 9).event.outcome = "rejected:WRONG_PROPOSER"; }},
      {"head", [](Lines* l) { Nth<Applied>(l, 9).event.head = kOtherRoot; }},
      {"justified_slot", [](Lines* l) { ++Nth<Applied>(l, 9).event.justified_slot; }},
      {"finalized_slot", [](Lines* l) { ++Nth<Applied>(l, 9).event.finalized_slot; }},
      {"released",
       [](Lines* l) {
         Nth<Applied>(l, 9).event.released.push_back({kOtherRoot, "accepted"});
       }},
      {"time", [](Lines* l) { ++FullSnapshot(l).time; }},
      {"head_root", [](Lines* l) { FullSnapshot(l).head_root = kOtherRoot; }},
      {"safe_target_root", [](Lines* l) { FullSnapshot(l).safe_target_root = kOtherRoot; }},
      {"latest_justified", [](Lines* l) { ++FullSnapshot(l).latest_justified.slot; }},
      {"latest_justified", [](Lines* l) { FullSnapshot(l).latest_justified.root = kOtherRoot; }},
      {"latest_finalized", [](Lines* l) { ++FullSnapshot(l).latest_finalized.slot; }},
      {"block_roots", [](Lines* l) { FullSnapshot(l).block_roots.pop_back(); }},
      {"block_roots", [](Lines* l) { FullSnapshot(l).block_roots.push_back(kOtherRoot); }},
      {"block_weights", [](Lines* l) { ++FullSnapshot(l).block_weights.at(0).weight; }},
      {"block_weights", [](Lines* l) { FullSnapshot(l).block_weights.at(0).root = kOtherRoot; }},
      {"attestation_signatures",
       [](Lines* l) {
         FullSnapshot(l).attestation_signatures.push_back({kOtherRoot, {0}});
       }},
      {"new_aggregated_payloads",
       [](Lines* l) {
         FullSnapshot(l).new_aggregated_payloads.push_back({kOtherRoot, {{0}}});
       }},
      {"known_aggregated_payloads",
       [](Lines* l) {
         FullSnapshot(l).known_aggregated_payloads.at(0).participant_sets.at(0).pop_back();
       }},
      {"interval", [](Lines* l) { ++Nth<Ended>(l, 0).state.interval; }},
      {"pending_blocks", [](Lines* l) { ++Nth<Ended>(l, 0).state.pending_blocks; }},
      {"pending_attestations", [](Lines* l) { ++Nth<Ended>(l, 0).state.pending_attestations; }},
      {"pending_aggregates", [](Lines* l) { ++Nth<Ended>(l, 0).state.pending_aggregates; }},
      {"head_root", [](Lines* l) { Nth<Ended>(l, 0).state.snapshot.head_root = kOtherRoot; }},
  };
}

// One sentence with a place, an expectation and what came; no dump.
void ExpectClear(const Finding& finding) {
  EXPECT_LT(finding.message.size(), 500u) << finding.message;
  EXPECT_EQ(finding.message.find('\n'), std::string::npos);
  EXPECT_THAT(finding.dedup_key, MatchesRegex("[0-9a-f]{16}"));
}

// --- Conservation -------------------------------------------------------------------------------

class Conservation : public ::testing::Test {
 protected:
  Conservation() : lines_(RightLines(ShortTrace(), request_)) {}

  std::optional<Finding> FirstViolation() {
    ConservationOracle oracle(ShortTrace(), request_);
    return harness::FirstViolation(&oracle, lines_);
  }
  void ExpectViolation(const char* detail, const char* message) {
    const std::optional<Finding> finding = FirstViolation();
    ASSERT_TRUE(finding.has_value()) << "expected " << detail;
    EXPECT_EQ(finding->kind, FindingKind::kLostEvent);
    EXPECT_EQ(finding->detail, detail) << finding->message;
    EXPECT_THAT(finding->message, HasSubstr(message));
    ExpectClear(*finding);
  }

  host::Request request_;
  std::vector<HostLine> lines_;
};

TEST_F(Conservation, PassesACorrectRun) { EXPECT_FALSE(FirstViolation().has_value()); }

TEST_F(Conservation, SeesALostEvent) {
  const size_t at = PositionOf<Applied>(lines_, 50);  // the last one: no sequence tells
  const uint64_t index = std::get<Applied>(lines_[at].what).event.index;
  lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(at));
  ExpectViolation("lost", absl::StrCat("event ", index, " (trace line ", index + 2).c_str());
}

TEST_F(Conservation, SeesADuplicateEvent) {
  lines_.insert(lines_.begin() + 20, lines_[PositionOf<Applied>(lines_, 3)]);
  ExpectViolation("twice", "came twice: to instance 0");
}

TEST_F(Conservation, SeesAnotherOrder) {
  const size_t first = PositionOf<Applied>(lines_, 10);
  std::swap(lines_[first], lines_[PositionOf<Applied>(lines_, 11)]);
  ExpectViolation("order", "was taken as callback 11 of instance 0, and applied as number 10");
}

TEST_F(Conservation, SeesAWrongOrderWithCorrectNumbers) {
  std::swap(Nth<Applied>(&lines_, 10).event.index, Nth<Applied>(&lines_, 11).event.index);
  ExpectViolation("order", "was applied after event ");
}

TEST_F(Conservation, SeesAnEventThatNobodyDelivered) {
  const auto repeat = std::find_if(ShortTrace().events.begin(), ShortTrace().events.end(),
                                   [](const trace::Event& event) { return event.duplicate; });
  Nth<Applied>(&lines_, 4).event.index = repeat->index;
  ExpectViolation("unknown", "was not to be delivered");
  Nth<Applied>(&lines_, 4).event.index = 1'000'000;
  ExpectViolation("unknown", "no such event");
}

TEST_F(Conservation, RequestedDuplicatesAreDelivered) {
  request_.duplicates = true;
  EXPECT_EQ(FirstViolation()->detail, "lost");
  lines_ = RightLines(ShortTrace(), request_);
  EXPECT_FALSE(FirstViolation().has_value());
}

TEST_F(Conservation, RefusalsNeedAReason) {
  const size_t last = PositionOf<Applied>(lines_, 50);
  const uint64_t index = std::get<Applied>(lines_[last].what).event.index;
  lines_[last].what = Refused{0, index, "stopped"};
  Nth<Ended>(&lines_, 0).instance_counters[0]["taken"] = 50;
  ExpectViolation("stopped", "nobody stopped the host");
  request_.stop_after = 50;
  EXPECT_FALSE(FirstViolation().has_value());
  request_.stop_after.reset();
  lines_[last].what = Refused{0, index, "too_large"};
  EXPECT_FALSE(FirstViolation().has_value());
}

TEST_F(Conservation, NothingIsAppliedAfterAStop) {
  request_.stop_after = 1;
  const size_t at = PositionOf<Applied>(lines_, 10);
  lines_[at].what = Refused{0, std::get<Applied>(lines_[at].what).event.index, "stopped"};
  for (size_t i = 10; i < 50; ++i) --Nth<Applied>(&lines_, i).sequence;
  ExpectViolation("after-stop", "was applied although instance 0 was told 'stopped'");
}

// Memory ran out while the last event was applied: what was taken by then may stay unapplied, but
// nothing may be left without an answer.
TEST_F(Conservation, AHostThatFailsMustHaveAnsweredEverything) {
  const size_t last = PositionOf<Applied>(lines_, 50);
  const uint64_t index = std::get<Applied>(lines_[last].what).event.index;
  const auto fail = [&](uint64_t taken) {
    lines_.back().what = Failed{"no_memory", {{{"taken", taken}}}};
  };
  lines_[last].what = Refused{0, index, "no_memory"};
  fail(50);
  EXPECT_FALSE(FirstViolation().has_value());
  lines_[last].what = Refused{0, index, "stopped"};
  ExpectViolation("stopped", "nobody stopped the host");
  request_.system_faults = true;
  EXPECT_FALSE(FirstViolation().has_value());
  // Taken, and never applied.
  lines_.erase(lines_.begin() + static_cast<long>(last));
  ExpectViolation("lost", "of 51 events 50 were taken or refused");
  fail(51);
  EXPECT_FALSE(FirstViolation().has_value());
  // Applied, and answered with a refusal.
  fail(49);
  ExpectViolation("counters", "counts 49 callbacks taken, and 50 were applied");
}

TEST_F(Conservation, WhoStopsByItselfMustHaveFailed) {
  const size_t last = PositionOf<Applied>(lines_, 50);
  const uint64_t index = std::get<Applied>(lines_[last].what).event.index;
  lines_[last].what = Refused{0, index, "stopped"};
  Nth<Ended>(&lines_, 0).instance_counters[0]["taken"] = 50;
  request_.system_faults = true;
  ExpectViolation("stopped", "neither was stopped nor failed");
}

TEST_F(Conservation, CountersMustAgree) {
  ++Nth<Ended>(&lines_, 0).instance_counters[0]["taken"];
  ExpectViolation("counters", "instance 0 counts 52 callbacks taken, and 51 were applied");
}

TEST_F(Conservation, OfSeveralInstancesOneDeliversEachEvent) {
  request_.instances = 2;
  uint64_t sequence[2] = {0, 0};
  for (HostLine& line : lines_) {
    if (auto* applied = std::get_if<Applied>(&line.what)) {
      applied->instance = static_cast<uint32_t>(applied->event.index % 3 == 0);
      applied->sequence = sequence[applied->instance]++;
    }
  }
  Nth<Ended>(&lines_, 0).instance_counters = {{{"taken", sequence[0]}}, {{"taken", sequence[1]}}};
  EXPECT_FALSE(FirstViolation().has_value());
  request_.split = Split::kCopy;
  ExpectViolation("lost", "is lost");
  request_.split = Split::kRoundRobin;
  Applied copy = Nth<Applied>(&lines_, 0);
  copy.instance = 1 - copy.instance;
  lines_.insert(lines_.begin() + 1, HostLine{0, copy});
  ExpectViolation("twice", "came twice: to instance");
}

TEST_F(Conservation, OfCopiesEachInstanceDeliversAll) {
  request_.instances = 2;
  request_.split = Split::kCopy;
  std::vector<HostLine> both;
  for (const HostLine& line : lines_) {
    both.push_back(line);
    if (const auto* applied = std::get_if<Applied>(&line.what)) {
      Applied copy = *applied;
      copy.instance = 1;
      both.push_back({0, copy});
    }
  }
  lines_ = both;
  EXPECT_FALSE(FirstViolation().has_value());
  lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(PositionOf<Applied>(lines_, 101)));
  ExpectViolation("lost", "is lost");
}

TEST_F(Conservation, WindowOmitsLaterEvents) {
  request_.window.to = 60;
  lines_ = RightLines(ShortTrace(), request_);
  EXPECT_FALSE(FirstViolation().has_value());
  request_.window.to = 61;
  EXPECT_TRUE(FirstViolation().has_value() || ShortTrace().events[60].duplicate);
  request_.window = {};
  EXPECT_EQ(FirstViolation()->detail, "lost");
}

// --- Serialisability ----------------------------------------------------------------------------

std::optional<Finding> CheckSerialisability(const trace::Trace& trace,
                                            const std::vector<HostLine>& lines) {
  absl::StatusOr<std::unique_ptr<Reference>> reference = Reference::Create(trace.header);
  EXPECT_TRUE(reference.ok()) << reference.status();
  SerialisabilityOracle oracle(trace, *std::move(reference));
  return FirstViolation(&oracle, lines);
}

// Events come without a tree; then the next snapshot's are shown, and named so.
void ExpectBothTrees(const Finding& finding, const std::string& right, const std::string& wrong) {
  ASSERT_EQ(finding.chains.size(), 2u) << finding.message;
  const bool at_event = absl::StartsWith(finding.message, "event ");
  const std::string when =
      at_event ? ", at the next snapshot \\((the tick to interval [0-9]+ .*|the end)\\)" : "";
  EXPECT_THAT(finding.chains[0].name, MatchesRegex(right + when));
  EXPECT_THAT(finding.chains[1].name, MatchesRegex(wrong + when));
  for (const ChainView& chain : finding.chains) {
    EXPECT_FALSE(chain.head.root.empty());
    EXPECT_FALSE(chain.blocks.empty());
  }
}

TEST(Serialisability, PassesACorrectRun) {
  EXPECT_FALSE(CheckSerialisability(ShortTrace(), RightLines(ShortTrace(), {})).has_value());
  const trace::Trace late = Read(kLate);
  EXPECT_FALSE(CheckSerialisability(late, RightLines(late, {})).has_value());
}

TEST(Serialisability, SeesEveryDifference) {
  for (const Tampering& tampering : Tamperings()) {
    std::vector<HostLine> lines = RightLines(ShortTrace(), {});
    tampering.tamper(&lines);
    const std::optional<Finding> finding = CheckSerialisability(ShortTrace(), lines);
    ASSERT_TRUE(finding.has_value()) << tampering.field;
    EXPECT_EQ(finding->kind, FindingKind::kDivergence);
    EXPECT_EQ(finding->detail, tampering.field) << finding->message;
    ExpectBothTrees(*finding, "one thread, in the same order", "the host");
    ExpectClear(*finding);
  }
}

TEST(Serialisability, SeesWrongReleases) {
  const trace::Trace late = Read(kLate);
  std::vector<HostLine> lines = RightLines(late, {});
  for (HostLine& line : lines) {
    auto* applied = std::get_if<Applied>(&line.what);
    if (applied == nullptr || applied->event.released.empty()) continue;
    applied->event.released[0].outcome = "duplicate";
    const std::optional<Finding> finding = CheckSerialisability(late, lines);
    ASSERT_TRUE(finding.has_value());
    EXPECT_EQ(finding->detail, "released");
    EXPECT_THAT(finding->message, HasSubstr(": released[0] is "));
    return;
  }
  FAIL() << "the trace releases nothing";
}

// Another order than the trace's is right as long as the chain is what that order makes of it.
TEST(Serialisability, TheOrderIsTheHostsOwn) {
  const trace::Trace& trace = ShortTrace();
  std::vector<HostLine> lines = RightLines(trace, {});
  // Two blocks change places: the later one waits for its parent.
  std::vector<size_t> blocks;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto* applied = std::get_if<Applied>(&lines[i].what);
    if (applied != nullptr &&
        absl::StrContains(trace.events[applied->event.index].topic, "/block/"))
      blocks.push_back(i);
  }
  ASSERT_GE(blocks.size(), 4u);
  std::swap(lines[blocks[2]], lines[blocks[3]]);
  EXPECT_TRUE(CheckSerialisability(trace, lines).has_value());

  // Now with what a host would really report for that order.
  std::unique_ptr<Reference> host = *Reference::Create(trace.header);
  bool waited = false;
  for (HostLine& line : lines) {
    if (auto* applied = std::get_if<Applied>(&line.what)) {
      applied->event = host->Apply(0, trace.events[applied->event.index]);
      waited |= applied->event.outcome == "pending";
    } else if (auto* ticked = std::get_if<Ticked>(&line.what)) {
      host->Tick(ticked->interval);
      ticked->snapshot = host->TakeSnapshot();
    } else if (auto* ended = std::get_if<Ended>(&line.what)) {
      ended->state = host->End();
    }
  }
  EXPECT_TRUE(waited);
  EXPECT_FALSE(CheckSerialisability(trace, lines).has_value());
}

TEST(Serialisability, SeesASkippedTick) {
  std::vector<HostLine> lines = RightLines(ShortTrace(), {});
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(PositionOf<Ticked>(lines, 10)));
  const std::optional<Finding> finding = CheckSerialisability(ShortTrace(), lines);
  ASSERT_TRUE(finding.has_value());
  EXPECT_THAT(finding->message, HasSubstr("the tick to interval 12 (slot 2) follows the tick to "
                                          "interval 10 (slot 2): expected one"));
}

TEST(Serialisability, MessageNamesThePlace) {
  std::vector<HostLine> lines = RightLines(ShortTrace(), {});
  Applied& applied = Nth<Applied>(&lines, 20);
  applied.event.outcome = "pending";
  const std::optional<Finding> finding = CheckSerialisability(ShortTrace(), lines);
  ASSERT_TRUE(finding.has_value());
  EXPECT_THAT(finding->message,
              MatchesRegex("event [0-9]+ \\(trace line [0-9]+: [a-z_0-9]+, slot [0-9]+\\): outcome "
                           "is pending; one thread, in the same order, has accepted"));
}

// --- Expectation --------------------------------------------------------------------------------

std::optional<Finding> CheckExpectation(const std::vector<HostLine>& lines,
                                        const std::string& path = kShortExpectation) {
  absl::StatusOr<std::unique_ptr<ExpectationOracle>> oracle =
      ExpectationOracle::Create(ShortTrace(), path);
  EXPECT_TRUE(oracle.ok()) << oracle.status();
  return FirstViolation(oracle->get(), lines);
}

TEST(Expectation, PassesACorrectRun) {
  EXPECT_FALSE(CheckExpectation(RightLines(ShortTrace(), {})).has_value());
}

TEST(Expectation, SeesEveryDifference) {
  for (const Tampering& tampering : Tamperings()) {
    std::vector<HostLine> lines = RightLines(ShortTrace(), {});
    tampering.tamper(&lines);
    const std::optional<Finding> finding = CheckExpectation(lines);
    ASSERT_TRUE(finding.has_value()) << tampering.field;
    EXPECT_EQ(finding->detail, tampering.field) << finding->message;
    // Where to look in the expectation.
    EXPECT_THAT(finding->message, HasSubstr(absl::StrCat(kShortExpectation, ":")));
    ExpectBothTrees(*finding, "the specification", "the host");
    ExpectClear(*finding);
  }
}

TEST(Expectation, SeesMissingAndAdditionalLines) {
  const std::vector<HostLine> right = RightLines(ShortTrace(), {});
  for (const size_t at : {PositionOf<Applied>(right, 20), PositionOf<Ticked>(right, 20)}) {
    std::vector<HostLine> missing = right, twice = right;
    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(at));
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(at), right[at]);
    EXPECT_EQ(CheckExpectation(missing)->detail, "line");
    EXPECT_EQ(CheckExpectation(twice)->detail, "line");
  }
  std::vector<HostLine> more = right;
  more.push_back(right[PositionOf<Ticked>(right, 0)]);
  EXPECT_THAT(CheckExpectation(more)->message, HasSubstr("expected nothing more"));
}

TEST(Expectation, SeesARefusal) {
  std::vector<HostLine> lines = RightLines(ShortTrace(), {});
  const size_t at = PositionOf<Applied>(lines, 20);
  lines[at].what = Refused{0, std::get<Applied>(lines[at].what).event.index, "too_large"};
  EXPECT_THAT(CheckExpectation(lines)->message, HasSubstr("refused with 'too_large'"));
}

TEST(Expectation, BadFilesAreErrors) {
  EXPECT_TRUE(VerifyExpectation(kShortExpectation).ok());
  EXPECT_THAT(VerifyExpectation(kShort).message(), HasSubstr(absl::StrCat(kShort, ":1")));
  EXPECT_TRUE(absl::IsNotFound(VerifyExpectation("/no/such/file.jsonl")));
}

// --- Equivalence --------------------------------------------------------------------------------

class Equivalence : public ::testing::Test {
 protected:
  Equivalence() : folder_(*sim::TemporaryFolder::Create()), lines_(RightLines(ShortTrace(), {})) {
    WriteResult(base_, {}, lines_);
  }
  std::optional<Finding> FirstViolation(Mode mode) {
    WriteResult(other_, {}, lines_);
    absl::StatusOr<std::optional<Finding>> finding = CheckEquivalence(
        ShortTrace(), mode, {Dispatcher::kMutex, base_}, {Dispatcher::kAsync, other_});
    EXPECT_TRUE(finding.ok()) << finding.status();
    return finding.ok() ? *std::move(finding) : std::nullopt;
  }

  sim::TemporaryFolder folder_;
  const std::string base_ = folder_.path() + "/base";
  const std::string other_ = folder_.path() + "/other";
  std::vector<HostLine> lines_;
};

TEST_F(Equivalence, PassesEqualRuns) {
  EXPECT_FALSE(FirstViolation(Mode::kLockstep).has_value());
  EXPECT_FALSE(FirstViolation(Mode::kBurst).has_value());
}

TEST_F(Equivalence, InLockstepSeesEveryDifference) {
  const std::vector<HostLine> right = lines_;
  for (const Tampering& tampering : Tamperings()) {
    lines_ = right;
    tampering.tamper(&lines_);
    const std::optional<Finding> finding = FirstViolation(Mode::kLockstep);
    ASSERT_TRUE(finding.has_value()) << tampering.field;
    EXPECT_EQ(finding->detail, tampering.field) << finding->message;
    EXPECT_THAT(finding->message, HasSubstr(" with async, and "));
    EXPECT_THAT(finding->message, HasSubstr(" with mutex"));
    ExpectBothTrees(*finding, "mutex", "async");
    ExpectClear(*finding);
  }
  lines_ = right;
  lines_.erase(lines_.begin() + 7);
  EXPECT_EQ(FirstViolation(Mode::kLockstep)->detail, "line");
}

TEST_F(Equivalence, InBurstSeesWhatMustAgreeAtTheEnd) {
  const std::vector<HostLine> right = lines_;
  // Votes may have come in another order.
  FullSnapshot(&lines_).head_root = kOtherRoot;
  std::swap(lines_[10], lines_[11]);
  Nth<Ended>(&lines_, 0).state.snapshot.block_weights.clear();
  EXPECT_FALSE(FirstViolation(Mode::kBurst).has_value());

  lines_ = right;
  Nth<Ended>(&lines_, 0).state.snapshot.head_root = kOtherRoot;
  EXPECT_EQ(FirstViolation(Mode::kBurst)->detail, "head_root");
  lines_ = right;
  ++Nth<Ended>(&lines_, 0).state.snapshot.latest_justified.slot;
  EXPECT_EQ(FirstViolation(Mode::kBurst)->detail, "latest_justified");
  lines_ = right;
  Nth<Ended>(&lines_, 0).state.snapshot.latest_finalized.root = kOtherRoot;
  EXPECT_EQ(FirstViolation(Mode::kBurst)->detail, "latest_finalized");
}

// --- Results ------------------------------------------------------------------------------------

// The result at `path` reads as `lines`, to its end.
void ExpectReads(const std::string& path, const std::vector<HostLine>& lines,
                 KnownLines* known = nullptr) {
  std::unique_ptr<ResultReader> reader = *ResultReader::Open(path, known);
  HostLine line;
  for (size_t i = 0; i < lines.size(); ++i) {
    absl::StatusOr<bool> more = reader->Next(&line);
    ASSERT_TRUE(more.ok() && *more) << more.status();
    EXPECT_EQ(line.line, i + 2);
    EXPECT_EQ(FormatHostLine(line), FormatHostLine(lines[i]));
  }
  EXPECT_TRUE(reader->complete());
  EXPECT_FALSE(*reader->Next(&line));
}

TEST(Results, AreReadAsTheyWereWritten) {
  const sim::TemporaryFolder folder = *sim::TemporaryFolder::Create();
  const std::string path = folder.path() + "/result.jsonl";
  std::vector<HostLine> lines = RightLines(ShortTrace(), {});
  lines.insert(lines.begin() + 5, HostLine{0, Refused{1, 77, "stopped"}});
  WriteResult(path, {}, lines);
  ExpectReads(path, lines);
}

TEST(Results, KnownLinesReadAsNewOnes) {
  const sim::TemporaryFolder folder = *sim::TemporaryFolder::Create();
  const std::string path = folder.path() + "/result.jsonl";
  const std::vector<HostLine> lines = RightLines(ShortTrace(), {});
  WriteResult(path, {}, lines);
  KnownLines known;
  ExpectReads(path, lines, &known);
  ExpectReads(path, lines, &known);
}

TEST(Results, KnownLinesAreForgottenBeforeTheyAreTooMany) {
  constexpr size_t kLineBytes = 1 << 20;
  constexpr int kLines = 40;
  KnownLines known;
  int kept = 0;
  for (int i = 0; i < kLines; ++i) known.Add(std::string(kLineBytes, static_cast<char>(i)), {});
  for (int i = 0; i < kLines; ++i) {
    if (known.Find(std::string(kLineBytes, static_cast<char>(i))) != nullptr) ++kept;
  }
  EXPECT_NE(known.Find(std::string(kLineBytes, kLines - 1)), nullptr);
  EXPECT_LE(kept, 16);
}

TEST(Results, TheLastLineIsReadAlone) {
  const sim::TemporaryFolder folder = *sim::TemporaryFolder::Create();
  const std::string path = folder.path() + "/result.jsonl";
  const std::vector<HostLine> lines = RightLines(ShortTrace(), {});
  WriteResult(path, {}, lines);
  HostLine line;
  ASSERT_TRUE(*(*ResultReader::Open(path))->Last(&line));
  EXPECT_EQ(line.line, lines.size() + 1);
  EXPECT_EQ(FormatHostLine(line), FormatHostLine(lines.back()));
  std::ofstream(path) << "";
  EXPECT_FALSE(*(*ResultReader::Open(path))->Last(&line));
}

TEST(Results, APrefixIsReadableAndNotComplete) {
  const sim::TemporaryFolder folder = *sim::TemporaryFolder::Create();
  const std::string path = folder.path() + "/result.jsonl";
  std::ofstream(path) << "{\"at\":\"tick\",\"interval\":1}\n{\"at\":\"tick\",\"inter";
  std::unique_ptr<ResultReader> reader = *ResultReader::Open(path);
  HostLine line;
  EXPECT_TRUE(*reader->Next(&line));
  EXPECT_FALSE(*reader->Next(&line));
  EXPECT_FALSE(reader->complete());
}

TEST(Results, GarbageIsAnErrorWithItsLine) {
  const sim::TemporaryFolder folder = *sim::TemporaryFolder::Create();
  const std::string path = folder.path() + "/result.jsonl";
  const char* const garbage[] = {
      "no json\n",
      "[]\n",
      "{}\n",
      "{\"at\":\"moon\"}\n",
      "{\"at\":\"tick\",\"interval\":\"one\"}\n",
      "{\"at\":\"tick\",\"interval\":1,\"snapshot\":{}}\n",
      "{\"at\":\"event\",\"instance\":0}\n",
      "{\"at\":\"begin\",\"format\":\"heddle-result\",\"version\":99}\n",
      "{\"at\":\"begin\",\"format\":\"other\",\"version\":1}\n",
      "\xff\xfe\n",
      "\n",
  };
  for (const char* text : garbage) {
    std::ofstream(path) << "{\"at\":\"tick\",\"interval\":1}\n" << text;
    std::unique_ptr<ResultReader> reader = *ResultReader::Open(path);
    HostLine line;
    EXPECT_TRUE(*reader->Next(&line));
    const absl::StatusOr<bool> more = reader->Next(&line);
    ASSERT_FALSE(more.ok()) << text;
    EXPECT_THAT(more.status().message(), HasSubstr(path + ":2: ")) << text;
  }
}

}  // namespace
}  // namespace heddle::harness
