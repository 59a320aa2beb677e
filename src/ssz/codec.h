// SSZ encoding and decoding (leanSpec, src/lean_spec/spec/ssz).
//
// Decode accepts exactly one encoding of each value: wrong lengths, gaps or overlaps between
// offsets, missing or misplaced delimiters, set padding bits, booleans other than 0 and 1, lists
// past their limit and trailing bytes are all errors. It allocates no more than a constant times
// the size of its input, whatever the input claims.
//
// Pure functions of their arguments.
#ifndef HEDDLE_SRC_SSZ_CODEC_H_
#define HEDDLE_SRC_SSZ_CODEC_H_

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/ssz/bytes.h"
#include "src/ssz/fields.h"
#include "src/ssz/types.h"

namespace heddle::ssz {

static_assert(std::endian::native == std::endian::little, "integers are copied as they lie");

// The encoding of `value`.
template <class T>
std::vector<uint8_t> Encode(const T& value);

// The value that `bytes` encode. The error says where: "block.body.attestations[3].data: ...".
template <class T>
absl::StatusOr<T> Decode(std::span<const uint8_t> bytes);

// How one type is encoded. A specialisation has
//   static constexpr size_t kLength     bytes of every encoding, or kVariable;
//   static void Append(const T&, std::vector<uint8_t>*);
//   static absl::Status Read(std::span<const uint8_t>, T*)   all of the span is the value's.
template <class T>
struct Codec;

inline constexpr size_t kVariable = SIZE_MAX;
inline constexpr size_t kOffsetLength = 4;

template <class T>
inline constexpr bool kIsFixedSize = Codec<T>::kLength != kVariable;

// Bytes that a value of type T takes in the fixed part of a container.
template <class T>
inline constexpr size_t kFixedPartLength = kIsFixedSize<T> ? Codec<T>::kLength : kOffsetLength;

namespace internal {

absl::Status LengthError(size_t expected, size_t actual);
absl::Status LimitError(uint64_t limit, uint64_t actual);
absl::Status OffsetError(std::string_view what, uint64_t offset, uint64_t bound);
// An error inside a value reads ": what is wrong"; around it, "name" and "[index]" are put in
// front. At the top the path loses its first dot or colon.
absl::Status WithoutLeadingPunctuation(const absl::Status& status);
// Puts a step of the path, "name" or "[index]", in front of an error's message.
absl::Status InField(std::string_view name, const absl::Status& status);
absl::Status InElement(size_t index, const absl::Status& status);

void AppendBytes(const void* bytes, size_t size, std::vector<uint8_t>* out);
void AppendBitlist(const Bits& bits, std::vector<uint8_t>* out);
absl::Status ReadBitlist(std::span<const uint8_t> bytes, uint64_t limit, Bits* bits);
absl::Status ReadBitvector(std::span<const uint8_t> bytes, size_t length, Bits* bits);

inline uint32_t LoadOffset(const uint8_t* at) {
  uint32_t offset;
  std::memcpy(&offset, at, sizeof(offset));
  return offset;
}
inline void StoreOffset(uint32_t offset, uint8_t* at) { std::memcpy(at, &offset, sizeof(offset)); }

}  // namespace internal

template <std::unsigned_integral T>
struct Codec<T> {
  static constexpr size_t kLength = sizeof(T);
  static void Append(T value, std::vector<uint8_t>* out) {
    internal::AppendBytes(&value, sizeof(T), out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, T* value) {
    if (bytes.size() != kLength) return internal::LengthError(kLength, bytes.size());
    std::memcpy(value, bytes.data(), sizeof(T));
    return absl::OkStatus();
  }
};

template <>
struct Codec<bool> {
  static constexpr size_t kLength = 1;
  static void Append(bool value, std::vector<uint8_t>* out) { out->push_back(value ? 1 : 0); }
  static absl::Status Read(std::span<const uint8_t> bytes, bool* value);
};

template <size_t N>
struct Codec<Bytes<N>> {
  static constexpr size_t kLength = N;
  static void Append(const Bytes<N>& value, std::vector<uint8_t>* out) {
    internal::AppendBytes(value.data(), N, out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, Bytes<N>* value) {
    if (bytes.size() != N) return internal::LengthError(N, bytes.size());
    std::memcpy(value->data(), bytes.data(), N);
    return absl::OkStatus();
  }
};

template <uint64_t Limit>
struct Codec<ByteList<Limit>> {
  static constexpr size_t kLength = kVariable;
  static void Append(const ByteList<Limit>& value, std::vector<uint8_t>* out) {
    internal::AppendBytes(value.bytes.data(), value.bytes.size(), out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, ByteList<Limit>* value) {
    if (bytes.size() > Limit) return internal::LimitError(Limit, bytes.size());
    value->bytes.assign(bytes.begin(), bytes.end());
    return absl::OkStatus();
  }
};

template <uint64_t Limit>
struct Codec<Bitlist<Limit>> {
  static constexpr size_t kLength = kVariable;
  static void Append(const Bitlist<Limit>& value, std::vector<uint8_t>* out) {
    internal::AppendBitlist(value.bits, out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, Bitlist<Limit>* value) {
    return internal::ReadBitlist(bytes, Limit, &value->bits);
  }
};

template <size_t Length>
struct Codec<Bitvector<Length>> {
  static constexpr size_t kLength = (Length + 7) / 8;
  static void Append(const Bitvector<Length>& value, std::vector<uint8_t>* out) {
    internal::AppendBytes(value.bits.bytes().data(), value.bits.bytes().size(), out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, Bitvector<Length>* value) {
    return internal::ReadBitvector(bytes, Length, &value->bits);
  }
};

namespace internal {

// Elements of fixed size lie back to back.
template <class T>
absl::Status ReadFixedElements(std::span<const uint8_t> bytes, std::span<T> elements) {
  constexpr size_t kWidth = Codec<T>::kLength;
  for (size_t i = 0; i < elements.size(); ++i) {
    absl::Status status = Codec<T>::Read(bytes.subspan(i * kWidth, kWidth), &elements[i]);
    if (!status.ok()) return InElement(i, status);
  }
  return absl::OkStatus();
}

// Elements of variable size come behind a table of offsets. The first one, which points past the
// table, tells how many there are.
template <class T>
absl::Status ReadVariableElements(std::span<const uint8_t> bytes, uint64_t limit,
                                  std::vector<T>* elements) {
  if (bytes.size() < kOffsetLength) return LengthError(kOffsetLength, bytes.size());
  const size_t table_length = LoadOffset(bytes.data());
  if (table_length == 0 || table_length > bytes.size() || table_length % kOffsetLength != 0) {
    return OffsetError("first offset is no table's length", table_length, bytes.size());
  }
  const size_t count = table_length / kOffsetLength;
  if (count > limit) return LimitError(limit, count);
  size_t begin = table_length;
  for (size_t i = 0; i < count; ++i) {
    const size_t end =
        i + 1 < count ? LoadOffset(bytes.data() + (i + 1) * kOffsetLength) : bytes.size();
    if (end < begin || end > bytes.size()) {
      return InElement(i, OffsetError("offsets go back or past the end", end, bytes.size()));
    }
    absl::Status status =
        Codec<T>::Read(bytes.subspan(begin, end - begin), &elements->emplace_back());
    if (!status.ok()) return InElement(i, status);
    begin = end;
  }
  return absl::OkStatus();
}

template <class T, class Range>
void AppendElements(const Range& elements, std::vector<uint8_t>* out) {
  if constexpr (kIsFixedSize<T>) {
    for (const T& element : elements) Codec<T>::Append(element, out);
  } else {
    const size_t start = out->size();
    out->resize(start + elements.size() * kOffsetLength);
    size_t slot = start;
    for (const T& element : elements) {
      StoreOffset(static_cast<uint32_t>(out->size() - start), out->data() + slot);
      slot += kOffsetLength;
      Codec<T>::Append(element, out);
    }
  }
}

template <class T>
absl::Status ReadList(std::span<const uint8_t> bytes, uint64_t limit, std::vector<T>* elements) {
  elements->clear();
  if (bytes.empty()) return absl::OkStatus();
  if constexpr (kIsFixedSize<T>) {
    constexpr size_t kWidth = Codec<T>::kLength;
    if (bytes.size() % kWidth != 0) {
      return LengthError((bytes.size() / kWidth + 1) * kWidth, bytes.size());
    }
    if (bytes.size() / kWidth > limit) return LimitError(limit, bytes.size() / kWidth);
    elements->resize(bytes.size() / kWidth);
    return ReadFixedElements<T>(bytes, *elements);
  } else {
    return ReadVariableElements(bytes, limit, elements);
  }
}

}  // namespace internal

template <class T, uint64_t Limit>
struct Codec<List<T, Limit>> {
  static constexpr size_t kLength = kVariable;
  static void Append(const List<T, Limit>& value, std::vector<uint8_t>* out) {
    internal::AppendElements<T>(value.elements, out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, List<T, Limit>* value) {
    return internal::ReadList(bytes, Limit, &value->elements);
  }
};

template <class T, size_t Length>
struct Codec<Vector<T, Length>> {
  static_assert(kIsFixedSize<T>, "the protocol has no vector of variable-size elements");
  static constexpr size_t kLength = Length * Codec<T>::kLength;
  static void Append(const Vector<T, Length>& value, std::vector<uint8_t>* out) {
    internal::AppendElements<T>(value.elements, out);
  }
  static absl::Status Read(std::span<const uint8_t> bytes, Vector<T, Length>* value) {
    if (bytes.size() != kLength) return internal::LengthError(kLength, bytes.size());
    return internal::ReadFixedElements<T>(bytes, value->elements);
  }
};

template <Container T>
struct Codec<T> {
 private:
  template <class F>
  using TypeOf = typename std::remove_cvref_t<F>::Type;

  // Length of the fixed part: fields of fixed size in line, an offset for each of the others.
  static constexpr size_t FixedPartLength() {
    size_t length = 0;
    ForEachField<T>(
        [&](const auto& field) { length += kFixedPartLength<TypeOf<decltype(field)>>; });
    return length;
  }
  static constexpr size_t Length() {
    if constexpr (requires { T::kSszLength; }) return T::kSszLength;
    bool fixed = true;
    ForEachField<T>([&](const auto& field) { fixed &= kIsFixedSize<TypeOf<decltype(field)>>; });
    return fixed ? FixedPartLength() : kVariable;
  }

 public:
  static constexpr size_t kLength = Length();

  static void Append(const T& value, std::vector<uint8_t>* out) {
    const size_t start = out->size();
    ForEachField<T>([&](const auto& field) {
      if constexpr (kIsFixedSize<TypeOf<decltype(field)>>) {
        Codec<TypeOf<decltype(field)>>::Append(value.*field.member, out);
      } else {
        out->resize(out->size() + kOffsetLength);  // Filled in below.
      }
    });
    size_t slot = start;
    ForEachField<T>([&](const auto& field) {
      if constexpr (!kIsFixedSize<TypeOf<decltype(field)>>) {
        internal::StoreOffset(static_cast<uint32_t>(out->size() - start), out->data() + slot);
        Codec<TypeOf<decltype(field)>>::Append(value.*field.member, out);
      }
      slot += kFixedPartLength<TypeOf<decltype(field)>>;
    });
  }

  static absl::Status Read(std::span<const uint8_t> bytes, T* value) {
    if constexpr (kLength != kVariable) {
      if (bytes.size() != kLength) return internal::LengthError(kLength, bytes.size());
    } else if (bytes.size() < FixedPartLength()) {
      return internal::LengthError(FixedPartLength(), bytes.size());
    }
    size_t slot = 0;                 // Where the field stands in the fixed part.
    size_t end = FixedPartLength();  // Where the variable part has been read up to.
    absl::Status status;
    AllFields<T>([&](const auto& field) {
      using F = TypeOf<decltype(field)>;
      const size_t width = kFixedPartLength<F>;
      if constexpr (kIsFixedSize<F>) {
        status = Codec<F>::Read(bytes.subspan(slot, width), &(value->*field.member));
      } else {
        status = ReadVariableField<F>(bytes, slot, &end, &(value->*field.member));
      }
      if (!status.ok()) status = internal::InField(field.name, status);
      slot += width;
      return status.ok();
    });
    if (!status.ok()) return status;
    // Without a field of variable size, nothing has looked at what follows the fixed part.
    if (end != bytes.size()) return internal::LengthError(end, bytes.size());
    if constexpr (requires { value->CheckDecoded(); }) return value->CheckDecoded();
    return absl::OkStatus();
  }

 private:
  // A field's bytes run from its own offset to the next field's, the last one's to the end. Each
  // offset must be where the previous field ended: *begin, which moves on to this field's end.
  template <class F>
  static absl::Status ReadVariableField(std::span<const uint8_t> bytes, size_t slot, size_t* begin,
                                        F* field) {
    const size_t offset = internal::LoadOffset(bytes.data() + slot);
    if (offset != *begin) {
      return internal::OffsetError("offset leaves a gap or an overlap", offset, *begin);
    }
    const size_t end = NextOffset(bytes, slot);
    if (end < offset || end > bytes.size()) {
      return internal::OffsetError("offsets go back or past the end", end, bytes.size());
    }
    *begin = end;
    return Codec<F>::Read(bytes.subspan(offset, end - offset), field);
  }

  // The offset of the first variable field behind `slot`, or the end.
  static size_t NextOffset(std::span<const uint8_t> bytes, size_t slot) {
    size_t at = 0;
    size_t next = bytes.size();
    AllFields<T>([&](const auto& field) {
      using F = TypeOf<decltype(field)>;
      if (!kIsFixedSize<F> && at > slot) {
        next = internal::LoadOffset(bytes.data() + at);
        return false;
      }
      at += kFixedPartLength<F>;
      return true;
    });
    return next;
  }
};

template <class T>
std::vector<uint8_t> Encode(const T& value) {
  std::vector<uint8_t> bytes;
  Codec<T>::Append(value, &bytes);
  return bytes;
}

template <class T>
absl::StatusOr<T> Decode(std::span<const uint8_t> bytes) {
  T value{};
  absl::Status status = Codec<T>::Read(bytes, &value);
  if (!status.ok()) return internal::WithoutLeadingPunctuation(status);
  return value;
}

}  // namespace heddle::ssz

#endif  // HEDDLE_SRC_SSZ_CODEC_H_
