#include "src/chain/wire/snappy_frame.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "src/chain/wire/crc32c.h"
#include "src/chain/wire/test_bytes.h"

namespace heddle::wire {
namespace {

using testing::HasSubstr;

const Bytes& Identifier() {
  static const Bytes identifier(std::begin(kFrameIdentifier), std::end(kFrameIdentifier));
  return identifier;
}

// RFC 3720, appendix B.4.
TEST(Crc32c, MatchesTheStandard) {
  EXPECT_EQ(Crc32c({}), 0u);
  EXPECT_EQ(Crc32c(Text("123456789")), 0xe3069283u);
  EXPECT_EQ(Crc32c(Bytes(32, 0)), 0x8a9136aau);
  EXPECT_EQ(Crc32c(Bytes(32, 0xff)), 0x62a8ab43u);
}

TEST(SnappyFrame, RoundTrips) {
  for (size_t size : {0, 1, 100, 65535, 65536, 65537, 300000}) {
    Bytes data(size);
    for (size_t i = 0; i < size; ++i) data[i] = static_cast<uint8_t>(i * i >> 7);
    const auto decompressed = SnappyFrameDecompress(SnappyFrameCompress(data));
    ASSERT_TRUE(decompressed.ok()) << decompressed.status();
    EXPECT_EQ(*decompressed, data);
  }
}

TEST(SnappyFrame, StoresWhatDoesNotCompress) {
  EXPECT_EQ(ToHex(SnappyFrameCompress(Text("Ethereum Snappy!"))),
            "ff060000734e6150705901140000dc1ecf5c457468657265756d20536e6170707921");
  EXPECT_EQ(ToHex(SnappyFrameCompress({})), "ff060000734e61507059");
}

TEST(SnappyFrame, JoinsStreamsAndSkipsWhatMayBeSkipped) {
  const Bytes padding = FromHex("fe030000000000");
  const Bytes reserved = FromHex("80000000");
  const Bytes stream = Concat(
      {SnappyFrameCompress(Text("one")), padding, SnappyFrameCompress(Text("two")), reserved});
  const auto decompressed = SnappyFrameDecompress(stream);
  ASSERT_TRUE(decompressed.ok()) << decompressed.status();
  EXPECT_EQ(AsText(*decompressed), "onetwo");
}

TEST(SnappyFrame, RefusesMalformedStreams) {
  Bytes wrong_checksum = SnappyFrameCompress(Text("data"));
  wrong_checksum.back() ^= 1;
  const Bytes too_long = Concat({FromHex("01050001"), Bytes(4 + 65537, 0)});
  // A compressed chunk that declares 65537 bytes.
  const Bytes expands_too_far = FromHex("0009000000000000818004000a");
  struct {
    Bytes stream;
    const char* message;
  } const cases[] = {
      {{}, "stream identifier"},
      {Bytes(10, 0), "stream identifier"},
      {FromHex("ff060000734e615070"), "stream identifier"},
      {Concat({Identifier(), FromHex("010400")}), "cut-off header"},
      {Concat({Identifier(), FromHex("01080000aabbccdd")}), "cut-off chunk"},
      {Concat({Identifier(), FromHex("01030000aabbcc")}), "too short for its checksum"},
      {Concat({Identifier(), FromHex("00030000aabbcc")}), "too short for its checksum"},
      {Concat({Identifier(), FromHex("0004000000000000")}), "snappy block"},
      {wrong_checksum, "checksum does not match"},
      {Concat({Identifier(), too_long}), "more than 64 KiB"},
      {Concat({Identifier(), expands_too_far}), "65536"},
      {Concat({Identifier(), FromHex("02000000")}), "must not be skipped"},
      {Concat({Identifier(), FromHex("7f000000")}), "must not be skipped"},
      {Concat({Identifier(), FromHex("ff050000734e615070")}), "sNaPpY"},
      {Concat({Identifier(), FromHex("ff060000734e61507058")}), "sNaPpY"},
  };
  for (const auto& c : cases) {
    const auto result = SnappyFrameDecompress(c.stream);
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << c.message;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.message));
  }
}

TEST(SnappyFrame, StopsAtTheLimit) {
  const Bytes stream = SnappyFrameCompress(Bytes(200000, 0));
  EXPECT_TRUE(SnappyFrameDecompress(stream, 200000).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(SnappyFrameDecompress(stream, 199999).status()));
}

}  // namespace
}  // namespace heddle::wire
