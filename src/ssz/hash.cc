#include "src/ssz/hash.h"

// SHA256_Transform is the one entry point of libcrypto that runs a single compression without a
// context, a length or a copy. OpenSSL 3 marks it deprecated in favour of EVP, which costs an
// allocation and several indirect calls per 64-byte message.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>
#include <cassert>

namespace heddle::ssz {
namespace {

// As near as in an executable, although this is compiled for shared libraries too.
[[gnu::tls_model("initial-exec")]] thread_local uint64_t compression_count = 0;

void StoreBigEndian(uint32_t word, uint8_t* out) {
  out[0] = static_cast<uint8_t>(word >> 24);
  out[1] = static_cast<uint8_t>(word >> 16);
  out[2] = static_cast<uint8_t>(word >> 8);
  out[3] = static_cast<uint8_t>(word);
}

// FIPS 180-4, 5.1.1: what follows a message of exactly 512 bits.
constexpr std::array<uint8_t, 64> MakePaddingBlock() {
  std::array<uint8_t, 64> block{};
  block[0] = 0x80;
  block[62] = 512 >> 8;
  return block;
}
constexpr std::array<uint8_t, 64> kPaddingBlock = MakePaddingBlock();

std::array<Root, kMaxTreeDepth + 1> MakeZeroHashes() {
  // A table is made once for all: it is not part of what its first user costs.
  const uint64_t count = compression_count;
  std::array<Root, kMaxTreeDepth + 1> hashes{};
  for (unsigned depth = 1; depth <= kMaxTreeDepth; ++depth) {
    hashes[depth] = HashPair(hashes[depth - 1], hashes[depth - 1]);
  }
  compression_count = count;
  return hashes;
}

}  // namespace

Root HashPair(const Root& left, const Root& right) {
  uint8_t block[64];
  std::memcpy(block, left.data(), 32);
  std::memcpy(block + 32, right.data(), 32);
  SHA256_CTX context;
  // FIPS 180-4, 5.3.3. SHA256_Transform reads and writes only the eight state words.
  static constexpr uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                           0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::memcpy(context.h, kInitial, sizeof(kInitial));
  SHA256_Transform(&context, block);
  SHA256_Transform(&context, kPaddingBlock.data());
  compression_count += kCompressionsPerPair;
  Root digest;
  for (int i = 0; i < 8; ++i) StoreBigEndian(context.h[i], digest.data() + 4 * i);
  return digest;
}

uint64_t CompressionCount() { return compression_count; }

const Root& ZeroHash(unsigned depth) {
  static const std::array<Root, kMaxTreeDepth + 1> hashes = MakeZeroHashes();
  assert(depth <= kMaxTreeDepth);
  return hashes[depth];
}

}  // namespace heddle::ssz
