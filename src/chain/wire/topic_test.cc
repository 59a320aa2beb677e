#include "src/chain/wire/topic.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace heddle::wire {
namespace {

TEST(Topic, FormatsAndParsesBack) {
  const std::pair<Topic, const char*> cases[] = {
      {{TopicKind::kBlock, "12345678", 0}, "/leanconsensus/12345678/block/ssz_snappy"},
      {{TopicKind::kAggregation, "0xabcdef01", 0},
       "/leanconsensus/0xabcdef01/aggregation/ssz_snappy"},
      {{TopicKind::kAttestationSubnet, "12345678", 0},
       "/leanconsensus/12345678/attestation_0/ssz_snappy"},
      {{TopicKind::kAttestationSubnet, "12345678", std::numeric_limits<uint64_t>::max()},
       "/leanconsensus/12345678/attestation_18446744073709551615/ssz_snappy"}};
  for (const auto& [topic, text] : cases) {
    EXPECT_EQ(FormatTopic(topic), text);
    const auto parsed = ParseTopic(text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, topic);
  }
}

TEST(Topic, RefusesEveryOtherSpelling) {
  for (const char* text : {
           "",
           "/",
           "leanconsensus/12345678/block/ssz_snappy",
           "//leanconsensus/12345678/block/ssz_snappy",
           "/leanconsensus/12345678/block/ssz_snappy/",
           "/leanconsensus/12345678/block",
           "/leanconsensus/12345678/a/block/ssz_snappy",
           "/eth2/12345678/block/ssz_snappy",
           "/leanconsensus/12345678/block/ssz",
           "/leanconsensus/12345678/blocks/ssz_snappy",
           "/leanconsensus/12345678/Block/ssz_snappy",
           "/leanconsensus/12345678/attestation/ssz_snappy",
           "/leanconsensus/12345678/attestation_/ssz_snappy",
           "/leanconsensus/12345678/attestation_-1/ssz_snappy",
           "/leanconsensus/12345678/attestation_+1/ssz_snappy",
           "/leanconsensus/12345678/attestation_ 1/ssz_snappy",
           "/leanconsensus/12345678/attestation_01/ssz_snappy",
           "/leanconsensus/12345678/attestation_1x/ssz_snappy",
           "/leanconsensus/12345678/attestation_18446744073709551616/ssz_snappy",
       }) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseTopic(text).status())) << text;
  }
}

TEST(Topic, ComparesNetworks) {
  const Topic topic = {TopicKind::kBlock, "12345678", 0};
  EXPECT_TRUE(CheckNetwork(topic, "12345678").ok());
  const absl::Status status = CheckNetwork(topic, "aabbccdd");
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("aabbccdd"));
}

}  // namespace
}  // namespace heddle::wire
