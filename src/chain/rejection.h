// Why the chain refuses an input (leanSpec, forks/lstar/errors.py).
#ifndef HEDDLE_SRC_CHAIN_REJECTION_H_
#define HEDDLE_SRC_CHAIN_REJECTION_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace heddle::chain {

enum class Rejection : uint8_t {
  // Block validation.
  kBlockSlotNotInFuture,
  kBlockOlderThanLatestHeader,
  kBlockSlotMismatch,
  kParentRootMismatch,
  kStateRootMismatch,
  kUnknownParentBlock,
  kProposerIndexOutOfRange,
  kEmptyValidatorRegistry,
  kWrongProposer,
  kTooManyAttestationData,
  kDuplicateAttestationData,
  kEmptyAggregationBits,

  // Attestation validation.
  kUnknownSourceBlock,
  kUnknownTargetBlock,
  kUnknownHeadBlock,
  kSourceAfterTarget,
  kHeadOlderThanTarget,
  kSourceSlotMismatch,
  kTargetSlotMismatch,
  kHeadSlotMismatch,
  kSourceNotAncestorOfTarget,
  kTargetNotAncestorOfHead,
  kAttestationTooFarInFuture,
  kAttestationSlotBeforeHead,
  kValidatorNotInState,
  kValidatorIndexOutOfRange,
  kJustifiedSlotOutOfRange,

  // Cryptographic verification.
  kInvalidSignature,
  kInvalidBlockProof,

  // Anchor initialization.
  kAnchorStateRootMismatch,

  // Wire decoding.
  kDecodeError,

  // Not in the specification's list, because there these inputs end in a failed assertion or a
  // failed container construction and not in a rejection. A state reached from genesis through
  // valid blocks never leads here; a hostile anchor state or an absurd slot does.
  kMalformedState,      // The pre-state contradicts itself.
  kStateLimitExceeded,  // The post-state would not fit its own type's limits.
};

inline constexpr size_t kRejectionCount = static_cast<size_t>(Rejection::kStateLimitExceeded) + 1;

// The specification's name: "UNKNOWN_PARENT_BLOCK".
std::string_view RejectionName(Rejection rejection);

// The rejection of that name, if there is one.
std::optional<Rejection> RejectionFromName(std::string_view name);

// What an operation says: nothing when it went through, or why it did not.
//   if (Verdict rejection = store.OnBlock(block)) Count(*rejection);
using Verdict = std::optional<Rejection>;
inline constexpr std::nullopt_t kAccepted = std::nullopt;

// A value, or why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::move(value)) {}       // NOLINT: conversion is the point
  Result(Rejection rejection) : held_(rejection) {}  // NOLINT: conversion is the point

  bool ok() const { return std::holds_alternative<T>(held_); }
  Rejection rejection() const {
    assert(!ok());
    return std::get<Rejection>(held_);
  }
  T& operator*() { return std::get<T>(held_); }
  const T& operator*() const { return std::get<T>(held_); }
  T* operator->() { return &std::get<T>(held_); }
  const T* operator->() const { return &std::get<T>(held_); }

 private:
  std::variant<T, Rejection> held_;
};

}  // namespace heddle::chain

#endif  // HEDDLE_SRC_CHAIN_REJECTION_H_
