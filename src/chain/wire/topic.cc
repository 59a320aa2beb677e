#include "src/chain/wire/topic.h"

#include <array>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace heddle::wire {
namespace {

constexpr absl::string_view kPrefix = "leanconsensus";
constexpr absl::string_view kEncoding = "ssz_snappy";
constexpr absl::string_view kBlockName = "block";
constexpr absl::string_view kAggregationName = "aggregation";
constexpr absl::string_view kAttestationPrefix = "attestation_";

std::string TopicName(const Topic& topic) {
  switch (topic.kind) {
    case TopicKind::kBlock:
      return std::string(kBlockName);
    case TopicKind::kAggregation:
      return std::string(kAggregationName);
    case TopicKind::kAttestationSubnet:
      break;
  }
  return absl::StrCat(kAttestationPrefix, topic.subnet);
}

// Fills `kind` and `subnet`.
absl::Status ParseName(absl::string_view name, Topic* topic) {
  if (name == kBlockName) {
    topic->kind = TopicKind::kBlock;
  } else if (name == kAggregationName) {
    topic->kind = TopicKind::kAggregation;
  } else if (absl::StartsWith(name, kAttestationPrefix)) {
    topic->kind = TopicKind::kAttestationSubnet;
    // SimpleAtoi is lenient (spaces, signs, zeros in front): the number must be its own spelling.
    if (!absl::SimpleAtoi(name.substr(kAttestationPrefix.size()), &topic->subnet) ||
        TopicName(*topic) != name) {
      return absl::InvalidArgumentError(
          absl::StrCat("topic name \"", name, "\" has no valid subnet number"));
    }
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "unknown topic name \"", name, "\", expected block, attestation_<subnet> or aggregation"));
  }
  return absl::OkStatus();
}

}  // namespace

std::string FormatTopic(const Topic& topic) {
  return absl::StrCat("/", kPrefix, "/", topic.network, "/", TopicName(topic), "/", kEncoding);
}

absl::StatusOr<Topic> ParseTopic(absl::string_view text) {
  // The limit keeps a hostile topic of many slashes from growing the vector.
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('/', 5));
  if (parts.size() != 5 || !parts[0].empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("topic has not the form /", kPrefix, "/<network>/<name>/", kEncoding));
  }
  if (parts[1] != kPrefix) {
    return absl::InvalidArgumentError(absl::StrCat("topic prefix is not \"", kPrefix, "\""));
  }
  if (parts[4] != kEncoding) {
    return absl::InvalidArgumentError(absl::StrCat("topic encoding is not \"", kEncoding, "\""));
  }
  Topic topic;
  if (absl::Status status = ParseName(parts[3], &topic); !status.ok()) return status;
  topic.network = std::string(parts[2]);
  return topic;
}

absl::Status CheckNetwork(const Topic& topic, absl::string_view network) {
  if (topic.network == network) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("topic is of network \"", topic.network, "\", expected \"", network, "\""));
}

}  // namespace heddle::wire
