#include "src/chain/wire/peer_id.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/chain/wire/sha256.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

constexpr absl::string_view kAlphabet =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

// Protobuf tags of PublicKey: field 1 is a varint, field 2 bytes.
constexpr uint8_t kTypeTag = 1 << 3 | 0;
constexpr uint8_t kDataTag = 2 << 3 | 2;

// Multihash codes, and the longest input that is its own hash.
constexpr uint8_t kIdentity = 0x00;
constexpr uint8_t kSha256 = 0x12;
constexpr size_t kMaxIdentity = 42;

// Digits of a number, least significant first: number = number * base + digit.
void MultiplyAdd(unsigned from_base, unsigned digit, unsigned to_base, Bytes* number) {
  unsigned carry = digit;
  for (uint8_t& place : *number) {
    carry += place * from_base;
    place = static_cast<uint8_t>(carry % to_base);
    carry /= to_base;
  }
  for (; carry > 0; carry /= to_base) number->push_back(static_cast<uint8_t>(carry % to_base));
}

}  // namespace

Bytes EncodePublicKey(KeyType type, ByteView key) {
  Bytes out = {kTypeTag, static_cast<uint8_t>(type), kDataTag};
  AppendVarint(key.size(), &out);
  Append(key, &out);
  return out;
}

Bytes PeerIdOf(ByteView encoded_public_key) {
  Bytes id;
  if (encoded_public_key.size() <= kMaxIdentity) {
    id = {kIdentity, static_cast<uint8_t>(encoded_public_key.size())};
    Append(encoded_public_key, &id);
  } else {
    const std::array<uint8_t, 32> digest = Sha256({encoded_public_key});
    id = {kSha256, static_cast<uint8_t>(digest.size())};
    Append(digest, &id);
  }
  return id;
}

std::string Base58Encode(ByteView data) {
  Bytes digits;
  for (uint8_t byte : data) MultiplyAdd(256, byte, 58, &digits);
  const auto zeros = std::find_if(data.begin(), data.end(), [](uint8_t b) { return b != 0; });
  std::string text(static_cast<size_t>(zeros - data.begin()), kAlphabet[0]);
  for (size_t i = digits.size(); i-- > 0;) text.push_back(kAlphabet[digits[i]]);
  return text;
}

absl::StatusOr<Bytes> Base58Decode(absl::string_view text) {
  if (text.size() > kMaxBase58Length) {
    return absl::InvalidArgumentError(
        absl::StrCat("base 58: ", text.size(), " characters, the limit is ", kMaxBase58Length));
  }
  Bytes number;  // base 256
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t digit = kAlphabet.find(text[i]);
    if (digit == absl::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("base 58: character ", i + 1, " is not in the alphabet"));
    }
    MultiplyAdd(58, static_cast<unsigned>(digit), 256, &number);
  }
  Bytes out(std::min(text.find_first_not_of(kAlphabet[0]), text.size()), 0);
  out.insert(out.end(), number.rbegin(), number.rend());
  return out;
}

}  // namespace heddle::wire
