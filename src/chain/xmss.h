// The XMSS signature scheme's containers (leanSpec, crypto/xmss/containers.py, types.py,
// constants.py). Only their encoding: signing and verifying come later.
#ifndef HEDDLE_SRC_CHAIN_XMSS_H_
#define HEDDLE_SRC_CHAIN_XMSS_H_

#include <compare>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "src/ssz/codec.h"
#include "src/ssz/merkle.h"

namespace heddle::chain {

// An element of the KoalaBear field: an integer below the modulus, four bytes on the wire.
struct FieldElement {
  static constexpr uint32_t kModulus = 0x7f000001;  // 2^31 - 2^24 + 1
  uint32_t value = 0;

  friend bool operator==(const FieldElement&, const FieldElement&) = default;
};

// Parameters of a scheme that show in the encoding.
struct TestScheme {
  static constexpr size_t kLogLifetime = 8;
  static constexpr size_t kDimension = 4;
};
struct ProductionScheme {
  static constexpr size_t kLogLifetime = 32;
  static constexpr size_t kDimension = 46;
};

inline constexpr size_t kHashLengthFieldElements = 8;
inline constexpr size_t kParameterLength = 5;
inline constexpr size_t kRandomnessLength = 7;

using HashDigest = ssz::Vector<FieldElement, kHashLengthFieldElements>;
using Parameter = ssz::Vector<FieldElement, kParameterLength>;
using Randomness = ssz::Vector<FieldElement, kRandomnessLength>;

inline constexpr size_t kPublicKeyLength = 4 * (kHashLengthFieldElements + kParameterLength);
using PublicKeyBytes = ssz::Bytes<kPublicKeyLength>;

struct PublicKey {
  HashDigest root;
  Parameter parameter;
  HEDDLE_SSZ_CONTAINER(PublicKey, root, parameter);
};

// Whether the bytes decode as a PublicKey: every field element is below the modulus. Registries
// hold keys as bytes, and a block may name thousands of them.
bool IsPublicKey(const PublicKeyBytes& bytes);

template <class Scheme>
struct BasicXmss {
  // Twice the leaves of a bottom tree.
  using HashDigestList = ssz::List<HashDigest, 2 * (uint64_t{1} << Scheme::kLogLifetime / 2)>;

  // A Merkle authentication path, from the leaf's sibling upward.
  struct HashTreeOpening {
    HashDigestList siblings;
    HEDDLE_SSZ_CONTAINER(HashTreeOpening, siblings);
  };

  // A horizontal slice of a sparse Merkle subtree.
  struct HashTreeLayer {
    uint64_t start_index = 0;
    HashDigestList nodes;
    HEDDLE_SSZ_CONTAINER(HashTreeLayer, start_index, nodes);
  };

  // One signature for one slot. Both lists have a length that the scheme fixes, so that every
  // encoding has kSszLength bytes: the lists' contents, the randomness and three offsets.
  struct Signature {
    static constexpr size_t kSszLength =
        4 * kHashLengthFieldElements * (Scheme::kLogLifetime + Scheme::kDimension) +
        4 * kRandomnessLength + 3 * ssz::kOffsetLength;

    HashTreeOpening path;
    Randomness rho;
    HashDigestList hashes;
    HEDDLE_SSZ_CONTAINER(Signature, path, rho, hashes);

    absl::Status CheckDecoded() const;
  };
};

template <class Scheme>
absl::Status BasicXmss<Scheme>::Signature::CheckDecoded() const {
  if (path.siblings.size() == Scheme::kLogLifetime && hashes.size() == Scheme::kDimension) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(": a list's length is not the scheme's");
}

// The scheme of the networks and vectors this build talks to: signature scheme `test`.
using Xmss = BasicXmss<TestScheme>;
using Signature = Xmss::Signature;

}  // namespace heddle::chain

namespace heddle::ssz {

template <>
struct Codec<chain::FieldElement> {
  static constexpr size_t kLength = 4;
  static void Append(chain::FieldElement value, std::vector<uint8_t>* out) {
    Codec<uint32_t>::Append(value.value, out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, chain::FieldElement* value) {
    absl::Status status = Codec<uint32_t>::Read(bytes, &value->value);
    if (status.ok() && value->value >= chain::FieldElement::kModulus) {
      return internal::LimitError(chain::FieldElement::kModulus - 1, value->value);
    }
    return status;
  }
};
template <>
struct TreeRoot<chain::FieldElement> : BasicTreeRoot<chain::FieldElement> {};

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_CHAIN_XMSS_H_
