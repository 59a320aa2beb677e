#include "src/chain/wire/rlp.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace heddle::wire {
namespace {

constexpr uint8_t kString = 0x80;
constexpr uint8_t kList = 0xc0;
constexpr size_t kMaxShort = 55;  // the longest payload whose length fits the prefix byte

void AppendPrefix(uint8_t base, size_t length, Bytes* out) {
  if (length <= kMaxShort) {
    out->push_back(static_cast<uint8_t>(base + length));
    return;
  }
  size_t length_bytes = 1;
  while (length_bytes < sizeof(length) && length >> (8 * length_bytes) != 0) ++length_bytes;
  out->push_back(static_cast<uint8_t>(base + kMaxShort + length_bytes));
  for (size_t i = length_bytes; i-- > 0;) out->push_back(static_cast<uint8_t>(length >> (8 * i)));
}

void AppendString(ByteView string, Bytes* out) {
  if (string.size() != 1 || string[0] >= kString) AppendPrefix(kString, string.size(), out);
  Append(string, out);
}

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("RLP: ", what));
}

// Takes the payload behind the prefix at the front of `data`, which is of the family `base`.
absl::StatusOr<ByteView> TakePayload(uint8_t base, ByteView* data) {
  size_t length = data->front() - base;
  data->remove_prefix(1);
  if (length > kMaxShort) {
    const size_t length_bytes = length - kMaxShort;  // 1 to 8
    if (length_bytes > data->size()) return Malformed("ends inside a length");
    if (data->front() == 0) return Malformed("a length has zeros in front");
    length = 0;
    for (size_t i = 0; i < length_bytes; ++i) length = length << 8 | (*data)[i];
    data->remove_prefix(length_bytes);
    if (length <= kMaxShort) return Malformed("a short payload has a long length");
  }
  if (length > data->size()) {
    return Malformed(
        absl::StrCat("a payload of ", length, " bytes, where ", data->size(), " are left"));
  }
  const ByteView payload = data->subspan(0, length);
  data->remove_prefix(length);
  return payload;
}

absl::StatusOr<ByteView> TakeString(ByteView* data) {
  const uint8_t prefix = data->front();
  if (prefix >= kList) return Malformed("a list within the list");
  if (prefix < kString) {
    const ByteView byte = data->subspan(0, 1);
    data->remove_prefix(1);
    return byte;
  }
  absl::StatusOr<ByteView> string = TakePayload(kString, data);
  if (string.ok() && string->size() == 1 && string->front() < kString) {
    return Malformed("a byte below 0x80 has a prefix");
  }
  return string;
}

}  // namespace

Bytes EncodeRlpList(const std::vector<ByteView>& strings) {
  Bytes payload;
  for (ByteView string : strings) AppendString(string, &payload);
  Bytes out;
  AppendPrefix(kList, payload.size(), &out);
  Append(payload, &out);
  return out;
}

absl::StatusOr<std::vector<ByteView>> DecodeRlpList(ByteView data) {
  if (data.empty()) return Malformed("empty");
  if (data.front() < kList) return Malformed("expected a list");
  absl::StatusOr<ByteView> payload = TakePayload(kList, &data);
  if (!payload.ok()) return payload.status();
  if (!data.empty()) return Malformed("bytes behind the list");
  std::vector<ByteView> strings;
  while (!payload->empty()) {
    const absl::StatusOr<ByteView> string = TakeString(&*payload);
    if (!string.ok()) return string.status();
    strings.push_back(*string);
  }
  return strings;
}

}  // namespace heddle::wire
