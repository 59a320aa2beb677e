// The state of the weak memory model (weak_memory.h): how an access finds its object, and which
// reads change nothing.
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

  // Whether the store tells the thread something, or the strategy; or the thread's read of it
  // somebody.
  __attribute__((always_inline)) bool IsNews(const ThreadViews& thread, const Store& store,
                                             uint32_t slot) const {
    const bool own = store.slot == slot && store.event > thread.begun;
    if (own) return store.message != 0 && !store.known;
    return model == MemoryModel::kTso || store.message != 0 || !Covers(thread.known, store);
  }
  // Whether a load can read the newest store only, which is no news: the load leaves nothing
  // behind, so it needs no number.
  __attribute__((always_inline)) bool LeavesNothing(uint32_t slot, Location& location) {
    if (location.whole) return false;
    const ThreadViews& thread = threads[slot];
    const Store& store = location.Back(0);
    if (!Covers(thread.known, store)) return false;
    if (!IsNews(thread, store, slot)) return true;
    return model == MemoryModel::kTso && store.message == 0 && Covers(total, store);
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
