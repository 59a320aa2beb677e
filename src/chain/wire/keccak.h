// Keccak-256 as Ethereum uses it: the Keccak submission's padding, not SHA3-256's.
#ifndef HEDDLE_SRC_CHAIN_WIRE_KECCAK_H_
#define HEDDLE_SRC_CHAIN_WIRE_KECCAK_H_

#include <array>
#include <cstdint>

#include "src/chain/wire/bytes.h"

namespace heddle::wire {

std::array<uint8_t, 32> Keccak256(ByteView data);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_KECCAK_H_
