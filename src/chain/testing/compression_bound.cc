#include "src/chain/testing/compression_bound.h"

#include <set>
#include <utility>

namespace heddle::chain {
namespace {

// Hashes as usual, and keeps every pair of nodes it was asked for.
struct RecordingPairs {
  std::set<std::pair<Root, Root>>* seen;
  Root operator()(const Root& left, const Root& right) const {
    seen->emplace(left, right);
    return ssz::HashPair(left, right);
  }
};

}  // namespace

uint64_t FewestCompressions(const State& pre_state, const Block& block, const State& post_state) {
  std::set<std::pair<Root, Root>> seen;
  RecordingPairs pairs{&seen};
  const Root pre_root = HashTreeRoot(pre_state, pairs);
  BlockHeader parent = pre_state.latest_block_header;
  if (parent.state_root.IsZero()) parent.state_root = pre_root;
  HashTreeRoot(parent, pairs);
  const size_t before = seen.size();
  HashTreeRoot(block, pairs);
  HashTreeRoot(post_state, pairs);
  return (seen.size() - before) * ssz::kCompressionsPerPair;
}

}  // namespace heddle::chain
