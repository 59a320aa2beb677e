#include "harness/fuzz/targets.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "sim/process/process.h"

namespace heddle::fuzz {
namespace {

constexpr Target kTargets[] = {
    {"enr", EnrText},
    {"finding-json", FindingJson},
    {"framing", Framing},
    {"gossipsub", Gossipsub},
    {"host-abi", HostAbi},
    {"host-request", HostRequest},
    {"host-result", HostResult},
    {"result-json", ResultJson},
    {"sanitizer-text", SanitizerText},
    {"scenario-yaml", ScenarioYaml},
    {"schedule-json", ScheduleJson},
    {"snappy", Snappy},
    {"ssz", Ssz},
    {"strategy", StrategyText},
    {"trace-json", TraceJson},
    {"trace-zstd", TraceZstd},
};

}  // namespace

absl::Span<const Target> Targets() { return kTargets; }

const Target* FindTarget(absl::string_view name) {
  const Target* found = std::find_if(std::begin(kTargets), std::end(kTargets),
                                     [name](const Target& target) { return target.name == name; });
  return found == std::end(kTargets) ? nullptr : found;
}

std::string FileWith(Input input, absl::string_view ending) {
  static auto& folder = *new absl::StatusOr<sim::TemporaryFolder>(sim::TemporaryFolder::Create());
  Require(folder.ok(), "a temporary folder");
  const std::string path = absl::StrCat(folder->path(), "/input", ending);
  std::ofstream(path, std::ios::binary) << TextOf(input);
  return path;
}

void Require(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace heddle::fuzz
