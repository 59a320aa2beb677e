// libp2p peer ids (https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md).
#ifndef HEDDLE_SRC_CHAIN_WIRE_PEER_ID_H_
#define HEDDLE_SRC_CHAIN_WIRE_PEER_ID_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "src/chain/wire/bytes.h"

namespace heddle::wire {

// libp2p's key types, by their numbers in its protobuf.
enum class KeyType : uint8_t { kRsa = 0, kEd25519 = 1, kSecp256k1 = 2, kEcdsa = 3 };

// The key as libp2p's PublicKey message.
Bytes EncodePublicKey(KeyType type, ByteView key);

// The peer id of an encoded public key, as the bytes of a multihash: the key itself up to 42 bytes,
// its SHA-256 beyond. Base58Encode() of it is what people see.
Bytes PeerIdOf(ByteView encoded_public_key);

// Base 58 with Bitcoin's alphabet. Takes time in the square of the length: the text that is decoded
// may have at most kMaxBase58Length characters (a peer id has about 50).
inline constexpr size_t kMaxBase58Length = 256;
std::string Base58Encode(ByteView data);
absl::StatusOr<Bytes> Base58Decode(absl::string_view text);

}  // namespace heddle::wire

#endif  // HEDDLE_SRC_CHAIN_WIRE_PEER_ID_H_
