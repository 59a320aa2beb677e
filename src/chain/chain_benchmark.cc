// Block import and hash-tree-root: how many a second, and how many SHA-256 compressions each costs
// against the fewest that a perfect cache would need.
//
// Counters: `spent` and `fewest` are compressions for one block, averaged; `ratio` is spent/fewest.
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"
#include "src/chain/state_transition.h"
#include "src/chain/store.h"
#include "src/chain/testing/compression_bound.h"
#include "src/chain/testing/synthetic_chain.h"

namespace heddle::chain {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Chains are costly to make; the benchmarks share them.
const std::vector<SyntheticSlot>& Chain(uint64_t validators, uint64_t slots) {
  static std::map<std::pair<uint64_t, uint64_t>, std::vector<SyntheticSlot>> chains;
  auto [found, added] = chains.try_emplace({validators, slots});
  if (added) found->second = SyntheticChain(validators, slots);
  return found->second;
}

// Compressions are compared for the last blocks of a chain: the bound walks two whole states each.
constexpr size_t kComparedBlocks = 16;

// The perfect cache's compressions for a block, averaged over those.
double FewestPerBlock(const std::vector<SyntheticSlot>& chain, uint64_t validators) {
  Store store = GenesisStore(validators);
  uint64_t fewest = 0;
  for (size_t i = 0; i < chain.size(); ++i) {
    const SyntheticSlot& slot = chain[i];
    const Block& block = slot.block.block;
    if (Deliver(slot, &store)) std::abort();
    if (i + kComparedBlocks < chain.size()) continue;
    fewest += FewestCompressions(*store.FindState(block.parent_root), block,
                                 *store.FindState(HashTreeRoot(block)));
  }
  return static_cast<double>(fewest) / kComparedBlocks;
}

// Store::OnBlock, block after block of a healthy chain. Ticks and votes between them are not timed.
void BM_ImportBlock(benchmark::State& state) {
  const auto validators = static_cast<uint64_t>(state.range(0));
  constexpr uint64_t kSlots = 64;
  const std::vector<SyntheticSlot>& chain = Chain(validators, kSlots);
  uint64_t spent = 0;
  uint64_t compared = 0;
  for (auto _ : state) {
    Store store = GenesisStore(validators);
    double seconds = 0;
    for (size_t i = 0; i < chain.size(); ++i) {
      store.OnTick(IntervalFromSlot(chain[i].block.block.slot), /*has_proposal=*/true,
                   /*is_aggregator=*/false);
      const uint64_t before = ssz::CompressionCount();
      const Clock::time_point start = Clock::now();
      if (store.OnBlock(chain[i].block)) state.SkipWithError("a block was refused");
      seconds += SecondsSince(start);
      if (i + kComparedBlocks >= chain.size()) {
        spent += ssz::CompressionCount() - before;
        ++compared;
      }
      if (store.OnGossipAggregatedAttestation(chain[i].votes)) {
        state.SkipWithError("votes were refused");
      }
    }
    state.SetIterationTime(seconds);
  }
  const double fewest = FewestPerBlock(chain, validators);
  const double spent_each = static_cast<double>(spent) / static_cast<double>(compared);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * chain.size()));
  state.counters["spent"] = spent_each;
  state.counters["fewest"] = fewest;
  state.counters["ratio"] = spent_each / fewest;
}
BENCHMARK(BM_ImportBlock)
    ->Arg(4)
    ->Arg(64)
    ->Arg(1024)
    ->Iterations(20)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

// A whole slot (ticks, block, votes) at the end of a chain of the given length: the cost must not
// grow with it. In the first form finality keeps up, in the second nothing is ever justified.
void ImportSlotAtLength(benchmark::State& state, double voting_share) {
  constexpr uint64_t kValidators = 4;
  const auto length = static_cast<uint64_t>(state.range(0));
  constexpr uint64_t kLastSlots = 32;
  const std::vector<SyntheticSlot> chain = SyntheticChain(kValidators, length, voting_share);
  uint64_t blocks = 0;
  for (auto _ : state) {
    Store store = GenesisStore(kValidators);
    double seconds = 0;
    for (size_t i = 0; i < chain.size(); ++i) {
      const bool timed = i + kLastSlots >= chain.size();
      const Clock::time_point start = Clock::now();
      if (Deliver(chain[i], &store)) state.SkipWithError("a slot was refused");
      if (!timed) continue;
      seconds += SecondsSince(start);
      ++blocks;
    }
    state.SetIterationTime(seconds);
  }
  state.SetItemsProcessed(static_cast<int64_t>(blocks));
}
void BM_ImportSlotAtLength(benchmark::State& state) { ImportSlotAtLength(state, 1.0); }
BENCHMARK(BM_ImportSlotAtLength)
    ->Arg(150)
    ->Arg(1000)
    ->Arg(10000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);
void BM_ImportSlotWithoutFinality(benchmark::State& state) { ImportSlotAtLength(state, 0.5); }
BENCHMARK(BM_ImportSlotWithoutFinality)
    ->Arg(150)
    ->Arg(1000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

// Root of a state that has no cache yet, as after decoding one.
void BM_StateRootCold(benchmark::State& state) {
  const auto validators = static_cast<uint64_t>(state.range(0));
  Store store = GenesisStore(validators);
  for (const SyntheticSlot& slot : Chain(validators, 64)) {
    if (Deliver(slot, &store)) std::abort();
  }
  const State& head = *store.FindState(store.head());
  uint64_t spent = 0;
  for (auto _ : state) {
    const uint64_t before = ssz::CompressionCount();
    ssz::Sha256Pairs pairs;
    benchmark::DoNotOptimize(ssz::ContainerRoot(*ssz::Decode<State>(ssz::Encode(head)), pairs));
    spent += ssz::CompressionCount() - before;
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
  state.counters["spent"] = static_cast<double>(spent) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_StateRootCold)->Arg(4)->Arg(64)->Arg(1024)->Unit(benchmark::kMicrosecond);

// Root of the state after a block, made from the state before it: what an import hashes of it.
void BM_StateRootWarm(benchmark::State& state) {
  const auto validators = static_cast<uint64_t>(state.range(0));
  Store store = GenesisStore(validators);
  const std::vector<SyntheticSlot>& chain = Chain(validators, 64);
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    if (Deliver(chain[i], &store)) std::abort();
  }
  const Block& block = chain.back().block.block;
  const State& pre_state = *store.FindState(block.parent_root);
  uint64_t spent = 0;
  for (auto _ : state) {
    State post_state = pre_state;
    if (ProcessSlots(&post_state, block.slot) || ProcessBlock(&post_state, block)) std::abort();
    const uint64_t before = ssz::CompressionCount();
    const Clock::time_point start = Clock::now();
    benchmark::DoNotOptimize(HashTreeRoot(post_state));
    state.SetIterationTime(SecondsSince(start));
    spent += ssz::CompressionCount() - before;
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
  state.counters["spent"] = static_cast<double>(spent) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_StateRootWarm)
    ->Arg(4)
    ->Arg(64)
    ->Arg(1024)
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

void BM_BlockRoot(benchmark::State& state) {
  const auto validators = static_cast<uint64_t>(state.range(0));
  const Block& block = Chain(validators, 64).back().block.block;
  for (auto _ : state) benchmark::DoNotOptimize(HashBlock(block).root);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(BM_BlockRoot)->Arg(4)->Arg(1024)->Unit(benchmark::kMicrosecond);

void BM_DecodeBlock(benchmark::State& state) {
  const auto validators = static_cast<uint64_t>(state.range(0));
  const std::vector<uint8_t> bytes = Encode(Chain(validators, 64).back().block);
  for (auto _ : state) benchmark::DoNotOptimize(ssz::Decode<SignedBlock>(bytes));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(BM_DecodeBlock)->Arg(4)->Arg(1024)->Unit(benchmark::kMicrosecond);

void BM_HashPair(benchmark::State& state) {
  Root left;
  Root right;
  for (auto _ : state) {
    left = ssz::HashPair(left, right);
    benchmark::DoNotOptimize(left);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(BM_HashPair);

}  // namespace
}  // namespace heddle::chain

BENCHMARK_MAIN();
