#include "sim/explore/strategy_spec.h"

#include <memory>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/strategies/parameters.h"

namespace heddle::sim {
namespace {

// What is wrong with it, or null. The kernel makes fifo and random itself.
const char* Wrong(const StrategySpec& spec) {
  if (spec.name == "fifo") return spec.parameters.empty() ? nullptr : "fifo takes no parameters";
  if (spec.name == "random") {
    uint32_t clock = 0;
    const Parameter known[] = {{"clock", &clock, 0, kUnbounded}};
    return ParseParameters(spec.parameters, known)
               ? nullptr
               : "random takes clock=N (one of N points may let time jump; 0: none)";
  }
  const char* error = nullptr;
  const std::unique_ptr<Strategy> strategy(
      MakeRegisteredStrategy(spec.name.c_str(), spec.parameters.c_str(), &error));
  return error;
}

}  // namespace

absl::StatusOr<StrategySpec> ParseStrategySpec(absl::string_view text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  StrategySpec spec = {parts.first, parts.second};
  if (const char* wrong = Wrong(spec); wrong != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("strategy '", text, "': ", wrong));
  }
  return spec;
}

}  // namespace heddle::sim
