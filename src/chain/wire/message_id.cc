// OpenSSL's one-shot and EVP calls look the algorithm up under a lock at every call; besides the
// time, that lock orders threads which the code under test does not order.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "src/chain/wire/message_id.h"

#include <openssl/sha.h>

#include <algorithm>

#include "absl/status/statusor.h"
#include "src/chain/wire/snappy_block.h"

namespace heddle::wire {

MessageId ComputeMessageId(ByteView domain, absl::string_view topic, ByteView data) {
  std::array<uint8_t, 8> topic_length;
  for (size_t i = 0; i < topic_length.size(); ++i) {
    topic_length[i] = static_cast<uint8_t>(uint64_t{topic.size()} >> (8 * i));
  }
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, domain.data(), domain.size());
  SHA256_Update(&context, topic_length.data(), topic_length.size());
  SHA256_Update(&context, topic.data(), topic.size());
  SHA256_Update(&context, data.data(), data.size());
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256_Final(digest.data(), &context);
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
