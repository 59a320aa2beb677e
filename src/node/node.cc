#include "src/node/node.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/topic.h"
#include "src/node/cost_model.h"

namespace heddle::node {
namespace {

constexpr absl::string_view kBlocksByRoot = "/leanconsensus/req/blocks_by_root/1/ssz_snappy";
constexpr absl::string_view kBlocksByRange = "/leanconsensus/req/blocks_by_range/1/ssz_snappy";

constexpr Outcome kUndecodable{.kind = Outcome::Kind::kUndecodable};

absl::string_view EventKindName(size_t kind) {
  constexpr absl::string_view kNames[kEventKinds] = {
      "peer_connected", "peer_disconnected", "gossip",   "rpc_request",
      "rpc_response",   "rpc_end",           "rpc_error"};
  return kNames[kind];
}

// It may be good later, when the block is known.
bool NamesUnknownBlock(chain::Rejection reason) {
  return reason == chain::Rejection::kUnknownSourceBlock ||
         reason == chain::Rejection::kUnknownTargetBlock ||
         reason == chain::Rejection::kUnknownHeadBlock;
}

// Puts a vote at the end of its queue. Returns how many of the oldest had to go.
template <typename Vote>
size_t Wait(Vote vote, std::deque<Vote>* queue) {
  queue->push_back(std::move(vote));
  if (queue->size() <= kMaxWaitingVotes) return 0;
  queue->pop_front();
  return 1;
}

}  // namespace

Outcome Outcome::Of(chain::Verdict verdict) {
  if (!verdict) return {.kind = Kind::kAccepted};
  return {.kind = Kind::kRejected, .reason = *verdict};
}

std::string OutcomeText(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kNone:
      return "none";
    case Outcome::Kind::kAccepted:
      return "accepted";
    case Outcome::Kind::kDuplicate:
      return "duplicate";
    case Outcome::Kind::kPending:
      return "pending";
    case Outcome::Kind::kUndecodable:
      return "undecodable";
    case Outcome::Kind::kRejected:
      return absl::StrCat("rejected:", std::string(chain::RejectionName(outcome.reason)));
    case Outcome::Kind::kRpcError:
      return absl::StrCat("rpc_error:", outcome.rpc_code);
  }
  return "none";
}

void Counters::ForEach(absl::FunctionRef<void(absl::string_view, uint64_t)> visit) const {
  const auto show = [&](absl::string_view name, uint64_t value) {
    if (value > 0) visit(name, value);
  };
  for (size_t i = 0; i < events.size(); ++i) {
    show(absl::StrCat("events.", EventKindName(i)), events[i]);
  }
  show("ticks", ticks);
  show("accepted", accepted);
  show("duplicate", duplicate);
  show("pending", pending);
  show("undecodable", undecodable);
  show("rpc_error", rpc_error);
  for (size_t i = 0; i < rejected.size(); ++i) {
    const std::string_view reason = chain::RejectionName(static_cast<chain::Rejection>(i));
    show(absl::StrCat("rejected.", std::string(reason)), rejected[i]);
  }
  show("released.blocks", released_blocks);
  show("released.attestations", released_attestations);
  show("released.aggregates", released_aggregates);
  show("dropped.blocks", dropped_blocks);
  show("dropped.attestations", dropped_attestations);
  show("dropped.aggregates", dropped_aggregates);
  show("peers.refused", peers.refused_peers);
  show("peers.unknown", peers.unknown_peers);
  show("requests.dropped", peers.dropped_requests);
  show("requests.finished", peers.finished_requests);
  show("requests.failed", peers.failed_requests);
  show("requests.unknown", peers.unknown_requests);
}

absl::StatusOr<std::unique_ptr<Node>> Node::Create(const Options& options, NodeObserver* observer) {
  const size_t count = options.validators.size();
  if (count == 0 || count > chain::kValidatorRegistryLimit) {
    return absl::InvalidArgumentError(absl::StrCat(count, " validators, expected 1 to ",
                                                   uint64_t{chain::kValidatorRegistryLimit}));
  }
  std::unique_ptr<chain::SignatureVerifier> verifier;
  if (options.signature_cost_ns > 0) {
    verifier = std::make_unique<CostModelVerifier>(options.signature_cost_ns);
  } else {
    verifier = std::make_unique<chain::StructuralVerifier>();
  }
  auto prover = std::make_unique<chain::PlaceholderProver>();
  chain::State state =
      chain::GenerateGenesis(options.genesis_time, chain::MakeValidators(options.validators));
  chain::Block block = chain::AnchorBlock(state);
  chain::Result<chain::Store> store =
      chain::Store::Create(std::move(state), std::move(block), verifier.get(), prover.get());
  if (!store.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no store at this genesis: ", std::string(chain::RejectionName(store.rejection()))));
  }
  return std::unique_ptr<Node>(
      new Node(std::move(verifier), std::move(prover), std::move(*store), observer));
}

Node::Node(std::unique_ptr<chain::SignatureVerifier> verifier,
           std::unique_ptr<chain::AggregationProver> prover, chain::Store store,
           NodeObserver* observer)
    : verifier_(std::move(verifier)),
      prover_(std::move(prover)),
      store_(std::move(store)),
      observer_(observer) {}

void Node::Apply(uint32_t instance, uint64_t sequence, const Event& event) {
  Note(instance, event);
  ApplyMessage(instance, sequence, event.kind, Decode(event));
}

void Node::ApplyMessage(uint32_t instance, uint64_t sequence, EventKind kind, Message message) {
  ++counters_.events[static_cast<size_t>(kind)];
  released_.clear();
  const Outcome outcome =
      std::visit([this](auto&& content) { return On(std::move(content)); }, std::move(message));
  Count(outcome);
  if (observer_ != nullptr) {
    observer_->OnApplied({.instance = instance,
                          .sequence = sequence,
                          .kind = kind,
                          .outcome = outcome,
                          .released = released_});
  }
}

void Node::Tick(chain::Interval interval) {
  while (store_.time() < interval) {
    // Not an aggregator, so there is nothing to publish.
    store_.OnTick(store_.time() + 1, /*has_proposal=*/false, /*is_aggregator=*/false);
    ++counters_.ticks;
    if (observer_ != nullptr) observer_->OnTicked(store_.time());
  }
}

Node::Message Node::Decode(const Event& event) {
  switch (event.kind) {
    case EventKind::kGossip:
      return DecodeGossip(event);
    case EventKind::kRpcResponse:
      return DecodeResponse(event);
    case EventKind::kPeerConnected:
    case EventKind::kPeerDisconnected:
    case EventKind::kRpcRequest:
    case EventKind::kRpcEnd:
    case EventKind::kRpcError:
      break;
  }
  return Outcome{};
}

Node::Message Node::DecodeGossip(const Event& event) {
  const absl::StatusOr<wire::Topic> topic = wire::ParseTopic(event.name);
  if (!topic.ok()) return kUndecodable;
  const absl::StatusOr<wire::Bytes> ssz = wire::SnappyDecompress(event.payload);
  if (!ssz.ok()) return kUndecodable;
  switch (topic->kind) {
    case wire::TopicKind::kBlock:
      return DecodeBlock(*ssz);
    case wire::TopicKind::kAttestationSubnet: {
      auto vote = ssz::Decode<chain::SignedAttestation>(*ssz);
      if (vote.ok()) return *std::move(vote);
      break;
    }
    case wire::TopicKind::kAggregation: {
      auto vote = ssz::Decode<chain::SignedAggregatedAttestation>(*ssz);
      if (vote.ok()) return *std::move(vote);
      break;
    }
  }
  return kUndecodable;
}

// The chunks of two protocols are blocks; those of others are nothing to the chain.
Node::Message Node::DecodeResponse(const Event& event) {
  if (event.name != kBlocksByRoot && event.name != kBlocksByRange) return Outcome{};
  const absl::StatusOr<wire::ResponseChunk> chunk = wire::DecodeResponseChunk(event.payload);
  if (!chunk.ok()) return kUndecodable;
  if (chunk->code != wire::ResponseCode::kSuccess) {
    return Outcome{.kind = Outcome::Kind::kRpcError, .rpc_code = static_cast<uint8_t>(chunk->code)};
  }
  return DecodeBlock(chunk->payload);
}

Node::Message Node::DecodeBlock(absl::Span<const uint8_t> ssz) {
  auto block = ssz::Decode<chain::SignedBlock>(ssz);
  if (!block.ok()) return kUndecodable;
  const chain::BlockHash hash = chain::HashBlock(block->block);
  return DecodedBlock{*std::move(block), hash, ssz.size()};
}

Outcome Node::On(DecodedBlock decoded) {
  auto& [block, hash, ssz_bytes] = decoded;
  if (store_.Contains(hash.root)) return {.kind = Outcome::Kind::kDuplicate};
  if (!store_.Contains(block.block.parent_root)) {
    counters_.dropped_blocks += waiting_blocks_.Add({std::move(block), hash, ssz_bytes});
    return {.kind = Outcome::Kind::kPending};
  }
  const Outcome outcome = Outcome::Of(store_.OnBlock(block, hash));
  if (outcome.kind == Outcome::Kind::kAccepted) {
    ReleaseDescendants(hash.root);
    RetryWaitingVotes();
  }
  return outcome;
}

Outcome Node::On(chain::SignedAttestation vote) {
  const chain::Verdict verdict = store_.OnGossipAttestation(vote, /*is_aggregator=*/false);
  if (!verdict || !NamesUnknownBlock(*verdict)) return Outcome::Of(verdict);
  counters_.dropped_attestations += Wait(std::move(vote), &waiting_attestations_);
  return {.kind = Outcome::Kind::kPending};
}

Outcome Node::On(chain::SignedAggregatedAttestation vote) {
  const chain::Verdict verdict = store_.OnGossipAggregatedAttestation(vote);
  if (!verdict || !NamesUnknownBlock(*verdict)) return Outcome::Of(verdict);
  counters_.dropped_aggregates += Wait(std::move(vote), &waiting_aggregates_);
  return {.kind = Outcome::Kind::kPending};
}

void Node::ReleaseDescendants(const chain::Root& imported) {
  std::deque<chain::Root> parents = {imported};
  while (!parents.empty()) {
    const std::vector<WaitingBlock> children = waiting_blocks_.TakeChildren(parents.front());
    parents.pop_front();
    for (const WaitingBlock& child : children) {
      const Outcome outcome = Outcome::Of(store_.OnBlock(child.block, child.hash));
      released_.push_back({child.hash.root, outcome});
      if (outcome.kind == Outcome::Kind::kAccepted) {
        ++counters_.released_blocks;
        parents.push_back(child.hash.root);
      } else {
        CountRejection(outcome.reason);
      }
    }
  }
}

void Node::RetryWaitingVotes() {
  // Each is tried once; one that still names an unknown block keeps its place.
  const auto retry = [this](auto* queue, uint64_t* accepted, auto&& apply) {
    for (size_t left = queue->size(); left > 0; --left) {
      auto vote = std::move(queue->front());
      queue->pop_front();
      const chain::Verdict verdict = apply(vote);
      if (!verdict) {
        ++*accepted;
      } else if (NamesUnknownBlock(*verdict)) {
        queue->push_back(std::move(vote));
      } else {
        CountRejection(*verdict);
      }
    }
  };
  retry(&waiting_attestations_, &counters_.released_attestations,
        [this](const chain::SignedAttestation& vote) {
          return store_.OnGossipAttestation(vote, /*is_aggregator=*/false);
        });
  retry(&waiting_aggregates_, &counters_.released_aggregates,
        [this](const chain::SignedAggregatedAttestation& vote) {
          return store_.OnGossipAggregatedAttestation(vote);
        });
}

void Node::Count(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kNone:
      return;
    case Outcome::Kind::kAccepted:
      ++counters_.accepted;
      return;
    case Outcome::Kind::kDuplicate:
      ++counters_.duplicate;
      return;
    case Outcome::Kind::kPending:
      ++counters_.pending;
      return;
    case Outcome::Kind::kUndecodable:
      ++counters_.undecodable;
      return;
    case Outcome::Kind::kRejected:
      return CountRejection(outcome.reason);
    case Outcome::Kind::kRpcError:
      ++counters_.rpc_error;
      return;
  }
}

void Node::CountRejection(chain::Rejection reason) {
  ++counters_.rejected[static_cast<size_t>(reason)];
}

}  // namespace heddle::node
