// Byte vectors of fixed length: roots, public keys, field digests.
#ifndef HEDDLE_SRC_SSZ_BYTES_H_
#define HEDDLE_SRC_SSZ_BYTES_H_

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace heddle::ssz {

// Exactly N bytes, ordered lexicographically. A plain value: copy it freely.
template <size_t N>
struct Bytes {
  std::array<uint8_t, N> bytes{};

  const uint8_t* data() const { return bytes.data(); }
  uint8_t* data() { return bytes.data(); }
  static constexpr size_t size() { return N; }
  auto begin() const { return bytes.begin(); }
  auto end() const { return bytes.end(); }
  bool IsZero() const {
    return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
  }
  friend bool operator==(const Bytes&, const Bytes&) = default;
  friend auto operator<=>(const Bytes& a, const Bytes& b) {
    return std::memcmp(a.data(), b.data(), N) <=> 0;
  }
};

using Bytes32 = Bytes<32>;

// A Merkle node, a block root, a state root.
using Root = Bytes32;

// Hash for unordered containers keyed by roots. A root is a SHA-256 output, so its first eight
// bytes are a good hash; unlike std::hash or absl::Hash it is the same in every process and build.
struct RootHash {
  size_t operator()(const Root& root) const {
    uint64_t word;
    std::memcpy(&word, root.data(), sizeof(word));
    return static_cast<size_t>(word);
  }
};

// Lower-case hexadecimal digits of `size` bytes, without a prefix.
std::string ToHex(const uint8_t* data, size_t size);

template <size_t N>
std::string ToHex(const Bytes<N>& value) {
  return ToHex(value.data(), N);
}

// Reads exactly 2 * size digits, with or without a leading "0x". False, with *out unspecified, when
// the text has another length or another character.
bool FromHex(std::string_view text, uint8_t* out, size_t size);

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_BYTES_H_
