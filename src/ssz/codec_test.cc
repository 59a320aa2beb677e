#include "src/ssz/codec.h"

#include <random>
#include <string>

#include "gtest/gtest.h"
#include "src/ssz/cached.h"
#include "src/ssz/testing/allocation.h"

namespace heddle::ssz {
namespace {

struct Inner {
  uint16_t a = 0;
  List<uint8_t, 4> b;
  HEDDLE_SSZ_CONTAINER(Inner, a, b);
};

struct Fixed {
  uint8_t a = 0;
  Bytes<3> b;
  HEDDLE_SSZ_CONTAINER(Fixed, a, b);
};

struct Outer {
  List<Inner, 3> list;
  uint32_t number = 0;
  Bitlist<9> bits;
  Fixed fixed;
  HEDDLE_SSZ_CONTAINER(Outer, list, number, bits, fixed);
};

// Of fixed size although a field is not.
struct Pinned {
  static constexpr size_t kSszLength = 4 + 1 + 2;
  List<uint8_t, 8> list;
  uint8_t tail = 0;
  HEDDLE_SSZ_CONTAINER(Pinned, list, tail);
  absl::Status CheckDecoded() const {
    return list.size() == 2 ? absl::OkStatus() : absl::InvalidArgumentError(": wrong");
  }
};

struct HasPinned {
  Pinned pinned;
  List<uint8_t, 2> rest;
  HEDDLE_SSZ_CONTAINER(HasPinned, pinned, rest);
};

using Wire = std::vector<uint8_t>;

template <class T>
std::string Error(const Wire& bytes) {
  const absl::StatusOr<T> decoded = Decode<T>(bytes);
  return decoded.ok() ? "decoded" : std::string(decoded.status().message());
}

// Decodes to something that encodes to the same bytes.
template <class T>
::testing::AssertionResult RoundTrips(const Wire& bytes) {
  const absl::StatusOr<T> decoded = Decode<T>(bytes);
  if (!decoded.ok()) return ::testing::AssertionFailure() << decoded.status();
  if (Encode(*decoded) != bytes) return ::testing::AssertionFailure() << "encodes otherwise";
  return ::testing::AssertionSuccess();
}

TEST(Codec, Integers) {
  EXPECT_EQ(Encode(uint32_t{0x01020304}), (Wire{4, 3, 2, 1}));
  EXPECT_TRUE(RoundTrips<uint64_t>({1, 2, 3, 4, 5, 6, 7, 0xff}));
  EXPECT_EQ(Error<uint32_t>({1, 2, 3}), "expected 4 bytes, got 3");
  EXPECT_EQ(Error<uint32_t>({1, 2, 3, 4, 5}), "expected 4 bytes, got 5");
  EXPECT_EQ(Error<uint8_t>({}), "expected 1 bytes, got 0");
}

TEST(Codec, Booleans) {
  EXPECT_TRUE(RoundTrips<bool>({0}));
  EXPECT_TRUE(RoundTrips<bool>({1}));
  EXPECT_EQ(Error<bool>({2}), "a boolean is 0 or 1, got 2");
  EXPECT_EQ(Error<bool>({0x80}), "a boolean is 0 or 1, got 128");
  EXPECT_EQ(Error<bool>({}), "expected 1 bytes, got 0");
  EXPECT_EQ(Error<bool>({1, 0}), "expected 1 bytes, got 2");
}

TEST(Codec, ByteVectorsAndByteLists) {
  EXPECT_TRUE(RoundTrips<Bytes<3>>({1, 2, 3}));
  EXPECT_EQ(Error<Bytes<3>>({1, 2}), "expected 3 bytes, got 2");
  EXPECT_TRUE(RoundTrips<ByteList<3>>({}));
  EXPECT_TRUE(RoundTrips<ByteList<3>>({1, 2, 3}));
  EXPECT_EQ(Error<ByteList<3>>({1, 2, 3, 4}), "limit is 3, got 4");
}

TEST(Codec, Bitlists) {
  EXPECT_EQ(Encode(Bitlist<8>{Bits::FromBytes({5}, 3)}), (Wire{0x0d}));
  EXPECT_TRUE(RoundTrips<Bitlist<8>>({0x01}));
  EXPECT_TRUE(RoundTrips<Bitlist<8>>({0xff, 0x01}));
  EXPECT_EQ(Decode<Bitlist<8>>(Wire{0xff, 0x01})->bits.size(), 8u);
  EXPECT_EQ(Error<Bitlist<8>>({}), "a bitlist has at least one byte, got 0");
  EXPECT_EQ(Error<Bitlist<8>>({0}), "expected the delimiter bit in the last byte, got 0x00");
  EXPECT_EQ(Error<Bitlist<8>>({5, 0}), "expected the delimiter bit in the last byte, got 0x00");
  EXPECT_EQ(Error<Bitlist<8>>({0, 2}), "limit is 8, got 9");
  EXPECT_EQ(Error<Bitlist<8>>({0, 0, 1}), "limit is 8, got 16");
}

TEST(Codec, Bitvectors) {
  EXPECT_TRUE(RoundTrips<Bitvector<8>>({0xff}));
  EXPECT_TRUE(RoundTrips<Bitvector<9>>({0xff, 0x01}));
  EXPECT_EQ(Error<Bitvector<9>>({0xff, 0x02}), "expected zero padding bits in the last byte");
  EXPECT_EQ(Error<Bitvector<9>>({0xff}), "expected 2 bytes, got 1");
  EXPECT_EQ(Error<Bitvector<9>>({0xff, 0, 0}), "expected 2 bytes, got 3");
}

TEST(Codec, ListsAndVectorsOfFixedSizeElements) {
  EXPECT_TRUE((RoundTrips<List<uint16_t, 2>>({})));
  EXPECT_TRUE((RoundTrips<List<uint16_t, 2>>({1, 2, 3, 4})));
  EXPECT_EQ((Error<List<uint16_t, 2>>({1, 2, 3})), "expected 4 bytes, got 3");
  EXPECT_EQ((Error<List<uint16_t, 2>>({1, 2, 3, 4, 5, 6})), "limit is 2, got 3");
  EXPECT_EQ((Error<Vector<bool, 3>>({1, 0, 3})), "[2]: a boolean is 0 or 1, got 3");
  EXPECT_TRUE((RoundTrips<Vector<uint16_t, 2>>({1, 2, 3, 4})));
  EXPECT_EQ((Error<Vector<uint16_t, 2>>({1, 2})), "expected 4 bytes, got 2");
}

// Offsets of a list whose elements vary in size.
TEST(Codec, ListsOfVariableSizeElements) {
  using Lists = List<ByteList<4>, 3>;
  EXPECT_TRUE(RoundTrips<Lists>({}));
  EXPECT_TRUE(RoundTrips<Lists>({4, 0, 0, 0}));
  EXPECT_TRUE(RoundTrips<Lists>({8, 0, 0, 0, 10, 0, 0, 0, 1, 2, 3}));
  EXPECT_TRUE(RoundTrips<Lists>({8, 0, 0, 0, 8, 0, 0, 0}));
  EXPECT_EQ(Error<Lists>({4, 0, 0}), "expected 4 bytes, got 3");
  const std::string table = "first offset is no table's length: ";
  EXPECT_EQ(Error<Lists>({0, 0, 0, 0}), table + "0 where the bound is 4");
  EXPECT_EQ(Error<Lists>({0, 0, 0, 0, 1, 2, 3, 4}), table + "0 where the bound is 8");
  EXPECT_EQ(Error<Lists>({6, 0, 0, 0, 1, 2}), table + "6 where the bound is 6");
  EXPECT_EQ(Error<Lists>({8, 0, 0, 0}), table + "8 where the bound is 4");
  EXPECT_EQ(Error<Lists>({0xfc, 0xff, 0xff, 0xff}), table + "4294967292 where the bound is 4");
  EXPECT_EQ(Error<Lists>({16, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0}),
            "limit is 3, got 4");
  const std::string order = "offsets go back or past the end: ";
  EXPECT_EQ(Error<Lists>({8, 0, 0, 0, 7, 0, 0, 0, 1}), "[0]: " + order + "7 where the bound is 9");
  EXPECT_EQ(Error<Lists>({8, 0, 0, 0, 10, 0, 0, 0, 1}),
            "[0]: " + order + "10 where the bound is 9");
  EXPECT_EQ(Error<Lists>({12, 0, 0, 0, 13, 0, 0, 0, 12, 0, 0, 0, 1}),
            "[1]: " + order + "12 where the bound is 13");
  EXPECT_EQ(Error<Lists>({4, 0, 0, 0, 1, 2, 3, 4, 5}), "[0]: limit is 4, got 5");
}

TEST(Codec, Containers) {
  Outer outer;
  outer.list.elements = {{7, {{1, 2}}}, {8, {{}}}};
  outer.number = 0x01020304;
  outer.bits.bits = Bits::FromBytes({1}, 2);
  outer.fixed = {9, {{10, 11, 12}}};
  const Wire bytes = {16, 0, 0, 0, 4,  3, 2, 1, 38, 0, 0, 0, 9, 10, 11, 12,  // fixed part
                      8,  0, 0, 0, 16, 0, 0, 0,                              // list: offsets
                      7,  0, 6, 0, 0,  0, 1, 2,                              // list[0]
                      8,  0, 6, 0, 0,  0,                                    // list[1]
                      5};                                                    // bits
  EXPECT_EQ(Encode(outer), bytes);
  EXPECT_TRUE(*Decode<Outer>(bytes) == outer);

  const auto with = [&](size_t at, uint8_t byte) {
    Wire changed = bytes;
    changed[at] = byte;
    return changed;
  };
  const std::string gap = "offset leaves a gap or an overlap: ";
  EXPECT_EQ(Error<Outer>(with(0, 17)), "list: " + gap + "17 where the bound is 16");
  EXPECT_EQ(Error<Outer>(with(0, 15)), "list: " + gap + "15 where the bound is 16");
  EXPECT_EQ(Error<Outer>(with(8, 15)),
            "list: offsets go back or past the end: 15 where the bound is 39");
  EXPECT_EQ(Error<Outer>(with(8, 40)),
            "list: offsets go back or past the end: 40 where the bound is 39");
  // The list takes the byte of the bits.
  EXPECT_EQ(Error<Outer>(with(8, 39)), "bits: a bitlist has at least one byte, got 0");
}

TEST(Codec, ContainersOfWrongLength) {
  EXPECT_TRUE(RoundTrips<Fixed>({1, 2, 3, 4}));
  EXPECT_EQ(Error<Fixed>({1, 2, 3}), "expected 4 bytes, got 3");
  EXPECT_EQ(Error<Fixed>({1, 2, 3, 4, 5}), "expected 4 bytes, got 5");
  EXPECT_EQ(Error<Inner>({1, 0, 6, 0, 0}), "expected 6 bytes, got 5");
  EXPECT_EQ(Error<Inner>({}), "expected 6 bytes, got 0");
}

TEST(Codec, ContainersPinnedToALength) {
  static_assert(Codec<Pinned>::kLength == 7);
  static_assert(Codec<HasPinned>::kLength == kVariable);
  EXPECT_TRUE(RoundTrips<Pinned>({5, 0, 0, 0, 9, 1, 2}));
  EXPECT_EQ(Error<Pinned>({5, 0, 0, 0, 9, 1}), "expected 7 bytes, got 6");
  EXPECT_EQ(Error<Pinned>({5, 0, 0, 0, 9, 1, 2, 3}), "expected 7 bytes, got 8");
  // In line in its owner, without an offset of its own.
  EXPECT_TRUE(RoundTrips<HasPinned>({5, 0, 0, 0, 9, 1, 2, 11, 0, 0, 0, 42}));
}

TEST(Codec, CachedListsDecodeLikeTheListsTheyStandFor) {
  EXPECT_TRUE(RoundTrips<CachedBitlist<8>>({0x0d}));
  EXPECT_EQ(Error<CachedBitlist<8>>({0, 2}), "limit is 8, got 9");
  EXPECT_TRUE(RoundTrips<RootList<2>>(Wire(64, 7)));
  EXPECT_EQ(Error<RootList<2>>(Wire(96, 7)), "limit is 2, got 3");
  EXPECT_EQ(Error<RootList<2>>(Wire(33, 7)), "expected 64 bytes, got 33");
  EXPECT_TRUE((RoundTrips<SharedList<uint16_t, 2>>({1, 2, 3, 4})));
  EXPECT_EQ((Error<SharedList<uint16_t, 2>>({1, 2, 3, 4, 5, 6})), "limit is 2, got 3");
}

// What the input claims must not decide how much is allocated.
TEST(Codec, AllocatesInProportionToTheInput) {
  using Lists = List<List<Inner, 1 << 20>, 1 << 20>;
  constexpr uint32_t kSeed = 5;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    // Offsets that are mostly plausible reach deeper than noise does.
    Wire bytes(4 * (1 + random() % 64));
    for (size_t at = 0; at < bytes.size(); at += 4) {
      const uint32_t offset = random() % 4 == 0 ? random() : 4 * (random() % 64);
      std::memcpy(bytes.data() + at, &offset, 4);
    }
    const size_t before = AllocatedBytes();
    Decode<Lists>(bytes).IgnoreError();
    ASSERT_LE(AllocatedBytes() - before, 4096 + 64 * bytes.size());
  }
  Wire every_element_empty(4 << 10, 0);
  for (size_t at = 0; at < every_element_empty.size(); at += 4) {
    const auto offset = static_cast<uint32_t>(every_element_empty.size());
    std::memcpy(every_element_empty.data() + at, &offset, 4);
  }
  const size_t before = AllocatedBytes();
  ASSERT_TRUE(Decode<Lists>(every_element_empty).ok());
  ASSERT_LE(AllocatedBytes() - before, 64 * every_element_empty.size());
}

}  // namespace
}  // namespace heddle::ssz
