// SHA-256 (FIPS 180-4) of bytes that need not lie together.
#ifndef HEDDLE_SRC_CHAIN_WIRE_SHA256_H_
#define HEDDLE_SRC_CHAIN_WIRE_SHA256_H_

#include <array>
#include <cstdint>
#include <initializer_list>

#include "src/chain/wire/bytes.h"

namespace heddle::wire {

std::array<uint8_t, 32> Sha256(std::initializer_list<ByteView> parts);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_SHA256_H_
