#include "sim/runtime/core/object_table.h"

#include <bit>

#include "sim/protocol/hash.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/private_memory.h"

namespace heddle::sim::runtime {
namespace {
constexpr uintptr_t kForgotten = 1;  // as an address: matches nothing, keeps the probe chain

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
// Which addresses of a line have numbers, by a bit each: what lies in freed memory is found without
// a look for each of its bytes. Lines of one neighbourhood share the pages of the table.
constexpr uintptr_t kLine = 64;
constexpr uintptr_t kNeighbourhood = 16 * kLine;
struct LineEntry {
  uintptr_t line;
  uint64_t numbered;
  uint32_t execution;  // entries of other executions are free
};
struct ObjectTable {
  ObjectEntry entries[kObjectSlots];
  LineEntry lines[kObjectSlots];  // no more lines than objects: never full
  uint32_t taken[kObjectSlots];   // the slots in use, `used` of them
  uint32_t execution;
  uint32_t used;
  ObjectId next;
};
// Not in the arena: that outlives the fork an execution is, and each would leave its table there.
// Not in the data of the executable: LeakSanitizer would take the addresses for pointers.
constinit ObjectTable* objects = nullptr;

// With preempt: memory an execution can touch more addresses than there are numbers. Then what is
// new shares the number of what lies next to its place: for a strategy that is a dependence too
// many, never one too few.
ObjectId SharedObject(uint32_t slot) {
  while (objects->entries[slot].execution != objects->execution) slot = (slot + 1) % kObjectSlots;
  return objects->entries[slot].id;
}

uint32_t HomeSlot(uintptr_t address) {
  static_assert(kObjectSlots == 1 << 16, "the slot is the product's upper 16 bits");
  return static_cast<uint32_t>((address * kGoldenRatio) >> 48);
}

// The entry of an address's line, or the free one where it belongs.
LineEntry& LineOf(uintptr_t address) {
  const uintptr_t line = address / kLine;
  uint32_t slot = HomeSlot(address / kNeighbourhood) + line % (kNeighbourhood / kLine);
  for (;; ++slot) {
    LineEntry& entry = objects->lines[slot % kObjectSlots];
    if (entry.execution != objects->execution || entry.line == line) return entry;
  }
}

void NoteInLine(uintptr_t address) {
  LineEntry& entry = LineOf(address);
  if (entry.execution != objects->execution) entry = {address / kLine, 0, objects->execution};
  entry.numbered |= uint64_t{1} << address % kLine;
}

void ForgetObject(ObjectEntry& entry) {
  LineOf(entry.address).numbered &= ~(uint64_t{1} << entry.address % kLine);
  entry.address = kForgotten;
}

}  // namespace

ObjectId ObjectOf(uintptr_t address) {
  if (address == 0) return kNoObject;
  for (uint32_t slot = HomeSlot(address);; slot = (slot + 1) % kObjectSlots) {
    ObjectEntry& entry = objects->entries[slot];
    if (entry.execution != objects->execution) {
      if (objects->used >= kMostObjects) return SharedObject(slot);
      KERNEL_CHECK(objects->execution != 0, "objects are numbered within an execution");
      objects->taken[objects->used++] = slot;
      entry = {address, objects->next++, objects->execution};
      NoteInLine(address);
      return entry.id;
    }
    if (entry.address == address) return entry.id;
  }
}

// Freed memory: what comes to lie there next is another object.
void ForgetObjects(const void* memory, size_t size) {
  if (!kernel.request.number_objects || memory == nullptr || size == 0) return;
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  if (size / kLine >= objects->used) {
    for (uint32_t i = 0; i < objects->used; ++i) {
      ObjectEntry& entry = objects->entries[objects->taken[i]];
      if (entry.address - begin < size) ForgetObject(entry);
    }
    return;
  }
  const uintptr_t last = begin + size - 1;
  for (uintptr_t line = begin / kLine; line <= last / kLine; ++line) {
    LineEntry& entry = LineOf(line * kLine);
    if (entry.execution != objects->execution) continue;
    uint64_t freed = entry.numbered;
    if (line == begin / kLine) freed &= ~uint64_t{0} << begin % kLine;
    if (line == last / kLine) freed &= ~uint64_t{0} >> (kLine - 1 - last % kLine);
    entry.numbered &= ~freed;
    for (; freed != 0; freed &= freed - 1) {
      const uintptr_t address = line * kLine + static_cast<uintptr_t>(std::countr_zero(freed));
      uint32_t slot = HomeSlot(address);
      while (objects->entries[slot].address != address) slot = (slot + 1) % kObjectSlots;
      objects->entries[slot].address = kForgotten;
    }
  }
}

void ForgetObjectsThat(bool (*gone)(uintptr_t address, const void* argument),
                       const void* argument) {
  if (!kernel.request.number_objects) return;
  for (uint32_t i = 0; i < objects->used; ++i) {
    ObjectEntry& entry = objects->entries[objects->taken[i]];
    if (entry.address != kForgotten && gone(entry.address, argument)) ForgetObject(entry);
  }
}

void ReserveObjects() {
  if (objects == nullptr) objects = ReserveZeroed<ObjectTable>(1);
}

void ResetObjects() {
  if (!kernel.request.number_objects) return;
  ReserveObjects();
  ++objects->execution;  // never 0: that marks entries nobody has used
  objects->used = 0;
  objects->next = kRandomObject + 1;
}

}  // namespace heddle::sim::runtime
