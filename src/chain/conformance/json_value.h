// Reads the specification's JSON form of SSZ values: camel-case keys, byte strings as "0x...",
// sequences as {"data": [...]}. It derives from the one description of each container
// (src/ssz/fields.h).
//
// Anything unexpected is an exception that names it: an unknown or missing key, a wrong type, a
// number out of range.
#ifndef HEDDLE_SRC_CHAIN_CONFORMANCE_JSON_VALUE_H_
#define HEDDLE_SRC_CHAIN_CONFORMANCE_JSON_VALUE_H_

#include <concepts>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "src/chain/conformance/vectors.h"
#include "src/chain/containers.h"

namespace heddle::conformance {

// "latest_block_header" to "latestBlockHeader".
std::string CamelCase(std::string_view name);

// The bytes of "0x" and an even number of hexadecimal digits.
std::vector<uint8_t> HexBytes(const Json& json);

// Throws unless `json` is an object whose keys are all among `names`.
void ExpectKeys(const Json& json, const std::vector<std::string>& names);

template <class T>
struct JsonValue;

template <class T>
T FromJson(const Json& json) {
  return JsonValue<T>::Read(json);
}

// The elements of {"data": [...]}.
template <class T>
std::vector<T> ElementsFromJson(const Json& json, uint64_t limit) {
  ExpectKeys(json, {"data"});
  const Json& data = json.at("data");
  if (!data.is_array()) throw std::invalid_argument("\"data\" is no array: " + data.dump());
  if (data.size() > limit) throw std::invalid_argument("more elements than the type's limit");
  std::vector<T> elements;
  for (const Json& element : data) elements.push_back(FromJson<T>(element));
  return elements;
}

template <class BitRange>
ssz::Bits MakeBits(const BitRange& elements) {
  ssz::Bits bits;
  for (const bool bit : elements) bits.PushBack(bit);
  return bits;
}

template <std::unsigned_integral T>
struct JsonValue<T> {
  static T Read(const Json& json) {
    if (!json.is_number_unsigned() || json.get<uint64_t>() > std::numeric_limits<T>::max()) {
      throw std::invalid_argument("no unsigned number of this size: " + json.dump());
    }
    return json.get<T>();
  }
};

template <>
struct JsonValue<bool> {
  static bool Read(const Json& json) {
    if (!json.is_boolean()) throw std::invalid_argument("no boolean: " + json.dump());
    return json.get<bool>();
  }
};

template <>
struct JsonValue<chain::FieldElement> {
  static chain::FieldElement Read(const Json& json) { return {FromJson<uint32_t>(json)}; }
};

template <size_t N>
struct JsonValue<ssz::Bytes<N>> {
  static ssz::Bytes<N> Read(const Json& json) {
    ssz::Bytes<N> bytes;
    if (!ssz::FromHex(json.get<std::string>(), bytes.data(), N)) {
      throw std::invalid_argument("no byte string of this length: " + json.dump());
    }
    return bytes;
  }
};

template <uint64_t Limit>
struct JsonValue<ssz::ByteList<Limit>> {
  static ssz::ByteList<Limit> Read(const Json& json) {
    ExpectKeys(json, {"data"});
    return {HexBytes(json.at("data"))};
  }
};

template <class T, uint64_t Limit>
struct JsonValue<ssz::List<T, Limit>> {
  static ssz::List<T, Limit> Read(const Json& json) { return {ElementsFromJson<T>(json, Limit)}; }
};

template <class T, size_t Length>
struct JsonValue<ssz::Vector<T, Length>> {
  static ssz::Vector<T, Length> Read(const Json& json) {
    const std::vector<T> elements = ElementsFromJson<T>(json, Length);
    if (elements.size() != Length) throw std::invalid_argument("too few elements");
    ssz::Vector<T, Length> vector;
    std::copy(elements.begin(), elements.end(), vector.elements.begin());
    return vector;
  }
};

template <uint64_t Limit>
struct JsonValue<ssz::Bitlist<Limit>> {
  static ssz::Bitlist<Limit> Read(const Json& json) {
    return {MakeBits(ElementsFromJson<bool>(json, Limit))};
  }
};

template <size_t Length>
struct JsonValue<ssz::Bitvector<Length>> {
  static ssz::Bitvector<Length> Read(const Json& json) {
    ssz::Bitvector<Length> value{MakeBits(ElementsFromJson<bool>(json, Length))};
    if (value.bits.size() != Length) throw std::invalid_argument("too few bits");
    return value;
  }
};

template <uint64_t Limit>
struct JsonValue<ssz::RootList<Limit>> {
  static ssz::RootList<Limit> Read(const Json& json) {
    return ssz::RootList<Limit>(ElementsFromJson<ssz::Root>(json, Limit));
  }
};

template <uint64_t Limit>
struct JsonValue<ssz::CachedBitlist<Limit>> {
  static ssz::CachedBitlist<Limit> Read(const Json& json) {
    return ssz::CachedBitlist<Limit>(MakeBits(ElementsFromJson<bool>(json, Limit)));
  }
};

template <>
struct JsonValue<chain::Validators> {
  static chain::Validators Read(const Json& json) {
    return chain::Validators(ElementsFromJson<chain::Validator>(json, chain::Validators::kLimit));
  }
};

// Keys and signatures are written as one byte string: their encoding.
template <class T>
struct EncodedJsonValue {
  static T Read(const Json& json) {
    const std::vector<uint8_t> bytes = HexBytes(json);
    const absl::StatusOr<T> value = ssz::Decode<T>(bytes);
    if (!value.ok()) throw std::invalid_argument(value.status().ToString());
    return *value;
  }
};
template <>
struct JsonValue<chain::PublicKey> : EncodedJsonValue<chain::PublicKey> {};
template <>
struct JsonValue<chain::Signature> : EncodedJsonValue<chain::Signature> {};

template <ssz::Container T>
struct JsonValue<T> {
  static T Read(const Json& json) {
    std::vector<std::string> names;
    ssz::ForEachField<T>([&](const auto& field) { names.push_back(CamelCase(field.name)); });
    ExpectKeys(json, names);
    T value;
    ssz::ForEachField<T>([&](const auto& field) {
      using F = typename std::remove_cvref_t<decltype(field)>::Type;
      value.*field.member = FromJson<F>(json.at(CamelCase(field.name)));
    });
    return value;
  }
};

}  // namespace heddle::conformance

#endif  // HEDDLE_SRC_CHAIN_CONFORMANCE_JSON_VALUE_H_
