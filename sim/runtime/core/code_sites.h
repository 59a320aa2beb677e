// Where accesses to plain memory are points: a set of return addresses.
#ifndef HEDDLE_SIM_RUNTIME_CORE_CODE_SITES_H_
#define HEDDLE_SIM_RUNTIME_CORE_CODE_SITES_H_

#include <cstdint>
#include <cstring>

#include "sim/protocol/control.h"

namespace heddle::sim::runtime {

// Addresses of code: open addressing, at most half full, never 0.
class CodeSites {
 public:
  void Clear() {
    if (!Any()) return;
    std::memset(table_, 0, sizeof table_);
    any_ = false;
  }
  void Add(uint64_t address) {
    any_ = true;
    for (uint32_t i = Hash(address); table_[i] != address; i = (i + 1) % kSize) {
      if (table_[i] != 0) continue;
      table_[i] = address;
      return;
    }
  }
  bool Any() const { return any_; }
  bool Has(const void* code) const {
    const auto address = reinterpret_cast<uint64_t>(code);
    for (uint32_t i = Hash(address); table_[i] != 0; i = (i + 1) % kSize) {
      if (table_[i] == address) return true;
    }
    return false;
  }

 private:
  static constexpr uint32_t kSize = 2 * kMaxSites;
  static uint32_t Hash(uint64_t address) {
    return static_cast<uint32_t>(address * kGoldenRatio >> 40) % kSize;
  }
  bool any_ = false;
  uint64_t table_[kSize] = {};
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_CODE_SITES_H_
