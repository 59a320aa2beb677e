#include "harness/oracles/reference.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/host/node_event.h"
#include "harness/oracles/delivery.h"

namespace heddle::harness {
namespace {

std::string Text(const chain::Root& root) { return absl::StrCat("0x", ssz::ToHex(root)); }

trace::ObservedCheckpoint Text(const chain::Checkpoint& checkpoint) {
  return {Text(checkpoint.root), checkpoint.slot};
}

std::vector<Snapshot::Payloads> Text(const std::vector<chain::AggregatedPoolSnapshot>& pool) {
  std::vector<Snapshot::Payloads> payloads;
  for (const chain::AggregatedPoolSnapshot& entry : pool) {
    payloads.push_back({Text(entry.data_root), entry.participant_sets});
  }
  return payloads;
}

Snapshot Text(const chain::Snapshot& snapshot) {
  Snapshot text;
  text.time = snapshot.time;
  text.head_root = Text(snapshot.head_root);
  text.safe_target_root = Text(snapshot.safe_target_root);
  text.latest_justified = Text(snapshot.latest_justified);
  text.latest_finalized = Text(snapshot.latest_finalized);
  for (const chain::Root& root : snapshot.block_roots) text.block_roots.push_back(Text(root));
  for (const chain::BlockWeight& weight : snapshot.block_weights) {
    text.block_weights.push_back({Text(weight.root), weight.weight});
  }
  for (const chain::SignaturePoolSnapshot& entry : snapshot.attestation_signatures) {
    text.attestation_signatures.push_back({Text(entry.data_root), entry.validator_indices});
  }
  text.new_aggregated_payloads = Text(snapshot.new_aggregated_payloads);
  text.known_aggregated_payloads = Text(snapshot.known_aggregated_payloads);
  return text;
}

chain::PublicKeyBytes ToKey(const trace::PublicKey& key) {
  chain::PublicKeyBytes bytes;
  std::copy(key.begin(), key.end(), bytes.data());
  return bytes;
}

uint64_t IntervalAt(int64_t time_ns) {
  return time_ns < 0 ? 0 : static_cast<uint64_t>(time_ns / trace::kIntervalNs);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Reference>> Reference::Create(const trace::Header& header) {
  node::Node::Options options;
  options.genesis_time = header.genesis_time;
  for (const trace::Validator& validator : header.validators) {
    options.validators.emplace_back(ToKey(validator.attestation_public_key),
                                    ToKey(validator.proposal_public_key));
  }
  std::unique_ptr<Reference> reference(new Reference);
  absl::StatusOr<std::unique_ptr<node::Node>> node = node::Node::Create(options, reference.get());
  if (!node.ok()) return node.status();
  reference->node_ = *std::move(node);
  return reference;
}

trace::ObservedEvent Reference::Apply(uint32_t instance, const trace::Event& event) {
  applied_ = {.index = event.index};
  node_->Apply(instance, sequence_++, host::ToNodeEvent(event));
  return std::move(applied_);
}

void Reference::OnApplied(const node::Application& application) {
  const chain::Store& store = node_->store();
  applied_.outcome = node::OutcomeText(application.outcome);
  applied_.head = Text(store.head());
  applied_.justified_slot = store.latest_justified().slot;
  applied_.finalized_slot = store.latest_finalized().slot;
  for (const node::Release& release : application.released) {
    applied_.released.push_back({Text(release.block), node::OutcomeText(release.outcome)});
  }
}

Snapshot Reference::TakeSnapshot() const { return Text(node_->store().TakeSnapshot()); }

trace::ObservedEnd Reference::End() const {
  return {.interval = node_->store().time(),
          .pending_blocks = node_->waiting_blocks(),
          .pending_attestations = node_->waiting_attestations(),
          .pending_aggregates = node_->waiting_aggregates(),
          .snapshot = TakeSnapshot()};
}

absl::Status ReplayInLockstep(const trace::Trace& trace, const host::Request& request,
                              const std::function<bool(const HostLine&)>& line) {
  absl::StatusOr<std::unique_ptr<Reference>> created = Reference::Create(trace.header);
  if (!created.ok()) return created.status();
  Reference& reference = **created;
  const std::vector<bool> delivered = DeliveredEvents(trace, request);
  uint64_t number = 0;    // of the line
  uint64_t sequence = 0;  // of the event
  uint64_t interval = 0;
  const auto tick_to = [&](uint64_t target) {
    while (interval < target) {
      reference.Tick(++interval);
      if (!line({++number, Ticked{interval, reference.TakeSnapshot()}})) return false;
    }
    return true;
  };
  int64_t last_time_ns = 0;
  for (const trace::Event& event : trace.events) {
    if (request.window.IsPast(event)) break;
    last_time_ns = event.time_ns;
    if (!delivered[event.index]) continue;
    if (!tick_to(IntervalAt(event.time_ns))) return absl::OkStatus();
    Applied applied{.instance = 0,
                    .sequence = sequence++,
                    .kind = std::string(trace::KindName(event.kind)),
                    .event = reference.Apply(0, event)};
    if (!line({++number, std::move(applied)})) return absl::OkStatus();
  }
  const uint64_t slot = IntervalAt(last_time_ns) / trace::kIntervalsPerSlot;
  if (!tick_to((slot + 1) * trace::kIntervalsPerSlot + 4)) return absl::OkStatus();
  line({++number, Ended{.state = reference.End(), .node_counters = {}, .instance_counters = {}}});
  return absl::OkStatus();
}

}  // namespace heddle::harness
