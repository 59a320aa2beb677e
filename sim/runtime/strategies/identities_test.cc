#include "sim/runtime/strategies/identities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace heddle::sim {
namespace {

int variables[5];

// A thread writes to objects in this order. Their numbers in this execution follow the order.
std::vector<uint32_t> Touch(Identities& names, uint32_t thread,
                            const std::vector<uintptr_t>& addresses) {
  std::vector<uint32_t> indices;
  ObjectId number = kRandomObject;
  for (const uintptr_t address : addresses) {
    indices.push_back(names.Object(thread, {.kind = OpKind::kAtomicStore,
                                            .access = Access::kWrite,
                                            .object = ++number,
                                            .address = address}));
  }
  return indices;
}

std::vector<uintptr_t> Variables() {
  std::vector<uintptr_t> addresses;
  for (const int& variable : variables) addresses.push_back(reinterpret_cast<uintptr_t>(&variable));
  return addresses;
}

TEST(Identities, AStaticVariableHasOneIndexInWhateverOrderTheyComeUp) {
  Identities names;
  const uint32_t main_thread = names.Thread(0);
  std::vector<uintptr_t> addresses = Variables();
  names.NewExecution();
  const std::vector<uint32_t> first = Touch(names, main_thread, addresses);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), addresses.size());
  std::reverse(addresses.begin(), addresses.end());
  names.NewExecution();
  std::vector<uint32_t> second = Touch(names, main_thread, addresses);
  std::reverse(second.begin(), second.end());
  EXPECT_EQ(first, second);
}

// Addresses of the heap say nothing from one execution to the next.
TEST(Identities, AnotherObjectIsKnownByWhenItsThreadCameToIt) {
  Identities names;
  const uint32_t main_thread = names.Thread(0);
  names.NewExecution();
  const std::vector<uint32_t> first = Touch(names, main_thread, {16, 32, 48});
  names.NewExecution();
  EXPECT_EQ(Touch(names, main_thread, {48, 16, 64}), first);
}

// Two threads come to three objects, each in an order that the schedule decides. Whatever has come
// up once is known when it comes up again: no execution after the first few makes new names.
TEST(Identities, OrdersThatComeAgainMakeNoNewNames) {
  Identities names;
  const uint32_t thread[] = {names.Thread(0), names.Thread(1)};
  const auto execute = [&](const std::vector<ObjectId>& one, const std::vector<ObjectId>& other) {
    names.NewExecution();
    for (size_t i = 0; i < one.size(); ++i) {
      for (const auto& [who, object] : {std::pair{thread[0], one[i]}, {thread[1], other[i]}}) {
        names.Object(who, {.kind = OpKind::kMutexLock, .access = Access::kWrite, .object = object});
      }
    }
  };
  uint32_t after_first_round = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<ObjectId> one = {10, 11, 12};
    do {
      std::vector<ObjectId> other = {10, 11, 12};
      do {
        execute(one, other);
      } while (std::next_permutation(other.begin(), other.end()));
    } while (std::next_permutation(one.begin(), one.end()));
    if (round == 0) after_first_round = names.objects();
  }
  EXPECT_EQ(names.objects(), after_first_round);
  EXPECT_LE(after_first_round, 9u);
}

}  // namespace
}  // namespace heddle::sim
