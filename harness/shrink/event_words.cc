#include "harness/shrink/event_words.h"

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "src/chain/containers.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/topic.h"
#include "src/ssz/codec.h"

namespace heddle::harness {
namespace {

std::string Short(const chain::Root& root) { return ssz::ToHex(root).substr(0, 8); }

std::string Words(const chain::SignedBlock& block) {
  const chain::Block& b = block.block;
  return absl::StrCat("block ", Short(chain::HashTreeRoot(b)), " of slot ", b.slot,
                      " by validator ", b.proposer_index, ", on ", Short(b.parent_root), ", with ",
                      b.body.attestations.size(), " attestations");
}

std::string Words(const chain::AttestationData& data) {
  return absl::StrCat("of slot ", data.slot, ": head ", Short(data.head.root), ", target slot ",
                      data.target.slot, ", source slot ", data.source.slot);
}

std::string Words(const chain::SignedAttestation& vote) {
  return absl::StrCat("vote of validator ", vote.validator_index, " ", Words(vote.data));
}

std::string Words(const chain::SignedAggregatedAttestation& vote) {
  return absl::StrCat("aggregated vote of validators ",
                      absl::StrJoin(chain::ToValidatorIndices(vote.proof.participants), ", "), " ",
                      Words(vote.data));
}

template <typename Container>
std::string Decoded(absl::Span<const uint8_t> ssz, absl::string_view otherwise) {
  const absl::StatusOr<Container> container = ssz::Decode<Container>(ssz);
  return container.ok() ? Words(*container) : std::string(otherwise);
}

std::string GossipWords(const trace::Event& event) {
  const std::string otherwise =
      absl::StrCat("undecodable message of ", event.data.size(), " bytes on ", event.topic);
  const absl::StatusOr<wire::Topic> topic = wire::ParseTopic(event.topic);
  const absl::StatusOr<wire::Bytes> ssz = wire::SnappyDecompress(event.data);
  if (!topic.ok() || !ssz.ok()) return otherwise;
  switch (topic->kind) {
    case wire::TopicKind::kBlock:
      return Decoded<chain::SignedBlock>(*ssz, otherwise);
    case wire::TopicKind::kAttestationSubnet:
      return Decoded<chain::SignedAttestation>(*ssz, otherwise);
    case wire::TopicKind::kAggregation:
      return Decoded<chain::SignedAggregatedAttestation>(*ssz, otherwise);
  }
  return otherwise;
}

std::string ResponseWords(const trace::Event& event) {
  const std::string in = absl::StrCat(", in answer to request ", event.request);
  const absl::StatusOr<wire::ResponseChunk> chunk = wire::DecodeResponseChunk(event.data);
  if (!chunk.ok()) return absl::StrCat("undecodable chunk of ", event.data.size(), " bytes", in);
  if (chunk->code != wire::ResponseCode::kSuccess) {
    return absl::StrCat("error ", static_cast<int>(chunk->code), in);
  }
  return absl::StrCat(Decoded<chain::SignedBlock>(chunk->payload, "chunk"), in);
}

}  // namespace

std::string EventWords(const trace::Event& event) {
  switch (event.kind) {
    case trace::Kind::kGossip:
      return GossipWords(event);
    case trace::Kind::kPeerConnected:
      return absl::StrCat("peer ", event.peer, " connects");
    case trace::Kind::kPeerDisconnected:
      return absl::StrCat("peer ", event.peer, " disconnects");
    case trace::Kind::kRpcResponse:
      return ResponseWords(event);
    case trace::Kind::kRpcEnd:
      return absl::StrCat("request ", event.request, " ends");
  }
  return "";
}

}  // namespace heddle::harness
