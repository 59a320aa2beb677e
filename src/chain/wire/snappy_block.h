// The raw snappy block format, which gossip payloads use
// (https://github.com/google/snappy/blob/main/format_description.txt).
#ifndef HEDDLE_SRC_CHAIN_WIRE_SNAPPY_BLOCK_H_
#define HEDDLE_SRC_CHAIN_WIRE_SNAPPY_BLOCK_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

// Compresses `data` (less than 4 GiB) to the very bytes that the lean specification's compressor
// produces. Any snappy stream that expands to `data` would do for a receiver; libsnappy's choices
// differ from the specification's and from release to release, so a recorded or generated payload
// would not be reproducible.
Bytes SnappyCompress(ByteView data);

// Expands a block. Accepts exactly what the specification's decompressor accepts (bytes after the
// element that completes the declared length are ignored), and allocates only once the whole block
// has been found sound.
//   InvalidArgument:   not a snappy block; says at which byte.
//   ResourceExhausted: declares more than `max_size` bytes.
absl::StatusOr<Bytes> SnappyDecompress(ByteView compressed, size_t max_size = kMaxPayloadSize);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_SNAPPY_BLOCK_H_
