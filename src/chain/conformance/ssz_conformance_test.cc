// The vectors of `ssz`: encode, decode, hash-tree-root, and refusals to decode.
#include <functional>
#include <map>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"
#include "src/chain/conformance/json_value.h"
#include "src/chain/conformance/vectors.h"

namespace heddle::conformance {
namespace {

// Types that live in the networking layer or in the specification's tests only.
struct BlocksByRootRequest {
  ssz::List<ssz::Bytes32, 1024> roots;
  HEDDLE_SSZ_CONTAINER(BlocksByRootRequest, roots);
};
struct BlocksByRangeRequest {
  uint64_t start_slot = 0;
  uint64_t count = 0;
  HEDDLE_SSZ_CONTAINER(BlocksByRangeRequest, start_slot, count);
};
struct Status {
  chain::Checkpoint finalized;
  chain::Checkpoint head;
  HEDDLE_SSZ_CONTAINER(Status, finalized, head);
};

// At the top of a vector, and only there, integers are written as strings.
template <class T>
T TopLevelFromJson(const Json& json) {
  if constexpr (std::unsigned_integral<T> && !std::is_same_v<T, bool>) {
    return FromJson<T>(Json::parse(json.get<std::string>()));
  } else if constexpr (std::is_same_v<T, chain::FieldElement>) {
    const auto text = json.get<std::string>();  // "Fp(value=5)"
    const std::string prefix = "Fp(value=";
    if (!text.starts_with(prefix)) return FromJson<T>(Json::parse(text));
    return FromJson<T>(Json::parse(text.substr(prefix.size(), text.size() - prefix.size() - 1)));
  } else {
    return FromJson<T>(json);
  }
}

template <class T>
void RunType(const Vector& vector) {
  const std::vector<uint8_t> serialized = HexBytes(vector.body.at("serialized"));
  const absl::StatusOr<T> decoded = ssz::Decode<T>(serialized);
  if (vector.rejection_reason()) {
    EXPECT_EQ(*vector.rejection_reason(), "DECODE_ERROR");
    EXPECT_EQ(vector.body.at("rawBytes"), vector.body.at("serialized"));
    EXPECT_FALSE(decoded.ok());
    return;
  }
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const T value = TopLevelFromJson<T>(vector.body.at("value"));
  EXPECT_TRUE(*decoded == value);
  EXPECT_EQ(ssz::Encode(value), serialized);
  EXPECT_EQ(ssz::Encode(*decoded), serialized);
  EXPECT_EQ("0x" + ssz::ToHex(ssz::HashTreeRoot(*decoded)),
            vector.body.at("root").get<std::string>());
}

using Runner = std::function<void(const Vector&)>;

const std::map<std::string, Runner>& Runners() {
  using namespace heddle::chain;  // NOLINT: the table is about the chain's types.
  static const std::map<std::string, Runner> runners = {
      {"AggregatedAttestation", RunType<AggregatedAttestation>},
      {"Attestation", RunType<Attestation>},
      {"AttestationData", RunType<AttestationData>},
      {"AttestationSubnets", RunType<ssz::Bitvector<64>>},
      {"Block", RunType<Block>},
      {"BlockBody", RunType<BlockBody>},
      {"BlockHeader", RunType<BlockHeader>},
      {"BlocksByRangeRequest", RunType<BlocksByRangeRequest>},
      {"BlocksByRootRequest", RunType<BlocksByRootRequest>},
      {"Boolean", RunType<bool>},
      {"BoundaryBitlist256", RunType<ssz::Bitlist<256>>},
      {"BoundaryBitvector1", RunType<ssz::Bitvector<1>>},
      {"BoundaryBitvector255", RunType<ssz::Bitvector<255>>},
      {"BoundaryBitvector256", RunType<ssz::Bitvector<256>>},
      {"BoundaryBitvector257", RunType<ssz::Bitvector<257>>},
      {"BoundaryBitvector7", RunType<ssz::Bitvector<7>>},
      {"BoundaryBitvector9", RunType<ssz::Bitvector<9>>},
      {"BoundaryUint64List32", RunType<ssz::List<uint64_t, 32>>},
      {"ByteList512KiB", RunType<ByteList512KiB>},
      {"Bytes20", RunType<ssz::Bytes<20>>},
      {"Bytes32", RunType<ssz::Bytes<32>>},
      {"Bytes4", RunType<ssz::Bytes<4>>},
      {"Bytes52", RunType<ssz::Bytes<52>>},
      {"Bytes64", RunType<ssz::Bytes<64>>},
      {"Checkpoint", RunType<Checkpoint>},
      {"Config", RunType<GenesisConfig>},
      {"DecodeBitlist8", RunType<ssz::Bitlist<8>>},
      {"DecodeBitvector16", RunType<ssz::Bitvector<16>>},
      {"Fp", RunType<FieldElement>},
      {"HashTreeLayer", RunType<Xmss::HashTreeLayer>},
      {"HashTreeOpening", RunType<Xmss::HashTreeOpening>},
      {"MultiMessageAggregate", RunType<MultiMessageAggregate>},
      {"PublicKey", RunType<PublicKey>},
      {"SampleBitlist16", RunType<ssz::Bitlist<16>>},
      {"SampleBitvector64", RunType<ssz::Bitvector<64>>},
      {"SampleBitvector8", RunType<ssz::Bitvector<8>>},
      {"SampleBytes32List8", RunType<ssz::List<ssz::Bytes32, 8>>},
      {"SampleUint16Vector3", RunType<ssz::Vector<uint16_t, 3>>},
      {"SampleUint32List16", RunType<ssz::List<uint32_t, 16>>},
      {"SampleUint64Vector4", RunType<ssz::Vector<uint64_t, 4>>},
      {"Signature", RunType<Signature>},
      {"SignedAggregatedAttestation", RunType<SignedAggregatedAttestation>},
      {"SignedAttestation", RunType<SignedAttestation>},
      {"SignedBlock", RunType<SignedBlock>},
      {"SingleMessageAggregate", RunType<SingleMessageAggregate>},
      {"SmokeBitlist8", RunType<ssz::Bitlist<8>>},
      {"State", RunType<State>},
      {"Status", RunType<Status>},
      {"Uint16", RunType<uint16_t>},
      {"Uint32", RunType<uint32_t>},
      {"Uint64", RunType<uint64_t>},
      {"Uint8", RunType<uint8_t>},
      {"Validator", RunType<Validator>},
      {"Validators", RunType<Validators>},
  };
  return runners;
}

Outcome RunSsz(const Vector& vector) {
  ExpectKeys(vector.body, {"network", "leanEnv", "proofSetting", "_info", "rejectionReason",
                           "typeName", "value", "rawBytes", "serialized", "root"});
  EXPECT_EQ(vector.body.at("leanEnv").get<std::string>(), "test")
      << "signatures have another size elsewhere";
  const auto name = vector.body.at("typeName").get<std::string>();
  const auto runner = Runners().find(name);
  if (runner == Runners().end()) {
    ADD_FAILURE() << "unknown type " << name;
    return Passed();
  }
  runner->second(vector);
  return Passed();
}

TEST(Conformance, Ssz) {
  if (!HaveVectors()) GTEST_SKIP() << NoVectors();
  ForEachVector("ssz", RunSsz);
}

}  // namespace
}  // namespace heddle::conformance
