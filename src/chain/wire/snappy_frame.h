// The snappy framing format, which requests and responses use
// (https://github.com/google/snappy/blob/main/framing_format.txt).
#ifndef HEDDLE_SRC_CHAIN_WIRE_SNAPPY_FRAME_H_
#define HEDDLE_SRC_CHAIN_WIRE_SNAPPY_FRAME_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

// The stream identifier that every frame stream starts with.
inline constexpr uint8_t kFrameIdentifier[10] = {0xff, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};

// The most that one chunk expands to, in bytes.
inline constexpr size_t kMaxFrameChunkSize = 65536;

// Identifier, then one chunk for each 64 KiB: compressed where that makes it smaller.
Bytes SnappyFrameCompress(ByteView data);

// Expands a whole stream.
//   InvalidArgument:   malformed, or a checksum does not match; says at which byte.
//   ResourceExhausted: expands to more than `max_size` bytes.
absl::StatusOr<Bytes> SnappyFrameDecompress(ByteView framed, size_t max_size = kMaxPayloadSize);

// The chunk at the front of a stream (after its identifier): its expansion is appended to `*out`,
// which may not grow beyond `max_size`; the result is the number of bytes the chunk took. Errors as
// above, and OutOfRange when `framed` ends inside the chunk: more bytes might complete it.
absl::StatusOr<size_t> DecodeFrameChunk(ByteView framed, size_t max_size, Bytes* out);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_SNAPPY_FRAME_H_
