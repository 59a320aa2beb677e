// MakeRegisteredStrategy(): the strategies of this folder, by name.
#include <string_view>

#include "sim/protocol/strategy.h"
#include "sim/runtime/strategies/parameters.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

Strategy* Pct(std::string_view parameters, const char** error) {
  PctOptions options;
  const Parameter known[] = {{"d", &options.depth, 1, 1000},
                             {"k", &options.steps, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error = "pct takes d=N (bug depth, from 1; default 3) and k=N (steps; default 0: learnt)";
    return nullptr;
  }
  return MakePct(options).release();
}

Strategy* Pos(std::string_view parameters, const char** error) {
  PosOptions options;
  const Parameter known[] = {{"clock", &options.clock, 0, 1'000'000'000}};
  if (!ParseParameters(parameters, known)) {
    *error =
        "pos takes clock=N (one of N points may let time jump; default 0: drawn anew each time)";
    return nullptr;
  }
  return MakePos(options).release();
}

Strategy* Race(std::string_view parameters, const char** error) {
  if (!parameters.empty()) {
    *error = "race takes no parameters";
    return nullptr;
  }
  return MakeRace().release();
}

Strategy* Dfs(std::string_view parameters, const char** error) {
  DfsOptions options;
  const Parameter known[] = {{"preemptions", &options.preemptions, 0, 1'000'000, true},
                             {"advances", &options.advances, 0, 1'000'000, true}};
  if (!ParseParameters(parameters, known)) {
    *error = "dfs takes preemptions=N|all (default 2) and advances=N|all (of the clock; default 1)";
    return nullptr;
  }
  return MakeDfs(options).release();
}

}  // namespace

Strategy* MakeRegisteredStrategy(const char* name, const char* parameters, const char** error) {
  const std::string_view wanted(name);
  if (wanted == "pct") return Pct(parameters, error);
  if (wanted == "pos") return Pos(parameters, error);
  if (wanted == "race") return Race(parameters, error);
  if (wanted == "dfs") return Dfs(parameters, error);
  *error = "unknown strategy; there are fifo, random, pct, pos, race, dfs and replay";
  return nullptr;
}

}  // namespace heddle::sim
