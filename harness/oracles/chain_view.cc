#include "harness/oracles/chain_view.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/chain/containers.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/topic.h"

namespace heddle::harness {
namespace {

struct Place {
  std::string parent;
  uint64_t slot = 0;
};
using Places = std::map<std::string, Place>;

std::string Text(const chain::Root& root) {
  return absl::StrCat("0x", absl::BytesToHexString(absl::string_view(
                                reinterpret_cast<const char*>(root.data()), root.size())));
}

// The SSZ of the block that an event carries, if it carries one.
std::optional<std::vector<uint8_t>> BlockIn(const trace::Event& event) {
  if (event.kind == trace::Kind::kGossip) {
    const absl::StatusOr<wire::Topic> topic = wire::ParseTopic(event.topic);
    if (!topic.ok() || topic->kind != wire::TopicKind::kBlock) return std::nullopt;
    absl::StatusOr<wire::Bytes> ssz = wire::SnappyDecompress(event.data);
    if (!ssz.ok()) return std::nullopt;
    return std::vector<uint8_t>(ssz->begin(), ssz->end());
  }
  if (event.kind != trace::Kind::kRpcResponse || !absl::StrContains(event.protocol, "blocks_by")) {
    return std::nullopt;
  }
  const absl::StatusOr<wire::ResponseChunk> chunk = wire::DecodeResponseChunk(event.data);
  if (!chunk.ok() || chunk->code != wire::ResponseCode::kSuccess) return std::nullopt;
  return std::vector<uint8_t>(chunk->payload.begin(), chunk->payload.end());
}

Places PlacesIn(const trace::Trace& trace) {
  Places places;
  for (const trace::Event& event : trace.events) {
    if (event.duplicate) continue;
    const std::optional<std::vector<uint8_t>> bytes = BlockIn(event);
    if (!bytes) continue;
    const auto block = ssz::Decode<chain::SignedBlock>(*bytes);
    if (!block.ok()) continue;
    places[Text(chain::HashBlock(block->block).root)] = {Text(block->block.parent_root),
                                                         block->block.slot};
  }
  return places;
}

void Complete(const Places& places, uint64_t first_slot, ChainView* view) {
  const auto slot_of = [&](ChainView::Point& point) {
    if (const auto at = places.find(point.root); at != places.end()) point.slot = at->second.slot;
  };
  slot_of(view->head);
  for (ChainView::Block& block : view->blocks) {
    const auto at = places.find(block.root);
    if (at == places.end()) continue;
    block.parent = at->second.parent;
    block.slot = at->second.slot;
  }
  std::erase_if(view->blocks, [&](const ChainView::Block& b) { return b.slot < first_slot; });
  std::stable_sort(view->blocks.begin(), view->blocks.end(),
                   [](const auto& a, const auto& b) { return a.slot < b.slot; });
}

}  // namespace

ChainView ViewOf(std::string name, const Snapshot& snapshot) {
  ChainView view;
  view.name = std::move(name);
  view.head.root = snapshot.head_root;
  view.justified = {snapshot.latest_justified.root, snapshot.latest_justified.slot};
  view.finalized = {snapshot.latest_finalized.root, snapshot.latest_finalized.slot};
  std::map<std::string, uint64_t> weights;
  for (const Snapshot::Weight& weight : snapshot.block_weights)
    weights[weight.root] = weight.weight;
  for (const std::string& root : snapshot.block_roots) {
    view.blocks.push_back({.root = root, .parent = "", .slot = 0, .weight = weights[root]});
  }
  return view;
}

void CompleteChains(const trace::Trace& trace, std::vector<Finding>* findings) {
  std::optional<Places> places;
  for (Finding& finding : *findings) {
    if (finding.chains.empty()) continue;
    if (!places) places = PlacesIn(trace);
    uint64_t first_slot = UINT64_MAX;
    for (const ChainView& view : finding.chains) {
      first_slot = std::min(first_slot, view.finalized.slot);
    }
    for (ChainView& view : finding.chains) Complete(*places, first_slot, &view);
  }
}

}  // namespace heddle::harness
