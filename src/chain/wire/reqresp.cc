#include "src/chain/wire/reqresp.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/chain/wire/snappy_frame.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

// The most frame bytes a sender needs for a payload: snappy's worst case, and room for headers.
// A stream that goes beyond it (with padding, say) is refused.
size_t MaxFrameBytes(size_t payload_size) { return payload_size + payload_size / 6 + 1024; }

absl::Status CheckDeclared(uint64_t declared) {
  if (declared <= kMaxPayloadSize) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("declares ", declared, " bytes, the limit is ", kMaxPayloadSize));
}

absl::Status AppendPayload(ByteView payload, Bytes* out) {
  if (payload.size() > kMaxPayloadSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("payload has ", payload.size(), " bytes, the limit is ", kMaxPayloadSize));
  }
  AppendVarint(payload.size(), out);
  Append(SnappyFrameCompress(payload), out);
  return absl::OkStatus();
}

// Length and frames, to the end of `data`.
absl::StatusOr<Bytes> DecodePayload(ByteView data) {
  const absl::StatusOr<Varint> declared = DecodeVarint(data);
  if (!declared.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("length: ", declared.status().message()));
  }
  if (absl::Status status = CheckDeclared(declared->value); !status.ok()) return status;
  absl::StatusOr<Bytes> payload =
      SnappyFrameDecompress(data.subspan(declared->length), declared->value);
  if (absl::IsResourceExhausted(payload.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat("expands to more than the ", declared->value, " bytes it declares"));
  }
  if (payload.ok() && payload->size() != declared->value) {
    return absl::InvalidArgumentError(
        absl::StrCat("declares ", declared->value, " bytes but expands to ", payload->size()));
  }
  return payload;
}

absl::Status WithPrefix(absl::string_view prefix, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(prefix, ": ", status.message()));
}

}  // namespace

ResponseCode InterpretResponseCode(uint8_t byte) {
  if (byte <= static_cast<uint8_t>(ResponseCode::kResourceUnavailable)) {
    return static_cast<ResponseCode>(byte);
  }
  return byte <= 127 ? ResponseCode::kServerError : ResponseCode::kInvalidRequest;
}

absl::StatusOr<Bytes> EncodeRequest(ByteView ssz) {
  Bytes out;
  if (absl::Status status = AppendPayload(ssz, &out); !status.ok()) return status;
  return out;
}

absl::StatusOr<Bytes> EncodeResponseChunk(ResponseCode code, ByteView payload) {
  Bytes out = {static_cast<uint8_t>(code)};
  if (absl::Status status = AppendPayload(payload, &out); !status.ok()) return status;
  return out;
}

absl::StatusOr<Bytes> DecodeRequest(ByteView data) {
  if (data.empty()) return absl::InvalidArgumentError("request: empty");
  absl::StatusOr<Bytes> ssz = DecodePayload(data);
  if (!ssz.ok()) return WithPrefix("request", ssz.status());
  return ssz;
}

absl::StatusOr<ResponseChunk> DecodeResponseChunk(ByteView data) {
  if (data.size() < 2) return absl::InvalidArgumentError("response: shorter than code and length");
  absl::StatusOr<Bytes> payload = DecodePayload(data.subspan(1));
  if (!payload.ok()) return WithPrefix("response", payload.status());
  return ResponseChunk{InterpretResponseCode(data[0]), *std::move(payload)};
}

void ResponseStreamDecoder::Feed(ByteView bytes) {
  // Before it grows the buffer drops what was consumed.
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(at_));
  at_ = 0;
  Append(bytes, &buffer_);
}

absl::StatusOr<std::optional<ResponseChunk>> ResponseStreamDecoder::Next() {
  if (!error_.ok()) return error_;
  if (!in_chunk_) {
    const absl::StatusOr<bool> ready = ReadPreamble();
    if (!ready.ok()) return error_ = WithPrefix("response stream", ready.status());
    if (!*ready) return std::nullopt;
  }
  absl::StatusOr<std::optional<ResponseChunk>> chunk = ReadFrames();
  if (!chunk.ok()) return error_ = WithPrefix("response stream", chunk.status());
  return chunk;
}

absl::StatusOr<bool> ResponseStreamDecoder::ReadPreamble() {
  const ByteView unread = Unread();
  if (unread.empty()) return false;
  const absl::StatusOr<Varint> declared = DecodeVarint(unread.subspan(1));
  if (absl::IsOutOfRange(declared.status())) return false;
  if (!declared.ok()) return declared.status();
  if (absl::Status status = CheckDeclared(declared->value); !status.ok()) return status;
  const ByteView identifier = unread.subspan(1 + declared->length, sizeof(kFrameIdentifier));
  if (identifier != ByteView(kFrameIdentifier).subspan(0, identifier.size())) {
    return absl::InvalidArgumentError("the frames do not start with the stream identifier");
  }
  if (identifier.size() < sizeof(kFrameIdentifier)) return false;
  chunk_.code = InterpretResponseCode(unread[0]);
  chunk_.payload.clear();
  declared_ = declared->value;
  frame_bytes_ = sizeof(kFrameIdentifier);
  at_ += 1 + declared->length + sizeof(kFrameIdentifier);
  in_chunk_ = true;
  return true;
}

absl::StatusOr<std::optional<ResponseChunk>> ResponseStreamDecoder::ReadFrames() {
  while (chunk_.payload.size() < declared_) {
    const absl::StatusOr<size_t> used = DecodeFrameChunk(Unread(), declared_, &chunk_.payload);
    const bool incomplete = absl::IsOutOfRange(used.status());
    if (!used.ok() && !incomplete) return used.status();
    frame_bytes_ += incomplete ? 0 : *used;
    const size_t pending = incomplete ? Unread().size() : 0;
    if (frame_bytes_ + pending > MaxFrameBytes(declared_)) {
      return absl::InvalidArgumentError(absl::StrCat("spends more than ", MaxFrameBytes(declared_),
                                                     " bytes of frames on ", declared_, " bytes"));
    }
    if (incomplete) return std::nullopt;
    at_ += *used;
  }
  in_chunk_ = false;
  return std::optional<ResponseChunk>(std::move(chunk_));
}

absl::Status ResponseStreamDecoder::Finish() const {
  if (!error_.ok()) return error_;
  if (!in_chunk_ && Unread().empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("response stream: closed inside a chunk");
}

}  // namespace heddle::wire
