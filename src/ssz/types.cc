#include "src/ssz/types.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace heddle::ssz {

void Bits::Set(size_t index, bool bit) {
  assert(index < size_);
  const uint8_t mask = static_cast<uint8_t>(1u << (index % 8));
  if (bit) {
    bytes_[index / 8] |= mask;
  } else {
    bytes_[index / 8] &= static_cast<uint8_t>(~mask);
  }
}

void Bits::PushBack(bool bit) {
  Resize(size_ + 1);
  if (bit) Set(size_ - 1, true);
}

void Bits::Append(const Bits& other) {
  const size_t begin = size_;
  const unsigned shift = begin % 8;
  Resize(begin + other.size_);
  for (size_t i = 0; i < other.bytes_.size(); ++i) {
    const unsigned wide = static_cast<unsigned>(other.bytes_[i]) << shift;
    const size_t at = begin / 8 + i;
    bytes_[at] |= static_cast<uint8_t>(wide);
    if (at + 1 < bytes_.size()) bytes_[at + 1] |= static_cast<uint8_t>(wide >> 8);
  }
}

void Bits::Resize(size_t size) {
  bytes_.resize((size + 7) / 8);
  size_ = size;
  ClearPadding();
}

void Bits::DropFront(size_t count) {
  count = std::min(count, size_);
  *this = Slice(count, size_ - count);
}

Bits Bits::Slice(size_t begin, size_t count) const {
  assert(begin <= size_ && count <= size_ - begin);
  Bits slice(count);
  const unsigned shift = begin % 8;
  for (size_t i = 0; i < slice.bytes_.size(); ++i) {
    const size_t at = begin / 8 + i;
    unsigned wide = bytes_[at];
    if (at + 1 < bytes_.size()) wide |= static_cast<unsigned>(bytes_[at + 1]) << 8;
    slice.bytes_[i] = static_cast<uint8_t>(wide >> shift);
  }
  slice.ClearPadding();
  return slice;
}

size_t Bits::Count() const {
  size_t count = 0;
  for (const uint8_t byte : bytes_) count += std::popcount(byte);
  return count;
}

std::vector<uint64_t> Bits::Ones() const {
  std::vector<uint64_t> ones;
  ForEachOne([&](uint64_t position) { ones.push_back(position); });
  return ones;
}

Bits Bits::FromBytes(std::vector<uint8_t> bytes, size_t size) {
  Bits bits;
  bits.bytes_ = std::move(bytes);
  bits.Resize(size);
  return bits;
}

void Bits::ClearPadding() {
  if (size_ % 8 != 0) bytes_.back() &= static_cast<uint8_t>((1u << (size_ % 8)) - 1);
}

}  // namespace heddle::ssz
