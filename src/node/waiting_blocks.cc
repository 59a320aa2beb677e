#include "src/node/waiting_blocks.h"

#include <algorithm>
#include <utility>

namespace heddle::node {

size_t WaitingBlocks::Add(WaitingBlock block) {
  const auto [position, is_new] = by_root_.try_emplace(block.hash.root, arrivals_);
  if (!is_new) return 0;
  const Arrival arrival = arrivals_++;
  by_parent_[block.block.block.parent_root].push_back(arrival);
  bytes_ += block.ssz_bytes;
  by_arrival_.emplace(arrival, std::move(block));

  size_t dropped = 0;
  while (by_arrival_.size() > kMaxWaitingBlocks || bytes_ > kMaxWaitingBlockBytes) {
    DropOldest();
    ++dropped;
  }
  return dropped;
}

std::vector<WaitingBlock> WaitingBlocks::TakeChildren(const chain::Root& parent) {
  std::vector<WaitingBlock> children;
  const auto waiting = by_parent_.find(parent);
  if (waiting == by_parent_.end()) return children;
  children.reserve(waiting->second.size());
  for (Arrival arrival : waiting->second) {
    auto child = by_arrival_.extract(arrival);
    by_root_.erase(child.mapped().hash.root);
    bytes_ -= child.mapped().ssz_bytes;
    children.push_back(std::move(child.mapped()));
  }
  by_parent_.erase(waiting);
  return children;
}

void WaitingBlocks::DropOldest() {
  const auto oldest = by_arrival_.begin();
  const WaitingBlock& block = oldest->second;
  const auto siblings = by_parent_.find(block.block.block.parent_root);
  // It is the oldest of its siblings too.
  siblings->second.erase(siblings->second.begin());
  if (siblings->second.empty()) by_parent_.erase(siblings);
  by_root_.erase(block.hash.root);
  bytes_ -= block.ssz_bytes;
  by_arrival_.erase(oldest);
}

}  // namespace heddle::node
