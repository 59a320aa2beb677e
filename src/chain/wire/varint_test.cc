#include "src/chain/wire/varint.h"

#include <limits>

#include "gtest/gtest.h"
#include "src/chain/wire/test_bytes.h"

namespace heddle::wire {
namespace {

TEST(Varint, EncodesShortestForms) {
  const std::pair<uint64_t, const char*> cases[] = {
      {0, "00"},
      {127, "7f"},
      {128, "8001"},
      {300, "ac02"},
      {16383, "ff7f"},
      {16384, "808001"},
      {1ull << 32, "8080808010"},
      {std::numeric_limits<uint64_t>::max(), "ffffffffffffffffff01"}};
  for (const auto& [value, hex] : cases) {
    Bytes encoded;
    AppendVarint(value, &encoded);
    EXPECT_EQ(ToHex(encoded), hex);
    const auto decoded = DecodeVarint(encoded);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->value, value);
    EXPECT_EQ(decoded->length, encoded.size());
  }
}

TEST(Varint, LeavesWhatFollows) {
  const auto decoded = DecodeVarint(FromHex("ac02ff"));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->value, 300u);
  EXPECT_EQ(decoded->length, 2u);
}

TEST(Varint, AcceptsLongForms) {
  const auto decoded = DecodeVarint(FromHex("80808000"));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->value, 0u);
  EXPECT_EQ(decoded->length, 4u);
}

TEST(Varint, TellsCutOffFromMalformed) {
  EXPECT_TRUE(absl::IsOutOfRange(DecodeVarint({}).status()));
  EXPECT_TRUE(absl::IsOutOfRange(DecodeVarint(FromHex("8080")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeVarint(FromHex("8080808080808080808080")).status()));
}

TEST(Varint, RefusesMoreThan64Bits) {
  EXPECT_TRUE(DecodeVarint(FromHex("ffffffffffffffffff01")).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeVarint(FromHex("ffffffffffffffffff02")).status()));
}

TEST(Varint, KeepsToMaxBytes) {
  EXPECT_TRUE(DecodeVarint(FromHex("ffffffff7f"), 5).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeVarint(FromHex("808080808000"), 5).status()));
}

}  // namespace
}  // namespace heddle::wire
