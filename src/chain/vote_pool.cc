#include "src/chain/vote_pool.h"

#include <algorithm>

namespace heddle::chain {

void AggregatedPool::Add(const AttestationData& data, SingleMessageAggregate proof) {
  Entry& entry = pool_.AtBack(data);
  if (std::find(entry.votes.begin(), entry.votes.end(), proof) != entry.votes.end()) return;
  if (latest_valid_) Consider(entry, proof.participants);
  entry.votes.push_back(std::move(proof));
}

void AggregatedPool::Seed(const AttestationData& data) {
  const Entry& entry = pool_.AtFront(data);
  // First in the pool, it now wins ties that it may have lost.
  if (!latest_valid_) return;
  for (const SingleMessageAggregate& proof : entry.votes) Consider(entry, proof.participants);
}

void AggregatedPool::Absorb(AggregatedPool* other) {
  for (const Entry& entry : *other) {
    pool_.AtBack(entry.data);
    for (const SingleMessageAggregate& proof : entry.votes) Add(entry.data, proof);
  }
  other->Clear();
}

void AggregatedPool::EraseIf(const std::function<bool(const AttestationData&)>& erase) {
  pool_.EraseIf(erase);
  latest_valid_ = false;
}

void AggregatedPool::Clear() {
  pool_.Clear();
  latest_valid_ = false;
}

std::span<const AggregatedPool::Entry* const> AggregatedPool::LatestVotes(
    Slot finalized_slot) const {
  if (!latest_valid_ || latest_finalized_slot_ != finalized_slot) {
    latest_.clear();
    latest_finalized_slot_ = finalized_slot;
    latest_valid_ = true;
    for (const Entry& entry : pool_) {
      for (const SingleMessageAggregate& proof : entry.votes) Consider(entry, proof.participants);
    }
  }
  return latest_;
}

void AggregatedPool::Consider(const Entry& entry, const AggregationBits& participants) const {
  // A vote for a head at or below the finalized slot weighs nothing.
  if (entry.data.head.slot <= latest_finalized_slot_) return;
  if (latest_.size() < participants.bits.size()) latest_.resize(participants.bits.size());
  participants.bits.ForEachOne([&](uint64_t index) {
    const Entry*& latest = latest_[index];
    const bool later = latest == nullptr || entry.data.slot > latest->data.slot ||
                       (entry.data.slot == latest->data.slot && entry.rank < latest->rank);
    if (later) latest = &entry;
  });
}

}  // namespace heddle::chain
