#include "sim/runtime/core/object_table.h"

#include <bit>

#include "sim/protocol/hash.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/private_memory.h"

namespace heddle::sim::runtime {
namespace {
struct ObjectEntry {
  uintptr_t address;
  uint32_t execution;  // entries of other executions are free
  ObjectId id : 31;
  ObjectId forgotten : 1;  // the memory was freed: matches nothing, keeps the probe chain

  bool Matches(uintptr_t other) const { return address == other && forgotten == 0; }
};
// Open addressing, in a table that is four times as large once it is three quarters full: ordinary
// executions touch few addresses, and a page of the table that one writes to is copied by a fork or
// put back by a worker.
constexpr uint32_t kFirstSlots = 1 << 6, kGrowth = 4, kTables = 6;
constexpr uint32_t kMostSlots = 1 << 16;
static_assert(kFirstSlots << 2 * (kTables - 1) == kMostSlots, "the last table has most slots");
constexpr uint32_t kMostObjects = kMostSlots / 4 * 3;
// All of them, one behind the other.
constexpr uint32_t kAllSlots = (kMostSlots * kGrowth - kFirstSlots) / (kGrowth - 1);
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
  uint32_t execution;
  uint32_t used;
  ObjectId next;
  uint32_t slots;                // of the table in use
  uint32_t begin;                // of it, among all
  uint32_t taken[kMostObjects];  // the slots in use, `used` of them, in order of first touch
  ObjectEntry entries[kAllSlots];
  LineEntry lines[kAllSlots];  // no more lines than objects: never full
};
// Not in the arena: that outlives the fork an execution is, and each would leave its table there.
// Not in the data of the executable: LeakSanitizer would take the addresses for pointers.
constinit ObjectTable* objects = nullptr;

ObjectEntry& EntryAt(uint32_t slot) {
  return objects->entries[objects->begin + slot % objects->slots];
}

// With preempt: memory an execution can touch more addresses than there are numbers. Then what is
// new shares the number of what lies next to its place: for a strategy that is a dependence too
// many, never one too few.
ObjectId SharedObject(uint32_t slot) {
  while (EntryAt(slot).execution != objects->execution) ++slot;
  return EntryAt(slot).id;
}

uint32_t HomeSlot(uintptr_t address) {
  static_assert(kMostSlots == 1 << 16, "the slot is the product's upper 16 bits, or some of them");
  return static_cast<uint32_t>((address * kGoldenRatio) >> 48);
}

// The entry of an address's line, or the free one where it belongs.
LineEntry& LineOf(uintptr_t address) {
  const uintptr_t line = address / kLine;
  uint32_t slot = HomeSlot(address / kNeighbourhood) + line % (kNeighbourhood / kLine);
  for (;; ++slot) {
    LineEntry& entry = objects->lines[objects->begin + slot % objects->slots];
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
  entry.forgotten = 1;
}

void Insert(const ObjectEntry& entry, uint32_t nth) {
  uint32_t slot = HomeSlot(entry.address);
  while (EntryAt(slot).execution == objects->execution) ++slot;
  EntryAt(slot) = entry;
  objects->taken[nth] = slot % objects->slots;
  if (entry.forgotten == 0) NoteInLine(entry.address);
}

// The forgotten ones too: when there is room for no more must not depend on when it grew.
void Grow() {
  const ObjectEntry* const old = &EntryAt(0);
  objects->begin += objects->slots;
  objects->slots *= kGrowth;
  for (uint32_t i = 0; i < objects->used; ++i) Insert(old[objects->taken[i]], i);
}

ObjectId NewObject(uintptr_t address) {
  KERNEL_CHECK(objects->execution != 0, "objects are numbered within an execution");
  if (objects->used >= objects->slots / 4 * 3) Grow();
  const ObjectEntry entry = {address, objects->execution, objects->next++, 0};
  Insert(entry, objects->used++);
  return entry.id;
}

}  // namespace

ObjectId ObjectOf(uintptr_t address) {
  if (address == 0) return kNoObject;
  for (uint32_t slot = HomeSlot(address);; ++slot) {
    const ObjectEntry& entry = EntryAt(slot);
    if (entry.execution == objects->execution) {
      if (entry.Matches(address)) return entry.id;
      continue;
    }
    return objects->used >= kMostObjects ? SharedObject(slot) : NewObject(address);
  }
}

// Freed memory: what comes to lie there next is another object.
void ForgetObjects(const void* memory, size_t size) {
  if (!kernel.request.number_objects || memory == nullptr || size == 0) return;
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  if (size / kLine >= objects->used) {
    for (uint32_t i = 0; i < objects->used; ++i) {
      ObjectEntry& entry = EntryAt(objects->taken[i]);
      if (entry.address - begin < size && entry.forgotten == 0) ForgetObject(entry);
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
      while (!EntryAt(slot).Matches(address)) ++slot;
      EntryAt(slot).forgotten = 1;
    }
  }
}

void ForgetObjectsThat(bool (*gone)(uintptr_t address, const void* argument),
                       const void* argument) {
  if (!kernel.request.number_objects) return;
  for (uint32_t i = 0; i < objects->used; ++i) {
    ObjectEntry& entry = EntryAt(objects->taken[i]);
    if (entry.forgotten == 0 && gone(entry.address, argument)) ForgetObject(entry);
  }
}

void ReserveObjects() {
  if (objects == nullptr) objects = ReserveZeroed<ObjectTable>(1);
}

void ResetObjects() {
  if (!kernel.request.number_objects) return;
  ReserveObjects();
  ++objects->execution;  // never 0: that marks entries nobody has used
  objects->used = objects->begin = 0;
  objects->slots = kFirstSlots;
  objects->next = kRandomObject + 1;
}

}  // namespace heddle::sim::runtime
