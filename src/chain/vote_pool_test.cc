#include "src/chain/vote_pool.h"

#include <algorithm>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace heddle::chain {
namespace {

// A vote at `slot` for a head at `head_slot`; `which` tells votes with equal slots apart.
AttestationData Vote(Slot slot, Slot head_slot, uint8_t which) {
  AttestationData data;
  data.slot = slot;
  data.head = {Root{{which}}, head_slot};
  return data;
}

SingleMessageAggregate Proof(const std::vector<ValidatorIndex>& voters, uint8_t bytes = 0) {
  return {*AggregationBitsFromIndices(voters), {{bytes}}};
}

std::vector<uint8_t> Order(const AggregatedPool& pool) {
  std::vector<uint8_t> order;
  for (const auto& entry : pool) order.push_back(entry.data.head.root.bytes[0]);
  return order;
}

TEST(VotePool, RemembersTheOrderOfItsKeys) {
  AggregatedPool pool;
  pool.Add(Vote(1, 1, 10), Proof({0}));
  pool.Add(Vote(1, 1, 11), Proof({0}));
  pool.Add(Vote(1, 1, 10), Proof({1}));  // In its old place.
  EXPECT_EQ(Order(pool), (std::vector<uint8_t>{10, 11}));
  // A block's votes go to the front, known or not, the last one seeded first.
  pool.Seed(Vote(1, 1, 11));
  pool.Seed(Vote(1, 1, 12));
  EXPECT_EQ(Order(pool), (std::vector<uint8_t>{12, 11, 10}));
  EXPECT_EQ(pool.Find(Vote(1, 1, 10))->size(), 2u);
  EXPECT_EQ(pool.Find(Vote(1, 1, 11))->size(), 1u) << "seeding keeps the proofs";
  EXPECT_EQ(pool.Find(Vote(1, 1, 12))->size(), 0u);
  EXPECT_EQ(pool.Find(Vote(1, 1, 13)), nullptr);

  AggregatedPool waiting;
  waiting.Add(Vote(1, 1, 13), Proof({2}));
  waiting.Add(Vote(1, 1, 12), Proof({2}));
  pool.Absorb(&waiting);
  EXPECT_EQ(Order(pool), (std::vector<uint8_t>{12, 11, 10, 13}));
  EXPECT_TRUE(waiting.empty());
  EXPECT_EQ(pool.Find(Vote(1, 1, 12))->size(), 1u);

  pool.EraseIf([](const AttestationData& data) { return data.head.root.bytes[0] == 11; });
  EXPECT_EQ(Order(pool), (std::vector<uint8_t>{12, 10, 13}));
  EXPECT_EQ(pool.Find(Vote(1, 1, 11)), nullptr);
}

TEST(VotePool, HoldsEachProofOnce) {
  AggregatedPool pool;
  pool.Add(Vote(1, 1, 10), Proof({0, 1}, 7));
  pool.Add(Vote(1, 1, 10), Proof({0, 1}, 7));
  EXPECT_EQ(pool.Find(Vote(1, 1, 10))->size(), 1u);
  pool.Add(Vote(1, 1, 10), Proof({0, 1}, 8));
  pool.Add(Vote(1, 1, 10), Proof({0, 2}, 7));
  EXPECT_EQ(pool.Find(Vote(1, 1, 10))->size(), 3u);
}

TEST(LatestVotes, OfEqualSlotsTheFirstInThePoolCounts) {
  AggregatedPool pool;
  pool.Add(Vote(5, 4, 10), Proof({0}));
  pool.Add(Vote(5, 4, 11), Proof({0, 1}));
  EXPECT_EQ(pool.LatestVotes(0)[0]->data, Vote(5, 4, 10));
  EXPECT_EQ(pool.LatestVotes(0)[1]->data, Vote(5, 4, 11));
  // A later proof for the first vote wins where it covers.
  pool.Add(Vote(5, 4, 10), Proof({1}));
  EXPECT_EQ(pool.LatestVotes(0)[1]->data, Vote(5, 4, 10));
  // In front of it, the second wins again.
  pool.Seed(Vote(5, 4, 11));
  EXPECT_EQ(pool.LatestVotes(0)[0]->data, Vote(5, 4, 11));
  EXPECT_EQ(pool.LatestVotes(0)[1]->data, Vote(5, 4, 11));
}

TEST(LatestVotes, HeadsAtOrBelowTheFinalizedSlotAreSkipped) {
  AggregatedPool pool;
  pool.Add(Vote(9, 3, 10), Proof({0}));
  pool.Add(Vote(8, 4, 11), Proof({0}));
  EXPECT_EQ(pool.LatestVotes(2)[0]->data, Vote(9, 3, 10));
  EXPECT_EQ(pool.LatestVotes(3)[0]->data, Vote(8, 4, 11));
  EXPECT_TRUE(pool.LatestVotes(4).empty() || pool.LatestVotes(4)[0] == nullptr);
  EXPECT_EQ(pool.LatestVotes(2)[0]->data, Vote(9, 3, 10)) << "finality can go down again";
}

// The kept table against a walk over the whole pool, over random operations.
TEST(LatestVotes, AreWhatAWalkOverThePoolGives) {
  constexpr uint32_t kSeed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  constexpr size_t kValidators = 6;
  AggregatedPool pool;
  Slot finalized_slot = 0;
  for (int step = 0; step < 20000; ++step) {
    const AttestationData data =
        Vote(random() % 6, random() % 6, static_cast<uint8_t>(random() % 5));
    switch (random() % 12) {
      case 0:
        finalized_slot = random() % 5;
        break;
      case 1:
        if (random() % 8 != 0) break;
        pool.EraseIf([&](const AttestationData& entry) { return entry.slot == data.slot; });
        break;
      case 2:
        if (random() % 64 == 0) pool.Clear();
        break;
      case 3:
        pool = AggregatedPool(pool);
        break;
      case 4:
      case 5:
        pool.Seed(data);
        break;
      default:
        pool.Add(data, Proof({random() % kValidators, random() % kValidators},
                             static_cast<uint8_t>(random() % 2)));
    }
    std::vector<const AggregatedPool::Entry*> expected(kValidators);
    for (const auto& entry : pool) {
      if (entry.data.head.slot <= finalized_slot) continue;
      for (const SingleMessageAggregate& proof : entry.votes) {
        for (const ValidatorIndex voter : ToValidatorIndices(proof.participants)) {
          const auto*& latest = expected[voter];
          if (latest == nullptr || latest->data.slot < entry.data.slot) latest = &entry;
        }
      }
    }
    const auto latest = pool.LatestVotes(finalized_slot);
    std::vector<const AggregatedPool::Entry*> actual(latest.begin(), latest.end());
    ASSERT_LE(actual.size(), kValidators);
    actual.resize(kValidators);
    ASSERT_EQ(actual, expected) << "step " << step;
  }
}

}  // namespace
}  // namespace heddle::chain
