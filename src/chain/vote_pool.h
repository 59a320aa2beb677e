// The pools of votes a store holds, by what is voted for.
//
// A pool is a sequence: which data came first decides ties, so the order in which entries were
// added is part of the state. The hash index only finds entries; nothing is read in its order.
#ifndef HEDDLE_SRC_CHAIN_VOTE_POOL_H_
#define HEDDLE_SRC_CHAIN_VOTE_POOL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "src/chain/aggregation.h"
#include "src/chain/containers.h"

namespace heddle::chain {

// A map from attestation data to a set of T that remembers the order of its keys. The sets are
// small vectors without duplicates; their order means nothing.
template <class T>
class VotePool {
 public:
  struct Entry {
    AttestationData data;
    std::vector<T> votes;
    int64_t rank = 0;  // Ascends along the pool.
  };

  VotePool() = default;
  VotePool(const VotePool& other)
      : entries_(other.entries_), front_rank_(other.front_rank_), back_rank_(other.back_rank_) {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      index_.emplace(entry->data, entry);
    }
  }
  VotePool(VotePool&&) = default;
  VotePool& operator=(VotePool other) {
    entries_ = std::move(other.entries_);
    index_ = std::move(other.index_);
    front_rank_ = other.front_rank_;
    back_rank_ = other.back_rank_;
    return *this;
  }

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  // The votes for `data`, or null.
  const std::vector<T>* Find(const AttestationData& data) const {
    auto found = index_.find(data);
    return found == index_.end() ? nullptr : &found->second->votes;
  }

  // The entry of `data`, added at the end if there was none.
  Entry& AtBack(const AttestationData& data) {
    auto [found, added] = index_.try_emplace(data);
    if (added) {
      found->second = entries_.insert(entries_.end(), Entry{data, {}, back_rank_++});
    }
    return *found->second;
  }

  // The entry of `data`, moved to the front, or added there if there was none.
  Entry& AtFront(const AttestationData& data) {
    auto [found, added] = index_.try_emplace(data);
    if (added) {
      found->second = entries_.insert(entries_.begin(), Entry{data, {}, 0});
    } else {
      entries_.splice(entries_.begin(), entries_, found->second);
    }
    found->second->rank = --front_rank_;
    return *found->second;
  }

  template <class Predicate>
  void EraseIf(Predicate&& erase) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      if (erase(entry->data)) {
        index_.erase(entry->data);
        entry = entries_.erase(entry);
      } else {
        ++entry;
      }
    }
  }

  void Clear() {
    entries_.clear();
    index_.clear();
  }

 private:
  std::list<Entry> entries_;
  std::unordered_map<AttestationData, typename std::list<Entry>::iterator, AttestationDataHash>
      index_;
  int64_t front_rank_ = 0;  // Of the first entry ever put in front, counting down.
  int64_t back_rank_ = 0;   // Of the next entry put behind, counting up.
};

// Raw signatures.
using SignaturePool = VotePool<AttestationSignature>;

// Proofs, and the latest vote of each validator they cover.
//
// The latter is kept up to date as proofs come: fork choice asks for it several times a slot, and
// while finality stalls the pool grows without bound.
class AggregatedPool {
 public:
  using Entry = VotePool<SingleMessageAggregate>::Entry;

  AggregatedPool() = default;
  AggregatedPool(const AggregatedPool& other) : pool_(other.pool_) {}
  AggregatedPool(AggregatedPool&&) = default;
  AggregatedPool& operator=(AggregatedPool other) {
    pool_ = std::move(other.pool_);
    latest_valid_ = false;
    return *this;
  }

  size_t size() const { return pool_.size(); }
  bool empty() const { return pool_.empty(); }
  auto begin() const { return pool_.begin(); }
  auto end() const { return pool_.end(); }
  const std::vector<SingleMessageAggregate>* Find(const AttestationData& data) const {
    return pool_.Find(data);
  }

  // Adds a proof, unless the same one is there. A new vote goes to the end.
  void Add(const AttestationData& data, SingleMessageAggregate proof);
  // Puts a vote in front of all others, with the proofs it has, if any.
  void Seed(const AttestationData& data);
  // Adds all of `other`'s proofs, in its order, and leaves it empty.
  void Absorb(AggregatedPool* other);
  void EraseIf(const std::function<bool(const AttestationData&)>& erase);
  void Clear();

  // Each validator's latest vote whose head is above `finalized_slot`: of several for one slot the
  // first in the pool. By validator index; null for none. Good until the pool changes.
  std::span<const Entry* const> LatestVotes(Slot finalized_slot) const;

 private:
  // Lets `entry` replace the latest votes of `participants` that it supersedes.
  void Consider(const Entry& entry, const AggregationBits& participants) const;

  VotePool<SingleMessageAggregate> pool_;
  // A cache: valid for latest_finalized_slot_ when latest_valid_.
  mutable std::vector<const Entry*> latest_;
  mutable Slot latest_finalized_slot_ = 0;
  mutable bool latest_valid_ = false;
};

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_VOTE_POOL_H_
