// Helpers of the wire tests.
#ifndef HEDDLE_SRC_CHAIN_WIRE_TEST_BYTES_H_
#define HEDDLE_SRC_CHAIN_WIRE_TEST_BYTES_H_

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

inline Bytes FromHex(absl::string_view hex) {
  const std::string raw = absl::HexStringToBytes(hex);
  return Bytes(raw.begin(), raw.end());
}

inline std::string ToHex(ByteView bytes) { return absl::BytesToHexString(AsText(bytes)); }

inline Bytes Text(absl::string_view text) { return Bytes(text.begin(), text.end()); }

inline Bytes Concat(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) Append(part, &all);
  return all;
}

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_TEST_BYTES_H_
