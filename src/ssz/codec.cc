#include "src/ssz/codec.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace heddle::ssz {
namespace internal {

absl::Status LengthError(size_t expected, size_t actual) {
  return absl::InvalidArgumentError(absl::StrCat(": expected ", expected, " bytes, got ", actual));
}

absl::Status LimitError(uint64_t limit, uint64_t actual) {
  return absl::InvalidArgumentError(absl::StrCat(": limit is ", limit, ", got ", actual));
}

absl::Status OffsetError(std::string_view what, uint64_t offset, uint64_t bound) {
  return absl::InvalidArgumentError(absl::StrCat(": ", absl::string_view(what.data(), what.size()),
                                                 ": ", offset, " where the bound is ", bound));
}

absl::Status WithoutLeadingPunctuation(const absl::Status& status) {
  absl::string_view message = status.message();
  if (!absl::ConsumePrefix(&message, ": ")) absl::ConsumePrefix(&message, ".");
  return absl::InvalidArgumentError(message);
}

absl::Status InField(std::string_view name, const absl::Status& status) {
  return absl::InvalidArgumentError(
      absl::StrCat(".", absl::string_view(name.data(), name.size()), status.message()));
}

absl::Status InElement(size_t index, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat("[", index, "]", status.message()));
}

// Reads the delimiter. On success *size is the number of bits in front of it.
static absl::Status FindBitlistEnd(std::span<const uint8_t> bytes, uint64_t limit, size_t* size) {
  if (bytes.empty()) return absl::InvalidArgumentError(": a bitlist has at least one byte, got 0");
  // The delimiter is the highest one bit. Were it not in the last byte, zero bytes could be
  // appended to an encoding at will.
  if (bytes.back() == 0) {
    return absl::InvalidArgumentError(": expected the delimiter bit in the last byte, got 0x00");
  }
  *size = 8 * (bytes.size() - 1) + static_cast<size_t>(std::bit_width(bytes.back())) - 1;
  if (*size > limit) return LimitError(limit, *size);
  return absl::OkStatus();
}

void AppendBytes(const void* bytes, size_t size, std::vector<uint8_t>* out) {
  const auto* begin = static_cast<const uint8_t*>(bytes);
  out->insert(out->end(), begin, begin + size);
}

void AppendBitlist(const Bits& bits, std::vector<uint8_t>* out) {
  AppendBytes(bits.bytes().data(), bits.bytes().size(), out);
  if (bits.size() % 8 == 0) out->push_back(0);
  out->back() |= static_cast<uint8_t>(1u << (bits.size() % 8));
}

absl::Status ReadBitlist(std::span<const uint8_t> bytes, uint64_t limit, Bits* bits) {
  size_t size = 0;
  absl::Status status = FindBitlistEnd(bytes, limit, &size);
  if (!status.ok()) return status;
  // Cuts the delimiter off.
  *bits = Bits::FromBytes(std::vector<uint8_t>(bytes.begin(), bytes.end()), size);
  return absl::OkStatus();
}

absl::Status ReadBitvector(std::span<const uint8_t> bytes, size_t length, Bits* bits) {
  if (bytes.size() != (length + 7) / 8) return LengthError((length + 7) / 8, bytes.size());
  if (length % 8 != 0 && bytes.back() >> (length % 8) != 0) {
    return absl::InvalidArgumentError(": expected zero padding bits in the last byte");
  }
  *bits = Bits::FromBytes(std::vector<uint8_t>(bytes.begin(), bytes.end()), length);
  return absl::OkStatus();
}

}  // namespace internal

absl::Status Codec<bool>::Read(std::span<const uint8_t> bytes, bool* value) {
  if (bytes.size() != 1) return internal::LengthError(1, bytes.size());
  if (bytes[0] > 1) {
    return absl::InvalidArgumentError(absl::StrCat(": a boolean is 0 or 1, got ", bytes[0]));
  }
  *value = bytes[0] == 1;
  return absl::OkStatus();
}

}  // namespace heddle::ssz
