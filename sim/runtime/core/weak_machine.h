// The state of the weak memory model (weak_memory.h), and how an access finds its object.
#ifndef HEDDLE_SIM_RUNTIME_CORE_WEAK_MACHINE_H_
#define HEDDLE_SIM_RUNTIME_CORE_WEAK_MACHINE_H_

#include <cstdint>

#include "sim/protocol/campaign.h"
#include "sim/runtime/core/weak_handovers.h"
#include "sim/runtime/core/weak_locations.h"
#include "sim/runtime/core/weak_threads.h"

namespace heddle::sim::runtime {

struct WeakMachine {
  MemoryModel model = MemoryModel::kSc;
  LocationTable locations;
  WeakThreads threads;
  // What seq_cst fences know. kTso: what has left the store buffers.
  View total;
  uint32_t last_sc = 0;          // number of the last seq_cst operation
  Location* updating = nullptr;  // by the read-modify-write that is under way
  WeakHandovers handovers;

  // Before what may need more locations or views. Fails the execution (limit) when there are none.
  void NeedRoom() {
    if (__builtin_expect(locations.Full(), 0)) NoRoom();
  }
  // The object of an access; `memory` is what lies there now.
  __attribute__((always_inline)) Location& LocationAt(const volatile void* address, uint32_t size,
                                                      uint64_t memory) {
    NeedRoom();
    const auto number = reinterpret_cast<uintptr_t>(address);
    Location* location = locations.FindExact(number, size);
    if (__builtin_expect(location != nullptr && location->IsAsStored(memory), 1)) return *location;
    return LocationAnew(number, size, memory);
  }

 private:
  [[noreturn]] void NoRoom();
  // As LocationAt(): there is none, or its history does not go on as it was.
  Location& LocationAnew(uintptr_t address, uint32_t size, uint64_t memory);
  // Somebody stored who does not tell: everyone knows of it, and it knows of everything.
  void StoreFromOutside(Location& location, uint64_t value);
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WEAK_MACHINE_H_
