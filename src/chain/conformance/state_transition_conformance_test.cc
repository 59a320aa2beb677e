// The vectors of `state_transition`: blocks applied to a state.
#include <functional>
#include <map>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "src/chain/conformance/json_value.h"
#include "src/chain/conformance/vectors.h"
#include "src/chain/rejection.h"
#include "src/chain/state_transition.h"

namespace heddle::conformance {
namespace {

using chain::Block;
using chain::Rejection;
using chain::Root;
using chain::State;
using chain::Verdict;

// Applies one block as the specification's filler did.
//
// A vector does not say where the filler left the slots alone and only processed the block. It
// shows: processing slots refuses to go to a slot that is not in the future, so a block at the
// state's own slot went without; and once slots are processed no block's slot can mismatch.
Verdict Apply(const Block& block, std::optional<Rejection> expected, State* state) {
  if (block.slot <= state->slot || expected == Rejection::kBlockSlotMismatch) {
    State next = *state;
    Verdict rejection = chain::ProcessBlock(&next, block);
    if (!rejection) *state = next;
    return rejection;
  }
  chain::Result<State> next = chain::StateTransition(*state, block, chain::HashBlock(block));
  if (!next.ok()) return next.rejection();
  *state = *next;
  return chain::kAccepted;
}

// Refusals that met the filler while it still built the block, so that the vector lacks the block:
// there is no proposer to name, or no slot to advance to.
Verdict ApplyMissingBlock(std::optional<Rejection> expected, const State& state) {
  State next = state;
  if (expected == Rejection::kBlockSlotNotInFuture) {
    return chain::ProcessSlots(&next, state.slot);
  }
  if (expected == Rejection::kEmptyValidatorRegistry) {
    Block block;
    block.slot = state.slot + 1;
    chain::Result<State> result = chain::StateTransition(state, block, chain::HashBlock(block));
    return result.ok() ? chain::kAccepted : Verdict(result.rejection());
  }
  return chain::kAccepted;
}

// Fields of the authored expectation and how to check each.
using Check = std::function<void(const State&, const Json&)>;

template <class T>
Check Equals(T (*get)(const State&)) {
  return [get](const State& state, const Json& expected) {
    EXPECT_TRUE(get(state) == FromJson<T>(expected)) << expected;
  };
}

const std::map<std::string, Check>& Checks() {
  using S = const State&;
  static const std::map<std::string, Check> checks = {
      {"slot", Equals<uint64_t>([](S s) { return s.slot; })},
      {"latestJustifiedSlot", Equals<uint64_t>([](S s) { return s.latest_justified.slot; })},
      {"latestJustifiedRoot", Equals<Root>([](S s) { return s.latest_justified.root; })},
      {"latestFinalizedSlot", Equals<uint64_t>([](S s) { return s.latest_finalized.slot; })},
      {"latestFinalizedRoot", Equals<Root>([](S s) { return s.latest_finalized.root; })},
      {"validatorCount", Equals<uint64_t>([](S s) { return uint64_t{s.validators.size()}; })},
      {"validators", Equals<chain::Validators>([](S s) { return s.validators; })},
      {"configGenesisTime", Equals<uint64_t>([](S s) { return s.config.genesis_time; })},
      {"latestBlockHeaderSlot", Equals<uint64_t>([](S s) { return s.latest_block_header.slot; })},
      {"latestBlockHeaderProposerIndex",
       Equals<uint64_t>([](S s) { return s.latest_block_header.proposer_index; })},
      {"latestBlockHeaderParentRoot",
       Equals<Root>([](S s) { return s.latest_block_header.parent_root; })},
      {"latestBlockHeaderStateRoot",
       Equals<Root>([](S s) { return s.latest_block_header.state_root; })},
      {"latestBlockHeaderBodyRoot",
       Equals<Root>([](S s) { return s.latest_block_header.body_root; })},
      {"historicalBlockHashesCount",
       Equals<uint64_t>([](S s) { return s.historical_block_hashes.size(); })},
      {"historicalBlockHashes",
       Equals<chain::HistoricalBlockHashes>([](S s) { return s.historical_block_hashes; })},
      {"justifiedSlots", Equals<chain::JustifiedSlots>([](S s) { return s.justified_slots; })},
      {"justificationsRoots",
       Equals<chain::JustificationRoots>([](S s) { return s.justifications_roots; })},
      {"justificationsRootsCount",
       Equals<uint64_t>([](S s) { return s.justifications_roots.size(); })},
      {"justificationsValidators",
       Equals<chain::JustificationValidators>([](S s) { return s.justifications_validators; })},
      {"justificationsValidatorsCount",
       Equals<uint64_t>([](S s) { return uint64_t{s.justifications_validators.size()}; })},
  };
  return checks;
}

// Labels of blocks. A vector carries no table of them, so what can be checked is that a label
// stands for a block of the vector, and for the same one each time. (The post-state root pins the
// rest.)
class Labels {
 public:
  explicit Labels(const std::vector<Block>& blocks) {
    for (const Block& block : blocks) roots_.insert(chain::HashTreeRoot(block));
  }
  void Expect(const std::string& label, const Root& root) {
    EXPECT_TRUE(roots_.contains(root)) << label << " is no block of the vector";
    EXPECT_EQ(labels_.emplace(label, root).first->second, root) << label;
  }

 private:
  std::set<Root> roots_;
  std::map<std::string, Root> labels_;
};

void CheckPost(const Json& post, const State& state, const std::vector<Block>& blocks) {
  Labels labels(blocks);
  for (const auto& [key, expected] : post.items()) {
    SCOPED_TRACE("post." + key);
    const auto check = Checks().find(key);
    if (check != Checks().end()) {
      check->second(state, expected);
    } else if (key == "latestJustifiedRootLabel") {
      labels.Expect(expected.get<std::string>(), state.latest_justified.root);
    } else if (key == "latestFinalizedRootLabel") {
      labels.Expect(expected.get<std::string>(), state.latest_finalized.root);
    } else if (key == "justificationsRootsLabels") {
      EXPECT_EQ(expected.size(), state.justifications_roots.size());
      for (const Root& root : state.justifications_roots.ToVector()) {
        labels.Expect("the block " + ssz::ToHex(root), root);
      }
    } else {
      ADD_FAILURE() << "unknown expectation";
    }
  }
}

// A vector's rejection reason, as ours.
std::optional<Rejection> ExpectedRejection(const Vector& vector) {
  if (!vector.rejection_reason()) return std::nullopt;
  const std::optional<Rejection> rejection = chain::RejectionFromName(*vector.rejection_reason());
  EXPECT_TRUE(rejection) << "unknown reason " << *vector.rejection_reason();
  return rejection;
}

std::string NameOf(Verdict rejection) {
  return rejection ? std::string(chain::RejectionName(*rejection)) : "accepted";
}

// Root without any cache.
Root UncachedRoot(const State& state) {
  ssz::Sha256Pairs pairs;
  return ssz::ContainerRoot(*ssz::Decode<State>(ssz::Encode(state)), pairs);
}

Outcome RunStateTransition(const Vector& vector) {
  ExpectKeys(vector.body, {"network", "leanEnv", "proofSetting", "_info", "rejectionReason", "pre",
                           "blocks", "post", "postStateRoot"});
  State state = FromJson<State>(vector.body.at("pre"));
  std::vector<Block> blocks;
  for (const Json& block : vector.body.at("blocks")) blocks.push_back(FromJson<Block>(block));
  const std::optional<Rejection> expected = ExpectedRejection(vector);

  Verdict rejection = chain::kAccepted;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const bool last = i + 1 == blocks.size();
    rejection = Apply(blocks[i], last ? expected : std::nullopt, &state);
    if (rejection) {
      EXPECT_TRUE(last) << "block " << i << ": " << NameOf(rejection);
      break;
    }
  }
  if (expected && !rejection) rejection = ApplyMissingBlock(expected, state);
  EXPECT_EQ(NameOf(rejection), NameOf(expected));
  if (rejection) return Passed();

  EXPECT_EQ("0x" + ssz::ToHex(chain::HashTreeRoot(state)),
            vector.body.at("postStateRoot").get<std::string>());
  EXPECT_EQ(chain::HashTreeRoot(state), UncachedRoot(state));
  if (vector.body.contains("post")) CheckPost(vector.body.at("post"), state, blocks);
  return Passed();
}

TEST(Conformance, StateTransition) {
  if (!HaveVectors()) GTEST_SKIP() << NoVectors();
  ForEachVector("state_transition", RunStateTransition);
}

}  // namespace
}  // namespace heddle::conformance
