// Seeded bug: a ring's index is published by a relaxed store, after the slot was written. On x86 no
// run shows it, unless the compiler moves the store; elsewhere the consumer reads a slot that was
// not written yet.
#include "sim/seeded_bugs/ring_dispatcher.h"
#include "sim/seeded_bugs/seeded_bugs.h"

namespace heddle::seeded_bugs {

std::unique_ptr<dispatch::Dispatcher> MakeRelaxedIndex(dispatch::DispatcherContext context) {
  return std::make_unique<RingDispatcher<Publication::kAfterWriteRelaxed>>(std::move(context));
}

}  // namespace heddle::seeded_bugs
