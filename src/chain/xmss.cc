#include "src/chain/xmss.h"

#include <cstring>

namespace heddle::chain {

bool IsPublicKey(const PublicKeyBytes& bytes) {
  for (size_t i = 0; i < kPublicKeyLength; i += sizeof(uint32_t)) {
    uint32_t element;
    std::memcpy(&element, bytes.data() + i, sizeof(element));
    if (element >= FieldElement::kModulus) return false;
  }
  return true;
}

}  // namespace heddle::chain
