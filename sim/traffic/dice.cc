#include "sim/traffic/dice.h"

#include "src/chain/wire/peer_id.h"

namespace heddle::traffic {

int64_t Dice::Milliseconds(uint32_t from, uint32_t to) {
  // One draw a statement, here and wherever there are several: compilers differ in the order in
  // which they evaluate operands and arguments.
  const int64_t whole = from + random_.Below(to - from);
  const int64_t part = random_.Below(1'000'000);
  return whole * 1'000'000 + part;
}

trace::PublicKey Dice::Key() {
  trace::PublicKey key;
  for (size_t i = 0; i < key.size(); i += 4) {
    const uint32_t element = FieldElement();
    for (size_t byte = 0; byte < 4; ++byte) {
      key[i + byte] = static_cast<uint8_t>(element >> (8 * byte));
    }
  }
  return key;
}

chain::Signature Dice::Signature() {
  chain::Signature signature;
  signature.path.siblings.elements.resize(chain::TestScheme::kLogLifetime);
  signature.hashes.elements.resize(chain::TestScheme::kDimension);
  for (auto& digest : signature.path.siblings.elements) Fill(&digest);
  for (auto& digest : signature.hashes.elements) Fill(&digest);
  Fill(&signature.rho);
  return signature;
}

std::string Dice::PeerId() {
  wire::Bytes key = {2};
  for (int i = 0; i < 32; ++i) key.push_back(static_cast<uint8_t>(random_.Below(256)));
  return wire::Base58Encode(wire::PeerIdOf(wire::EncodePublicKey(wire::KeyType::kSecp256k1, key)));
}

}  // namespace heddle::traffic
