// Damages valid messages at random and decodes them. Nothing may crash, and what is accepted must
// be sound: it encodes again, and decodes to the same. The seeds are fixed; HEDDLE_SEED=<n> runs
// another one. A failure names the seed and the round, and prints the input.
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "src/chain/wire/enr.h"
#include "src/chain/wire/gossipsub_rpc.h"
#include "src/chain/wire/message_id.h"
#include "src/chain/wire/peer_id.h"
#include "src/chain/wire/reqresp.h"
#include "src/chain/wire/snappy_block.h"
#include "src/chain/wire/snappy_frame.h"
#include "src/chain/wire/test_bytes.h"
#include "src/chain/wire/topic.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

constexpr int kRounds = 3000;

// A bound well below kMaxPayloadSize keeps rounds short; inputs here declare little.
constexpr size_t kMaxSize = 1 << 20;

using Random = std::mt19937_64;

uint64_t Seed() {
  const char* text = std::getenv("HEDDLE_SEED");
  uint64_t seed = 1;
  if (text != nullptr) {
    EXPECT_TRUE(absl::SimpleAtoi(text, &seed)) << "HEDDLE_SEED=" << text;
  }
  return seed;
}

// One edit: a bit, a byte, a piece removed, inserted or copied, the end cut off.
void Damage(Random& random, Bytes* data) {
  const size_t at = data->empty() ? 0 : random() % data->size();
  const size_t length = std::min<size_t>(random() % 8 + 1, data->size() - at);
  const auto begin = data->begin() + static_cast<ptrdiff_t>(at);
  switch (random() % 6) {
    case 0:
      if (!data->empty()) (*data)[at] ^= static_cast<uint8_t>(1 << random() % 8);
      break;
    case 1:
      if (!data->empty()) (*data)[at] = static_cast<uint8_t>(random());
      break;
    case 2:
      data->erase(begin, begin + static_cast<ptrdiff_t>(length));
      break;
    case 3:
      data->insert(begin, random() % 8 + 1, static_cast<uint8_t>(random()));
      break;
    case 4: {
      const Bytes piece(begin, begin + static_cast<ptrdiff_t>(length));
      data->insert(data->end(), piece.begin(), piece.end());
      break;
    }
    default:
      data->resize(at);
  }
}

// Calls `check` with kRounds damaged copies of the samples.
template <typename Check>
void ForEachDamaged(const std::vector<Bytes>& samples, Check check) {
  const uint64_t seed = Seed();
  Random random(seed);
  for (int round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
    Bytes data = samples[random() % samples.size()];
    for (uint64_t edits = random() % 4; edits > 0; --edits) Damage(random, &data);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round) + ", input " +
                 ToHex(ByteView(data).subspan(0, 4096)));
    check(data);
  }
}

std::vector<Bytes> Payloads() {
  Bytes mixed;
  for (int i = 0; i < 300; ++i) mixed.push_back(static_cast<uint8_t>(i % 7 == 0 ? i : i % 11));
  return {{}, Text("a"), Text("abcabcabcabcabcabcabcabcabcabc"), Bytes(500, 0), mixed};
}

TEST(Mutation, Varint) {
  ForEachDamaged({FromHex("00"), FromHex("ac02"), FromHex("ffffffffffffffffff01")},
                 [](const Bytes& data) {
                   const auto varint = DecodeVarint(data);
                   if (!varint.ok()) return;
                   Bytes shortest;
                   AppendVarint(varint->value, &shortest);
                   EXPECT_LE(shortest.size(), varint->length);
                   EXPECT_EQ(DecodeVarint(shortest)->value, varint->value);
                 });
}

TEST(Mutation, SnappyBlock) {
  std::vector<Bytes> samples;
  for (const Bytes& payload : Payloads()) samples.push_back(SnappyCompress(payload));
  ForEachDamaged(samples, [](const Bytes& data) {
    const auto expanded = SnappyDecompress(data, kMaxSize);
    ASSERT_FALSE(absl::IsInternal(expanded.status())) << expanded.status();
    if (!expanded.ok()) return;
    EXPECT_LE(expanded->size(), 64 * data.size());  // what bounds a bomb
    EXPECT_EQ(SnappyDecompress(SnappyCompress(*expanded)).value(), *expanded);
  });
}

TEST(Mutation, SnappyFrame) {
  std::vector<Bytes> samples;
  for (const Bytes& payload : Payloads()) {
    samples.push_back(SnappyFrameCompress(payload));
    samples.push_back(Concat({samples.back(), FromHex("fe020000aabb"), samples.front()}));
  }
  ForEachDamaged(samples, [](const Bytes& data) {
    const auto expanded = SnappyFrameDecompress(data, kMaxSize);
    if (!expanded.ok()) return;
    EXPECT_EQ(SnappyFrameDecompress(SnappyFrameCompress(*expanded)).value(), *expanded);
  });
}

TEST(Mutation, RequestsAndResponses) {
  std::vector<Bytes> samples;
  for (const Bytes& payload : Payloads()) {
    samples.push_back(EncodeRequest(payload).value());
    samples.push_back(EncodeResponseChunk(ResponseCode::kServerError, payload).value());
  }
  ForEachDamaged(samples, [](const Bytes& data) {
    const auto request = DecodeRequest(data);
    if (request.ok()) {
      EXPECT_EQ(DecodeRequest(EncodeRequest(*request).value()).value(), *request);
    }
    const auto chunk = DecodeResponseChunk(data);
    if (!chunk.ok()) return;
    const auto again =
        DecodeResponseChunk(EncodeResponseChunk(chunk->code, chunk->payload).value());
    EXPECT_EQ(again->code, chunk->code);
    EXPECT_EQ(again->payload, chunk->payload);
  });
}

// All that a stream decoder made of its input, or "error".
std::string DecodeStream(const Bytes& data, size_t piece) {
  ResponseStreamDecoder decoder;
  std::string result;
  for (size_t at = 0; at < data.size(); at += piece) {
    decoder.Feed(ByteView(data).subspan(at, piece));
    while (true) {
      const auto chunk = decoder.Next();
      if (!chunk.ok()) return result + "error";
      if (!chunk->has_value()) break;
      result += std::to_string(static_cast<int>((*chunk)->code)) + ToHex((*chunk)->payload) + ";";
    }
  }
  return result + (decoder.Finish().ok() ? "end" : "error");
}

TEST(Mutation, ResponseStreamDoesNotDependOnThePieces) {
  std::vector<Bytes> samples(1);
  for (const Bytes& payload : Payloads()) {
    samples.push_back(EncodeResponseChunk(ResponseCode::kSuccess, payload).value());
    Append(samples.back(), &samples.front());
  }
  ForEachDamaged(samples, [](const Bytes& data) {
    EXPECT_EQ(DecodeStream(data, 1), DecodeStream(data, std::max<size_t>(data.size(), 1)));
  });
}

TEST(Mutation, GossipsubRpc) {
  GossipsubRpc rpc;
  rpc.subscriptions = {{true, "/leanconsensus/12345678/block/ssz_snappy"}};
  rpc.publish = {{Text("peer"), Text("data"), Text("1"), "topic", Text("sig"), Text("key")}};
  rpc.control.emplace();
  rpc.control->ihave = {{"topic", {Bytes(20, 1), Bytes(20, 2)}}};
  rpc.control->iwant = {{{Bytes(20, 3)}}};
  rpc.control->graft = {{"topic"}};
  rpc.control->prune = {{"topic", 60}};
  rpc.control->idontwant = {{{Bytes(20, 4)}}};
  ForEachDamaged({EncodeGossipsubRpc(rpc)}, [](const Bytes& data) {
    const auto decoded = DecodeGossipsubRpc(data);
    if (!decoded.ok()) return;
    const Bytes encoded = EncodeGossipsubRpc(*decoded);
    EXPECT_LE(encoded.size(), data.size() + 4 * decoded->subscriptions.size());
    EXPECT_EQ(EncodeGossipsubRpc(DecodeGossipsubRpc(encoded).value()), encoded);
  });
}

TEST(Mutation, Enr) {
  const auto example = Enr::FromText(
      "enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRc"
      "y5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_"
      "QAdpzBQA8yWM0xOIN1ZHCCdl8");
  ASSERT_TRUE(example.ok());
  ForEachDamaged({example->ToRlp()}, [](const Bytes& data) {
    const auto enr = Enr::FromRlp(data);
    if (!enr.ok()) return;
    enr->Multiaddr();
    enr->Eth2();
    enr->AttestationSubnets();
    enr->NodeId();
    const auto again = Enr::FromText(enr->ToText());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->ToRlp(), enr->ToRlp());
    EXPECT_EQ(again->VerifySignature(), enr->VerifySignature());
  });
}

TEST(Mutation, Texts) {
  ForEachDamaged({Text("/leanconsensus/12345678/attestation_7/ssz_snappy"),
                  Text("/leanconsensus/12345678/block/ssz_snappy"),
                  Text("16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY")},
                 [](const Bytes& data) {
                   const auto topic = ParseTopic(AsText(data));
                   if (topic.ok()) {
                     EXPECT_EQ(FormatTopic(*topic), AsText(data));
                   }
                   const auto id = Base58Decode(AsText(data));
                   if (id.ok()) {
                     EXPECT_EQ(Base58Encode(*id), AsText(data));
                   }
                 });
}

}  // namespace
}  // namespace heddle::wire
