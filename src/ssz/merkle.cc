#include "src/ssz/merkle.h"

namespace heddle::ssz {

std::vector<Root> PackBytes(std::span<const uint8_t> bytes) {
  std::vector<Root> chunks((bytes.size() + kBytesPerChunk - 1) / kBytesPerChunk);
  for (size_t i = 0; i < chunks.size(); ++i) {
    const size_t begin = i * kBytesPerChunk;
    std::memcpy(chunks[i].data(), bytes.data() + begin,
                std::min(kBytesPerChunk, bytes.size() - begin));
  }
  return chunks;
}

}  // namespace heddle::ssz
