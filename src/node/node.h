// What a node does around the chain: decodes what the network hands over, gives it to the store,
// keeps what came too early, and counts.
//
// The policy (the same under every dispatcher, so that states can be compared):
//   - a block whose parent is unknown waits, keyed by its parent's root, in order of arrival, once
//     for each block root; when a block is imported its waiting children are imported breadth
//     first;
//   - a vote or aggregate that names an unknown block waits in one queue each; after each
//     successful import of a received block the votes are retried once, then the aggregates;
//   - a block that is already known is a duplicate;
//   - what cannot be decompressed or decoded is counted and dropped; anything else that the store
//     rejects is counted by its reason;
//   - ticks advance the store one interval at a time, with no proposal, not as an aggregator.
// Whatever waits is bounded; past the bound the oldest goes, and is counted.
#ifndef HEDDLE_SRC_NODE_NODE_H_
#define HEDDLE_SRC_NODE_NODE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "src/chain/aggregation.h"
#include "src/chain/genesis.h"
#include "src/chain/signature_verifier.h"
#include "src/chain/store.h"
#include "src/node/event.h"
#include "src/node/peers.h"
#include "src/node/waiting_blocks.h"

namespace heddle::node {

// Votes, and aggregates, that wait: a slot of votes of the largest committee we run, several times.
inline constexpr size_t kMaxWaitingVotes = 1024;

// What became of an event, or of a waiting block.
struct Outcome {
  enum class Kind : uint8_t {
    kNone,  // carries nothing for the chain
    kAccepted,
    kDuplicate,
    kPending,
    kUndecodable,
    kRejected,  // by the store: `reason`
    kRpcError,  // a response chunk with an error code: `rpc_code`
  };
  Kind kind = Kind::kNone;
  chain::Rejection reason{};
  uint8_t rpc_code = 0;

  static Outcome Of(chain::Verdict verdict);
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// "accepted", "rejected:WRONG_PROPOSER", "rpc_error:2", ...
std::string OutcomeText(const Outcome& outcome);

// A waiting block that an event let in, or that fell when its turn came.
struct Release {
  chain::Root block;
  Outcome outcome;
  friend bool operator==(const Release&, const Release&) = default;
};

// One event was applied.
struct Application {
  uint32_t instance = 0;  // which network it came from
  uint64_t sequence = 0;  // which event of that network, from 0
  EventKind kind{};
  Outcome outcome;
  absl::Span<const Release> released;  // in the order of import; valid during the call
};

// Told about the node's work, on the thread that does it, with the node at rest: metrics and logs.
class NodeObserver {
 public:
  virtual ~NodeObserver() = default;
  virtual void OnApplied(const Application& application) = 0;
  // The store advanced to `interval`: once for each, in order.
  virtual void OnTicked(chain::Interval interval) = 0;
};

struct Counters {
  std::array<uint64_t, kEventKinds> events{};  // applied, by kind
  uint64_t ticks = 0;

  // Outcomes of events.
  uint64_t accepted = 0;
  uint64_t duplicate = 0;
  uint64_t pending = 0;
  uint64_t undecodable = 0;
  uint64_t rpc_error = 0;
  // By the store, in an event, a release or a retry.
  std::array<uint64_t, chain::kRejectionCount> rejected{};

  // What waited and was accepted in the end.
  uint64_t released_blocks = 0;
  uint64_t released_attestations = 0;
  uint64_t released_aggregates = 0;
  // What waited and was pushed out by the bound.
  uint64_t dropped_blocks = 0;
  uint64_t dropped_attestations = 0;
  uint64_t dropped_aggregates = 0;

  PeerCounters peers;

  // Every counter that is not zero, in a fixed order: "events.gossip", "rejected.WRONG_PROPOSER".
  void ForEach(absl::FunctionRef<void(absl::string_view name, uint64_t value)> visit) const;
};

// Thread rule: none. It has no lock; whoever owns it makes sure that one call runs at a time, const
// calls included.
class Node {
 public:
  struct Options {
    uint64_t genesis_time = 0;  // Unix seconds
    std::vector<chain::ValidatorKeys> validators;
    // Cost model: what each signature takes, in ns; 0: structural checks only.
    uint64_t signature_cost_ns = 0;
  };

  // A node at genesis. `observer` may be null, and must outlive the node. InvalidArgument when
  // there are no validators or too many.
  static absl::StatusOr<std::unique_ptr<Node>> Create(const Options& options,
                                                      NodeObserver* observer);

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Applies what a network handed over. `event` is borrowed for the call. Throws std::bad_alloc;
  // the node may then be half-way and must not be used again.
  void Apply(uint32_t instance, uint64_t sequence, const Event& event);

  // The same in three steps, for an owner that guards them one by one: Note, then ApplyMessage of
  // what Decode made of the event. Decode touches no node: any thread, at any time. Note touches
  // who is connected and which requests are open, and nothing else does; ApplyMessage and Tick
  // touch the rest. The accessors below belong to the rest, but for counters().peers.
  struct DecodedBlock {
    chain::SignedBlock block;
    chain::BlockHash hash;
    size_t ssz_bytes = 0;
  };
  // An Outcome: the event's own already, there is nothing for the store in it.
  using Message = std::variant<Outcome, DecodedBlock, chain::SignedAttestation,
                               chain::SignedAggregatedAttestation>;
  static Message Decode(const Event& event);
  void Note(uint32_t instance, const Event& event) {
    peers_.Note(instance, event, &counters_.peers);
  }
  void ApplyMessage(uint32_t instance, uint64_t sequence, EventKind kind, Message message);

  // Advances to `interval`, one at a time; ignored when that is not in the future.
  void Tick(chain::Interval interval);

  const chain::Store& store() const { return store_; }
  const Counters& counters() const { return counters_; }
  size_t waiting_blocks() const { return waiting_blocks_.size(); }
  size_t waiting_attestations() const { return waiting_attestations_.size(); }
  size_t waiting_aggregates() const { return waiting_aggregates_.size(); }

 private:
  Node(std::unique_ptr<chain::SignatureVerifier> verifier,
       std::unique_ptr<chain::AggregationProver> prover, chain::Store store,
       NodeObserver* observer);

  static Message DecodeGossip(const Event& event);
  static Message DecodeResponse(const Event& event);
  static Message DecodeBlock(absl::Span<const uint8_t> ssz);

  Outcome On(Outcome outcome) { return outcome; }
  Outcome On(DecodedBlock decoded);
  Outcome On(chain::SignedAttestation vote);
  Outcome On(chain::SignedAggregatedAttestation vote);

  // Imports the waiting descendants of `imported`, breadth first.
  void ReleaseDescendants(const chain::Root& imported);
  void RetryWaitingVotes();

  void Count(const Outcome& outcome);
  void CountRejection(chain::Rejection reason);

  // The store points at the first two.
  std::unique_ptr<chain::SignatureVerifier> verifier_;
  std::unique_ptr<chain::AggregationProver> prover_;
  chain::Store store_;
  NodeObserver* observer_;

  WaitingBlocks waiting_blocks_;
  std::deque<chain::SignedAttestation> waiting_attestations_;
  std::deque<chain::SignedAggregatedAttestation> waiting_aggregates_;
  Peers peers_;
  std::vector<Release> released_;  // by the event under way
  Counters counters_;
};

}  // namespace heddle::node

#endif  // HEDDLE_SRC_NODE_NODE_H_
