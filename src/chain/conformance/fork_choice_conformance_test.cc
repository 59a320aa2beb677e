// The vectors of `fork_choice`: steps applied to a store, and after every step the verdict, the
// authored checks and the whole snapshot.
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/chain/conformance/json_value.h"
#include "src/chain/conformance/vectors.h"
#include "src/chain/slot_clock.h"
#include "src/chain/store.h"
#include "src/chain/testing/store_peer.h"

namespace heddle::chain {

// For GoogleTest's messages.
void PrintTo(const Checkpoint& checkpoint, std::ostream* out) {
  *out << ssz::ToHex(checkpoint.root).substr(0, 8) << "@" << checkpoint.slot;
}
void PrintTo(const BlockWeight& weight, std::ostream* out) {
  *out << ssz::ToHex(weight.root).substr(0, 8) << "=" << weight.weight;
}
void PrintTo(const SignaturePoolSnapshot& entry, std::ostream* out) {
  *out << ssz::ToHex(entry.data_root).substr(0, 8)
       << testing::PrintToString(entry.validator_indices);
}
void PrintTo(const AggregatedPoolSnapshot& entry, std::ostream* out) {
  *out << ssz::ToHex(entry.data_root).substr(0, 8)
       << testing::PrintToString(entry.participant_sets);
}

}  // namespace heddle::chain

namespace heddle::ssz {
void PrintTo(const Root& root, std::ostream* out) { *out << ToHex(root).substr(0, 8); }
}  // namespace heddle::ssz

namespace heddle::conformance {
namespace {

using chain::AttestationData;
using chain::Block;
using chain::Checkpoint;
using chain::Rejection;
using chain::Root;
using chain::SignedAggregatedAttestation;
using chain::SignedAttestation;
using chain::SignedBlock;
using chain::Snapshot;
using chain::State;
using chain::Store;
using chain::ValidatorIndex;
using chain::Verdict;

std::string NameOf(Verdict rejection) {
  return rejection ? std::string(chain::RejectionName(*rejection)) : "accepted";
}

// --- Proofs, as in the vectors' world ---

// The vectors were made with a mocked prover: it and its verifier know a proof by its prefix. So
// does this verifier, and everything else it leaves to the structural one.
class MockedProofVerifier : public chain::StructuralVerifier {
 public:
  // Whether a proof is the mocked prover's.
  static bool HasPrefix(const chain::ByteList512KiB& proof) {
    const std::vector<uint8_t> prefix = chain::PlaceholderProver::Prefix();
    return proof.bytes.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), proof.bytes.begin());
  }

  bool VerifyAggregate(const chain::Validators& validators,
                       const SignedAggregatedAttestation& vote) override {
    return HasPrefix(vote.proof.proof) && StructuralVerifier::VerifyAggregate(validators, vote);
  }
};

// The mocked prover's proofs are not proofs, so a vector that refuses one for what it proves cannot
// be told from one that accepts it. Neither can a refused signature, unless it is the filler's
// dummy of zeros. Says what such a vector needs; empty when it needs nothing.
std::string NeedsCryptography(const Json& vector) {
  const bool mocked = FromJson<uint64_t>(vector.at("proofSetting")) == 0;
  for (const Json& step : vector.at("steps")) {
    const std::string reason = step.value("rejectionReason", "");
    if (reason == "INVALID_BLOCK_PROOF") return "verification of a block's proof";
    if (reason != "INVALID_SIGNATURE") continue;
    const Json& attestation = step.at("attestation");
    if (step.at("stepType") == "attestation") {
      const auto signature = FromJson<chain::Signature>(attestation.at("signature"));
      if (!chain::IsPlaceholder(signature)) return "XMSS verification of a signature";
    } else if (!mocked || MockedProofVerifier::HasPrefix(
                              FromJson<SignedAggregatedAttestation>(attestation).proof.proof)) {
      return "verification of an aggregate's proof";
    }
  }
  return "";
}

// --- Snapshots ---

std::vector<chain::AggregatedPoolSnapshot> AggregatedPoolFromJson(const Json& json) {
  std::vector<chain::AggregatedPoolSnapshot> entries;
  for (const Json& entry : json) {
    ExpectKeys(entry, {"dataRoot", "participantSets"});
    entries.push_back({FromJson<Root>(entry.at("dataRoot")),
                       entry.at("participantSets").get<std::vector<std::vector<uint64_t>>>()});
  }
  return entries;
}

Snapshot SnapshotFromJson(const Json& json) {
  ExpectKeys(json, {"time", "headRoot", "safeTargetRoot", "latestJustified", "latestFinalized",
                    "blockRoots", "blockWeights", "attestationSignatures", "newAggregatedPayloads",
                    "knownAggregatedPayloads"});
  Snapshot snapshot;
  snapshot.time = FromJson<uint64_t>(json.at("time"));
  snapshot.head_root = FromJson<Root>(json.at("headRoot"));
  snapshot.safe_target_root = FromJson<Root>(json.at("safeTargetRoot"));
  snapshot.latest_justified = FromJson<Checkpoint>(json.at("latestJustified"));
  snapshot.latest_finalized = FromJson<Checkpoint>(json.at("latestFinalized"));
  for (const Json& root : json.at("blockRoots")) {
    snapshot.block_roots.push_back(FromJson<Root>(root));
  }
  for (const Json& entry : json.at("blockWeights")) {
    ExpectKeys(entry, {"root", "weight"});
    snapshot.block_weights.push_back(
        {FromJson<Root>(entry.at("root")), FromJson<uint64_t>(entry.at("weight"))});
  }
  for (const Json& entry : json.at("attestationSignatures")) {
    ExpectKeys(entry, {"dataRoot", "validatorIndices"});
    snapshot.attestation_signatures.push_back(
        {FromJson<Root>(entry.at("dataRoot")),
         entry.at("validatorIndices").get<std::vector<uint64_t>>()});
  }
  snapshot.new_aggregated_payloads = AggregatedPoolFromJson(json.at("newAggregatedPayloads"));
  snapshot.known_aggregated_payloads = AggregatedPoolFromJson(json.at("knownAggregatedPayloads"));
  return snapshot;
}

void ExpectSnapshot(const Snapshot& actual, const Snapshot& expected) {
  EXPECT_EQ(actual.time, expected.time);
  EXPECT_EQ(actual.head_root, expected.head_root);
  EXPECT_EQ(actual.safe_target_root, expected.safe_target_root);
  EXPECT_EQ(actual.latest_justified, expected.latest_justified);
  EXPECT_EQ(actual.latest_finalized, expected.latest_finalized);
  EXPECT_EQ(actual.block_roots, expected.block_roots);
  EXPECT_EQ(actual.block_weights, expected.block_weights);
  EXPECT_EQ(actual.attestation_signatures, expected.attestation_signatures);
  EXPECT_EQ(actual.new_aggregated_payloads, expected.new_aggregated_payloads);
  EXPECT_EQ(actual.known_aggregated_payloads, expected.known_aggregated_payloads);
}

// --- What the filler's proposer did before a block step ---

// The filler builds each block at a proposer that shares the store under test. On a copy of it, it
// moves the clock to the block's slot, hears votes one by one, aggregates and accepts them; the
// proofs that come of it stay with the store, as votes it already counts. A vector shows only the
// block. This class does the same again from what can be seen of those votes:
//  - the votes in the block's body, as far as the store has no proof of them yet. (Data that a body
//    repeats was put there by force, without ever being heard.);
//  - votes that were heard and left out of the block. The snapshot after the step names them by
//    their root and voters: a root that no pool holds is looked for among all votes there can be.
class Proposer {
 public:
  explicit Proposer(const Store& store) : store_(store) {}

  void HearVotes(const Block& block, const Snapshot& after) {
    store_.OnTick(chain::IntervalFromSlot(block.slot), /*has_proposal=*/true,
                  /*is_aggregator=*/true);
    const auto& votes = block.body.attestations.elements;
    for (const chain::AggregatedAttestation& vote : votes) {
      const auto same_data = [&](const auto& other) { return other.data == vote.data; };
      if (std::count_if(votes.begin(), votes.end(), same_data) > 1) continue;
      HearUncovered(vote.data, chain::ToValidatorIndices(vote.aggregation_bits));
    }
    for (const chain::AggregatedPoolSnapshot& entry : after.known_aggregated_payloads) {
      for (const std::vector<ValidatorIndex>& voters : entry.participant_sets) {
        HearUnlessHeld(entry.data_root, voters);
      }
    }
  }

  // Aggregates and accepts what it heard.
  void AcceptVotes() {
    chain::StorePeer::Aggregate(&store_);
    chain::StorePeer::AcceptNewAttestations(&store_);
  }

  // The filler built the block from those votes with the specification's builder: so must ours.
  void ExpectToBuild(const Block& block) {
    const chain::Result<chain::BuiltBlock> built = chain::BuildBlock(
        *store_.FindState(block.parent_root), block.slot, block.proposer_index, block.parent_root,
        [&](const Root& root) { return store_.Contains(root); }, store_.known_aggregated_payloads(),
        &prover_);
    ASSERT_TRUE(built.ok()) << NameOf(built.rejection());
    EXPECT_TRUE(built->block == block) << "the builder chose other votes than the filler's";
    EXPECT_EQ(built->proofs.size(), block.body.attestations.size());
  }

  // Leaves the proofs with `store`.
  void ShareProofs(Store* store) {
    for (const auto& entry : store_.known_aggregated_payloads()) {
      chain::StorePeer::AddKnownPayload(entry, store);
    }
  }

 private:
  void Hear(const AttestationData& data, ValidatorIndex voter) {
    SignedAttestation heard{voter, data, {}};
    heard.signature.rho[0].value = static_cast<uint32_t>(voter + 1);
    const Verdict rejection = store_.OnGossipAttestation(heard, /*is_aggregator=*/true);
    EXPECT_FALSE(rejection) << "a vote for the block: " << NameOf(rejection);
  }

  void HearUncovered(const AttestationData& data, const std::vector<ValidatorIndex>& voters) {
    const chain::ProofSelection held = chain::SelectProofsForCoverage(
        store_.new_aggregated_payloads().Find(data), store_.known_aggregated_payloads().Find(data));
    for (const ValidatorIndex voter : voters) {
      if (voter >= held.covered.size() || !held.covered[voter]) Hear(data, voter);
    }
  }

  void HearUnlessHeld(const Root& data_root, const std::vector<ValidatorIndex>& voters) {
    const std::optional<AttestationData> data = FindData(data_root);
    if (!data) {
      ADD_FAILURE() << "no vote for known blocks has the root " << ssz::ToHex(data_root);
      return;
    }
    for (const auto* pool :
         {&store_.new_aggregated_payloads(), &store_.known_aggregated_payloads()}) {
      const auto* proofs = pool->Find(*data);
      if (proofs == nullptr) continue;
      for (const chain::SingleMessageAggregate& proof : *proofs) {
        if (chain::ToValidatorIndices(proof.participants) == voters) return;
      }
    }
    for (const ValidatorIndex voter : voters) {
      if (!HasHeard(*data, voter)) Hear(*data, voter);
    }
  }

  bool HasHeard(const AttestationData& data, ValidatorIndex voter) const {
    const auto* signatures = store_.attestation_signatures().Find(data);
    return signatures != nullptr &&
           std::any_of(signatures->begin(), signatures->end(),
                       [&](const auto& signature) { return signature.validator_index == voter; });
  }

  std::optional<AttestationData> FindData(const Root& data_root) const {
    for (const auto& entry : store_.known_aggregated_payloads()) {
      if (chain::HashTreeRoot(entry.data) == data_root) return entry.data;
    }
    for (const auto& entry : store_.new_aggregated_payloads()) {
      if (chain::HashTreeRoot(entry.data) == data_root) return entry.data;
    }
    for (const auto& entry : store_.attestation_signatures()) {
      if (chain::HashTreeRoot(entry.data) == data_root) return entry.data;
    }
    return SearchData(data_root);
  }

  // Every vote the store would admit: source, target and head along one chain, at any slot from the
  // head's to now.
  std::optional<AttestationData> SearchData(const Root& data_root) const {
    for (const Root& head_root : store_.TakeSnapshot().block_roots) {
      const std::vector<Checkpoint> chain = ChainBelow(head_root);
      for (size_t target = 0; target < chain.size(); ++target) {
        for (size_t source = target; source < chain.size(); ++source) {
          for (uint64_t slot = chain[0].slot; slot <= store_.time() / chain::kIntervalsPerSlot;
               ++slot) {
            const AttestationData data{slot, chain[0], chain[target], chain[source]};
            if (chain::HashTreeRoot(data) == data_root) return data;
          }
        }
      }
    }
    return std::nullopt;
  }

  // The block and its ancestors, newest first.
  std::vector<Checkpoint> ChainBelow(Root root) const {
    std::vector<Checkpoint> chain;
    for (const Block* block; (block = store_.FindBlock(root)) != nullptr;
         root = block->parent_root) {
      chain.push_back({root, block->slot});
    }
    return chain;
  }

  Store store_;
  chain::PlaceholderProver prover_;
};

// --- Authored checks ---

// A vector's run so far: what checks and steps refer to.
struct Run {
  Store store;
  std::map<std::string, Root> labels;
  Root previous_head;
  std::optional<Block> block;  // The step's own, when it has one.

  Root Labelled(const Json& label) const {
    const auto found = labels.find(label.get<std::string>());
    if (found == labels.end()) throw std::invalid_argument("unknown label " + label.dump());
    return found->second;
  }
  const Block& StepBlock() const {
    if (!block) throw std::invalid_argument("a check of the block in a step without one");
    return *block;
  }
};

std::set<Root> Ancestors(const Store& store, Root root) {
  std::set<Root> ancestors;
  for (const Block* block; (block = store.FindBlock(root)) != nullptr; root = block->parent_root) {
    ancestors.insert(root);
  }
  return ancestors;
}

template <class Pool>
std::set<uint64_t> TargetSlots(const Pool& pool) {
  std::set<uint64_t> slots;
  for (const auto& entry : pool) slots.insert(entry.data.target.slot);
  return slots;
}

// A validator's latest vote in a pool, of equal ones the first. Null when there is none.
template <class Pool, class Covers>
const AttestationData* LatestVote(const Pool& pool, Covers&& covers) {
  const AttestationData* latest = nullptr;
  for (const auto& entry : pool) {
    const bool votes = std::any_of(entry.votes.begin(), entry.votes.end(), covers);
    if (votes && (latest == nullptr || latest->slot < entry.data.slot)) latest = &entry.data;
  }
  return latest;
}

const AttestationData* VoteAt(const Store& store, const std::string& location,
                              ValidatorIndex validator) {
  const auto participates = [&](const chain::SingleMessageAggregate& proof) {
    return validator < proof.participants.bits.size() && proof.participants.bits[validator];
  };
  if (location == "new") return LatestVote(store.new_aggregated_payloads(), participates);
  if (location == "known") return LatestVote(store.known_aggregated_payloads(), participates);
  if (location == "signatures") {
    return LatestVote(store.attestation_signatures(), [&](const auto& signature) {
      return signature.validator_index == validator;
    });
  }
  throw std::invalid_argument("unknown location \"" + location + "\"");
}

void CheckAttestation(const Run& run, const Json& check) {
  ExpectKeys(check, {"validator", "attestationSlot", "headSlot", "sourceSlot", "sourceRootLabel",
                     "targetSlot", "location"});
  const auto validator = FromJson<uint64_t>(check.at("validator"));
  const AttestationData* vote =
      VoteAt(run.store, check.at("location").get<std::string>(), validator);
  ASSERT_NE(vote, nullptr) << "no vote of validator " << validator;
  const auto expect_slot = [&](const char* key, uint64_t actual) {
    if (!check.contains(key)) return;
    EXPECT_EQ(actual, FromJson<uint64_t>(check.at(key))) << key;
  };
  expect_slot("attestationSlot", vote->slot);
  expect_slot("headSlot", vote->head.slot);
  expect_slot("sourceSlot", vote->source.slot);
  expect_slot("targetSlot", vote->target.slot);
  if (check.contains("sourceRootLabel")) {
    EXPECT_EQ(vote->source.root, run.Labelled(check.at("sourceRootLabel")));
  }
}

void CheckBlockAttestation(const Run& run, const Json& check) {
  ExpectKeys(check, {"participants", "attestationSlot", "targetSlot"});
  const auto participants = check.at("participants").get<std::set<uint64_t>>();
  for (const chain::AggregatedAttestation& vote : run.StepBlock().body.attestations) {
    const std::vector<ValidatorIndex> voters = chain::ToValidatorIndices(vote.aggregation_bits);
    if (std::set<uint64_t>(voters.begin(), voters.end()) != participants) continue;
    if (check.contains("attestationSlot")) {
      EXPECT_EQ(vote.data.slot, FromJson<uint64_t>(check.at("attestationSlot")));
    }
    if (check.contains("targetSlot")) {
      EXPECT_EQ(vote.data.target.slot, FromJson<uint64_t>(check.at("targetSlot")));
    }
    return;
  }
  ADD_FAILURE() << "no attestation of " << check.at("participants");
}

// All the forks have equal weight, and the head is the one with the greatest root.
void CheckLexicographicHead(const Run& run, const Json& labels) {
  EXPECT_GE(labels.size(), 2u);
  const Snapshot snapshot = run.store.TakeSnapshot();
  std::set<uint64_t> weights;
  Root greatest;
  for (const Json& label : labels) {
    const Root root = run.Labelled(label);
    greatest = std::max(greatest, root);
    const auto weight =
        std::find_if(snapshot.block_weights.begin(), snapshot.block_weights.end(),
                     [&](const chain::BlockWeight& entry) { return entry.root == root; });
    weights.insert(weight == snapshot.block_weights.end() ? 0 : weight->weight);
  }
  EXPECT_EQ(weights.size(), 1u) << "the forks differ in weight";
  EXPECT_EQ(run.store.head(), greatest);
}

void CheckNewPoolProofParticipants(const Run& run, const Json& expected) {
  std::map<uint64_t, std::set<uint64_t>> by_slot;
  for (const auto& entry : run.store.new_aggregated_payloads()) {
    for (const chain::SingleMessageAggregate& proof : entry.votes) {
      const std::vector<ValidatorIndex> voters = chain::ToValidatorIndices(proof.participants);
      by_slot[entry.data.target.slot].insert(voters.begin(), voters.end());
    }
  }
  for (const auto& [slot, participants] : expected.items()) {
    EXPECT_EQ(by_slot[std::stoull(slot)], participants.get<std::set<uint64_t>>());
  }
}

void CheckReorgDepth(const Run& run, const Json& expected) {
  const std::set<Root> before = Ancestors(run.store, run.previous_head);
  const std::set<Root> after = Ancestors(run.store, run.store.head());
  uint64_t depth = 0;
  for (const Root& root : before) depth += after.contains(root) ? 0 : 1;
  EXPECT_EQ(depth, FromJson<uint64_t>(expected));
}

// Every key that the filler can emit, and how it is checked.
using Check = std::function<void(const Run&, const Json&)>;

template <class T>
Check Equals(T (*get)(const Run&)) {
  return
      [get](const Run& run, const Json& expected) { EXPECT_EQ(get(run), FromJson<T>(expected)); };
}

Check IsLabelled(Root (*get)(const Run&)) {
  return [get](const Run& run, const Json& label) {
    EXPECT_EQ(get(run), run.Labelled(label)) << label;
  };
}

Check HasSlots(std::set<uint64_t> (*get)(const Run&)) {
  return [get](const Run& run, const Json& expected) {
    EXPECT_EQ(get(run), expected.get<std::set<uint64_t>>());
  };
}

template <void (*CheckOne)(const Run&, const Json&)>
void CheckEach(const Run& run, const Json& expected) {
  for (const Json& one : expected) CheckOne(run, one);
}

const std::map<std::string, Check>& Checks() {
  using R = const Run&;
  static const std::map<std::string, Check> checks = {
      {"time", Equals<uint64_t>([](R r) { return r.store.time(); })},
      {"headSlot", Equals<uint64_t>([](R r) { return r.store.SlotOf(r.store.head()); })},
      {"headRoot", Equals<Root>([](R r) { return r.store.head(); })},
      {"headRootLabel", IsLabelled([](R r) { return r.store.head(); })},
      {"filledBlockRootLabel", IsLabelled([](R r) { return chain::HashTreeRoot(r.StepBlock()); })},
      {"latestJustifiedSlot",
       Equals<uint64_t>([](R r) { return r.store.latest_justified().slot; })},
      {"latestJustifiedRoot", Equals<Root>([](R r) { return r.store.latest_justified().root; })},
      {"latestJustifiedRootLabel", IsLabelled([](R r) { return r.store.latest_justified().root; })},
      {"latestFinalizedSlot",
       Equals<uint64_t>([](R r) { return r.store.latest_finalized().slot; })},
      {"latestFinalizedRoot", Equals<Root>([](R r) { return r.store.latest_finalized().root; })},
      {"latestFinalizedRootLabel", IsLabelled([](R r) { return r.store.latest_finalized().root; })},
      {"safeTarget", Equals<Root>([](R r) { return r.store.safe_target(); })},
      {"safeTargetSlot",
       Equals<uint64_t>([](R r) { return r.store.SlotOf(r.store.safe_target()); })},
      {"safeTargetRootLabel", IsLabelled([](R r) { return r.store.safe_target(); })},
      {"attestationTargetSlot", Equals<uint64_t>([](R r) {
         const Checkpoint target = r.store.GetAttestationTarget();
         EXPECT_EQ(r.store.SlotOf(target.root), target.slot);
         return target.slot;
       })},
      {"attestationTargetRootLabel",
       IsLabelled([](R r) { return r.store.GetAttestationTarget().root; })},
      {"attestationChecks", CheckEach<CheckAttestation>},
      {"attestationSignatureTargetSlots",
       HasSlots([](R r) { return TargetSlots(r.store.attestation_signatures()); })},
      {"latestNewAggregatedTargetSlots",
       HasSlots([](R r) { return TargetSlots(r.store.new_aggregated_payloads()); })},
      {"latestKnownAggregatedTargetSlots",
       HasSlots([](R r) { return TargetSlots(r.store.known_aggregated_payloads()); })},
      {"newPoolProofParticipants", CheckNewPoolProofParticipants},
      {"blockAttestationCount",
       Equals<uint64_t>([](R r) { return uint64_t{r.StepBlock().body.attestations.size()}; })},
      {"blockAttestations", CheckEach<CheckBlockAttestation>},
      {"lexicographicHeadAmong", CheckLexicographicHead},
      {"reorgDepth", CheckReorgDepth},
      {"labelsInStore",
       [](R r, const Json& labels) {
         for (const Json& label : labels) EXPECT_TRUE(r.store.Contains(r.Labelled(label))) << label;
       }},
  };
  return checks;
}

void RunChecks(const Run& run, const Json& checks) {
  for (const auto& [key, expected] : checks.items()) {
    SCOPED_TRACE("checks." + key);
    const auto check = Checks().find(key);
    if (check == Checks().end()) {
      ADD_FAILURE() << "unknown check";
    } else {
      check->second(run, expected);
    }
  }
}

// --- Steps ---

void ExpectStepKeys(const Json& step, std::vector<std::string> own) {
  for (const char* key : {"stepType", "valid", "rejectionReason", "checks", "storeSnapshot"}) {
    own.push_back(key);
  }
  ExpectKeys(step, own);
}

Verdict RunTick(const Json& step, Run* run) {
  ExpectStepKeys(step, {"time", "interval", "hasProposal"});
  const uint64_t target = step.contains("interval")
                              ? FromJson<uint64_t>(step.at("interval"))
                              : chain::TotalIntervals(run->store.config().genesis_time,
                                                      1000 * FromJson<uint64_t>(step.at("time")));
  run->store.OnTick(target, FromJson<bool>(step.at("hasProposal")), /*is_aggregator=*/true);
  return chain::kAccepted;
}

Verdict RunBlock(const Json& step, Run* run) {
  ExpectStepKeys(step, {"tickToSlot", "block"});
  Json json = step.at("block");
  const Json label = json.value("blockRootLabel", Json());
  json.erase("blockRootLabel");
  run->block = FromJson<Block>(json);
  const Block& block = *run->block;
  if (!label.is_null()) run->labels[label.get<std::string>()] = chain::HashTreeRoot(block);

  // A block on an unknown parent cannot be built: the filler made it up.
  if (run->store.Contains(block.parent_root)) {
    Proposer proposer(run->store);
    proposer.HearVotes(block, SnapshotFromJson(step.at("storeSnapshot")));
    proposer.AcceptVotes();
    if (FromJson<bool>(step.at("valid"))) proposer.ExpectToBuild(block);
    proposer.ShareProofs(&run->store);
  }
  if (FromJson<bool>(step.at("tickToSlot"))) {
    run->store.OnTick(chain::IntervalFromSlot(block.slot), /*has_proposal=*/true,
                      /*is_aggregator=*/true);
  }
  return run->store.OnBlock(SignedBlock{block, {{chain::PlaceholderProver::Prefix()}}});
}

Verdict RunAttestation(const Json& step, Run* run) {
  ExpectStepKeys(step, {"attestation", "isAggregator"});
  return run->store.OnGossipAttestation(FromJson<SignedAttestation>(step.at("attestation")),
                                        FromJson<bool>(step.at("isAggregator")));
}

Verdict RunAggregatedAttestation(const Json& step, Run* run) {
  ExpectStepKeys(step, {"attestation"});
  return run->store.OnGossipAggregatedAttestation(
      FromJson<SignedAggregatedAttestation>(step.at("attestation")));
}

void RunStep(const Json& step, Run* run) {
  static const std::map<std::string, Verdict (*)(const Json&, Run*)> runners = {
      {"tick", RunTick},
      {"block", RunBlock},
      {"attestation", RunAttestation},
      {"gossipAggregatedAttestation", RunAggregatedAttestation},
  };
  run->previous_head = run->store.head();
  run->block.reset();
  const Verdict rejection = runners.at(step.at("stepType").get<std::string>())(step, run);
  EXPECT_EQ(!rejection, FromJson<bool>(step.at("valid")));
  EXPECT_EQ(NameOf(rejection), step.value("rejectionReason", "accepted"));
  ExpectSnapshot(run->store.TakeSnapshot(), SnapshotFromJson(step.at("storeSnapshot")));
  if (step.contains("checks")) RunChecks(*run, step.at("checks"));
}

Outcome RunForkChoice(const Vector& vector) {
  ExpectKeys(vector.body, {"network", "leanEnv", "proofSetting", "_info", "rejectionReason",
                           "anchorState", "anchorBlock", "steps", "maxSlot"});
  const std::string need = NeedsCryptography(vector.body);
  if (!need.empty()) return Skipped("needs " + need);
  MockedProofVerifier mocked_verifier;
  chain::StructuralVerifier structural_verifier;
  const bool mocked = FromJson<uint64_t>(vector.body.at("proofSetting")) == 0;
  chain::SignatureVerifier* verifier = &structural_verifier;
  if (mocked) verifier = &mocked_verifier;
  chain::PlaceholderProver prover;
  const Block anchor_block = FromJson<Block>(vector.body.at("anchorBlock"));
  chain::Result<Store> store = Store::Create(FromJson<State>(vector.body.at("anchorState")),
                                             anchor_block, verifier, &prover);
  EXPECT_EQ(store.ok() ? "accepted" : NameOf(store.rejection()),
            vector.rejection_reason().value_or("accepted"));
  if (!store.ok()) {
    EXPECT_TRUE(vector.body.at("steps").empty());
    return Passed();
  }
  Run run{std::move(*store), {{"genesis", chain::HashTreeRoot(anchor_block)}}, {}, {}};
  size_t number = 0;
  for (const Json& step : vector.body.at("steps")) {
    SCOPED_TRACE("step " + std::to_string(number++));
    RunStep(step, &run);
  }
  return Passed();
}

TEST(Conformance, ForkChoice) {
  if (!HaveVectors()) GTEST_SKIP() << NoVectors();
  ForEachVector("fork_choice", RunForkChoice);
}

}  // namespace
}  // namespace heddle::conformance
