// Blocks whose parent is not known yet.
#ifndef HEDDLE_SRC_NODE_WAITING_BLOCKS_H_
#define HEDDLE_SRC_NODE_WAITING_BLOCKS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "src/chain/containers.h"

namespace heddle::node {

// More than an hour of slots: a node that is further behind fetches ranges instead.
inline constexpr size_t kMaxWaitingBlocks = 1024;
// Of all waiting blocks, encoded. Honest blocks stay far below; a peer that sends large ones with
// invented parents must not fill the memory with them.
inline constexpr size_t kMaxWaitingBlockBytes = size_t{256} << 20;

struct WaitingBlock {
  chain::SignedBlock block;
  chain::BlockHash hash;
  size_t ssz_bytes = 0;
};

class WaitingBlocks {
 public:
  // Nothing happens when a block of the same root waits already. Returns how many of the oldest had
  // to go to stay within the bounds.
  size_t Add(WaitingBlock block);

  // Takes the blocks out that wait for `parent`, in order of arrival.
  std::vector<WaitingBlock> TakeChildren(const chain::Root& parent);

  size_t size() const { return by_arrival_.size(); }

 private:
  using Arrival = uint64_t;

  void DropOldest();

  std::map<Arrival, WaitingBlock> by_arrival_;
  std::unordered_map<chain::Root, Arrival, ssz::RootHash> by_root_;
  // Ascending, so in order of arrival.
  std::unordered_map<chain::Root, std::vector<Arrival>, ssz::RootHash> by_parent_;
  Arrival arrivals_ = 0;
  size_t bytes_ = 0;
};

}  // namespace heddle::node

#endif  // HEDDLE_SRC_NODE_WAITING_BLOCKS_H_
