// Ethereum node records (EIP-778) with the "v4" identity scheme and the consensus layer's keys.
#ifndef HEDDLE_SRC_CHAIN_WIRE_ENR_H_
#define HEDDLE_SRC_CHAIN_WIRE_ENR_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

// The largest record, in bytes of RLP.
inline constexpr size_t kMaxEnrSize = 300;

// The value of the key "eth2".
struct Eth2Data {
  std::array<uint8_t, 4> fork_digest{};
  std::array<uint8_t, 4> next_fork_version{};
  uint64_t next_fork_epoch = 0;
};

class Enr {
 public:
  // InvalidArgument says what is wrong. A record that parses may still have no scheme, no key or a
  // wrong signature: see IsValid() and VerifySignature().
  static absl::StatusOr<Enr> FromRlp(ByteView rlp);
  static absl::StatusOr<Enr> FromText(absl::string_view text);  // "enr:" and base64url, no padding

  Bytes ToRlp() const;
  std::string ToText() const;

  uint64_t seq() const { return seq_; }

  // The value of a key; nullptr when the record does not have it.
  const Bytes* Find(absl::string_view key) const;

  // Each is empty when the record has no such key, or its value has not the right form.
  std::optional<std::string> IdentityScheme() const;
  std::optional<std::array<uint8_t, 33>> PublicKey() const;  // secp256k1, compressed
  std::optional<std::string> Ip4() const;                    // "127.0.0.1"
  std::optional<uint16_t> UdpPort() const;
  std::optional<uint16_t> QuicPort() const;
  std::optional<std::string> Multiaddr() const;  // "/ip4/127.0.0.1/udp/9000/quic-v1"
  std::optional<Eth2Data> Eth2() const;
  std::optional<std::vector<uint64_t>> AttestationSubnets() const;  // ascending
  bool IsAggregator() const;

  // Keccak-256 of the uncompressed public key; empty without a key that is a point of the curve.
  std::optional<std::array<uint8_t, 32>> NodeId() const;

  // The scheme is "v4" and there is a key of the right length. Says nothing of the signature.
  bool IsValid() const;

  // The signature is the key's, over the record without it.
  bool VerifySignature() const;

 private:
  std::vector<ByteView> ContentItems(const Bytes& seq) const;

  std::array<uint8_t, 64> signature_{};  // r || s
  uint64_t seq_ = 0;
  std::map<std::string, Bytes, std::less<>> pairs_;  // the record demands ascending keys
};

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_ENR_H_
