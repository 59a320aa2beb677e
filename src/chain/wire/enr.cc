#include "src/chain/wire/enr.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "src/chain/wire/keccak.h"
#include "src/chain/wire/rlp.h"
#include "src/chain/wire/secp256k1.h"
#include "src/chain/wire/utf8.h"

namespace heddle::wire {
namespace {

constexpr absl::string_view kTextPrefix = "enr:";
constexpr absl::string_view kScheme = "v4";

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("node record: ", what));
}

// A big-endian number; empty when it needs more than `max_bytes` bytes.
std::optional<uint64_t> ReadNumber(ByteView bytes, size_t max_bytes) {
  while (!bytes.empty() && bytes.front() == 0) bytes.remove_prefix(1);
  if (bytes.size() > max_bytes) return std::nullopt;
  uint64_t number = 0;
  for (uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

// Big-endian without zeros in front: nothing at all for 0.
Bytes WriteNumber(uint64_t number) {
  Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto byte = static_cast<uint8_t>(number >> shift);
    if (byte != 0 || !out.empty()) out.push_back(byte);
  }
  return out;
}

std::optional<uint16_t> ReadPort(const Bytes* value) {
  if (value == nullptr || value->empty()) return std::nullopt;
  const std::optional<uint64_t> port = ReadNumber(*value, 2);
  if (!port.has_value()) return std::nullopt;
  return static_cast<uint16_t>(*port);
}

}  // namespace

absl::StatusOr<Enr> Enr::FromRlp(ByteView rlp) {
  if (rlp.size() > kMaxEnrSize) {
    return Malformed(absl::StrCat(rlp.size(), " bytes, the limit is ", kMaxEnrSize));
  }
  const absl::StatusOr<std::vector<ByteView>> items = DecodeRlpList(rlp);
  if (!items.ok()) return Malformed(items.status().message());
  if (items->size() < 2 || items->size() % 2 != 0) {
    return Malformed("expected a signature, a sequence number, and pairs of key and value");
  }
  Enr enr;
  const ByteView signature = (*items)[0];
  if (signature.size() != enr.signature_.size()) return Malformed("the signature has not 64 bytes");
  std::copy(signature.begin(), signature.end(), enr.signature_.begin());
  if (!(*items)[1].empty() && (*items)[1].front() == 0) {
    return Malformed("the sequence number has zeros in front");
  }
  const std::optional<uint64_t> seq = ReadNumber((*items)[1], sizeof(uint64_t));
  if (!seq.has_value()) return Malformed("the sequence number does not fit 64 bits");
  enr.seq_ = *seq;
  for (size_t i = 2; i < items->size(); i += 2) {
    if (!IsUtf8((*items)[i])) return Malformed("a key is not UTF-8");
    std::string key(AsText((*items)[i]));
    if (!enr.pairs_.empty() && key <= enr.pairs_.rbegin()->first) {
      return Malformed(
          absl::StrCat("key \"", absl::Utf8SafeCEscape(key), "\" is not in ascending order"));
    }
    const ByteView value = (*items)[i + 1];
    enr.pairs_.emplace_hint(enr.pairs_.end(), std::move(key), Bytes(value.begin(), value.end()));
  }
  return enr;
}

absl::StatusOr<Enr> Enr::FromText(absl::string_view text) {
  absl::string_view base64 = text;
  if (!absl::ConsumePrefix(&base64, kTextPrefix)) return Malformed("expected \"enr:\" in front");
  std::string rlp;
  // Abseil's decoder allows spaces, padding and stray bits: only the canonical text may pass.
  if (base64.size() > 2 * kMaxEnrSize || !absl::WebSafeBase64Unescape(base64, &rlp) ||
      absl::WebSafeBase64Escape(rlp) != base64) {
    return Malformed("expected base64url without padding behind \"enr:\"");
  }
  return FromRlp(AsBytes(rlp));
}

std::vector<ByteView> Enr::ContentItems(const Bytes& seq) const {
  std::vector<ByteView> items = {seq};
  for (const auto& [key, value] : pairs_) {
    items.push_back(AsBytes(key));
    items.push_back(value);
  }
  return items;
}

Bytes Enr::ToRlp() const {
  const Bytes seq = WriteNumber(seq_);
  std::vector<ByteView> items = ContentItems(seq);
  items.insert(items.begin(), signature_);
  return EncodeRlpList(items);
}

std::string Enr::ToText() const {
  const Bytes rlp = ToRlp();
  return absl::StrCat(kTextPrefix, absl::WebSafeBase64Escape(AsText(rlp)));
}

const Bytes* Enr::Find(absl::string_view key) const {
  const auto pair = pairs_.find(std::string_view(key.data(), key.size()));
  return pair == pairs_.end() ? nullptr : &pair->second;
}

std::optional<std::string> Enr::IdentityScheme() const {
  const Bytes* id = Find("id");
  if (id == nullptr || id->empty()) return std::nullopt;
  return std::string(AsText(*id));
}

std::optional<std::array<uint8_t, 33>> Enr::PublicKey() const {
  const Bytes* value = Find("secp256k1");
  std::array<uint8_t, 33> key;
  if (value == nullptr || value->size() != key.size()) return std::nullopt;
  std::copy(value->begin(), value->end(), key.begin());
  return key;
}

std::optional<std::string> Enr::Ip4() const {
  const Bytes* ip = Find("ip");
  if (ip == nullptr || ip->size() != 4) return std::nullopt;
  return absl::StrCat((*ip)[0], ".", (*ip)[1], ".", (*ip)[2], ".", (*ip)[3]);
}

std::optional<uint16_t> Enr::UdpPort() const { return ReadPort(Find("udp")); }

std::optional<uint16_t> Enr::QuicPort() const { return ReadPort(Find("quic")); }

std::optional<std::string> Enr::Multiaddr() const {
  const std::optional<std::string> ip = Ip4();
  uint16_t port = QuicPort().value_or(0);
  if (port == 0) port = UdpPort().value_or(0);
  if (!ip.has_value() || port == 0) return std::nullopt;
  return absl::StrCat("/ip4/", *ip, "/udp/", port, "/quic-v1");
}

std::optional<Eth2Data> Enr::Eth2() const {
  const Bytes* value = Find("eth2");
  if (value == nullptr || value->size() < 16) return std::nullopt;
  Eth2Data data;
  std::copy_n(value->begin(), 4, data.fork_digest.begin());
  std::copy_n(value->begin() + 4, 4, data.next_fork_version.begin());
  for (size_t i = 0; i < 8; ++i) data.next_fork_epoch |= uint64_t{(*value)[8 + i]} << (8 * i);
  return data;
}

std::optional<std::vector<uint64_t>> Enr::AttestationSubnets() const {
  const Bytes* bits = Find("attnets");  // SSZ Bitvector[64]
  if (bits == nullptr || bits->size() != 8) return std::nullopt;
  std::vector<uint64_t> subnets;
  for (uint64_t subnet = 0; subnet < 64; ++subnet) {
    if (((*bits)[subnet / 8] >> (subnet % 8) & 1) != 0) subnets.push_back(subnet);
  }
  return subnets;
}

bool Enr::IsAggregator() const {
  const Bytes* value = Find("is_aggregator");
  return value != nullptr && *value == Bytes{1};
}

std::optional<std::array<uint8_t, 32>> Enr::NodeId() const {
  const std::optional<std::array<uint8_t, 33>> key = PublicKey();
  if (!key.has_value()) return std::nullopt;
  const std::optional<std::array<uint8_t, 64>> coordinates = UncompressPublicKey(*key);
  if (!coordinates.has_value()) return std::nullopt;
  return Keccak256(*coordinates);
}

bool Enr::IsValid() const { return IdentityScheme() == kScheme && PublicKey().has_value(); }

bool Enr::VerifySignature() const {
  const std::optional<std::array<uint8_t, 33>> key = PublicKey();
  if (!key.has_value()) return false;
  const Bytes seq = WriteNumber(seq_);
  return VerifyEcdsa(*key, Keccak256(EncodeRlpList(ContentItems(seq))), signature_);
}

}  // namespace heddle::wire
