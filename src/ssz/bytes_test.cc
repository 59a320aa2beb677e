#include "src/ssz/bytes.h"

#include "gtest/gtest.h"

namespace heddle::ssz {
namespace {

TEST(Hex, ReadsWhatItWrites) {
  const Bytes<4> value{{0x00, 0x7f, 0xa0, 0xff}};
  EXPECT_EQ(ToHex(value), "007fa0ff");
  Bytes<4> read;
  EXPECT_TRUE(FromHex("007fa0ff", read.data(), 4));
  EXPECT_EQ(read, value);
  EXPECT_TRUE(FromHex("0x007FA0FF", read.data(), 4));
  EXPECT_EQ(read, value);
}

TEST(Hex, RefusesOtherText) {
  Bytes<2> read;
  for (const char* text : {"", "0x", "12", "123", "12345", "0x123", "zz34", "12 4", "0x0x1234"}) {
    EXPECT_FALSE(FromHex(text, read.data(), 2)) << text;
  }
}

TEST(Bytes, OrderIsLexicographicOfUnsignedBytes) {
  EXPECT_LT((Bytes<2>{{0x7f, 0xff}}), (Bytes<2>{{0x80, 0x00}}));
  EXPECT_LT((Bytes<2>{{0x80, 0x00}}), (Bytes<2>{{0x80, 0x01}}));
  EXPECT_TRUE((Bytes<2>{}.IsZero()));
  EXPECT_FALSE((Bytes<2>{{0, 1}}.IsZero()));
}

}  // namespace
}  // namespace heddle::ssz
