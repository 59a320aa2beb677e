#include "harness/scenario/faults.h"

#include <chrono>
#include <limits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace heddle::harness {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;

constexpr int64_t kMaxEvents = int64_t{1} << 40;
constexpr int64_t kMaxOccasion = 1'000'000;
constexpr double kMillion = 1e6;

struct TrafficRate {
  const char* key;
  double traffic::NetworkFaults::*rate;
};
constexpr TrafficRate kRates[] = {{"drop", &traffic::NetworkFaults::drop},
                                  {"duplicate", &traffic::NetworkFaults::duplicate},
                                  {"reorder", &traffic::NetworkFaults::reorder},
                                  {"delay", &traffic::NetworkFaults::delay},
                                  {"corrupt", &traffic::NetworkFaults::corrupt},
                                  {"disconnect", &traffic::NetworkFaults::disconnect}};
struct TrafficTime {
  const char* key;
  int64_t traffic::NetworkFaults::*ns;
};
constexpr TrafficTime kTimes[] = {{"reorder_within", &traffic::NetworkFaults::reorder_ns},
                                  {"delay_up_to", &traffic::NetworkFaults::delay_ns},
                                  {"disconnect_for", &traffic::NetworkFaults::away_ns}};

uint32_t PerMillion(double rate) { return static_cast<uint32_t>(rate * kMillion + 0.5); }

}  // namespace

void ReadFaults(Fields* fields, Faults* faults) {
  int64_t number = 0;
  if (fields->Integer("seed", 0, std::numeric_limits<int64_t>::max(), &number) != nullptr) {
    faults->traffic.seed = static_cast<uint64_t>(number);
  }
  for (const TrafficRate& fault : kRates) {
    uint32_t per_million = 0;
    if (fields->Rate(fault.key, &per_million) != nullptr) {
      faults->traffic.*fault.rate = per_million / kMillion;
    }
  }
  for (const TrafficTime& time : kTimes) {
    nanoseconds value{};
    if (fields->Duration(time.key, nanoseconds(1), minutes(60), &value) != nullptr) {
      faults->traffic.*time.ns = value.count();
    }
  }
  for (size_t i = 0; i < sim::kFaultKinds; ++i) {
    sim::FaultRule& rule = faults->system[i];
    fields->CountOrRate(sim::kFaultKindNames[i], kMaxOccasion, &rule.nth, &rule.per_million);
  }
  if (fields->Integer("stop_after", 1, kMaxEvents, &number) != nullptr) {
    faults->stop_after = number;
  }
}

absl::Status ReadFaultSettings(const std::vector<std::string>& settings, Faults* faults) {
  for (const std::string& setting : settings) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(setting, absl::MaxSplits('=', 1));
    if (parts.first.empty() || parts.second.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--fault ", setting, ": expected NAME=VALUE, as interrupt=2% or drop=1%"));
    }
    const absl::StatusOr<YamlNode> node =
        ParseYaml("--fault", absl::StrCat(parts.first, ": ", parts.second, "\n"));
    if (!node.ok()) return node.status();
    FieldContext context(absl::StrCat("--fault ", setting));
    Fields fields(&*node, "", &context);
    ReadFaults(&fields, faults);
    fields.Finish();
    if (absl::Status status = context.ToStatus(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::vector<std::string> FaultSettings(const Faults& faults) {
  const Faults standard;
  std::vector<std::string> settings;
  const auto add = [&settings](absl::string_view key, const std::string& value) {
    settings.push_back(absl::StrCat(key, "=", value));
  };
  if (faults.traffic.seed != standard.traffic.seed) {
    add("seed", absl::StrCat(faults.traffic.seed));
  }
  for (const TrafficRate& fault : kRates) {
    const double rate = faults.traffic.*fault.rate;
    if (rate > 0) add(fault.key, FormatRate(PerMillion(rate)));
  }
  for (const TrafficTime& time : kTimes) {
    const int64_t ns = faults.traffic.*time.ns;
    if (ns != standard.traffic.*time.ns) add(time.key, FormatDuration(nanoseconds(ns)));
  }
  for (size_t i = 0; i < sim::kFaultKinds; ++i) {
    const sim::FaultRule& rule = faults.system[i];
    if (!rule.Any()) continue;
    add(sim::kFaultKindNames[i],
        rule.nth != 0 ? absl::StrCat(rule.nth) : FormatRate(rule.per_million));
  }
  if (faults.stop_after) add("stop_after", absl::StrCat(*faults.stop_after));
  return settings;
}

}  // namespace heddle::harness
