#include "harness/oracles/conservation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "harness/oracles/delivery.h"
#include "harness/oracles/difference.h"

namespace heddle::harness {

ConservationOracle::ConservationOracle(const trace::Trace& trace, const host::Request& request)
    : trace_(trace),
      request_(request),
      delivered_(DeliveredEvents(trace, request)),
      instances_(request.instances) {
  for (Instance& instance : instances_) instance.seen.resize(trace.events.size());
}

Finding ConservationOracle::Violation(const char* detail, std::string message) const {
  return OracleFinding(FindingKind::kLostEvent, "conservation", detail, std::move(message));
}

std::optional<Finding> ConservationOracle::OnLine(const HostLine& line) {
  if (const auto* applied = std::get_if<Applied>(&line.what)) return OnApplied(*applied);
  if (const auto* refused = std::get_if<Refused>(&line.what)) return OnRefused(*refused);
  if (const auto* ended = std::get_if<Ended>(&line.what)) return OnEnded(*ended);
  if (const auto* failed = std::get_if<Failed>(&line.what)) return OnFailed(*failed);
  return std::nullopt;
}

std::optional<Finding> ConservationOracle::See(uint32_t instance, uint64_t index) {
  if (instance >= instances_.size() || index >= trace_.events.size()) {
    return Violation("unknown", absl::StrCat("event ", index, " of instance ", instance,
                                             ": there is no such event or instance"));
  }
  const std::string label = EventLabel(trace_, index);
  if (!delivered_[index]) {
    return Violation("unknown", absl::StrCat(label, " was not to be delivered in this run"));
  }
  // Either every instance delivers the event, or one of them does.
  for (uint32_t other = 0; other < instances_.size(); ++other) {
    const bool same = other == instance;
    if (!same && request_.split == Split::kCopy) continue;
    if (instances_[other].seen[index]) {
      return Violation("twice", absl::StrCat(label, " came twice: to instance ", other,
                                             same ? "" : absl::StrCat(" and instance ", instance)));
    }
  }
  instances_[instance].seen[index] = true;
  return std::nullopt;
}

std::optional<Finding> ConservationOracle::OnApplied(const Applied& applied) {
  const uint64_t index = applied.event.index;
  if (std::optional<Finding> finding = See(applied.instance, index)) return finding;
  Instance& instance = instances_[applied.instance];
  const std::string label = EventLabel(trace_, index);
  if (instance.last_index && index < *instance.last_index) {
    return Violation("order", absl::StrCat(label, " was applied after ",
                                           EventLabel(trace_, *instance.last_index),
                                           " of the same instance ", applied.instance));
  }
  if (applied.sequence != instance.applied) {
    return Violation(
        "order", absl::StrCat(label, " was taken as callback ", applied.sequence, " of instance ",
                              applied.instance, ", and applied as number ", instance.applied));
  }
  if (instance.stopped_at && index > *instance.stopped_at) {
    return Violation("after-stop", absl::StrCat(label, " was applied although instance ",
                                                applied.instance, " was told 'stopped' at ",
                                                EventLabel(trace_, *instance.stopped_at)));
  }
  ++instance.applied;
  instance.last_index = index;
  return std::nullopt;
}

std::optional<Finding> ConservationOracle::OnRefused(const Refused& refused) {
  if (std::optional<Finding> finding = See(refused.instance, refused.index)) return finding;
  ++instances_[refused.instance].refused;
  if (refused.code != "stopped") return std::nullopt;
  if (!request_.stop_after && !request_.system_faults) {
    return Violation("stopped", absl::StrCat(EventLabel(trace_, refused.index),
                                             " was refused with 'stopped', but nobody stopped the "
                                             "host"));
  }
  std::optional<uint64_t>& stopped_at = instances_[refused.instance].stopped_at;
  if (!stopped_at) stopped_at = refused.index;
  return std::nullopt;
}

std::optional<Finding> ConservationOracle::OnFailed(const Failed& failed) {
  uint64_t answered = 0;
  for (uint32_t i = 0; i < instances_.size() && i < failed.instance_counters.size(); ++i) {
    const auto taken = failed.instance_counters[i].find("taken");
    const uint64_t count = taken == failed.instance_counters[i].end() ? 0 : taken->second;
    if (instances_[i].applied > count) {
      return Violation("counters",
                       absl::StrCat("instance ", i, " counts ", count, " callbacks taken, and ",
                                    instances_[i].applied, " were applied"));
    }
    answered += count + instances_[i].refused;
  }
  const uint64_t copies = request_.split == Split::kCopy ? request_.instances : 1;
  const auto delivered =
      static_cast<uint64_t>(std::count(delivered_.begin(), delivered_.end(), true));
  if (answered == delivered * copies) return std::nullopt;
  return Violation("lost", absl::StrCat("of ", delivered * copies, " events ", answered,
                                        " were taken or refused by the time the host failed (",
                                        failed.status, ")"));
}

std::optional<Finding> ConservationOracle::OnEnded(const Ended& ended) {
  for (const Instance& instance : instances_) {
    if (!instance.stopped_at || request_.stop_after) continue;
    return Violation("stopped",
                     absl::StrCat(EventLabel(trace_, *instance.stopped_at),
                                  " was refused with 'stopped', but the host neither was "
                                  "stopped nor failed"));
  }
  for (uint64_t index = 0; index < trace_.events.size(); ++index) {
    if (!delivered_[index]) continue;
    const auto seen = [&](const Instance& instance) { return instance.seen[index]; };
    const bool right = request_.split == Split::kCopy
                           ? std::all_of(instances_.begin(), instances_.end(), seen)
                           : std::any_of(instances_.begin(), instances_.end(), seen);
    if (!right) {
      return Violation("lost", absl::StrCat(EventLabel(trace_, index),
                                            " was neither applied nor refused: it is lost"));
    }
  }
  for (uint32_t i = 0; i < instances_.size() && i < ended.instance_counters.size(); ++i) {
    const auto taken = ended.instance_counters[i].find("taken");
    if (taken == ended.instance_counters[i].end() || taken->second == instances_[i].applied)
      continue;
    return Violation(
        "counters", absl::StrCat("instance ", i, " counts ", taken->second,
                                 " callbacks taken, and ", instances_[i].applied, " were applied"));
  }
  return std::nullopt;
}

}  // namespace heddle::harness
