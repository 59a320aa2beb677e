#include "src/chain/wire/varint.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace heddle::wire {

void AppendVarint(uint64_t value, Bytes* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<uint8_t>(value));
}

absl::StatusOr<Varint> DecodeVarint(ByteView data, size_t max_bytes) {
  Varint varint;
  for (size_t i = 0; i < max_bytes; ++i) {
    if (i == data.size()) return absl::OutOfRangeError("the input ends inside a varint");
    const uint64_t group = data[i] & 0x7f;
    const size_t shift = 7 * i;
    if (shift >= 64 || (group << shift) >> shift != group) {
      return absl::InvalidArgumentError("varint does not fit 64 bits");
    }
    varint.value |= group << shift;
    if ((data[i] & 0x80) == 0) {
      varint.length = i + 1;
      return varint;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("varint is longer than ", max_bytes, " bytes"));
}

}  // namespace heddle::wire
