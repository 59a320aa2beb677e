#include "src/chain/wire/utf8.h"

namespace heddle::wire {
namespace {

// The bytes that may follow a leading byte: how many, and the range of the first of them.
struct Continuation {
  size_t count;
  uint8_t low;
  uint8_t high;
};

// Count 4 for what cannot lead.
Continuation After(uint8_t lead) {
  if (lead < 0x80) return {0, 0, 0};
  if (lead >= 0xc2 && lead <= 0xdf) return {1, 0x80, 0xbf};
  if (lead == 0xe0) return {2, 0xa0, 0xbf};
  if (lead == 0xed) return {2, 0x80, 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {2, 0x80, 0xbf};
  if (lead == 0xf0) return {3, 0x90, 0xbf};
  if (lead >= 0xf1 && lead <= 0xf3) return {3, 0x80, 0xbf};
  if (lead == 0xf4) return {3, 0x80, 0x8f};
  return {4, 0, 0};
}

}  // namespace

bool IsUtf8(ByteView text) {
  for (size_t at = 0; at < text.size();) {
    const Continuation after = After(text[at++]);
    if (after.count > 3 || text.size() - at < after.count) return false;
    for (size_t i = 0; i < after.count; ++i, ++at) {
      const uint8_t low = i == 0 ? after.low : 0x80;
      const uint8_t high = i == 0 ? after.high : 0xbf;
      if (text[at] < low || text[at] > high) return false;
    }
  }
  return true;
}

}  // namespace heddle::wire
