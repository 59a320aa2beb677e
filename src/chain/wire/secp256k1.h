// The two operations on secp256k1 (SEC 2, section 2.4.1) that node records need.
#ifndef HEDDLE_SRC_CHAIN_WIRE_SECP256K1_H_
#define HEDDLE_SRC_CHAIN_WIRE_SECP256K1_H_

#include <array>
#include <cstdint>
#include <optional>

#include "src/chain/wire/bytes.h"

namespace heddle::wire {

// x || y of a compressed public key; empty when it is no point of the curve.
std::optional<std::array<uint8_t, 64>> UncompressPublicKey(const std::array<uint8_t, 33>& key);

// Whether r || s is a signature of `digest` by `key`.
bool VerifyEcdsa(const std::array<uint8_t, 33>& key, const std::array<uint8_t, 32>& digest,
                 const std::array<uint8_t, 64>& signature);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_SECP256K1_H_
