// Readers of what comes off the network.
#include <algorithm>
#include <span>

#include "harness/fuzz/targets.h"
#include "src/chain/containers.h"
#include "src/chain/wire/enr.h"
#include "src/chain/wire/gossipsub_rpc.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/snappy_frame.h"
#include "src/chain/wire/topic.h"
#include "src/chain/wire/varint.h"
#include "src/ssz/codec.h"

namespace heddle::fuzz {
namespace {

// SSZ has one encoding for each value.
template <typename Container>
void DecodeAndEncode(Input input) {
  const absl::StatusOr<Container> decoded = ssz::Decode<Container>({input.data(), input.size()});
  if (!decoded.ok()) return;
  const std::vector<uint8_t> again = ssz::Encode(*decoded);
  Require(std::equal(again.begin(), again.end(), input.begin(), input.end()),
          "what decodes encodes to the same bytes");
}

}  // namespace

void Ssz(Input input) {
  DecodeAndEncode<chain::SignedBlock>(input);
  DecodeAndEncode<chain::SignedAttestation>(input);
  DecodeAndEncode<chain::SignedAggregatedAttestation>(input);
  DecodeAndEncode<chain::State>(input);
}

void Snappy(Input input) {
  constexpr size_t kMaxSize = 1 << 20;
  const auto block = wire::SnappyDecompress(input, kMaxSize);
  Require(!block.ok() || block->size() <= kMaxSize, "the limit on a block's size holds");
  const auto frames = wire::SnappyFrameDecompress(input, kMaxSize);
  Require(!frames.ok() || frames->size() <= kMaxSize, "the limit on the frames' size holds");
}

// The stream's decoder must see the same chunks, however the bytes arrive.
void Framing(Input input) {
  wire::DecodeRequest(input).status().IgnoreError();
  wire::DecodeVarint(input).status().IgnoreError();
  wire::ParseTopic(TextOf(input)).status().IgnoreError();
  const absl::StatusOr<wire::ResponseChunk> whole = wire::DecodeResponseChunk(input);
  wire::ResponseStreamDecoder decoder;
  size_t chunks = 0;
  wire::Bytes payload;
  bool broken = false;
  for (size_t at = 0; at < input.size() && !broken;) {
    const size_t count = std::min<size_t>(1 + input[at] % 7, input.size() - at);
    decoder.Feed(input.subspan(at, count));
    at += count;
    for (;;) {
      absl::StatusOr<std::optional<wire::ResponseChunk>> chunk = decoder.Next();
      broken = !chunk.ok();
      if (broken || !chunk->has_value()) break;
      if (chunks++ == 0) payload = std::move((*chunk)->payload);
    }
  }
  // Behind a whole chunk, frames that add nothing belong to it; in a stream another chunk begins.
  if (whole.ok()) {
    Require(chunks >= 1 && payload == whole->payload, "both decoders see the same chunk");
  }
}

void Gossipsub(Input input) {
  const absl::StatusOr<wire::GossipsubRpc> rpc = wire::DecodeGossipsubRpc(input);
  if (!rpc.ok()) return;
  const absl::StatusOr<wire::GossipsubRpc> again =
      wire::DecodeGossipsubRpc(wire::EncodeGossipsubRpc(*rpc));
  Require(again.ok(), "what is encoded decodes");
}

void EnrText(Input input) {
  const absl::StatusOr<wire::Enr> text = wire::Enr::FromText(TextOf(input));
  if (text.ok()) Require(text->ToText() == TextOf(input), "a record has one text");
  const absl::StatusOr<wire::Enr> rlp = wire::Enr::FromRlp(input);
  if (!rlp.ok()) return;
  const wire::Bytes again = rlp->ToRlp();
  Require(std::equal(again.begin(), again.end(), input.begin(), input.end()),
          "a record has one encoding");
}

}  // namespace heddle::fuzz
