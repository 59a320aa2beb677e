#include "src/chain/poseidon.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "src/chain/conformance/vectors.h"

namespace heddle::chain {
namespace {

// Pins the constants and matrices when the specification's vectors are not there.
TEST(Poseidon, PermutesZeros) {
  std::array<uint32_t, 16> narrow{};
  PoseidonPermute(&narrow);
  EXPECT_EQ(narrow[0], 2096630793u);
  EXPECT_EQ(narrow[15], 92100382u);
  std::array<uint32_t, 24> wide{};
  PoseidonPermute(&wide);
  EXPECT_EQ(wide[0], 545691396u);
  EXPECT_EQ(wide[23], 1011482546u);
}

TEST(Poseidon, StaysInTheField) {
  std::array<uint32_t, 24> state;
  state.fill(kKoalaBearPrime - 1);
  for (int i = 0; i < 100; ++i) {
    PoseidonPermute(&state);
    for (uint32_t element : state) ASSERT_LT(element, kKoalaBearPrime);
  }
}

template <size_t kWidth>
void RunVector(const conformance::Json& vector) {
  const auto element = [](const conformance::Json& text) {
    const uint64_t value = std::stoull(text.get<std::string>());
    EXPECT_LT(value, kKoalaBearPrime);
    return static_cast<uint32_t>(value);
  };
  ASSERT_EQ(vector.at("inputState").size(), kWidth);
  ASSERT_EQ(vector.at("outputState").size(), kWidth);
  std::array<uint32_t, kWidth> state;
  for (size_t i = 0; i < kWidth; ++i) state[i] = element(vector.at("inputState")[i]);
  PoseidonPermute(&state);
  for (size_t i = 0; i < kWidth; ++i) {
    EXPECT_EQ(state[i], element(vector.at("outputState")[i])) << "element " << i;
  }
}

TEST(Conformance, PoseidonPermutation) {
  if (!conformance::HaveVectors()) GTEST_SKIP() << conformance::NoVectors();
  conformance::ForEachVector("poseidon_permutation", [](const conformance::Vector& vector) {
    const int width = vector.body.at("width");
    if (width == 16) {
      RunVector<16>(vector.body);
    } else if (width == 24) {
      RunVector<24>(vector.body);
    } else {
      ADD_FAILURE() << "unknown width " << width;
    }
    return conformance::Passed();
  });
}

}  // namespace
}  // namespace heddle::chain
