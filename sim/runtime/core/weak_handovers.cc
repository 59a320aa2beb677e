#include "sim/runtime/core/weak_handovers.h"

#include "sim/protocol/hash.h"
#include "sim/runtime/core/report.h"

namespace heddle::sim::runtime {

void WeakHandovers::Reset() {
  ++execution_;
  count_ = 0;
}

uint32_t WeakHandovers::IndexOf(uintptr_t address) const {
  auto index = static_cast<uint32_t>(address * kGoldenRatio >> 50) % kEntries;
  while (entries_[index].execution == execution_ && entries_[index].address != address) {
    index = (index + 1) % kEntries;
  }
  return index;
}

uint32_t WeakHandovers::Find(uintptr_t address) const {
  const Entry& entry = entries_[IndexOf(address)];
  return entry.execution == execution_ ? entry.view : 0;
}

uint32_t& WeakHandovers::Add(uintptr_t address) {
  Entry& entry = entries_[IndexOf(address)];
  if (entry.execution != execution_) {
    if (++count_ > kMost) {
      Fail(FailureKind::kLimit, "weak memory: more than %u locks and threads", kMost);
    }
    entry = {address, execution_, 0};
  }
  return entry.view;
}

}  // namespace heddle::sim::runtime
