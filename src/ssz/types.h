// The SSZ types that are not containers: byte lists, lists, vectors and bitfields.
//
// They are plain values that hold exactly what the encoding holds. Limits belong to the type; the
// decoder enforces them, code that builds a value keeps to them.
#ifndef HEDDLE_SRC_SSZ_TYPES_H_
#define HEDDLE_SRC_SSZ_TYPES_H_

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "src/ssz/bytes.h"

namespace heddle::ssz {

// Between 0 and Limit bytes.
template <uint64_t Limit>
struct ByteList {
  static constexpr uint64_t kLimit = Limit;
  std::vector<uint8_t> bytes;

  friend bool operator==(const ByteList&, const ByteList&) = default;
  friend auto operator<=>(const ByteList&, const ByteList&) = default;
};

// Between 0 and Limit elements.
template <class T, uint64_t Limit>
struct List {
  using Element = T;
  static_assert(!std::is_same_v<T, bool>, "a list of bits is a Bitlist");
  static constexpr uint64_t kLimit = Limit;
  std::vector<T> elements;

  size_t size() const { return elements.size(); }
  bool empty() const { return elements.empty(); }
  const T& operator[](size_t index) const { return elements[index]; }
  T& operator[](size_t index) { return elements[index]; }
  auto begin() const { return elements.begin(); }
  auto end() const { return elements.end(); }
  friend bool operator==(const List&, const List&) = default;
};

// Exactly Length elements.
template <class T, size_t Length>
struct Vector {
  using Element = T;
  static_assert(Length > 0, "SSZ has no empty vectors");
  std::array<T, Length> elements{};

  static constexpr size_t size() { return Length; }
  const T& operator[](size_t index) const { return elements[index]; }
  T& operator[](size_t index) { return elements[index]; }
  auto begin() const { return elements.begin(); }
  auto end() const { return elements.end(); }
  friend bool operator==(const Vector&, const Vector&) = default;
};

// A run of bits, packed from the least significant bit of the first byte. Bits past the end are
// zero, always: two equal runs have equal bytes.
class Bits {
 public:
  Bits() = default;
  explicit Bits(size_t size) : bytes_((size + 7) / 8), size_(size) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // ceil(size() / 8) bytes.
  const std::vector<uint8_t>& bytes() const { return bytes_; }

  bool operator[](size_t index) const {
    assert(index < size_);
    return bytes_[index / 8] >> (index % 8) & 1;
  }
  void Set(size_t index, bool bit);
  void PushBack(bool bit);
  // Appends `other`. O(size of other).
  void Append(const Bits& other);
  // Changes the size. New bits are zero.
  void Resize(size_t size);
  // Removes the first min(count, size()) bits. O(size()).
  void DropFront(size_t count);
  // The bits [begin, begin + count), all of them inside this run.
  Bits Slice(size_t begin, size_t count) const;
  // Number of ones.
  size_t Count() const;
  // Calls visit(position) for each one, ascending.
  template <class Visitor>
  void ForEachOne(Visitor&& visit) const {
    for (size_t i = 0; i < bytes_.size(); ++i) {
      for (unsigned byte = bytes_[i]; byte != 0; byte &= byte - 1) {
        visit(8 * uint64_t{i} + static_cast<uint64_t>(std::countr_zero(byte)));
      }
    }
  }
  // Positions of the ones, ascending.
  std::vector<uint64_t> Ones() const;

  // Takes packed bytes as they are. Bits of the last byte past `size` are cleared.
  static Bits FromBytes(std::vector<uint8_t> bytes, size_t size);

  friend bool operator==(const Bits&, const Bits&) = default;

 private:
  void ClearPadding();

  std::vector<uint8_t> bytes_;
  size_t size_ = 0;
};

// Between 0 and Limit bits. On the wire a single one after the last bit marks the end.
template <uint64_t Limit>
struct Bitlist {
  static constexpr uint64_t kLimit = Limit;
  Bits bits;

  friend bool operator==(const Bitlist&, const Bitlist&) = default;
};

// Exactly Length bits.
template <size_t Length>
struct Bitvector {
  static_assert(Length > 0, "SSZ has no empty bitvectors");
  Bits bits{Length};

  friend bool operator==(const Bitvector&, const Bitvector&) = default;
};

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_TYPES_H_
