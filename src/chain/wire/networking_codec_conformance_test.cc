// Runs the specification's `networking_codec` vectors. Every encoding is compared byte for byte,
// compressed ones too: SnappyCompress() follows the specification's compressor.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "src/chain/conformance/vectors.h"
#include "src/chain/wire/enr.h"
#include "src/chain/wire/gossipsub_rpc.h"
#include "src/chain/wire/message_id.h"
#include "src/chain/wire/peer_id.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/snappy_frame.h"
#include "src/chain/wire/topic.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

using conformance::Json;

// "0x" and hexadecimal digits.
Bytes FromHex(const Json& json) {
  const auto text = json.get<std::string>();
  Bytes bytes;
  EXPECT_TRUE(text.size() % 2 == 0 && text.rfind("0x", 0) == 0) << text;
  const std::string raw = absl::HexStringToBytes(text.substr(2));
  Append(AsBytes(raw), &bytes);
  return bytes;
}

Json ToHex(ByteView bytes) { return absl::StrCat("0x", absl::BytesToHexString(AsText(bytes))); }

// The fields that a vector's part may have. One more is a form this runner does not know.
void ExpectOnlyFields(const Json& json, std::initializer_list<const char*> names) {
  for (const auto& [key, value] : json.items()) {
    bool known = false;
    for (const char* name : names) known = known || key == name;
    EXPECT_TRUE(known) << "unknown field \"" << key << "\"";
  }
}

template <typename T>
std::optional<T> Optional(const Json& json, const char* name) {
  const auto field = json.find(name);
  if (field == json.end() || field->is_null()) return std::nullopt;
  return field->get<T>();
}

void RunVarint(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "value"});
  ExpectOnlyFields(output, {"encoded", "byteLength"});
  const Json& value = codec.at("value");
  ASSERT_TRUE(value.is_number_unsigned()) << "the value does not fit 64 bits";
  Bytes encoded;
  AppendVarint(value.get<uint64_t>(), &encoded);
  EXPECT_EQ(ToHex(encoded), output.at("encoded"));
  EXPECT_EQ(Json(encoded.size()), output.at("byteLength"));
  const auto decoded = DecodeVarint(encoded);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->value, value.get<uint64_t>());
  EXPECT_EQ(decoded->length, encoded.size());
}

void RunTopic(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "topicKind", "networkName", "subnetId", "expectedNetworkName"});
  ExpectOnlyFields(output, {"topicString", "forkValid"});
  const std::map<std::string, TopicKind> kinds = {{"block", TopicKind::kBlock},
                                                  {"attestation", TopicKind::kAttestationSubnet},
                                                  {"aggregation", TopicKind::kAggregation}};
  const Topic topic = {kinds.at(codec.at("topicKind")), codec.at("networkName"),
                       Optional<uint64_t>(codec, "subnetId").value_or(0)};
  const std::string text = FormatTopic(topic);
  EXPECT_EQ(Json(text), output.at("topicString"));
  const auto parsed = ParseTopic(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, topic);
  const auto network = Optional<std::string>(codec, "expectedNetworkName");
  ASSERT_EQ(network.has_value(), output.contains("forkValid"));
  if (network.has_value()) {
    EXPECT_EQ(Json(CheckNetwork(*parsed, *network).ok()), output.at("forkValid"));
  }
}

void RunMessageId(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "topic", "data", "domain"});
  ExpectOnlyFields(output, {"messageId"});
  const Bytes topic = FromHex(codec.at("topic"));
  const MessageId id =
      ComputeMessageId(FromHex(codec.at("domain")), AsText(topic), FromHex(codec.at("data")));
  EXPECT_EQ(ToHex(id), output.at("messageId"));
}

Bytes OptionalBytes(const Json& json, const char* name) {
  return Optional<std::string>(json, name).has_value() ? FromHex(json.at(name)) : Bytes();
}

std::vector<Bytes> MessageIds(const Json& json) {
  std::vector<Bytes> ids;
  for (const Json& id : json.at("messageIds")) ids.push_back(FromHex(id));
  return ids;
}

RpcControl ControlFromJson(const Json& json) {
  ExpectOnlyFields(json, {"ihave", "iwant", "graft", "prune", "idontwant"});
  RpcControl control;
  for (const Json& entry : json.at("ihave")) {
    ExpectOnlyFields(entry, {"topicId", "messageIds"});
    control.ihave.push_back({entry.at("topicId"), MessageIds(entry)});
  }
  for (const Json& entry : json.at("iwant")) {
    ExpectOnlyFields(entry, {"messageIds"});
    control.iwant.push_back({MessageIds(entry)});
  }
  for (const Json& entry : json.at("graft")) {
    ExpectOnlyFields(entry, {"topicId"});
    control.graft.push_back({entry.at("topicId")});
  }
  for (const Json& entry : json.at("prune")) {
    ExpectOnlyFields(entry, {"topicId", "backoff"});
    control.prune.push_back({entry.at("topicId"), entry.at("backoff")});
  }
  for (const Json& entry : json.at("idontwant")) {
    ExpectOnlyFields(entry, {"messageIds"});
    control.idontwant.push_back({MessageIds(entry)});
  }
  return control;
}

void RunGossipsubRpc(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "subscriptions", "publish", "control"});
  ExpectOnlyFields(output, {"encoded"});
  GossipsubRpc rpc;
  for (const Json& entry : codec.at("subscriptions")) {
    ExpectOnlyFields(entry, {"subscribe", "topicId"});
    rpc.subscriptions.push_back({entry.at("subscribe"), entry.at("topicId")});
  }
  for (const Json& entry : codec.at("publish")) {
    ExpectOnlyFields(entry, {"fromPeer", "data", "seqno", "topic", "signature", "key"});
    rpc.publish.push_back({OptionalBytes(entry, "fromPeer"), OptionalBytes(entry, "data"),
                           OptionalBytes(entry, "seqno"), entry.at("topic"),
                           OptionalBytes(entry, "signature"), OptionalBytes(entry, "key")});
  }
  if (codec.contains("control") && !codec.at("control").is_null()) {
    rpc.control = ControlFromJson(codec.at("control"));
  }
  const Bytes encoded = EncodeGossipsubRpc(rpc);
  EXPECT_EQ(ToHex(encoded), output.at("encoded"));
  const auto decoded = DecodeGossipsubRpc(encoded);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  if (rpc.control == RpcControl()) rpc.control.reset();  // an empty one is not written
  EXPECT_EQ(*decoded, rpc);
}

void RunRequest(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "sszData"});
  ExpectOnlyFields(output, {"encoded"});
  const Bytes ssz = FromHex(codec.at("sszData"));
  const auto encoded = EncodeRequest(ssz);
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_EQ(ToHex(*encoded), output.at("encoded"));
  const auto decoded = DecodeRequest(FromHex(output.at("encoded")));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, ssz);
}

ResponseChunk ChunkFromJson(const Json& json) {
  const uint8_t code = json.at("responseCode");
  EXPECT_LE(code, 3) << "not a response code";
  return {static_cast<ResponseCode>(code), FromHex(json.at("sszData"))};
}

void RunResponse(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "responseCode", "sszData"});
  ExpectOnlyFields(output, {"encoded"});
  const ResponseChunk chunk = ChunkFromJson(codec);
  const auto encoded = EncodeResponseChunk(chunk.code, chunk.payload);
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_EQ(ToHex(*encoded), output.at("encoded"));
  const auto decoded = DecodeResponseChunk(FromHex(output.at("encoded")));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->code, chunk.code);
  EXPECT_EQ(decoded->payload, chunk.payload);
}

// Decodes the stream byte by byte.
std::vector<ResponseChunk> DecodeStream(const Bytes& stream) {
  std::vector<ResponseChunk> chunks;
  ResponseStreamDecoder decoder;
  for (uint8_t byte : stream) {
    decoder.Feed({&byte, 1});
    while (true) {
      auto chunk = decoder.Next();
      EXPECT_TRUE(chunk.ok()) << chunk.status();
      if (!chunk.ok() || !chunk->has_value()) break;
      chunks.push_back(**std::move(chunk));
    }
  }
  EXPECT_TRUE(decoder.Finish().ok()) << decoder.Finish();
  return chunks;
}

void RunResponseStream(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "chunks"});
  ExpectOnlyFields(output, {"encoded", "chunkCount"});
  Bytes stream;
  std::vector<ResponseChunk> expected;
  for (const Json& entry : codec.at("chunks")) {
    ExpectOnlyFields(entry, {"responseCode", "sszData"});
    expected.push_back(ChunkFromJson(entry));
    const auto encoded = EncodeResponseChunk(expected.back().code, expected.back().payload);
    ASSERT_TRUE(encoded.ok()) << encoded.status();
    Append(*encoded, &stream);
  }
  EXPECT_EQ(ToHex(stream), output.at("encoded"));
  const std::vector<ResponseChunk> decoded = DecodeStream(FromHex(output.at("encoded")));
  ASSERT_EQ(Json(decoded.size()), output.at("chunkCount"));
  ASSERT_EQ(decoded.size(), expected.size());
  for (size_t i = 0; i < decoded.size(); ++i) {
    EXPECT_EQ(decoded[i].code, expected[i].code);
    EXPECT_EQ(decoded[i].payload, expected[i].payload);
  }
}

// What the vector must hold for a value that may be absent.
template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json();
}

template <size_t N>
Json HexOrNull(const std::optional<std::array<uint8_t, N>>& value) {
  return value.has_value() ? ToHex(*value) : Json();
}

Json Eth2Json(const std::optional<Eth2Data>& data) {
  if (!data.has_value()) return Json();
  return {{"forkDigest", ToHex(data->fork_digest)},
          {"nextForkVersion", ToHex(data->next_fork_version)},
          {"nextForkEpoch", data->next_fork_epoch}};
}

void RunEnr(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "enrString"});
  const auto enr = Enr::FromText(codec.at("enrString").get<std::string>());
  ASSERT_TRUE(enr.ok()) << enr.status();
  EXPECT_EQ(Json(enr->ToText()), codec.at("enrString"));
  Json expected = {{"rlp", ToHex(enr->ToRlp())},
                   {"seq", enr->seq()},
                   {"identityScheme", OrNull(enr->IdentityScheme())},
                   {"nodeId", HexOrNull(enr->NodeId())},
                   {"publicKey", HexOrNull(enr->PublicKey())},
                   {"ip4", OrNull(enr->Ip4())},
                   {"udpPort", OrNull(enr->UdpPort())},
                   {"quicPort", OrNull(enr->QuicPort())},
                   {"multiaddr", OrNull(enr->Multiaddr())},
                   {"eth2Data", Eth2Json(enr->Eth2())},
                   {"attestationSubnets", OrNull(enr->AttestationSubnets())},
                   {"isAggregator", enr->IsAggregator()},
                   {"signatureValid", enr->VerifySignature()},
                   {"isValid", enr->IsValid()}};
  for (auto field = expected.begin(); field != expected.end();) {  // null fields are not emitted
    field = field->is_null() ? expected.erase(field) : std::next(field);
  }
  EXPECT_EQ(expected, output);
  const auto again = Enr::FromRlp(enr->ToRlp());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->ToRlp(), enr->ToRlp());
}

void RunPeerId(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "keyType", "publicKey"});
  ExpectOnlyFields(output, {"protobufEncoded", "peerId"});
  const std::map<std::string, KeyType> types = {{"rsa", KeyType::kRsa},
                                                {"ed25519", KeyType::kEd25519},
                                                {"secp256k1", KeyType::kSecp256k1},
                                                {"ecdsa", KeyType::kEcdsa}};
  const Bytes key = EncodePublicKey(types.at(codec.at("keyType")), FromHex(codec.at("publicKey")));
  EXPECT_EQ(ToHex(key), output.at("protobufEncoded"));
  const Bytes id = PeerIdOf(key);
  EXPECT_EQ(Json(Base58Encode(id)), output.at("peerId"));
  const auto decoded = Base58Decode(output.at("peerId").get<std::string>());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, id);
}

void RunSnappyBlock(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "data"});
  ExpectOnlyFields(output, {"compressed", "compressedLength", "uncompressedLength"});
  const Bytes data = FromHex(codec.at("data"));
  EXPECT_EQ(Json(data.size()), output.at("uncompressedLength"));
  const Bytes compressed = SnappyCompress(data);
  EXPECT_EQ(ToHex(compressed), output.at("compressed"));
  EXPECT_EQ(Json(compressed.size()), output.at("compressedLength"));
  const auto decompressed = SnappyDecompress(FromHex(output.at("compressed")));
  ASSERT_TRUE(decompressed.ok()) << decompressed.status();
  EXPECT_EQ(*decompressed, data);
}

void RunSnappyFrame(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "data"});
  ExpectOnlyFields(output, {"framed", "framedLength", "uncompressedLength"});
  const Bytes data = FromHex(codec.at("data"));
  EXPECT_EQ(Json(data.size()), output.at("uncompressedLength"));
  const Bytes framed = SnappyFrameCompress(data);
  EXPECT_EQ(ToHex(framed), output.at("framed"));
  EXPECT_EQ(Json(framed.size()), output.at("framedLength"));
  const auto decompressed = SnappyFrameDecompress(FromHex(output.at("framed")));
  ASSERT_TRUE(decompressed.ok()) << decompressed.status();
  EXPECT_EQ(*decompressed, data);
}

absl::Status Decode(const std::string& decoder, const Bytes& data) {
  if (decoder == "varint") return DecodeVarint(data).status();
  if (decoder == "snappy_frame") return SnappyFrameDecompress(data).status();
  if (decoder == "snappy_block") return SnappyDecompress(data).status();
  if (decoder == "gossipsub_rpc") return DecodeGossipsubRpc(data).status();
  if (decoder == "reqresp_request") return DecodeRequest(data).status();
  if (decoder == "reqresp_response") return DecodeResponseChunk(data).status();
  if (decoder == "enr") return Enr::FromRlp(data).status();
  ADD_FAILURE() << "unknown decoder \"" << decoder << "\"";
  return absl::OkStatus();
}

void RunDecodeFailure(const Json& codec, const Json& output) {
  ExpectOnlyFields(codec, {"kind", "decoder", "rawBytes"});
  ExpectOnlyFields(output, {"decoder"});
  EXPECT_FALSE(Decode(codec.at("decoder"), FromHex(codec.at("rawBytes"))).ok());
}

using Runner = void (*)(const Json& codec, const Json& output);

const std::map<std::string, Runner>& Runners() {
  static const auto* const runners = new std::map<std::string, Runner>{
      {"varint", RunVarint},
      {"gossip_topic", RunTopic},
      {"gossip_message_id", RunMessageId},
      {"gossipsub_rpc", RunGossipsubRpc},
      {"reqresp_request", RunRequest},
      {"reqresp_response", RunResponse},
      {"reqresp_response_stream", RunResponseStream},
      {"enr", RunEnr},
      {"peer_id", RunPeerId},
      {"snappy_block", RunSnappyBlock},
      {"snappy_frame", RunSnappyFrame},
      {"decode_failure", RunDecodeFailure},
  };
  return *runners;
}

TEST(Conformance, NetworkingCodec) {
  if (!conformance::HaveVectors()) GTEST_SKIP() << conformance::NoVectors();
  conformance::ForEachVector("networking_codec", [](const conformance::Vector& vector) {
    const Json& codec = vector.body.at("codec");
    const std::string kind = codec.at("kind");
    EXPECT_EQ(vector.rejection_reason().value_or(""),
              kind == "decode_failure" ? "DECODE_ERROR" : "");
    const auto runner = Runners().find(kind);
    if (runner == Runners().end()) {
      ADD_FAILURE() << "unknown kind of codec \"" << kind << "\"";
    } else {
      runner->second(codec, vector.body.at("output"));
    }
    return conformance::Passed();
  });
}

}  // namespace
}  // namespace heddle::wire
