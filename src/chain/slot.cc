#include "src/chain/slot.h"

#include <cassert>
#include <cmath>

namespace heddle::chain {
namespace {

// floor(sqrt(value)), exactly.
uint64_t IntegerSquareRoot(uint64_t value) {
  auto root = static_cast<uint64_t>(std::sqrt(static_cast<long double>(value)));
  // A long double may carry too few bits; it is off by one at most.
  constexpr uint64_t kMaxRoot = UINT32_MAX;
  if (root > kMaxRoot) root = kMaxRoot;
  while (root * root > value) --root;
  while (root < kMaxRoot && (root + 1) * (root + 1) <= value) ++root;
  return root;
}

}  // namespace

bool IsJustifiableAfter(Slot slot, Slot finalized_slot) {
  assert(slot >= finalized_slot);
  const uint64_t distance = slot - finalized_slot;
  if (distance <= kImmediateJustificationWindow) return true;
  const uint64_t root = IntegerSquareRoot(distance);
  // n^2, or n * (n + 1): the only pronic number with this root.
  return distance - root * root == 0 || distance - root * root == root;
}

}  // namespace heddle::chain
