#include "src/chain/wire/enr.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "src/chain/wire/keccak.h"
#include "src/chain/wire/peer_id.h"
#include "src/chain/wire/rlp.h"
#include "src/chain/wire/test_bytes.h"

namespace heddle::wire {
namespace {

using testing::HasSubstr;

// The example of EIP-778.
constexpr absl::string_view kExample =
    "enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRc"
    "y5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8";

TEST(Keccak, MatchesKnownDigests) {
  const auto digest = [](const Bytes& data) { return ToHex(Keccak256(data)); };
  EXPECT_EQ(digest({}), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(digest(Text("abc")),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  // Around the 136 bytes that are absorbed at a time.
  EXPECT_EQ(digest(Bytes(135, 'a')),
            "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446");
  EXPECT_EQ(digest(Bytes(136, 'a')),
            "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e");
  EXPECT_EQ(digest(Bytes(137, 'a')),
            "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39");
  EXPECT_EQ(digest(Bytes(272, 'a')),
            "cf7fcd4f705ee749930d19ca84561a9bf62516bd90a471545fa2f49fdc7e63c8");
}

TEST(Rlp, RoundTripsStringsOfEveryForm) {
  for (size_t size : {0, 1, 2, 55, 56, 255, 256, 70000}) {
    const Bytes low(size, 0x7f);
    const Bytes high(size, 0x80);
    const Bytes encoded = EncodeRlpList({low, high});
    const auto decoded = DecodeRlpList(encoded);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_EQ(decoded->size(), 2u);
    EXPECT_EQ((*decoded)[0], ByteView(low));
    EXPECT_EQ((*decoded)[1], ByteView(high));
  }
  EXPECT_EQ(ToHex(EncodeRlpList({})), "c0");
  EXPECT_EQ(ToHex(EncodeRlpList({AsBytes("dog"), AsBytes("god")})), "c883646f6783676f64");
}

TEST(Rlp, RefusesWhatIsNotOneCanonicalFlatList) {
  for (const char* hex : {"", "00", "83646f67",      // no list
                          "c1", "c883646f6783676f",  // cut off
                          "c0c0", "c000",            // something behind it
                          "c1c0", "c3c20102",        // a list within
                          "c28105", "c2817f",        // a prefix that is not needed
                          "c3b80161", "f80161",      // a long length for a short payload
                          "f90001", "c4b9003861",    // zeros in front of a length
                          "c283646f",                // a string that leaves the list
                          "ffffffffffffffffff", "c1bf", "f8"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeRlpList(FromHex(hex)).status())) << hex;
  }
}

TEST(Enr, ReadsTheExample) {
  const auto enr = Enr::FromText(kExample);
  ASSERT_TRUE(enr.ok()) << enr.status();
  EXPECT_EQ(enr->ToText(), kExample);
  EXPECT_EQ(enr->seq(), 1u);
  EXPECT_EQ(enr->IdentityScheme(), "v4");
  EXPECT_EQ(enr->Ip4(), "127.0.0.1");
  EXPECT_EQ(enr->UdpPort(), 30303);
  EXPECT_EQ(enr->QuicPort(), std::nullopt);
  EXPECT_EQ(enr->Multiaddr(), "/ip4/127.0.0.1/udp/30303/quic-v1");
  EXPECT_EQ(ToHex(enr->NodeId().value()),
            "a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7");
  EXPECT_TRUE(enr->IsValid());
  EXPECT_TRUE(enr->VerifySignature());
  EXPECT_FALSE(enr->IsAggregator());
  EXPECT_FALSE(enr->Eth2().has_value());
  EXPECT_FALSE(enr->AttestationSubnets().has_value());
}

TEST(Enr, NoticesEveryChange) {
  const Bytes rlp = Enr::FromText(kExample).value().ToRlp();
  for (size_t i = 0; i < rlp.size(); ++i) {
    Bytes changed = rlp;
    changed[i] ^= 1;
    const auto enr = Enr::FromRlp(changed);
    if (enr.ok()) {
      EXPECT_FALSE(enr->VerifySignature()) << "byte " << i;
    }
  }
}

// A record with these pairs and an empty signature.
absl::StatusOr<Enr> Make(const std::vector<std::pair<std::string, Bytes>>& pairs,
                         const Bytes& seq = {9}) {
  const Bytes signature(64, 0);
  std::vector<ByteView> items = {signature, seq};
  for (const auto& [key, value] : pairs) {
    items.push_back(AsBytes(key));
    items.push_back(value);
  }
  return Enr::FromRlp(EncodeRlpList(items));
}

TEST(Enr, ReadsTheConsensusKeys) {
  const auto enr = Make({{"attnets", FromHex("8100000000000080")},
                         {"eth2", FromHex("1234567890abcdef0100000000000000")},
                         {"is_aggregator", {1}},
                         {"quic", FromHex("2328")}});
  ASSERT_TRUE(enr.ok()) << enr.status();
  EXPECT_EQ(enr->AttestationSubnets(), (std::vector<uint64_t>{0, 7, 63}));
  EXPECT_EQ(ToHex(enr->Eth2()->fork_digest), "12345678");
  EXPECT_EQ(ToHex(enr->Eth2()->next_fork_version), "90abcdef");
  EXPECT_EQ(enr->Eth2()->next_fork_epoch, 1u);
  EXPECT_TRUE(enr->IsAggregator());
  EXPECT_EQ(enr->QuicPort(), 9000);
  EXPECT_FALSE(enr->Multiaddr().has_value());
  EXPECT_FALSE(enr->IsValid());
  EXPECT_FALSE(enr->VerifySignature());
}

// EIP-778 records are RLP, whose numbers have no zeros in front.
TEST(Enr, RefusesASequenceNumberWithZerosInFront) {
  EXPECT_TRUE(Make({}, {}).ok());
  EXPECT_TRUE(Make({}, {1, 0}).ok());
  for (const Bytes& seq : {Bytes{0}, Bytes{0, 9}}) {
    EXPECT_EQ(Make({}, seq).status().message(),
              "node record: the sequence number has zeros in front");
  }
}

TEST(Enr, IgnoresValuesOfTheWrongForm) {
  const auto enr = Make({{"attnets", {1}},
                         {"eth2", Bytes(15, 1)},
                         {"id", {}},
                         {"ip", Bytes(5, 1)},
                         {"is_aggregator", {2}},
                         {"quic", FromHex("010000")},
                         {"secp256k1", Bytes(33, 0xff)},
                         {"udp", {}}});
  ASSERT_TRUE(enr.ok()) << enr.status();
  EXPECT_FALSE(enr->AttestationSubnets().has_value());
  EXPECT_FALSE(enr->Eth2().has_value());
  EXPECT_FALSE(enr->IdentityScheme().has_value());
  EXPECT_FALSE(enr->Ip4().has_value());
  EXPECT_FALSE(enr->IsAggregator());
  EXPECT_FALSE(enr->QuicPort().has_value());
  EXPECT_FALSE(enr->UdpPort().has_value());
  EXPECT_TRUE(enr->PublicKey().has_value());
  EXPECT_FALSE(enr->NodeId().has_value());  // no point of the curve
  EXPECT_FALSE(enr->VerifySignature());
}

TEST(Enr, RefusesMalformedRecords) {
  const Bytes signature(64, 0);
  const Bytes key = {'i', 'd'};
  const Bytes value = {'v', '4'};
  struct {
    Bytes rlp;
    const char* message;
  } const cases[] = {
      {Bytes(301, 0xff), "the limit is 300"},
      {FromHex("00"), "expected a list"},
      {EncodeRlpList({signature}), "expected a signature"},
      {EncodeRlpList({signature, Bytes{1}, key}), "expected a signature"},
      {EncodeRlpList({Bytes(63, 0), Bytes{1}}), "has not 64 bytes"},
      {EncodeRlpList({signature, Bytes(9, 1)}), "does not fit 64 bits"},
      {EncodeRlpList({signature, Bytes{1}, Bytes{0xff}, value}), "not UTF-8"},
      {EncodeRlpList({signature, Bytes{1}, key, value, key, value}), "ascending order"},
      {EncodeRlpList({signature, Bytes{1}, Bytes{'i', 'p'}, value, key, value}), "ascending order"},
  };
  for (const auto& c : cases) {
    const auto result = Enr::FromRlp(c.rlp);
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << c.message;
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.message));
  }
}

TEST(Enr, RefusesEveryOtherText) {
  const std::string text(kExample);
  for (const std::string& wrong :
       {std::string(), text.substr(4), "ENR:" + text.substr(4), text + "=", text + " ",
        text.substr(0, 8) + "+" + text.substr(9), text.substr(0, text.size() - 1) + "9"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Enr::FromText(wrong).status())) << wrong;
  }
}

TEST(PeerId, HashesLongKeys) {
  const Bytes short_key =
      FromHex("037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99");
  EXPECT_EQ(Base58Encode(PeerIdOf(EncodePublicKey(KeyType::kSecp256k1, short_key))),
            "16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY");
  // A SHA-256 multihash starts with Qm in base 58.
  EXPECT_EQ(Base58Encode(PeerIdOf(EncodePublicKey(KeyType::kRsa, Bytes(300, 1)))).substr(0, 2),
            "Qm");
}

TEST(Base58, RoundTrips) {
  for (const char* hex :
       {"", "00", "0000", "01", "ff", "00ff", "61", "516b6fcd0f", "000000287fb4cd"}) {
    const Bytes data = FromHex(hex);
    const auto decoded = Base58Decode(Base58Encode(data));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, data) << hex;
  }
  EXPECT_EQ(Base58Encode(FromHex("516b6fcd0f")), "ABnLTmg");
  EXPECT_EQ(Base58Encode(FromHex("000000287fb4cd")), "111233QC4");
}

TEST(Base58, RefusesWhatIsNotInTheAlphabet) {
  for (const char* text : {"0", "O", "I", "l", "abc!", "a b"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Base58Decode(text).status())) << text;
  }
  EXPECT_TRUE(Base58Decode(std::string(kMaxBase58Length, 'z')).ok());
  EXPECT_FALSE(Base58Decode(std::string(kMaxBase58Length + 1, 'z')).ok());
}

}  // namespace
}  // namespace heddle::wire
