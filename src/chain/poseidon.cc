#include "src/chain/poseidon.h"

#include <bitset>
#include <cstddef>
#include <vector>

namespace heddle::chain {
namespace {

constexpr uint64_t kPrime = kKoalaBearPrime;
constexpr unsigned kElementBits = 31;
constexpr unsigned kFullRounds = 8;  // half of them before, half behind the partial rounds

template <size_t kWidth>
struct Parameters;

// The first rows of the matrices are Plonky3's.
template <>
struct Parameters<16> {
  static constexpr unsigned kPartialRounds = 20;
  static constexpr std::array<uint32_t, 16> kMatrix = {1,   1,  51, 1, 11, 17, 2,  1,
                                                       101, 63, 15, 2, 67, 22, 13, 3};
};

template <>
struct Parameters<24> {
  static constexpr unsigned kPartialRounds = 23;
  static constexpr std::array<uint32_t, 24> kMatrix = {
      0x2d0aaaab, 0x64850517, 0x17f5551d, 0x04ecbeb5, 0x6d91a8d5, 0x60703026,
      0x18d6f3ca, 0x729601a7, 0x77cda9e2, 0x3c0f5038, 0x26d52a61, 0x0360405d,
      0x68fc71c8, 0x2495a71d, 0x5d57afc2, 0x1689dd98, 0x3c2c3dbe, 0x0c23dc41,
      0x0524c7f2, 0x6be4df69, 0x0a6e572c, 0x5c7790fa, 0x17e118f6, 0x0878a07f};
};

// The Grain generator in self-shrinking mode, from which the paper draws a permutation's round
// constants ("Initialization of the Grain LFSR Used for Parameter Generation"): nobody chose them.
class Grain {
 public:
  Grain(unsigned width, unsigned full_rounds, unsigned partial_rounds) {
    Push(1, 2);  // a prime field
    Push(0, 4);  // x^alpha as S-box
    Push(kElementBits, 12);
    Push(width, 12);
    Push(full_rounds, 10);
    Push(partial_rounds, 10);
    Push((1u << 30) - 1, 30);
    for (int i = 0; i < 160; ++i) Step();
  }

  // A field element; numbers that are too large are drawn again.
  uint32_t Element() {
    while (true) {
      uint32_t value = 0;
      for (unsigned i = 0; i < kElementBits; ++i) value = value << 1 | (Bit() ? 1 : 0);
      if (value < kPrime) return value;
    }
  }

 private:
  static constexpr size_t kSize = 80;

  // Bit i of the register stands at (first_ + i) % kSize.
  bool At(size_t i) const { return bits_[(first_ + i) % kSize]; }

  void Push(uint32_t value, unsigned count) {
    while (count-- > 0) bits_[filled_++] = (value >> count & 1) != 0;
  }

  bool Step() {
    const bool next = At(62) ^ At(51) ^ At(38) ^ At(23) ^ At(13) ^ At(0);
    bits_[first_] = next;
    first_ = (first_ + 1) % kSize;
    return next;
  }

  // Of each two bits, the second one when the first one is set.
  bool Bit() {
    while (true) {
      const bool take = Step();
      const bool bit = Step();
      if (take) return bit;
    }
  }

  std::bitset<kSize> bits_;
  size_t filled_ = 0;
  size_t first_ = 0;
};

template <size_t kWidth>
using State = std::array<uint32_t, kWidth>;

// One set of constants for each round.
template <size_t kWidth>
std::vector<State<kWidth>> MakeRoundConstants() {
  constexpr unsigned kPartialRounds = Parameters<kWidth>::kPartialRounds;
  Grain grain(kWidth, kFullRounds, kPartialRounds);
  std::vector<State<kWidth>> constants(kFullRounds + kPartialRounds);
  for (State<kWidth>& round : constants) {
    for (uint32_t& constant : round) constant = grain.Element();
  }
  return constants;
}

uint32_t Cube(uint64_t x) { return static_cast<uint32_t>(x * x % kPrime * x % kPrime); }

// Multiplies by the circulant matrix: row i is the first row rotated right by i.
template <size_t kWidth>
void Mix(State<kWidth>* state) {
  State<kWidth> mixed;
  for (size_t i = 0; i < kWidth; ++i) {
    uint64_t sum = 0;
    for (size_t j = 0; j < kWidth; ++j) {
      const uint64_t factor = Parameters<kWidth>::kMatrix[(j + kWidth - i) % kWidth];
      sum += factor * (*state)[j] % kPrime;
    }
    mixed[i] = static_cast<uint32_t>(sum % kPrime);
  }
  *state = mixed;
}

template <size_t kWidth>
void Permute(State<kWidth>* state) {
  static const std::vector<State<kWidth>>* const constants =
      new std::vector<State<kWidth>>(MakeRoundConstants<kWidth>());
  constexpr size_t kFirstPartial = kFullRounds / 2;
  constexpr size_t kFirstClosing = kFirstPartial + Parameters<kWidth>::kPartialRounds;
  for (size_t round = 0; round < constants->size(); ++round) {
    const bool partial = round >= kFirstPartial && round < kFirstClosing;
    for (size_t i = 0; i < kWidth; ++i) {
      const uint64_t sum = uint64_t{(*state)[i]} + (*constants)[round][i];
      (*state)[i] = partial && i > 0 ? static_cast<uint32_t>(sum % kPrime) : Cube(sum % kPrime);
    }
    Mix(state);
  }
}

}  // namespace

void PoseidonPermute(std::array<uint32_t, 16>* state) { Permute(state); }

void PoseidonPermute(std::array<uint32_t, 24>* state) { Permute(state); }

}  // namespace heddle::chain
