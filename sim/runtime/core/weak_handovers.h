// What locks and other objects of the kernel's hand on under a weak memory model (weak_memory.h):
// the number of a view, by address.
#ifndef HEDDLE_SIM_RUNTIME_CORE_WEAK_HANDOVERS_H_
#define HEDDLE_SIM_RUNTIME_CORE_WEAK_HANDOVERS_H_

#include <cstdint>

namespace heddle::sim::runtime {

class WeakHandovers {
 public:
  // None; an execution begins.
  void Reset();
  // 0: nothing was handed over there.
  uint32_t Find(uintptr_t address) const;
  // The same, to be set where it is 0. Fails the execution (limit) when there are too many.
  uint32_t& Add(uintptr_t address);

 private:
  struct Entry {
    uintptr_t address = 0;
    uint32_t execution = 0;  // what is of another one is empty
    uint32_t view = 0;
  };
  static constexpr uint32_t kEntries = 1 << 14;
  static constexpr uint32_t kMost = kEntries / 4 * 3;  // so that a search is short

  // Of the address, or the empty one where it belongs.
  uint32_t IndexOf(uintptr_t address) const;

  Entry entries_[kEntries];
  uint32_t count_ = 0;
  uint32_t execution_ = 0;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WEAK_HANDOVERS_H_
