// RLP (Ethereum Yellow Paper, appendix B), as far as node records need it: lists of byte strings.
#ifndef HEDDLE_SRC_CHAIN_WIRE_RLP_H_
#define HEDDLE_SRC_CHAIN_WIRE_RLP_H_

#include <vector>

#include "absl/status/statusor.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

Bytes EncodeRlpList(const std::vector<ByteView>& strings);

// The byte strings of a list, as views into `data`. InvalidArgument when `data` is not one flat
// list in canonical form (no nested list, no length longer than needed, nothing behind it).
absl::StatusOr<std::vector<ByteView>> DecodeRlpList(ByteView data);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_RLP_H_
