// The random stream of a strategy, of faults, and of what a program draws (getrandom).
#ifndef HEDDLE_SIM_PROTOCOL_RANDOM_H_
#define HEDDLE_SIM_PROTOCOL_RANDOM_H_

#include <cstdint>

#include "sim/protocol/hash.h"

namespace heddle::sim {

// xoshiro256** (D. Blackman and S. Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021),
// seeded by splitmix64 as its authors advise. Small enough to live in a strategy by value; a copy
// gives the same numbers. The same seed gives the same stream for ever: recordings rely on it.
// Thread rule: none of its own.
class Random {
 public:
  constexpr Random() { Seed(0); }
  constexpr explicit Random(uint64_t seed) { Seed(seed); }
  constexpr void Seed(uint64_t seed) {
    for (uint64_t& word : state_) word = SplitMix64(seed);
  }
  uint64_t Next() {
    const auto rotate = [](uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // Uniform in [0, bound) up to a bias of bound/2^32; bound > 0.
  uint32_t Below(uint32_t bound) {
    return static_cast<uint32_t>(((Next() >> 32) * uint64_t{bound}) >> 32);
  }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }  // [0, 1)

 private:
  uint64_t state_[4] = {};
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_RANDOM_H_
