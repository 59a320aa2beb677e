// CRC-32C (Castagnoli), as RFC 3720 appendix B.4 defines it.
#ifndef HEDDLE_SRC_CHAIN_WIRE_CRC32C_H_
#define HEDDLE_SRC_CHAIN_WIRE_CRC32C_H_

#include <cstdint>

#include "src/chain/wire/bytes.h"

namespace heddle::wire {

uint32_t Crc32c(ByteView data);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_CRC32C_H_
