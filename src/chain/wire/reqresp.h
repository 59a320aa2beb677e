// The encoding of requests and responses (lean specification, node/networking/reqresp/codec):
//   request:        varint(length of the SSZ), snappy frames
//   response chunk: code byte, varint(length), snappy frames
// A response is a sequence of chunks until the stream closes.
#ifndef HEDDLE_SRC_CHAIN_WIRE_REQRESP_H_
#define HEDDLE_SRC_CHAIN_WIRE_REQRESP_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

enum class ResponseCode : uint8_t {
  kSuccess = 0,         // the payload is SSZ
  kInvalidRequest = 1,  // with any other code it is an error message in UTF-8
  kServerError = 2,
  kResourceUnavailable = 3,
};

// The meaning of a code byte: reserved codes (4 to 127) are server errors, the rest (128 to 255)
// invalid requests.
ResponseCode InterpretResponseCode(uint8_t byte);

struct ResponseChunk {
  ResponseCode code = ResponseCode::kSuccess;
  Bytes payload;
};

// InvalidArgument when `ssz` is longer than kMaxPayloadSize.
absl::StatusOr<Bytes> EncodeRequest(ByteView ssz);
absl::StatusOr<Bytes> EncodeResponseChunk(ResponseCode code, ByteView payload);

// Decode a whole request, and a whole response chunk. No allocation exceeds the length that the
// message declares, nor kMaxPayloadSize.
//   InvalidArgument:   empty, cut off, malformed, or of another length than declared.
//   ResourceExhausted: declares more than kMaxPayloadSize bytes.
absl::StatusOr<Bytes> DecodeRequest(ByteView data);
absl::StatusOr<ResponseChunk> DecodeResponseChunk(ByteView data);

// Cuts a response stream into its chunks while it arrives. A chunk is complete as soon as its
// frames have expanded to its declared length.
//
//   decoder.Feed(bytes);
//   while (true) {
//     absl::StatusOr<std::optional<ResponseChunk>> chunk = decoder.Next();
//     if (!chunk.ok()) ...              // the stream is beyond repair: every later call fails too
//     if (!chunk->has_value()) break;   // needs more bytes
//   }
//   ... decoder.Finish() when the stream closes.
//
// It holds the bytes that were fed and not yet consumed, and one chunk: callers drain Next() before
// they feed more. Not thread-safe.
class ResponseStreamDecoder {
 public:
  void Feed(ByteView bytes);

  // The next whole chunk; nullopt when the bytes fed so far do not hold one.
  absl::StatusOr<std::optional<ResponseChunk>> Next();

  // InvalidArgument when the stream closes inside a chunk.
  absl::Status Finish() const;

 private:
  // Reads code, length and stream identifier; false when they are not all there.
  absl::StatusOr<bool> ReadPreamble();
  absl::StatusOr<std::optional<ResponseChunk>> ReadFrames();
  ByteView Unread() const { return ByteView(buffer_).subspan(at_); }

  absl::Status error_;
  Bytes buffer_;
  size_t at_ = 0;  // of buffer_, consumed

  // The chunk under way, once its preamble was read.
  bool in_chunk_ = false;
  size_t declared_ = 0;     // bytes it will expand to
  size_t frame_bytes_ = 0;  // of frames consumed so far
  ResponseChunk chunk_;
};

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_REQRESP_H_
