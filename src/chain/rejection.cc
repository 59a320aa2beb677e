#include "src/chain/rejection.h"

#include <array>

namespace heddle::chain {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, kRejectionCount> kNames = {
    "BLOCK_SLOT_NOT_IN_FUTURE",
    "BLOCK_OLDER_THAN_LATEST_HEADER",
    "BLOCK_SLOT_MISMATCH",
    "PARENT_ROOT_MISMATCH",
    "STATE_ROOT_MISMATCH",
    "UNKNOWN_PARENT_BLOCK",
    "PROPOSER_INDEX_OUT_OF_RANGE",
    "EMPTY_VALIDATOR_REGISTRY",
    "WRONG_PROPOSER",
    "TOO_MANY_ATTESTATION_DATA",
    "DUPLICATE_ATTESTATION_DATA",
    "EMPTY_AGGREGATION_BITS",
    "UNKNOWN_SOURCE_BLOCK",
    "UNKNOWN_TARGET_BLOCK",
    "UNKNOWN_HEAD_BLOCK",
    "SOURCE_AFTER_TARGET",
    "HEAD_OLDER_THAN_TARGET",
    "SOURCE_SLOT_MISMATCH",
    "TARGET_SLOT_MISMATCH",
    "HEAD_SLOT_MISMATCH",
    "SOURCE_NOT_ANCESTOR_OF_TARGET",
    "TARGET_NOT_ANCESTOR_OF_HEAD",
    "ATTESTATION_TOO_FAR_IN_FUTURE",
    "ATTESTATION_SLOT_BEFORE_HEAD",
    "VALIDATOR_NOT_IN_STATE",
    "VALIDATOR_INDEX_OUT_OF_RANGE",
    "JUSTIFIED_SLOT_OUT_OF_RANGE",
    "INVALID_SIGNATURE",
    "INVALID_BLOCK_PROOF",
    "ANCHOR_STATE_ROOT_MISMATCH",
    "DECODE_ERROR",
    "MALFORMED_STATE",
    "STATE_LIMIT_EXCEEDED",
};

}  // namespace

std::string_view RejectionName(Rejection rejection) {
  return kNames[static_cast<size_t>(rejection)];
}

std::optional<Rejection> RejectionFromName(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Rejection>(i);
  }
  return std::nullopt;
}

}  // namespace heddle::chain
