// The runtime's weak memory against the definitions (models.h).
//
//   litmus named                                   the classic tests, by name: exactly the allowed
//                                                  outcomes
//   litmus random c11|tso PROGRAMS [SEED]          random programs
//   litmus mistake c11|tso PROGRAMS [SEED]         the same, up to the first that is not as
//   defined;
//                                                  exits with 1 if there is none (mutants.cmake)
//   litmus dfs sc|c11|tso PROGRAMS [SEED]          the classic tests and random programs: dfs sees
//                                                  exactly what a search without reduction sees
//   litmus pctwm EXECUTIONS                        the strategy finds the weak outcomes as often as
//                                                  it promises
//
// c11: every outcome seen is allowed by RC11, and every one that it allows is seen whose seq_cst
// operations are ordered as they happen; the others are counted. tso: every outcome is one of a
// store buffer. Exits with 1 otherwise, and names the programs.
#include <charconv>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include "sim/protocol/random.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/testing/litmus/models.h"
#include "sim/runtime/testing/litmus/observe.h"

namespace heddle::sim::litmus {
namespace {

struct Totals {
  uint64_t programs = 0;
  uint64_t executions = 0;
  uint64_t outcomes = 0;
  uint64_t weak = 0;  // of them, not sequentially consistent
  uint64_t forbidden = 0;
  uint64_t missed = 0;
  uint64_t other_order = 0;  // allowed, but only with the seq_cst operations in another order
  bool bad = false;
};

void Report(const char* what, const Program& program, const Outcome& outcome) {
  std::printf("%s: %s=> %s\n", what, Describe(program).c_str(), Describe(outcome).c_str());
}

// Compares what the program comes to. Returns what was seen.
Outcomes Compare(const Program& program, MemoryModel memory, Totals* totals) {
  Rc11Outcomes model;
  if (memory == MemoryModel::kTso) {
    model.allowed = AllowedByTso(program);
  } else {
    model = AllowedByRc11(program);
  }
  const Observed seen = Observe(program, memory);
  const Observed strong = Observe(program, MemoryModel::kSc);
  totals->bad |= !seen.exhausted || !strong.exhausted;
  for (const Outcome& outcome : seen.outcomes) {
    if (model.allowed.count(outcome) != 0) continue;
    ++totals->forbidden;
    Report("forbidden", program, outcome);
  }
  for (const Outcome& outcome : strong.outcomes) {
    if (seen.outcomes.count(outcome) != 0) continue;
    ++totals->missed;
    Report("sequentially consistent, but missed", program, outcome);
  }
  for (const Outcome& outcome : model.in_execution_order) {
    if (seen.outcomes.count(outcome) != 0) continue;
    ++totals->missed;
    Report("missed", program, outcome);
  }
  ++totals->programs;
  totals->executions += seen.executions;
  totals->outcomes += seen.outcomes.size();
  totals->weak += seen.outcomes.size() - strong.outcomes.size();
  if (memory == MemoryModel::kC11) {
    totals->other_order += model.allowed.size() - model.in_execution_order.size();
  }
  totals->bad |= totals->forbidden != 0 || totals->missed != 0;
  return seen.outcomes;
}

// --- The classic tests ---

Op R(int location, int order) { return {Kind::kLoad, location, order}; }
Op W(int location, int order, int value) { return {Kind::kStore, location, order, value}; }
Op X(int location, int order, int value) { return {Kind::kExchange, location, order, value}; }
Op C(int location, int order, int expected, int value) {
  return {Kind::kCompareExchange, location, order, value, expected};
}
Op F(int order) { return {Kind::kFence, 0, order}; }

struct NamedTest {
  const char* name;
  Program program;
  Outcome weak;  // the outcome that the test is about
  bool in_c11;
  bool in_tso;
};

std::vector<NamedTest> NamedTests() {
  constexpr int x = 0, y = 1, z = 2;
  constexpr int rlx = kRelaxed, acq = kAcquire, rel = kRelease, ar = kAcqRel, sc = kSeqCst;
  // Store buffering (SB), message passing (MP), independent reads of independent writes (IRIW),
  // write to read causality (WRC), ISA2, coherence (Co..), load buffering (LB), 2+2W, S, R, RWC:
  // the names of J. Alglave, L. Maranget and M. Tautschnig, "Herding Cats", TOPLAS 2014.
  return {
      {"SB rlx",
       {{W(x, rlx, 1), R(y, rlx)}, {W(y, rlx, 1), R(x, rlx)}},
       {0, 0, 1, 1, 0},
       true,
       true},
      {"SB rel acq",
       {{W(x, rel, 1), R(y, acq)}, {W(y, rel, 1), R(x, acq)}},
       {0, 0, 1, 1, 0},
       true,
       true},
      {"SB sc", {{W(x, sc, 1), R(y, sc)}, {W(y, sc, 1), R(x, sc)}}, {0, 0, 1, 1, 0}, false, false},
      {"SB fences",
       {{W(x, rlx, 1), F(sc), R(y, rlx)}, {W(y, rlx, 1), F(sc), R(x, rlx)}},
       {0, 0, 1, 1, 0},
       false,
       false},
      {"SB one fence",
       {{W(x, rlx, 1), F(sc), R(y, rlx)}, {W(y, rlx, 1), R(x, rlx)}},
       {0, 0, 1, 1, 0},
       true,
       true},
      {"SB acq_rel fences",
       {{W(x, rlx, 1), F(ar), R(y, rlx)}, {W(y, rlx, 1), F(ar), R(x, rlx)}},
       {0, 0, 1, 1, 0},
       true,
       true},
      {"SB rmw acq_rel",
       {{X(x, ar, 1), R(y, acq)}, {X(y, ar, 1), R(x, acq)}},
       {0, 0, 0, 0, 1, 1, 0},
       true,
       false},
      {"MP rlx",
       {{W(x, rlx, 1), W(y, rlx, 1)}, {R(y, rlx), R(x, rlx)}},
       {1, 0, 1, 1, 0},
       true,
       false},
      {"MP rel acq",
       {{W(x, rlx, 1), W(y, rel, 1)}, {R(y, acq), R(x, rlx)}},
       {1, 0, 1, 1, 0},
       false,
       false},
      {"MP rel rlx",
       {{W(x, rlx, 1), W(y, rel, 1)}, {R(y, rlx), R(x, rlx)}},
       {1, 0, 1, 1, 0},
       true,
       false},
      {"MP fences",
       {{W(x, rlx, 1), F(rel), W(y, rlx, 1)}, {R(y, rlx), F(acq), R(x, rlx)}},
       {1, 0, 1, 1, 0},
       false,
       false},
      {"MP release sequence",
       {{W(x, rlx, 1), W(y, rel, 1)}, {C(y, rlx, 1, 2)}, {R(y, acq), R(x, rlx)}},
       {1, 2, 0, 1, 2, 0},
       false,
       false},
      {"MP sequence broken",
       {{W(x, rlx, 1), W(y, rel, 1)}, {R(y, rlx), W(y, rlx, 2)}, {R(y, acq), R(x, rlx)}},
       {1, 2, 0, 1, 2, 0},
       true,
       false},
      {"IRIW acq",
       {{W(x, rel, 1)}, {W(y, rel, 1)}, {R(x, acq), R(y, acq)}, {R(y, acq), R(x, acq)}},
       {1, 0, 1, 0, 1, 1, 0},
       true,
       false},
      {"IRIW sc",
       {{W(x, sc, 1)}, {W(y, sc, 1)}, {R(x, sc), R(y, sc)}, {R(y, sc), R(x, sc)}},
       {1, 0, 1, 0, 1, 1, 0},
       false,
       false},
      {"IRIW fences",
       {{W(x, rlx, 1)},
        {W(y, rlx, 1)},
        {R(x, rlx), F(sc), R(y, rlx)},
        {R(y, rlx), F(sc), R(x, rlx)}},
       {1, 0, 1, 0, 1, 1, 0},
       false,
       false},
      {"WRC rlx",
       {{W(x, rlx, 1)}, {R(x, rlx), W(y, rlx, 1)}, {R(y, rlx), R(x, rlx)}},
       {1, 1, 0, 1, 1, 0},
       true,
       false},
      {"WRC rel acq",
       {{W(x, rlx, 1)}, {R(x, rlx), W(y, rel, 1)}, {R(y, acq), R(x, rlx)}},
       {1, 1, 0, 1, 1, 0},
       false,
       false},
      {"ISA2 rel acq",
       {{W(x, rlx, 1), W(y, rel, 1)}, {R(y, acq), W(z, rel, 1)}, {R(z, acq), R(x, rlx)}},
       {1, 1, 0, 1, 1, 1},
       false,
       false},
      {"ISA2 one rlx",
       {{W(x, rlx, 1), W(y, rel, 1)}, {R(y, rlx), W(z, rel, 1)}, {R(z, acq), R(x, rlx)}},
       {1, 1, 0, 1, 1, 1},
       true,
       false},
      {"CoRR", {{W(x, rlx, 1)}, {R(x, rlx), R(x, rlx)}}, {1, 0, 1, 0, 0}, false, false},
      {"CoRR2",
       {{W(x, rlx, 1)}, {W(x, rlx, 2)}, {R(x, rlx), R(x, rlx)}, {R(x, rlx), R(x, rlx)}},
       {1, 2, 2, 1, 2, 0, 0},
       false,
       false},
      {"CoWR", {{W(x, rlx, 1), R(x, rlx)}, {W(x, rlx, 2)}}, {0, 2, 0, 0}, false, false},
      {"CoRW", {{R(x, rlx), W(x, rlx, 1)}, {W(x, rlx, 2)}}, {2, 2, 0, 0}, false, false},
      // C++ allows it with relaxed loads; RC11 does not, and no compiler in use makes it.
      {"LB rlx",
       {{R(x, rlx), W(y, rlx, 1)}, {R(y, rlx), W(x, rlx, 1)}},
       {1, 1, 1, 1, 0},
       false,
       false},
      {"2+2W rlx",
       {{W(x, rlx, 1), W(y, rlx, 2)}, {W(y, rlx, 1), W(x, rlx, 2)}},
       {1, 1, 0},
       true,
       false},
      {"S rlx",
       {{W(x, rlx, 2), W(y, rlx, 1)}, {R(y, rlx), W(x, rlx, 1)}},
       {1, 2, 1, 0},
       true,
       false},
      {"R fences",
       {{W(x, rlx, 1), F(sc), W(y, rlx, 1)}, {W(y, rlx, 2), F(sc), R(x, rlx)}},
       {0, 1, 2, 0},
       false,
       false},
      {"RWC sc",
       {{W(x, sc, 1)}, {R(x, acq), F(sc), R(y, rlx)}, {W(y, rlx, 1), F(sc), R(x, rlx)}},
       {1, 0, 0, 1, 1, 0},
       false,
       false},
      {"Dekker, one fence",
       {{W(x, rlx, 1), F(sc), R(y, rlx)}, {W(y, sc, 1), R(x, acq)}},
       {0, 0, 1, 1, 0},
       true,
       false},
      {"failed CAS, stale",
       {{W(x, rlx, 1), W(y, rlx, 1)}, {R(y, rlx), C(x, rlx, 1, 2)}},
       {1, 0, 1, 1, 0},
       true,
       false},
  };
}

bool Expect(const NamedTest& test, const char* model, const Outcomes& seen, bool expected) {
  if ((seen.count(test.weak) != 0) == expected) return true;
  std::printf("%s: %s must %sbe seen under %s\n", test.name, Describe(test.weak).c_str(),
              expected ? "" : "not ", model);
  return false;
}

int RunNamed() {
  Totals c11, tso;
  for (const NamedTest& test : NamedTests()) {
    c11.bad |= !Expect(test, "c11", Compare(test.program, MemoryModel::kC11, &c11), test.in_c11);
    tso.bad |= !Expect(test, "tso", Compare(test.program, MemoryModel::kTso, &tso), test.in_tso);
  }
  std::printf("%" PRIu64 " named tests: c11 %" PRIu64 " outcomes in %" PRIu64
              " executions, tso %" PRIu64 " in %" PRIu64 "; %" PRIu64 " forbidden, %" PRIu64
              " missed\n",
              c11.programs, c11.outcomes, c11.executions, tso.outcomes, tso.executions,
              c11.forbidden + tso.forbidden, c11.missed + tso.missed);
  return c11.bad || tso.bad ? 1 : 0;
}

// --- Random programs ---

template <size_t kCount>
int OneOf(Random* random, const int (&values)[kCount]) {
  return values[random->Below(kCount)];
}

// A classic shape with random orders and fences: most programs of unrelated operations show nothing
// that a wrong model would get wrong.
Program RandomShape(Random* random) {
  static constexpr const char* kShapes[] = {
      "WxRy|WyRx",       "WxWy|RyRx",       "WxWy|WyRx",    "WxWy|WyWx",      "WxWy|RyWx",
      "Wx|Wy|RxRy|RyRx", "Wx|RxRy|WyRx",    "Wx|RxWy|RyRx", "WxWy|RyWz|RzRx", "WxWy|Xy|RyRx",
      "WxWy|Wy|RyRx",    "Wx|Wx|RxRx|RxRx", "WxRy|XyRx"};
  const char* shape = kShapes[random->Below(std::size(kShapes))];
  const bool fences = random->Below(4) != 0;
  const bool strict = random->Below(2) == 0;
  Program program(1);
  int value = 1;
  for (const char* p = shape; *p != 0; ++p) {
    if (*p == '|') {
      program.emplace_back();
      continue;
    }
    if (fences && !program.back().empty() && random->Below(4) != 0) {
      program.back().push_back(F(OneOf(random, {kSeqCst, kSeqCst, kAcquire, kRelease, kAcqRel})));
    }
    const char kind = *p;
    const int location = *++p - 'x';
    const uint32_t strength =
        strict ? 2 * (random->Below(3) != 0 ? 1 : 0) : random->Below(fences ? 2 : 3);
    static constexpr int kLoads[] = {kRelaxed, kAcquire, kSeqCst};
    static constexpr int kStores[] = {kRelaxed, kRelease, kSeqCst};
    static constexpr int kUpdates[] = {kRelaxed, kAcqRel, kSeqCst};
    program.back().push_back(kind == 'R'   ? R(location, kLoads[strength])
                             : kind == 'W' ? W(location, kStores[strength], value++)
                                           : X(location, kUpdates[strength], value++));
  }
  return program;
}

Op RandomOp(Random* random, int location, bool strict, int* value) {
  const uint32_t kind = random->Below(20);
  static constexpr int kUpdates[] = {kAcquire, kRelease, kAcqRel, kSeqCst};
  Op op;
  if (kind < 9) {
    op = R(location, OneOf(random, {kRelaxed, kRelaxed, kAcquire, kSeqCst}));
  } else if (kind < 16) {
    op = W(location, OneOf(random, {kRelaxed, kRelaxed, kRelease, kSeqCst}), *value);
  } else if (kind < 18) {
    const int order = random->Below(3) == 0 ? kRelaxed : OneOf(random, kUpdates);
    op = kind == 16 ? X(location, order, *value)
                    : C(location, order, static_cast<int>(random->Below(*value)), *value);
  } else {
    return F(random->Below(2) != 0 ? kSeqCst : OneOf(random, kUpdates));
  }
  if (op.kind != Kind::kLoad) ++*value;
  // Too many seq_cst operations leave nothing weak.
  if (op.order == kSeqCst && !strict && random->Below(2) == 0) op.order = kRelaxed;
  return op;
}

Program RandomProgram(Random* random) {
  Program program(2 + random->Below(3));
  const int locations = random->Below(5) == 0 ? 1 + static_cast<int>(random->Below(kLocations)) : 2;
  const bool strict = random->Below(4) == 0;
  const int most = program.size() == 4 ? 7 : 8;
  int value = 1, total = 0;
  for (std::vector<Op>& thread : program) {
    const uint32_t count = program.size() == 2 ? 2 + random->Below(3) : 1 + random->Below(3);
    int location = static_cast<int>(random->Below(locations));
    for (uint32_t i = 0; i < count && total < most; ++i, ++total) {
      thread.push_back(RandomOp(random, location, strict, &value));
      location = random->Below(4) != 0 ? (location + 1) % locations
                                       : static_cast<int>(random->Below(locations));
    }
  }
  return program;
}

int RunRandom(MemoryModel memory, uint64_t programs, uint64_t seed, bool to_first_mistake) {
  Random random(seed);
  Totals totals;
  for (uint64_t i = 0; i < programs && !(to_first_mistake && totals.bad); ++i) {
    Compare(random.Below(2) == 0 ? RandomShape(&random) : RandomProgram(&random), memory, &totals);
  }
  std::printf("%" PRIu64 " programs (seed %" PRIu64 "), %" PRIu64 " executions, %" PRIu64
              " outcomes (%" PRIu64 " not sequentially consistent): %" PRIu64 " forbidden, %" PRIu64
              " missed, %" PRIu64 " that need another order of the seq_cst operations\n",
              totals.programs, seed, totals.executions, totals.outcomes, totals.weak,
              totals.forbidden, totals.missed, totals.other_order);
  return totals.bad != to_first_mistake ? 1 : 0;
}

// --- The search without repetitions ---

struct Reduction {
  uint64_t programs = 0;
  uint64_t all = 0;  // executions
  uint64_t dfs = 0;
  uint64_t abandoned = 0;
  bool bad = false;
};

void CompareDfs(const Program& program, MemoryModel memory, Reduction* reduction) {
  const Observed all = Observe(program, memory);
  const Observed dfs = Observe(program, memory, Search::kDfs);
  ++reduction->programs;
  reduction->all += all.executions;
  reduction->dfs += dfs.executions;
  reduction->abandoned += dfs.abandoned;
  if (all.exhausted && dfs.exhausted && dfs.outcomes == all.outcomes) return;
  reduction->bad = true;
  for (const Outcome& outcome : all.outcomes) {
    if (dfs.outcomes.count(outcome) == 0) Report("missed by dfs", program, outcome);
  }
  for (const Outcome& outcome : dfs.outcomes) {
    if (all.outcomes.count(outcome) == 0) Report("seen by dfs alone", program, outcome);
  }
  if (!all.exhausted) std::printf("not all seen: %s\n", Describe(program).c_str());
  if (!dfs.exhausted) std::printf("dfs does not complete: %s\n", Describe(program).c_str());
}

int RunDfs(MemoryModel memory, uint64_t programs, uint64_t seed) {
  Random random(seed);
  Reduction reduction;
  for (const NamedTest& test : NamedTests()) CompareDfs(test.program, memory, &reduction);
  for (uint64_t i = 0; i < programs; ++i) {
    CompareDfs(random.Below(2) == 0 ? RandomShape(&random) : RandomProgram(&random), memory,
               &reduction);
  }
  std::printf("%" PRIu64 " programs (seed %" PRIu64 "): %" PRIu64
              " executions without reduction, %" PRIu64 " by dfs, %" PRIu64 " of them abandoned\n",
              reduction.programs, seed, reduction.all, reduction.dfs, reduction.abandoned);
  return reduction.bad ? 1 : 0;
}

// --- The bound of PCTWM ---

// The tests whose weak outcome needs `depth` reads of what other threads stored, and the theorem:
// one in k^d h^d executions comes to it, at least.
int RunPctwm(uint64_t executions) {
  static constexpr struct {
    const char* name;
    uint32_t depth;
  } kDepths[] = {{"SB rlx", 0},           {"SB rel acq", 0},   {"MP rlx", 1},
                 {"MP rel rlx", 1},       {"SB one fence", 0}, {"WRC rlx", 2},
                 {"IRIW acq", 2},         {"ISA2 one rlx", 2}, {"MP sequence broken", 2},
                 {"failed CAS, stale", 1}};
  constexpr uint32_t kHistory = 2;
  bool bad = false;
  for (const NamedTest& test : NamedTests()) {
    for (const auto& [name, depth] : kDepths) {
      if (std::strcmp(name, test.name) != 0) continue;
      uint32_t events = 0;
      for (const std::vector<Op>& thread : test.program) {
        for (const Op& op : thread) events += op.kind != Kind::kStore ? 1 : 0;
      }
      const std::unique_ptr<Strategy> strategy =
          MakePctwm({.depth = depth, .history = kHistory, .events = events});
      const uint64_t count =
          CountOf(test.program, MemoryModel::kC11, strategy.get(), executions, test.weak);
      const double probability = std::pow(events * kHistory, -static_cast<double>(depth));
      const double mean = static_cast<double>(executions) * probability;
      const double deviation = std::sqrt(mean * (1 - probability));
      // Some of these have just the probability of the bound. So the mean is not what each run
      // comes to: half of them come to less.
      const bool holds = static_cast<double>(count) >= mean - 3 * deviation;
      std::printf("%s: %" PRIu64 " of %" PRIu64
                  " (k %u, d %u, h %u: at least %.0f expected, %.1f standard deviations off)%s\n",
                  name, count, executions, events, depth, kHistory, mean,
                  deviation > 0 ? (static_cast<double>(count) - mean) / deviation : 0.0,
                  holds ? "" : ": too few");
      bad |= !holds;
    }
  }
  return bad ? 1 : 0;
}

int Usage() {
  std::fprintf(stderr,
               "litmus: expected 'named', 'random c11|tso PROGRAMS [SEED]', "
               "'mistake c11|tso PROGRAMS [SEED]', "
               "'dfs sc|c11|tso PROGRAMS [SEED]', or 'pctwm EXECUTIONS'\n");
  return 2;
}

bool ParseNumber(const char* text, uint64_t* number) {
  const char* const end = text + std::strlen(text);
  return std::from_chars(text, end, *number).ptr == end && end != text;
}

int Main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "named") == 0) return RunNamed();
  uint64_t programs = 0, seed = 1;
  if (argc == 3 && std::strcmp(argv[1], "pctwm") == 0 && ParseNumber(argv[2], &programs)) {
    return RunPctwm(programs);
  }
  if (argc < 4 || argc > 5) return Usage();
  const std::string_view command = argv[1];
  const std::optional<MemoryModel> memory = MemoryModelFromName(argv[2]);
  if (!memory || !ParseNumber(argv[3], &programs) || (argc == 5 && !ParseNumber(argv[4], &seed))) {
    return Usage();
  }
  if (command == "dfs") return RunDfs(*memory, programs, seed);
  if ((command != "random" && command != "mistake") || *memory == MemoryModel::kSc) return Usage();
  return RunRandom(*memory, programs, seed, command == "mistake");
}

}  // namespace
}  // namespace heddle::sim::litmus

int main(int argc, char** argv) { return heddle::sim::litmus::Main(argc, argv); }
