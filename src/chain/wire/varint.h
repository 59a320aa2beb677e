// Unsigned LEB128: seven bits a byte, least significant first, the top bit set on all but the last.
#ifndef HEDDLE_SRC_CHAIN_WIRE_VARINT_H_
#define HEDDLE_SRC_CHAIN_WIRE_VARINT_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

inline constexpr size_t kMaxVarintBytes = 10;  // 64 bits

struct Varint {
  uint64_t value = 0;
  size_t length = 0;  // bytes it took
};

// Appends `value` in its shortest form.
void AppendVarint(uint64_t value, Bytes* out);

// Reads the varint at the front of `data`.
//   OutOfRange:      `data` ends inside it; more bytes might complete it.
//   InvalidArgument: it is longer than `max_bytes`, or does not fit 64 bits.
// Forms longer than needed (0x80 0x00 for 0) are accepted, as the specification's decoder does.
absl::StatusOr<Varint> DecodeVarint(ByteView data, size_t max_bytes = kMaxVarintBytes);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_VARINT_H_
