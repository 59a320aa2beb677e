#include "harness/testing/result_writer.h"

#include <fstream>
#include <stdexcept>

#include "harness/host/result.h"
#include "harness/oracles/reference.h"
#include "nlohmann/json.hpp"

namespace heddle::harness {
namespace {

using nlohmann::json;

json ToJson(const trace::ObservedCheckpoint& checkpoint) {
  return {{"root", checkpoint.root}, {"slot", checkpoint.slot}};
}

json ToJson(const std::vector<Snapshot::Payloads>& pool) {
  json list = json::array();
  for (const Snapshot::Payloads& entry : pool) {
    list.push_back({{"data_root", entry.data_root}, {"participant_sets", entry.participant_sets}});
  }
  return list;
}

json ToJson(const Snapshot& snapshot) {
  json weights = json::array();
  for (const Snapshot::Weight& entry : snapshot.block_weights) {
    weights.push_back({{"root", entry.root}, {"weight", entry.weight}});
  }
  json signatures = json::array();
  for (const Snapshot::Signatures& entry : snapshot.attestation_signatures) {
    signatures.push_back(
        {{"data_root", entry.data_root}, {"validator_indices", entry.validator_indices}});
  }
  return {{"time", snapshot.time},
          {"head_root", snapshot.head_root},
          {"safe_target_root", snapshot.safe_target_root},
          {"latest_justified", ToJson(snapshot.latest_justified)},
          {"latest_finalized", ToJson(snapshot.latest_finalized)},
          {"block_roots", snapshot.block_roots},
          {"block_weights", std::move(weights)},
          {"attestation_signatures", std::move(signatures)},
          {"new_aggregated_payloads", ToJson(snapshot.new_aggregated_payloads)},
          {"known_aggregated_payloads", ToJson(snapshot.known_aggregated_payloads)}};
}

json ToJson(const Applied& applied) {
  json line = {{"at", "event"},
               {"instance", applied.instance},
               {"sequence", applied.sequence},
               {"kind", applied.kind},
               {"index", applied.event.index},
               {"outcome", applied.event.outcome},
               {"head", applied.event.head},
               {"justified_slot", applied.event.justified_slot},
               {"finalized_slot", applied.event.finalized_slot}};
  for (const trace::ObservedRelease& release : applied.event.released) {
    line["released"].push_back({{"block", release.block}, {"outcome", release.outcome}});
  }
  return line;
}

json ToJson(const Ticked& ticked) {
  json line = {{"at", "tick"}, {"interval", ticked.interval}};
  if (ticked.snapshot) line["snapshot"] = ToJson(*ticked.snapshot);
  return line;
}

json ToJson(const Refused& refused) {
  return {{"at", "refused"},
          {"instance", refused.instance},
          {"index", refused.index},
          {"code", refused.code}};
}

json ToJson(const Ended& ended) {
  return {{"at", "end"},
          {"interval", ended.state.interval},
          {"pending_blocks", ended.state.pending_blocks},
          {"pending_attestations", ended.state.pending_attestations},
          {"pending_aggregates", ended.state.pending_aggregates},
          {"snapshot", ToJson(ended.state.snapshot)},
          {"counters", {{"node", ended.node_counters}, {"instances", ended.instance_counters}}}};
}

json ToJson(const Failed& failed) {
  return {{"at", "failed"},
          {"status", failed.status},
          {"counters", {{"instances", failed.instance_counters}}}};
}

}  // namespace

std::string FormatHostLine(const HostLine& line) {
  return std::visit([](const auto& what) { return ToJson(what).dump(); }, line.what);
}

void WriteResult(const std::string& path, const host::Request& request,
                 const std::vector<HostLine>& lines) {
  std::ofstream out(path, std::ios::binary);
  out << json{{"at", "begin"},
              {"format", std::string(host::kResultFormat)},
              {"version", host::kResultVersion},
              {"request", json::parse(*FormatRequest(request))}}
             .dump()
      << "\n";
  for (const HostLine& line : lines) out << FormatHostLine(line) << "\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

std::vector<HostLine> RightLines(const trace::Trace& trace, const host::Request& request) {
  std::vector<HostLine> lines;
  uint64_t taken = 0;
  const absl::Status status = ReplayInLockstep(trace, request, [&](const HostLine& line) {
    lines.push_back(line);
    if (std::holds_alternative<Applied>(line.what)) ++taken;
    if (auto* ended = std::get_if<Ended>(&lines.back().what)) {
      ended->instance_counters = {{{"taken", taken}, {"full", 0}}};
    }
    return true;
  });
  if (!status.ok()) throw std::runtime_error(std::string(status.message()));
  return lines;
}

}  // namespace heddle::harness
