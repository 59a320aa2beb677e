#include "sim/runtime/core/object_table.h"

#include "sim/protocol/hash.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {
namespace {
struct ObjectEntry {
  uintptr_t address;
  ObjectId id;
  uint32_t execution;  // entries of other executions are free
};
// Open addressing. 65536 slots take 1.3 MB, of which an execution's fork copies what it touches;
// ordinary executions touch some thousands of addresses. Kept at most three quarters full, so that
// probes stay short.
constexpr uint32_t kObjectSlots = 1 << 16;
constexpr uint32_t kMostObjects = kObjectSlots / 4 * 3;
struct ObjectTable {
  ObjectEntry entries[kObjectSlots];
  uint32_t taken[kObjectSlots];  // the slots in use, `used` of them
  uint32_t execution;
  uint32_t used;
  ObjectId next;
};
// Not in the arena: that outlives the fork an execution is, and each would leave its table there.
constinit ObjectTable objects{};

// With preempt: memory an execution can touch more addresses than there are numbers. Then what is
// new shares the number of what lies next to its place: for a strategy that is a dependence too
// many, never one too few.
ObjectId SharedObject(uint32_t slot) {
  while (objects.entries[slot].execution != objects.execution) slot = (slot + 1) % kObjectSlots;
  return objects.entries[slot].id;
}

uint32_t HomeSlot(uintptr_t address) {
  static_assert(kObjectSlots == 1 << 16, "the slot is the product's upper 16 bits");
  return static_cast<uint32_t>((address * kGoldenRatio) >> 48);
}

}  // namespace

ObjectId ObjectOf(uintptr_t address) {
  if (address == 0) return kNoObject;
  for (uint32_t slot = HomeSlot(address);; slot = (slot + 1) % kObjectSlots) {
    ObjectEntry& entry = objects.entries[slot];
    if (entry.execution != objects.execution) {
      if (objects.used >= kMostObjects) return SharedObject(slot);
      KERNEL_CHECK(objects.execution != 0, "objects are numbered within an execution");
      objects.taken[objects.used++] = slot;
      entry = {address, objects.next++, objects.execution};
      return entry.id;
    }
    if (entry.address == address) return entry.id;
  }
}

// Freed memory: what comes to lie there next is another object.
void ForgetObjects(const void* memory, size_t size) {
  if (!kernel.request.number_objects || memory == nullptr) return;
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  constexpr uintptr_t kForgotten = 1;  // matches nothing, keeps the probe chain
  if (size < objects.used) {
    for (uintptr_t address = begin; address < begin + size; ++address) {
      for (uint32_t slot = HomeSlot(address);; slot = (slot + 1) % kObjectSlots) {
        ObjectEntry& entry = objects.entries[slot];
        if (entry.execution != objects.execution) break;
        if (entry.address == address) entry.address = kForgotten;
      }
    }
    return;
  }
  for (uint32_t i = 0; i < objects.used; ++i) {
    ObjectEntry& entry = objects.entries[objects.taken[i]];
    if (entry.address - begin < size) entry.address = kForgotten;
  }
}

void ResetObjects() {
  if (!kernel.request.number_objects) return;
  ++objects.execution;  // never 0: that marks entries nobody has used
  objects.used = 0;
  objects.next = kRandomObject + 1;
}

}  // namespace heddle::sim::runtime
