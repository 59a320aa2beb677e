// Gossip message ids (lean specification, node/networking/gossipsub/message):
//   SHA-256(domain || uint64_le(len(topic)) || topic || data)[:20]
#ifndef HEDDLE_SRC_CHAIN_WIRE_MESSAGE_ID_H_
#define HEDDLE_SRC_CHAIN_WIRE_MESSAGE_ID_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

using MessageId = std::array<uint8_t, 20>;

// A payload that decompresses and one that does not live in different domains, so that a damaged
// copy of a message cannot take its id.
inline constexpr std::array<uint8_t, 4> kDomainInvalidSnappy = {0, 0, 0, 0};  // data: as received
inline constexpr std::array<uint8_t, 4> kDomainValidSnappy = {1, 0, 0, 0};    // data: decompressed

MessageId ComputeMessageId(ByteView domain, absl::string_view topic, ByteView data);

// The id of a payload as it came off the wire. It decompresses the payload; who has done that
// already calls ComputeMessageId. A payload of more than kMaxPayloadSize bytes once decompressed
// counts as one that does not decompress.
MessageId GossipMessageId(absl::string_view topic, ByteView payload);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_MESSAGE_ID_H_
