#include "sim/runtime/core/weak_machine.h"

#include "sim/protocol/step.h"
#include "sim/runtime/core/report.h"

namespace heddle::sim::runtime {

void WeakMachine::NoRoom() {
  Fail(FailureKind::kLimit, "weak memory: too many atomic objects and stores in one execution");
}

void WeakMachine::StoreFromOutside(Location& location, uint64_t value) {
  locations.DropStores(location);
  const uint32_t message = locations.NewView();
  for (uint32_t i = 0; i < threads.count(); ++i) locations.view(message).Join(threads[i].known);
  locations.MakeRoom(location) = {.value = value, .step = kNoStep, .message = message};
}

Location& WeakMachine::LocationAnew(uintptr_t address, uint32_t size, uint64_t memory) {
  Location* found = locations.Find(address, size);
  if (found == nullptr) return locations.Add(address, size, memory);
  if (found->whole) return *found;
  if (found->address != address || found->size != size) return locations.MakeWhole(address);
  if (found->unknown) {
    found->unknown = false;
    found->Back(0).value = memory;
  } else if (found->Back(0).value != memory) {
    StoreFromOutside(*found, memory);
  }
  return *found;
}

}  // namespace heddle::sim::runtime
