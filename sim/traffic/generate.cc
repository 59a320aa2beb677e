#include "sim/traffic/generate.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/traffic/dice.h"
#include "sim/traffic/network.h"
#include "sim/traffic/observer.h"
#include "src/chain/genesis.h"
#include "src/chain/slot.h"
#include "src/chain/wire/topic.h"

namespace heddle::traffic {
namespace {

using trace::kIntervalNs;
using trace::kIntervalsPerSlot;
using trace::kSlotNs;

constexpr char kBlocksByRoot[] = "/leanconsensus/req/blocks_by_root/1/ssz_snappy";
constexpr char kBlocksByRange[] = "/leanconsensus/req/blocks_by_range/1/ssz_snappy";

constexpr uint64_t kFirstGenesisTime = 1'763'800'000;  // Unix seconds
constexpr int64_t kMillisecond = 1'000'000;
// In one slot of so many the observer asks for blocks.
constexpr uint32_t kAsksOneIn = 8;
constexpr uint32_t kMostBlocksAsked = 4;

bool IsRate(double rate) { return rate >= 0 && rate <= 1; }

absl::Status Check(const TrafficOptions& options) {
  const auto wrong = [](absl::string_view what) { return absl::InvalidArgumentError(what); };
  if (options.validators < 1 || options.validators > trace::kMaxValidators) {
    return wrong(absl::StrCat("validators: ", options.validators, "; expected 1 to ",
                              trace::kMaxValidators));
  }
  if (options.slots < 1 || options.slots > TrafficOptions::kMaxSlots) {
    return wrong(
        absl::StrCat("slots: ", options.slots, "; expected 1 to ", TrafficOptions::kMaxSlots));
  }
  if (options.peers < 1 || options.peers > TrafficOptions::kMaxPeers) {
    return wrong(
        absl::StrCat("peers: ", options.peers, "; expected 1 to ", TrafficOptions::kMaxPeers));
  }
  const std::pair<const char*, double> rates[] = {
      {"missed", options.missed},         {"late", options.late},
      {"forks", options.forks},           {"equivocation", options.equivocation},
      {"duplicates", options.duplicates}, {"reorder", options.reorder},
      {"corrupt", options.corrupt},       {"churn", options.churn}};
  for (const auto& [name, rate] : rates) {
    if (!IsRate(rate)) return wrong(absl::StrCat(name, ": ", rate, "; expected a rate, 0 to 1"));
  }
  return absl::OkStatus();
}

trace::Header MakeHeader(const TrafficOptions& options, Dice* dice) {
  trace::Header header;
  header.network = kNetwork;
  header.genesis_time = kFirstGenesisTime + options.seed % 1'000'000;
  for (uint64_t i = 0; i < options.validators; ++i) {
    trace::Validator validator;
    validator.attestation_public_key = dice->Key();
    validator.proposal_public_key = dice->Key();
    header.validators.push_back(validator);
  }
  return header;
}

class Generator {
 public:
  Generator(const TrafficOptions& options, const EventSink& sink)
      : options_(options),
        dice_(options.seed),
        header_(MakeHeader(options, &dice_)),
        observer_(options_, &dice_, sink) {}

  absl::StatusOr<TrafficSummary> Run() {
    groups_.push_back(MakeGroup(header_));
    observer_.Meet();
    const uint64_t cut = options_.partition ? options_.slots / 4 + 1 : 0;
    const uint64_t healed = options_.slots / 2 + 1;
    for (chain::Slot slot = 1; slot <= options_.slots; ++slot) {
      if (slot == cut) Cut();
      if (groups_.size() > 1 && slot == healed) Heal(SlotNs(slot));
      if (options_.churn > 0) observer_.Churn(SlotNs(slot));
      RunSlot(slot);
      absl::Status status = observer_.queue().TakeUntil(SlotNs(slot + 1));
      if (!status.ok()) return status;
    }
    absl::Status status = observer_.queue().TakeUntil(INT64_MAX);
    if (!status.ok()) return status;
    const chain::Store& store = groups_.front().store();
    summary_.events = observer_.queue().taken();
    summary_.head_slot = store.SlotOf(store.head());
    summary_.justified_slot = store.latest_justified().slot;
    summary_.finalized_slot = store.latest_finalized().slot;
    return summary_;
  }

 private:
  static int64_t SlotNs(chain::Slot slot) { return static_cast<int64_t>(slot) * kSlotNs; }

  Group MakeGroup(const trace::Header& header) const {
    std::vector<chain::ValidatorKeys> keys;
    for (const trace::Validator& validator : header.validators) {
      chain::ValidatorKeys pair;
      std::copy(validator.attestation_public_key.begin(), validator.attestation_public_key.end(),
                pair.first.data());
      std::copy(validator.proposal_public_key.begin(), validator.proposal_public_key.end(),
                pair.second.data());
      keys.push_back(pair);
    }
    return Group(GenesisStore(header.genesis_time, keys), std::vector<bool>(keys.size(), true));
  }

  // The network falls in two. The observer is in the first part.
  void Cut() {
    std::vector<bool> here(options_.validators), there(options_.validators);
    for (uint64_t i = 0; i < options_.validators; ++i) {
      here[i] = dice_.OneIn(2);
      there[i] = !here[i];
    }
    groups_.push_back(groups_.front());
    groups_[0].SetMembers(std::move(here));
    groups_[1].SetMembers(std::move(there));
    unheard_.clear();
  }

  // The links come back: the first part, and the observer with it, learns of the other's blocks.
  void Heal(int64_t now) {
    groups_.pop_back();
    groups_[0].SetMembers(std::vector<bool>(options_.validators, true));
    for (const chain::SignedBlock& block : unheard_) groups_[0].Deliver(block);
    if (options_.reqresp) {
      for (size_t i = 0; i < unheard_.size(); i += kMostBlocksAsked) {
        const size_t end = std::min<size_t>(i + kMostBlocksAsked, unheard_.size());
        observer_.Answer(kBlocksByRange,
                         {unheard_.begin() + static_cast<std::ptrdiff_t>(i),
                          unheard_.begin() + static_cast<std::ptrdiff_t>(end)},
                         now + static_cast<int64_t>(i) * 50 * kMillisecond);
      }
    } else {
      for (const chain::SignedBlock& block : unheard_) {
        observer_.Hear(wire::TopicKind::kBlock, block, now);
      }
    }
    unheard_.clear();
  }

  void RunSlot(chain::Slot slot) {
    const chain::ValidatorIndex proposer = *chain::ProposerForSlot(slot, options_.validators);
    const bool proposes = !dice_.Chance(options_.missed);
    for (int64_t i = 0; i < kIntervalsPerSlot; ++i) {
      const int64_t now = SlotNs(slot) + i * kIntervalNs;
      const chain::Interval interval = chain::IntervalFromSlot(slot) + static_cast<uint64_t>(i);
      for (size_t g = 0; g < groups_.size(); ++g) {
        const bool here = proposes && groups_[g].IsMember(proposer);
        for (const auto& aggregate : groups_[g].Tick(interval, i == 0 && here)) {
          if (g == 0) observer_.Hear(wire::TopicKind::kAggregation, aggregate, now);
        }
        if (i == 0 && here) Propose(g, slot, proposer, now);
        if (i == 1) Vote(g, slot, now);
      }
    }
    if (options_.reqresp && dice_.OneIn(kAsksOneIn)) AskForRecentBlocks(SlotNs(slot));
    if (groups_.size() == 1) groups_.front().Prune();
  }

  void Propose(size_t g, chain::Slot slot, chain::ValidatorIndex proposer, int64_t now) {
    Group& group = groups_[g];
    const bool on_parent = dice_.Chance(options_.forks);
    const chain::SignedBlock block = group.Propose(slot, proposer, on_parent, true);
    Publish(g, block, now, dice_.Chance(options_.late));
    if (!dice_.Chance(options_.equivocation)) return;
    const chain::SignedBlock second = group.Propose(slot, proposer, !on_parent, false);
    if (!(second == block)) Publish(g, second, now + dice_.Milliseconds(0, 400), false);
  }

  void Publish(size_t g, const chain::SignedBlock& block, int64_t now, bool late) {
    ++summary_.blocks;
    const int64_t made = now;
    if (late) now += dice_.Milliseconds(900, 7000);
    if (late) {
      groups_[g].DeliverAt(static_cast<chain::Interval>(now / kIntervalNs + 1), block);
    } else {
      groups_[g].Deliver(block);
    }
    if (g > 0) {
      unheard_.push_back(block);
      return;
    }
    observer_.Hear(wire::TopicKind::kBlock, block, now);
    // Whoever misses a block may ask for it, and get it before gossip brings it, or after.
    if (late && options_.reqresp && dice_.OneIn(2)) {
      observer_.Answer(kBlocksByRoot, {block}, made + dice_.Milliseconds(1000, 6000));
    }
  }

  void Vote(size_t g, chain::Slot slot, int64_t now) {
    Group& group = groups_[g];
    const std::optional<chain::AttestationData> data = group.VoteAt(slot);
    if (!data.has_value()) return;
    const std::optional<chain::AttestationData> other = group.OtherVoteAt(slot);
    const bool twice = other.has_value() && dice_.Chance(options_.equivocation);
    const uint32_t liar = dice_.Below(static_cast<uint32_t>(options_.validators));
    for (uint64_t i = 0; i < options_.validators; ++i) {
      if (!group.IsMember(i)) continue;
      Cast(g, {i, *data, dice_.Signature()}, now);
      if (twice && i == liar) Cast(g, {i, *other, dice_.Signature()}, now);
    }
  }

  void Cast(size_t g, const chain::SignedAttestation& vote, int64_t now) {
    groups_[g].Deliver(vote);
    if (g == 0) observer_.Hear(wire::TopicKind::kAttestationSubnet, vote, now);
  }

  void AskForRecentBlocks(int64_t now) {
    const std::vector<chain::Block>& recent = groups_.front().recent();
    std::vector<chain::SignedBlock> asked;
    const size_t count = std::min<size_t>(recent.size(), 1 + dice_.Below(kMostBlocksAsked));
    for (size_t i = recent.size() - count; i < recent.size(); ++i) asked.push_back(Sign(recent[i]));
    observer_.Answer(kBlocksByRange, asked, now);
  }

  const TrafficOptions& options_;
  Dice dice_;
  const trace::Header header_;
  Observer observer_;
  std::vector<Group> groups_;  // the observer's first
  std::vector<chain::SignedBlock> unheard_;
  TrafficSummary summary_;
};

}  // namespace

absl::StatusOr<trace::Header> HeaderOf(const TrafficOptions& options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  Dice dice(options.seed);
  return MakeHeader(options, &dice);
}

absl::StatusOr<TrafficSummary> Generate(const TrafficOptions& options, const EventSink& sink) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  return Generator(options, sink).Run();
}

absl::StatusOr<TrafficSummary> GenerateTrace(const TrafficOptions& options,
                                             const std::string& path) {
  const absl::StatusOr<trace::Header> header = HeaderOf(options);
  if (!header.ok()) return header.status();
  absl::StatusOr<std::unique_ptr<trace::TraceWriter>> writer =
      trace::TraceWriter::Create(path, *header);
  if (!writer.ok()) return writer.status();
  absl::StatusOr<TrafficSummary> summary =
      Generate(options, [&](const trace::Event& event) { return (*writer)->Write(event); });
  if (!summary.ok()) return summary;
  if (absl::Status status = (*writer)->Close(); !status.ok()) return status;
  return summary;
}

}  // namespace heddle::traffic
