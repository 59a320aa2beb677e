// The byte types of the wire codecs.
#ifndef HEDDLE_SRC_CHAIN_WIRE_BYTES_H_
#define HEDDLE_SRC_CHAIN_WIRE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace heddle::wire {

using Bytes = std::vector<uint8_t>;
using ByteView = absl::Span<const uint8_t>;  // borrowed

// The largest SSZ payload, in bytes, that gossip or a request or response may carry
// (MAX_PAYLOAD_SIZE of the lean specification: 10 MiB).
inline constexpr size_t kMaxPayloadSize = 10 << 20;

inline ByteView AsBytes(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline absl::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void Append(ByteView bytes, Bytes* out) {
  out->insert(out->end(), bytes.begin(), bytes.end());
}

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_BYTES_H_
