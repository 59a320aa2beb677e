#include "src/chain/wire/gossipsub_rpc.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "src/chain/wire/test_bytes.h"
#include "src/chain/wire/utf8.h"
#include "src/chain/wire/varint.h"

namespace heddle::wire {
namespace {

using testing::HasSubstr;

// A length-delimited field.
Bytes Field(uint8_t number, const Bytes& content) {
  Bytes out = {static_cast<uint8_t>(number << 3 | 2)};
  AppendVarint(content.size(), &out);
  Append(content, &out);
  return out;
}

TEST(GossipsubRpc, RoundTrips) {
  GossipsubRpc rpc;
  rpc.subscriptions = {{true, "a"}, {false, "b"}, {true, ""}};
  rpc.publish = {{Text("peer"), Text("data"), Text("1"), "topic", Text("sig"), Text("key")}, {}};
  rpc.control.emplace();
  rpc.control->ihave = {{"topic", {Text("id1"), Text("id2")}}, {"", {}}};
  rpc.control->iwant = {{{Text("id3")}}};
  rpc.control->graft = {{"topic"}};
  rpc.control->prune = {{"topic", 60}, {"other", 0}};
  rpc.control->idontwant = {{{Text("id4"), {}}}};
  const auto decoded = DecodeGossipsubRpc(EncodeGossipsubRpc(rpc));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, rpc);
}

TEST(GossipsubRpc, DoesNotWriteEmptyControl) {
  GossipsubRpc rpc;
  rpc.control.emplace();
  EXPECT_TRUE(EncodeGossipsubRpc(rpc).empty());
}

TEST(GossipsubRpc, SkipsUnknownFields) {
  const Bytes message = Concat({FromHex("3805"),                // field 7, varint
                                FromHex("3d01020304"),          // field 7, 32 bits
                                FromHex("390102030405060708"),  // field 7, 64 bits
                                Field(7, Text("unknown")), Field(2, Text("data"))});
  const auto decoded = DecodeGossipsubRpc(Concat({Field(9, Text("x")), Field(2, message)}));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ASSERT_EQ(decoded->publish.size(), 1u);
  EXPECT_EQ(AsText(decoded->publish[0].data), "data");
}

TEST(GossipsubRpc, RefusesMalformedInput) {
  struct {
    Bytes data;
    const char* message;
  } const cases[] = {
      {FromHex("0e"), "wire type 6"},
      {FromHex("0b"), "wire type 3"},
      {FromHex("0a64"), "100 bytes, where 0 are left"},
      {FromHex("0affffffffffffffffff01"), "are left"},
      {FromHex("80"), "varint"},
      {FromHex("0880"), "varint"},
      {FromHex("0d0102"), "4 bytes, where 2 are left"},
      {FromHex("0901020304050607"), "8 bytes, where 7 are left"},
      {Field(1, Field(2, FromHex("ff"))), "UTF-8"},
      {Field(2, Field(4, FromHex("c080"))), "UTF-8"},
      {Field(3, Field(1, Field(1, FromHex("eda080")))), "UTF-8"},
      {Field(3, Field(3, FromHex("0a05"))), "are left"},
  };
  for (const auto& c : cases) {
    const auto result = DecodeGossipsubRpc(c.data);
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << ToHex(c.data);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(c.message)) << ToHex(c.data);
  }
}

TEST(GossipsubRpc, BoundsTheNumberOfEntries) {
  const auto messages = [](size_t count) {
    Bytes data;
    for (size_t i = 0; i < count; ++i) Append(Field(2, {}), &data);
    return data;
  };
  EXPECT_TRUE(DecodeGossipsubRpc(messages(kMaxRpcEntries)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(DecodeGossipsubRpc(messages(kMaxRpcEntries + 1)).status()));
}

TEST(Utf8, AcceptsWellFormedTextOnly) {
  for (const char* hex : {"", "61", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf",
                          "f0908080", "f48fbfbf", "61c3a9e282acf09f9880"}) {
    EXPECT_TRUE(IsUtf8(FromHex(hex))) << hex;
  }
  for (const char* hex : {"80", "bf", "c0af", "c1bf", "c2", "c27f", "e09fbf", "e0a0", "eda080",
                          "edbfbf", "f08fbfbf", "f0908", "f4908080", "f5808080", "ff", "61ff"}) {
    EXPECT_FALSE(IsUtf8(FromHex(hex))) << hex;
  }
}

}  // namespace
}  // namespace heddle::wire
