// OpenSSL has Keccak-256 from version 3.2 on, Debian 12 has version 3.0.
#include "src/chain/wire/keccak.h"

#include <utility>

namespace heddle::wire {
namespace {

constexpr size_t kRate = 136;  // bytes absorbed at a time: 1600 bits less twice the output
constexpr int kRounds = 24;

using State = std::array<uint64_t, 25>;  // lane (x, y) at x + 5 y

constexpr uint64_t RotateLeft(uint64_t value, unsigned by) {
  return by == 0 ? value : value << by | value >> (64 - by);
}

// Iota's constants: bit 2^j - 1 of round r's is bit j + 7 r of a linear feedback shift register
// (FIPS 202, section 3.2.5).
constexpr std::array<uint64_t, kRounds> MakeRoundConstants() {
  std::array<uint64_t, kRounds> constants{};
  uint8_t lfsr = 1;
  for (uint64_t& constant : constants) {
    for (int j = 0; j < 7; ++j) {
      if ((lfsr & 1) != 0) constant |= uint64_t{1} << ((1 << j) - 1);
      lfsr = static_cast<uint8_t>(lfsr << 1 ^ ((lfsr & 0x80) != 0 ? 0x71 : 0));
    }
  }
  return constants;
}

constexpr std::array<uint64_t, kRounds> kRoundConstants = MakeRoundConstants();

void Theta(State& a) {
  std::array<uint64_t, 5> parity;
  for (size_t x = 0; x < 5; ++x) parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  for (size_t i = 0; i < 25; ++i) {
    a[i] ^= parity[(i + 4) % 5] ^ RotateLeft(parity[(i + 1) % 5], 1);
  }
}

void RhoAndPi(State& a) {
  size_t x = 1;
  size_t y = 0;
  uint64_t moving = a[1];
  for (unsigned t = 0; t < 24; ++t) {
    const size_t next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
    std::swap(moving, a[x + 5 * y]);
    a[x + 5 * y] = RotateLeft(a[x + 5 * y], (t + 1) * (t + 2) / 2 % 64);
  }
}

void Chi(State& a) {
  for (size_t y = 0; y < 25; y += 5) {
    const std::array<uint64_t, 5> row = {a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
    for (size_t x = 0; x < 5; ++x) a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
  }
}

void Permute(State& a) {
  for (uint64_t constant : kRoundConstants) {
    Theta(a);
    RhoAndPi(a);
    Chi(a);
    a[0] ^= constant;
  }
}

void XorByte(State& a, size_t at, uint8_t byte) { a[at / 8] ^= uint64_t{byte} << (8 * (at % 8)); }

}  // namespace

std::array<uint8_t, 32> Keccak256(ByteView data) {
  State state{};
  size_t at = 0;
  for (uint8_t byte : data) {
    XorByte(state, at, byte);
    if (++at == kRate) {
      Permute(state);
      at = 0;
    }
  }
  XorByte(state, at, 0x01);
  XorByte(state, kRate - 1, 0x80);
  Permute(state);
  std::array<uint8_t, 32> digest;
  for (size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<uint8_t>(state[i / 8] >> (8 * (i % 8)));
  }
  return digest;
}

}  // namespace heddle::wire
