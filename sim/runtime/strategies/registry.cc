// MakeStrategy(): the strategies of this folder, by name.
#include "sim/runtime/strategies/parameters.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

using Made = std::unique_ptr<Strategy>;

constexpr uint32_t kMostShares = 10'000;  // as for other campaigns (sim/explore/shard.h)

Made FifoFrom(std::string_view parameters, const char** error) {
  if (!parameters.empty()) {
    *error = "fifo takes no parameters";
    return nullptr;
  }
  return MakeFifo();
}

Made RandomFrom(std::string_view parameters, const char** error) {
  RandomOptions options;
  const Parameter known[] = {{"clock", &options.clock, 0, kUnbounded},
                             {"gather", &options.gather, 0, 1'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error =
        "random takes clock=N (one of N points may let time jump; 0: none) and gather=N (new "
        "threads wait up to N points, to begin together; default 0)";
    return nullptr;
  }
  return MakeRandom(options);
}

Made PctFrom(std::string_view parameters, const char** error) {
  PctOptions options;
  const Parameter known[] = {{"d", &options.depth, 1, 1000},
                             {"k", &options.steps, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error = "pct takes d=N (bug depth, from 1; default 3) and k=N (steps; default 0: learnt)";
    return nullptr;
  }
  return MakePct(options);
}

Made PctwmFrom(std::string_view parameters, const char** error) {
  PctwmOptions options;
  const Parameter known[] = {{"d", &options.depth, 0, 1000},
                             {"h", &options.history, 1, kMaxReadable},
                             {"k", &options.events, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error =
        "pctwm takes d=N (reads that communicate; default 2), h=N (history depth, from 1 to 16; "
        "default 2) and k=N (communication events; default 0: learnt)";
    return nullptr;
  }
  return MakePctwm(options);
}

Made PosFrom(std::string_view parameters, const char** error) {
  PosOptions options;
  const Parameter known[] = {{"clock", &options.clock, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error =
        "pos takes clock=N (one of N points may let time jump; default 0: drawn anew each time)";
    return nullptr;
  }
  return MakePos(options);
}

Made SurwFrom(std::string_view parameters, const char** error) {
  SurwOptions options;
  const Parameter known[] = {{"clock", &options.clock, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error =
        "surw takes clock=N (one of N points may let time jump; default 0: drawn anew each time)";
    return nullptr;
  }
  return MakeSurw(options);
}

Made DelayFrom(std::string_view parameters, const char** error) {
  DelayOptions options;
  const Parameter known[] = {{"d", &options.delays, 0, 1000},
                             {"k", &options.steps, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error = "delay takes d=N (most delays, default 2) and k=N (steps; default 0: learnt)";
    return nullptr;
  }
  return MakeDelay(options);
}

Made RffFrom(std::string_view parameters, const char** error) {
  PosOptions options;
  const Parameter known[] = {{"clock", &options.clock, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error =
        "rff takes clock=N (one of N points may let time jump; default 0: drawn anew each time)";
    return nullptr;
  }
  return MakeRff(options);
}

Made AutoFrom(std::string_view parameters, const char** error) {
  AutoOptions options;
  return ParseAutoOptions(parameters, &options, error) ? MakeAuto(options) : nullptr;
}

Made RaceFrom(std::string_view parameters, const char** error) {
  if (!parameters.empty()) {
    *error = "race takes no parameters";
    return nullptr;
  }
  return MakeRace();
}

Made DfsFrom(std::string_view parameters, const char** error) {
  DfsOptions options;
  const Parameter known[] = {{"preemptions", &options.preemptions, 0, 1'000'000, true},
                             {"advances", &options.advances, 0, 1'000'000, true},
                             {"share", &options.share, 1, kMostShares},
                             {"shares", &options.shares, 1, kMostShares}};
  if (!ParseParameters(parameters, known) || options.share > options.shares) {
    *error =
        "dfs takes preemptions=N|all (default 2), advances=N|all (of the clock; default 1), and "
        "share=I,shares=N with 1 <= I <= N <= 10000";
    return nullptr;
  }
  return MakeDfs(options);
}

Made ExhaustiveFrom(std::string_view parameters, const char** error) {
  if (!parameters.empty()) {
    *error = "exhaustive takes no parameters";
    return nullptr;
  }
  return MakeExhaustive();
}

}  // namespace

std::unique_ptr<Strategy> MakeStrategy(std::string_view name, std::string_view parameters,
                                       const char** error) {
  struct Entry {
    std::string_view name;
    Made (*make)(std::string_view parameters, const char** error);
  };
  static constexpr Entry kEntries[] = {
      {"auto", AutoFrom}, {"fifo", FifoFrom},   {"random", RandomFrom},
      {"pct", PctFrom},   {"pctwm", PctwmFrom}, {"pos", PosFrom},
      {"surw", SurwFrom}, {"delay", DelayFrom}, {"rff", RffFrom},
      {"race", RaceFrom}, {"dfs", DfsFrom},     {"exhaustive", ExhaustiveFrom},
  };
  *error = nullptr;
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.make(parameters, error);
  }
  *error =
      "unknown strategy; expected auto, fifo, random, pct, pctwm, pos, surw, delay, rff, race, "
      "dfs, "
      "exhaustive or replay";
  return nullptr;
}

}  // namespace heddle::sim
