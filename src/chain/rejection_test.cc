#include "src/chain/rejection.h"

#include "gtest/gtest.h"

namespace heddle::chain {
namespace {

TEST(Rejection, NamesAreReadBack) {
  for (size_t i = 0; i < kRejectionCount; ++i) {
    const auto rejection = static_cast<Rejection>(i);
    ASSERT_FALSE(RejectionName(rejection).empty());
    EXPECT_EQ(RejectionFromName(RejectionName(rejection)), rejection);
  }
  EXPECT_EQ(RejectionFromName("NO_SUCH_REASON"), std::nullopt);
  EXPECT_EQ(RejectionFromName(""), std::nullopt);
}

TEST(Rejection, NamesAreTheSpecifications) {
  EXPECT_EQ(RejectionName(Rejection::kBlockSlotNotInFuture), "BLOCK_SLOT_NOT_IN_FUTURE");
  EXPECT_EQ(RejectionName(Rejection::kUnknownParentBlock), "UNKNOWN_PARENT_BLOCK");
  EXPECT_EQ(RejectionName(Rejection::kEmptyAggregationBits), "EMPTY_AGGREGATION_BITS");
  EXPECT_EQ(RejectionName(Rejection::kUnknownSourceBlock), "UNKNOWN_SOURCE_BLOCK");
  EXPECT_EQ(RejectionName(Rejection::kAttestationSlotBeforeHead), "ATTESTATION_SLOT_BEFORE_HEAD");
  EXPECT_EQ(RejectionName(Rejection::kJustifiedSlotOutOfRange), "JUSTIFIED_SLOT_OUT_OF_RANGE");
  EXPECT_EQ(RejectionName(Rejection::kInvalidBlockProof), "INVALID_BLOCK_PROOF");
  EXPECT_EQ(RejectionName(Rejection::kDecodeError), "DECODE_ERROR");
  EXPECT_EQ(RejectionName(Rejection::kStateLimitExceeded), "STATE_LIMIT_EXCEEDED");
}

}  // namespace
}  // namespace heddle::chain
