// The mixing function behind every seed and every running hash.
//
// Their values are part of what is recorded (seeds lead to the same executions, schedule files
// carry hashes): a change here makes recordings unreadable.
#ifndef HEDDLE_SIM_PROTOCOL_HASH_H_
#define HEDDLE_SIM_PROTOCOL_HASH_H_

#include <cstdint>

namespace heddle::sim {

// 2^64 divided by the golden ratio, odd: steps of it visit all words, far apart (Knuth, "The Art of
// Computer Programming", volume 3, section 6.4).
inline constexpr uint64_t kGoldenRatio = 0x9E3779B97F4A7C15u;

// The finaliser of splitmix64 (G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom Number
// Generators", OOPSLA 2014): a bijection in which each bit of the input affects each of the output.
constexpr uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Of an ordered pair.
constexpr uint64_t Mix(uint64_t a, uint64_t b) { return Mix(a * kGoldenRatio + b); }

// The next number of the generator whose state is `state`.
constexpr uint64_t SplitMix64(uint64_t& state) { return Mix(state += kGoldenRatio); }

// The running hash over the steps of an execution (HashStep() in step.h), in the manner of FNV-1a
// on whole words: one multiplication a word.
inline constexpr uint64_t kHashStart = 0xcbf29ce484222325;
constexpr uint64_t HashWord(uint64_t hash, uint32_t word) {
  const uint64_t mixed = (hash ^ word) * kGoldenRatio;
  return mixed ^ (mixed >> 29);
}

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_HASH_H_
