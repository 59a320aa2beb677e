#include "src/chain/wire/reqresp.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "src/chain/wire/snappy_frame.h"
#include "src/chain/wire/test_bytes.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

using testing::HasSubstr;

Bytes Request(const Bytes& ssz) { return EncodeRequest(ssz).value(); }

Bytes Chunk(ResponseCode code, const Bytes& payload) {
  return EncodeResponseChunk(code, payload).value();
}

// `frames` with `declared` as their length.
Bytes Framed(uint64_t declared, const Bytes& frames) {
  Bytes out;
  AppendVarint(declared, &out);
  Append(frames, &out);
  return out;
}

TEST(ReqResp, RequestsRoundTrip) {
  for (size_t size : {0, 1, 80, 65536, 100000}) {
    const Bytes ssz(size, 7);
    const auto decoded = DecodeRequest(Request(ssz));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, ssz);
  }
}

TEST(ReqResp, ResponsesRoundTrip) {
  const auto decoded =
      DecodeResponseChunk(Chunk(ResponseCode::kResourceUnavailable, Text("no block")));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->code, ResponseCode::kResourceUnavailable);
  EXPECT_EQ(AsText(decoded->payload), "no block");
}

TEST(ReqResp, InterpretsUnknownCodes) {
  EXPECT_EQ(InterpretResponseCode(0), ResponseCode::kSuccess);
  EXPECT_EQ(InterpretResponseCode(3), ResponseCode::kResourceUnavailable);
  EXPECT_EQ(InterpretResponseCode(4), ResponseCode::kServerError);
  EXPECT_EQ(InterpretResponseCode(127), ResponseCode::kServerError);
  EXPECT_EQ(InterpretResponseCode(128), ResponseCode::kInvalidRequest);
  EXPECT_EQ(InterpretResponseCode(255), ResponseCode::kInvalidRequest);
}

TEST(ReqResp, RefusesMalformedRequests) {
  const Bytes frames = SnappyFrameCompress(Text("data"));
  struct {
    Bytes request;
    const char* message;
  } const cases[] = {
      {{}, "empty"},
      {FromHex("8080"), "length"},
      {FromHex("04"), "stream identifier"},
      {Framed(5, frames), "declares 5 bytes but expands to 4"},
      {Framed(3, frames), "expands to more than the 3 bytes"},
      {Framed(0, frames), "expands to more than the 0 bytes"},
      {Framed(4, Bytes(frames.begin(), frames.end() - 1)), "cut-off chunk"},
  };
  for (const auto& c : cases) {
    const auto result = DecodeRequest(c.request);
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << c.message;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.message));
  }
}

TEST(ReqResp, RefusesShortResponses) {
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeResponseChunk({}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeResponseChunk(FromHex("00")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeResponseChunk(FromHex("0000")).status()));
}

TEST(ReqResp, RefusesLengthsAboveTheLimit) {
  EXPECT_TRUE(absl::IsResourceExhausted(DecodeRequest(Framed(kMaxPayloadSize + 1, {})).status()));
  const Bytes largest(kMaxPayloadSize, 0);
  EXPECT_EQ(DecodeRequest(Request(largest)).value(), largest);
  EXPECT_TRUE(absl::IsInvalidArgument(EncodeRequest(Bytes(kMaxPayloadSize + 1, 0)).status()));
}

// Feeds `stream` in pieces of `piece` bytes.
absl::StatusOr<std::vector<ResponseChunk>> Decode(const Bytes& stream, size_t piece) {
  ResponseStreamDecoder decoder;
  std::vector<ResponseChunk> chunks;
  for (size_t at = 0; at < stream.size(); at += piece) {
    decoder.Feed(ByteView(stream).subspan(at, piece));
    while (true) {
      auto chunk = decoder.Next();
      if (!chunk.ok()) return chunk.status();
      if (!chunk->has_value()) break;
      chunks.push_back(**std::move(chunk));
    }
  }
  if (absl::Status status = decoder.Finish(); !status.ok()) return status;
  return chunks;
}

TEST(ResponseStream, CutsChunksWhateverThePieces) {
  const std::vector<Bytes> payloads = {Text("first"), {}, Bytes(70000, 1), Text("last")};
  Bytes stream;
  for (const Bytes& payload : payloads) Append(Chunk(ResponseCode::kSuccess, payload), &stream);
  for (size_t piece : {size_t{1}, size_t{7}, size_t{1000}, stream.size()}) {
    const auto chunks = Decode(stream, piece);
    ASSERT_TRUE(chunks.ok()) << chunks.status();
    ASSERT_EQ(chunks->size(), payloads.size());
    for (size_t i = 0; i < payloads.size(); ++i) EXPECT_EQ((*chunks)[i].payload, payloads[i]);
  }
}

TEST(ResponseStream, RefusesToEndInsideAChunk) {
  const Bytes chunk = Chunk(ResponseCode::kSuccess, Text("data"));
  for (size_t size = 1; size < chunk.size(); ++size) {
    const auto result =
        Decode(Bytes(chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(size)), size);
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << size;
  }
}

TEST(ResponseStream, StaysBroken) {
  ResponseStreamDecoder decoder;
  decoder.Feed(FromHex("0004aa"));
  const absl::Status error = decoder.Next().status();
  EXPECT_THAT(std::string(error.message()), HasSubstr("stream identifier"));
  decoder.Feed(Chunk(ResponseCode::kSuccess, Text("data")));
  EXPECT_EQ(decoder.Next().status(), error);
  EXPECT_EQ(decoder.Finish(), error);
}

TEST(ResponseStream, RefusesLengthsAboveTheLimit) {
  ResponseStreamDecoder decoder;
  decoder.Feed(Concat({FromHex("00"), Framed(kMaxPayloadSize + 1, {})}));
  EXPECT_TRUE(absl::IsResourceExhausted(decoder.Next().status()));
}

TEST(ResponseStream, RefusesEndlessPadding) {
  ResponseStreamDecoder decoder;
  decoder.Feed(
      Concat({FromHex("0001"), Bytes(std::begin(kFrameIdentifier), std::end(kFrameIdentifier))}));
  const Bytes padding = Concat({FromHex("fe640000"), Bytes(100, 0)});
  absl::Status status;
  size_t fed = 0;
  while (status.ok() && fed < 1 << 20) {
    decoder.Feed(padding);
    fed += padding.size();
    status = decoder.Next().status();
  }
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_LT(fed, 2000u);
}

TEST(ResponseStream, RefusesAChunkThatPromisesTooMuch) {
  ResponseStreamDecoder decoder;  // one byte of payload, 16 MiB of padding announced
  decoder.Feed(
      Concat({FromHex("0001"), Bytes(std::begin(kFrameIdentifier), std::end(kFrameIdentifier)),
              FromHex("feffffff"), Bytes(2000, 0)}));
  EXPECT_TRUE(absl::IsInvalidArgument(decoder.Next().status()));
}

}  // namespace
}  // namespace heddle::wire
