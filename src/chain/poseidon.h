// The Poseidon permutation (https://eprint.iacr.org/2019/458) over the KoalaBear field, at the two
// widths that the signatures of the lean consensus use: x^3, 8 full rounds, 20 partial rounds at
// width 16 and 23 at width 24, circulant MDS matrices.
#ifndef HEDDLE_SRC_CHAIN_POSEIDON_H_
#define HEDDLE_SRC_CHAIN_POSEIDON_H_

#include <array>
#include <cstdint>

namespace heddle::chain {

inline constexpr uint32_t kKoalaBearPrime = 0x7f000001;  // 2^31 - 2^24 + 1

// Permutes the state in place. Every element must be below kKoalaBearPrime, and is afterwards.
void PoseidonPermute(std::array<uint32_t, 16>* state);
void PoseidonPermute(std::array<uint32_t, 24>* state);

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_POSEIDON_H_
