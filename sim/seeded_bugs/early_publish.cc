// Seeded bug: a slot is published before its payload is written. This is the wrong order in a hand-
// written ring; a missing release operation has the same effect. Reviews of lock-free queues find
// it often. The consumer reads the old content of the slot, or a mix of old and new content.
#include "sim/seeded_bugs/ring_dispatcher.h"
#include "sim/seeded_bugs/seeded_bugs.h"

namespace heddle::seeded_bugs {

std::unique_ptr<dispatch::Dispatcher> MakeEarlyPublish(dispatch::DispatcherContext context) {
  return std::make_unique<RingDispatcher<Publication::kBeforeWrite>>(std::move(context));
}

}  // namespace heddle::seeded_bugs
