#include "sim/traffic/damage.h"

#include "absl/status/statusor.h"
#include "src/chain/wire/snappy_block.h"

namespace heddle::traffic {
namespace {

constexpr uint32_t kMostGarbage = 256;  // bytes
constexpr uint32_t kMostFlips = 4;

void Flip(std::vector<uint8_t>* bytes, sim::Random* random) {
  if (bytes->empty()) return;
  for (uint32_t flips = 1 + random->Below(kMostFlips); flips > 0; --flips) {
    const size_t at = random->Below(static_cast<uint32_t>(bytes->size()));
    (*bytes)[at] ^= static_cast<uint8_t>(1 + random->Below(255));
  }
}

void AppendGarbage(std::vector<uint8_t>* bytes, sim::Random* random) {
  for (uint32_t size = 1 + random->Below(kMostGarbage); size > 0; --size) {
    bytes->push_back(static_cast<uint8_t>(random->Below(256)));
  }
}

}  // namespace

std::vector<uint8_t> Damage(const std::vector<uint8_t>& payload, sim::Random* random) {
  std::vector<uint8_t> damaged = payload;
  switch (random->Below(5)) {
    case 0:
      damaged.resize(random->Below(static_cast<uint32_t>(payload.size()) + 1));
      break;
    case 1:
      Flip(&damaged, random);
      break;
    case 2:
      AppendGarbage(&damaged, random);
      break;
    case 3:
      damaged.clear();
      AppendGarbage(&damaged, random);
      break;
    case 4: {
      absl::StatusOr<wire::Bytes> ssz = wire::SnappyDecompress(payload);
      if (!ssz.ok()) break;
      Flip(&*ssz, random);
      damaged = wire::SnappyCompress(*ssz);
      break;
    }
  }
  return damaged;
}

}  // namespace heddle::traffic
