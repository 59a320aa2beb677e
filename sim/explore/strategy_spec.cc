#include "sim/explore/strategy_spec.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

// What is wrong with it, or null.
const char* Wrong(const StrategySpec& spec) {
  const char* error = nullptr;
  MakeStrategy(spec.name.view(), spec.parameters.view(), &error);
  return error;
}

}  // namespace

absl::StatusOr<StrategySpec> ParseStrategySpec(absl::string_view text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  StrategySpec spec;
  if (!spec.name.Set(parts.first) || !spec.parameters.Set(parts.second)) {
    return absl::InvalidArgumentError(absl::StrCat("strategy '", text, "': too long"));
  }
  if (const char* wrong = Wrong(spec); wrong != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("strategy '", text, "': ", wrong));
  }
  return spec;
}

}  // namespace heddle::sim
