#include "src/ssz/types.h"

#include <random>

#include "gtest/gtest.h"

namespace heddle::ssz {
namespace {

std::vector<bool> ToVector(const Bits& bits) {
  std::vector<bool> vector;
  for (size_t i = 0; i < bits.size(); ++i) vector.push_back(bits[i]);
  return vector;
}

Bits FromVector(const std::vector<bool>& vector) {
  Bits bits;
  for (const bool bit : vector) bits.PushBack(bit);
  return bits;
}

TEST(Bits, PadsWithZeros) {
  Bits bits(9);
  for (size_t i = 0; i < 9; ++i) bits.Set(i, true);
  EXPECT_EQ(bits.bytes(), (std::vector<uint8_t>{0xff, 0x01}));
  bits.Resize(3);
  EXPECT_EQ(bits.bytes(), (std::vector<uint8_t>{0x07}));
  bits.Resize(16);
  EXPECT_EQ(bits.bytes(), (std::vector<uint8_t>{0x07, 0x00}));
  EXPECT_EQ(Bits::FromBytes({0xff}, 2).bytes(), (std::vector<uint8_t>{0x03}));
  EXPECT_EQ(Bits::FromBytes({0xff, 0xff}, 8), Bits::FromBytes({0xff}, 8));
}

// Every operation against std::vector<bool>, at all alignments.
TEST(Bits, BehavesLikeAVectorOfBool) {
  constexpr uint32_t kSeed = 20261122;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  Bits bits;
  std::vector<bool> model;
  for (int step = 0; step < 20000; ++step) {
    switch (random() % 7) {
      case 0: {
        const bool bit = random() % 2 == 0;
        bits.PushBack(bit);
        model.push_back(bit);
        break;
      }
      case 1: {
        const size_t size = random() % 70;
        bits.Resize(size);
        model.resize(size);
        break;
      }
      case 2: {
        if (model.empty()) break;
        const size_t index = random() % model.size();
        const bool bit = random() % 2 == 0;
        bits.Set(index, bit);
        model[index] = bit;
        break;
      }
      case 3: {
        const size_t count = random() % 20;
        bits.DropFront(count);
        model.erase(model.begin(),
                    model.begin() + static_cast<long>(std::min(count, model.size())));
        break;
      }
      case 4: {
        std::vector<bool> other(random() % 20);
        for (size_t i = 0; i < other.size(); ++i) other[i] = random() % 2 == 0;
        bits.Append(FromVector(other));
        model.insert(model.end(), other.begin(), other.end());
        break;
      }
      case 5: {
        const size_t begin = random() % (model.size() + 1);
        const size_t count = random() % (model.size() - begin + 1);
        const auto first = model.begin() + static_cast<long>(begin);
        ASSERT_EQ(ToVector(bits.Slice(begin, count)),
                  std::vector<bool>(first, first + static_cast<long>(count)));
        break;
      }
      case 6: {
        std::vector<uint64_t> ones;
        for (size_t i = 0; i < model.size(); ++i) {
          if (model[i]) ones.push_back(i);
        }
        ASSERT_EQ(bits.Ones(), ones);
        ASSERT_EQ(bits.Count(), ones.size());
        break;
      }
    }
    ASSERT_EQ(ToVector(bits), model);
    ASSERT_EQ(bits, FromVector(model)) << "the bytes differ";
  }
}

}  // namespace
}  // namespace heddle::ssz
