#include "src/chain/wire/snappy_frame.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/chain/wire/crc32c.h"
#include "src/chain/wire/snappy_block.h"

namespace heddle::wire {
namespace {

constexpr size_t kHeaderSize = 4;  // type, 24-bit length
constexpr size_t kChecksumSize = 4;

// Chunk types (framing format, section 4).
constexpr uint8_t kCompressed = 0x00;
constexpr uint8_t kUncompressed = 0x01;
constexpr uint8_t kLastUnskippable = 0x7f;
constexpr uint8_t kStreamIdentifier = 0xff;

// A checksum of data that itself holds checksums is a weak one; the format stores a masked form.
uint32_t MaskedCrc(ByteView data) {
  const uint32_t crc = Crc32c(data);
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

void AppendLittleEndian(uint32_t value, size_t bytes, Bytes* out) {
  for (size_t i = 0; i < bytes; ++i) out->push_back(static_cast<uint8_t>(value >> (8 * i)));
}

uint32_t LoadLittleEndian(ByteView bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("snappy frame: ", what));
}

// Appends the data of a compressed or uncompressed chunk with `body` (checksum, then payload).
absl::Status DecodeData(uint8_t type, ByteView body, size_t max_size, Bytes* out) {
  if (body.size() < kChecksumSize) return Malformed("a chunk is too short for its checksum");
  const uint32_t checksum = LoadLittleEndian(body.subspan(0, kChecksumSize));
  ByteView data = body.subspan(kChecksumSize);
  Bytes expanded;
  if (type == kCompressed) {
    absl::StatusOr<Bytes> result = SnappyDecompress(data, kMaxFrameChunkSize);
    if (!result.ok()) return Malformed(result.status().message());
    expanded = *std::move(result);
    data = expanded;
  }
  if (data.size() > kMaxFrameChunkSize) return Malformed("a chunk holds more than 64 KiB");
  if (data.size() > max_size - std::min(max_size, out->size())) {
    return absl::ResourceExhaustedError(
        absl::StrCat("snappy frame: expands to more than ", max_size, " bytes"));
  }
  if (MaskedCrc(data) != checksum) return Malformed("a chunk's checksum does not match its data");
  Append(data, out);
  return absl::OkStatus();
}

}  // namespace

Bytes SnappyFrameCompress(ByteView data) {
  Bytes out(std::begin(kFrameIdentifier), std::end(kFrameIdentifier));
  for (size_t at = 0; at < data.size(); at += kMaxFrameChunkSize) {
    const ByteView chunk = data.subspan(at, kMaxFrameChunkSize);
    const Bytes compressed = SnappyCompress(chunk);
    const bool smaller = compressed.size() < chunk.size();
    const ByteView body = smaller ? ByteView(compressed) : chunk;
    out.push_back(smaller ? kCompressed : kUncompressed);
    AppendLittleEndian(static_cast<uint32_t>(kChecksumSize + body.size()), 3, &out);
    AppendLittleEndian(MaskedCrc(chunk), kChecksumSize, &out);
    Append(body, &out);
  }
  return out;
}

absl::StatusOr<size_t> DecodeFrameChunk(ByteView framed, size_t max_size, Bytes* out) {
  if (framed.size() < kHeaderSize) return absl::OutOfRangeError("snappy frame: cut-off header");
  const uint8_t type = framed[0];
  if (type > kUncompressed && type <= kLastUnskippable) {
    return Malformed(absl::StrCat("unknown chunk type ", type, " that must not be skipped"));
  }
  const size_t length = LoadLittleEndian(framed.subspan(1, 3));
  if (framed.size() - kHeaderSize < length) {
    return absl::OutOfRangeError("snappy frame: cut-off chunk");
  }
  const ByteView body = framed.subspan(kHeaderSize, length);
  if (type == kStreamIdentifier) {
    if (framed.subspan(0, kHeaderSize + length) != ByteView(kFrameIdentifier)) {
      return Malformed("a stream identifier is not \"sNaPpY\"");
    }
  } else if (type <= kUncompressed) {
    if (absl::Status status = DecodeData(type, body, max_size, out); !status.ok()) return status;
  }  // The rest is padding and reserved types, to be skipped (sections 4.4 and 4.6).
  return kHeaderSize + length;
}

absl::StatusOr<Bytes> SnappyFrameDecompress(ByteView framed, size_t max_size) {
  if (framed.subspan(0, sizeof(kFrameIdentifier)) != ByteView(kFrameIdentifier)) {
    return Malformed("does not start with the stream identifier");
  }
  Bytes out;
  size_t at = sizeof(kFrameIdentifier);
  while (at < framed.size()) {
    const absl::StatusOr<size_t> used = DecodeFrameChunk(framed.subspan(at), max_size, &out);
    if (!used.ok()) {
      const absl::StatusCode code = absl::IsOutOfRange(used.status())
                                        ? absl::StatusCode::kInvalidArgument
                                        : used.status().code();
      return absl::Status(code, absl::StrCat(used.status().message(), ", at byte ", at));
    }
    at += *used;
  }
  return out;
}

}  // namespace heddle::wire
