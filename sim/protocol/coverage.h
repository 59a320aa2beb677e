// What the executions of a campaign have covered: sets of hashes, as bitmaps that the supervisor
// can join over its processes.
#ifndef HEDDLE_SIM_PROTOCOL_COVERAGE_H_
#define HEDDLE_SIM_PROTOCOL_COVERAGE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace heddle::sim {

// Which sets there are.
enum class Covered : uint32_t {
  kReadsFrom,   // a read, and the write of another thread that it reads from
  kAdjacent,    // two accesses to one object, one after the other, by two threads
  kLockOrders,  // a lock that is taken while another is held
  kOrders,      // interleavings (OrderHash): only to tell whether one is new
  kCount,
};
inline constexpr size_t kCoveredSets = static_cast<size_t>(Covered::kCount);

// Programs have some thousands of pairs at most; ten times as many bits keep collisions few.
inline constexpr uint32_t kCoverageBits = 1 << 16;

struct Coverage {
  uint64_t bits[kCoveredSets][kCoverageBits / 64];

  // True when it is new.
  bool Add(Covered set, uint64_t hash) {
    uint64_t& word = bits[static_cast<size_t>(set)][hash / 64 % (kCoverageBits / 64)];
    const uint64_t bit = uint64_t{1} << hash % 64;
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }

  void Join(const Coverage& other) {
    for (size_t set = 0; set < kCoveredSets; ++set) {
      for (size_t i = 0; i < kCoverageBits / 64; ++i) bits[set][i] |= other.bits[set][i];
    }
  }

  // How many there are, as the number of bits tells (linear counting: K.-Y. Whang, B. Vander-Zanden
  // and H. Taylor, "A Linear-Time Probabilistic Counting Algorithm", 1990).
  uint64_t Count(Covered set) const {
    uint64_t ones = 0;
    for (const uint64_t word : bits[static_cast<size_t>(set)]) ones += __builtin_popcountll(word);
    if (ones == 0) return 0;
    if (ones == kCoverageBits) --ones;
    const double share = static_cast<double>(ones) / kCoverageBits;
    return static_cast<uint64_t>(std::llround(-std::log1p(-share) * kCoverageBits));
  }
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_COVERAGE_H_
