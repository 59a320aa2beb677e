#include "src/chain/wire/snappy_block.h"

#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "snappy.h"
#include "src/chain/wire/test_bytes.h"

namespace heddle::wire {
namespace {

using testing::HasSubstr;

// Inputs that reach every kind of element and every length of literal.
std::vector<Bytes> Samples() {
  std::vector<Bytes> samples = {{}, Text("a"), Text("abc"), Text("abcd"), Text("Hello, Ethereum!")};
  std::mt19937_64 random(1);
  for (size_t size : {15, 16, 60, 61, 256, 257, 4096, 65535, 65536, 65537, 200000}) {
    Bytes noise(size);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
    Bytes words;  // repeats near and far
    while (words.size() < size) Append(ByteView(noise).subspan(random() % size, 13), &words);
    samples.push_back(Bytes(size, 0xab));
    samples.push_back(noise);
    samples.push_back(words);
  }
  return samples;
}

TEST(SnappyBlock, RoundTrips) {
  for (const Bytes& data : Samples()) {
    const auto decompressed = SnappyDecompress(SnappyCompress(data));
    ASSERT_TRUE(decompressed.ok()) << data.size() << " bytes: " << decompressed.status();
    EXPECT_EQ(*decompressed, data);
  }
}

TEST(SnappyBlock, AgreesWithLibsnappy) {
  for (const Bytes& data : Samples()) {
    const Bytes ours = SnappyCompress(data);
    std::string expanded;
    ASSERT_TRUE(
        snappy::Uncompress(reinterpret_cast<const char*>(ours.data()), ours.size(), &expanded));
    EXPECT_EQ(AsText(data), expanded);
    std::string theirs;
    snappy::Compress(reinterpret_cast<const char*>(data.data()), data.size(), &theirs);
    const auto decompressed = SnappyDecompress(AsBytes(theirs));
    ASSERT_TRUE(decompressed.ok()) << decompressed.status();
    EXPECT_EQ(*decompressed, data);
  }
}

TEST(SnappyBlock, CompressesRunsAsTheSpecificationDoes) {
  EXPECT_EQ(ToHex(SnappyCompress({})), "00");
  EXPECT_EQ(ToHex(SnappyCompress(Text("Hello, Ethereum!"))),
            "103c48656c6c6f2c20457468657265756d21");
  EXPECT_EQ(ToHex(SnappyCompress(Bytes(127, 0xab))), "7f00abfe0100f60300");
}

TEST(SnappyBlock, ExpandsEveryKindOfElement) {
  struct {
    const char* compressed;
    const char* expected;
  } const cases[] = {
      {"0308616263", "abc"},            // literal, its length in the tag
      {"03f002616263", "abc"},          // in one more byte
      {"03f40200616263", "abc"},        // in two
      {"03f8020000616263", "abc"},      // in three
      {"03fc02000000616263", "abc"},    // in four
      {"060461620102", "ababab"},       // copy, overlapping what it writes
      {"070461620502", "abababa"},      // one byte longer
      {"050461620a0200", "ababa"},      // its offset in two bytes
      {"050461620b02000000", "ababa"},  // in four
      {"8080808000", ""},               // a length in a form longer than needed
  };
  for (const auto& c : cases) {
    const auto result = SnappyDecompress(FromHex(c.compressed));
    ASSERT_TRUE(result.ok()) << c.compressed << ": " << result.status();
    EXPECT_EQ(AsText(*result), c.expected);
  }
}

TEST(SnappyBlock, IgnoresWhatFollowsTheDeclaredLength) {
  for (const char* hex : {"0308616263ff", "030861626308646566", "00ffff"}) {
    EXPECT_TRUE(SnappyDecompress(FromHex(hex)).ok()) << hex;
  }
}

TEST(SnappyBlock, RefusesMalformedBlocks) {
  struct {
    const char* hex;
    const char* message;
  } const cases[] = {
      {"", "length"},
      {"80", "length"},
      {"808080808000", "length"},
      {"03", "ends before its declared length"},
      {"04"
       "08616263",
       "ends before its declared length"},
      {"030861", "ends inside a literal"},
      {"02"
       "08616263",
       "exceeds its declared length"},
      {"03f0", "ends inside an element"},
      {"03fc0200", "ends inside an element"},
      {"050461620a", "ends inside an element"},
      {"050500", "copies from before its start"},
      {"06046162"
       "0103",
       "copies from before its start"},
      {"06046162"
       "0100",
       "copies from before its start"},
      {"05046162"
       "0bffffffff",
       "copies from before its start"},
      // 2^32 bytes of literal: libsnappy takes the length for 0.
      {"01fcffffffff0061", "exceeds its declared length"},
  };
  for (const auto& c : cases) {
    const auto result = SnappyDecompress(FromHex(c.hex));
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << c.hex;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.message)) << c.hex;
  }
}

TEST(SnappyBlock, RefusesBombsBeforeItAllocates) {
  EXPECT_TRUE(absl::IsResourceExhausted(SnappyDecompress(FromHex("ffffffff0f0061")).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(SnappyDecompress(FromHex("ffffffff7f0061")).status()));
  const Bytes four = SnappyCompress(Text("four"));
  EXPECT_TRUE(SnappyDecompress(four, 4).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(SnappyDecompress(four, 3).status()));
}

}  // namespace
}  // namespace heddle::wire
