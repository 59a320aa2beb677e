// OpenSSL's one-shot and EVP calls look the algorithm up under a lock at every call; besides the
// time it takes, that lock orders threads which the code under test does not order.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "src/chain/wire/sha256.h"

#include <openssl/sha.h>

namespace heddle::wire {

std::array<uint8_t, 32> Sha256(std::initializer_list<ByteView> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (ByteView part : parts) SHA256_Update(&context, part.data(), part.size());
  std::array<uint8_t, 32> digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

}  // namespace heddle::wire
