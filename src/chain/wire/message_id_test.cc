#include "src/chain/wire/message_id.h"

#include "gtest/gtest.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/test_bytes.h"

namespace heddle::wire {
namespace {

constexpr absl::string_view kTopic = "test-topic";

// sha256("\0\0\0\0" "\x0a\0\0\0\0\0\0\0" "test-topic" "hello world"), the first 20 bytes.
TEST(MessageId, IsTheHashOfItsParts) {
  EXPECT_EQ(ToHex(ComputeMessageId(kDomainInvalidSnappy, kTopic, Text("hello world"))),
            "144f143f82dbaf88cf586116efe027443750b97c");
}

TEST(MessageId, DependsOnEachPart) {
  const MessageId id = ComputeMessageId(kDomainValidSnappy, kTopic, Text("data"));
  EXPECT_NE(id, ComputeMessageId(kDomainInvalidSnappy, kTopic, Text("data")));
  EXPECT_NE(id, ComputeMessageId(kDomainValidSnappy, "test-topi", Text("cdata")));
  EXPECT_NE(id, ComputeMessageId(kDomainValidSnappy, kTopic, Text("datb")));
}

TEST(MessageId, OfAPayloadIsOfItsDataWhenItDecompresses) {
  const Bytes data = Text("hello world");
  EXPECT_EQ(GossipMessageId(kTopic, SnappyCompress(data)),
            ComputeMessageId(kDomainValidSnappy, kTopic, data));
}

TEST(MessageId, OfADamagedPayloadIsOfItsBytes) {
  Bytes payload = SnappyCompress(Text("hello world"));
  payload.pop_back();
  EXPECT_EQ(GossipMessageId(kTopic, payload),
            ComputeMessageId(kDomainInvalidSnappy, kTopic, payload));
}

TEST(MessageId, OfABombIsOfItsBytes) {
  const Bytes bomb = FromHex("ffffffff0f00");
  EXPECT_EQ(GossipMessageId(kTopic, bomb), ComputeMessageId(kDomainInvalidSnappy, kTopic, bomb));
}

}  // namespace
}  // namespace heddle::wire
