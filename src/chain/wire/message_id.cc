#include "src/chain/wire/message_id.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "src/chain/wire/sha256.h"
#include "src/chain/wire/snappy_block.h"

namespace heddle::wire {

MessageId ComputeMessageId(ByteView domain, absl::string_view topic, ByteView data) {
  std::array<uint8_t, 8> topic_length;
  for (size_t i = 0; i < topic_length.size(); ++i) {
    topic_length[i] = static_cast<uint8_t>(uint64_t{topic.size()} >> (8 * i));
  }
  const std::array<uint8_t, 32> digest = Sha256({domain, topic_length, AsBytes(topic), data});
  MessageId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

MessageId GossipMessageId(absl::string_view topic, ByteView payload) {
  const absl::StatusOr<Bytes> data = SnappyDecompress(payload);
  if (!data.ok()) return ComputeMessageId(kDomainInvalidSnappy, topic, payload);
  return ComputeMessageId(kDomainValidSnappy, topic, *data);
}

}  // namespace heddle::wire
