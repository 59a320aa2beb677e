#include "sim/runtime/core/describe.h"

#include "sim/runtime/core/deadlock.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/text.h"

namespace heddle::sim::runtime {
const char* HeldName(HeldKind kind) {
  switch (kind) {
    case HeldKind::kMutex:
      return "mutex";
    case HeldKind::kRead:
      return "rwlock (read)";
    case HeldKind::kWrite:
      return "rwlock (write)";
    case HeldKind::kSpin:
      return "spinlock";
    case HeldKind::kOnce:
      return "once";
    case HeldKind::kGuard:
      return "static initialisation";
  }
  return "?";
}

void DescribeThread(const Thread* thread, char* buffer, size_t size) {
  Text text(buffer, size);
  if (!thread->enabled) {
    text.Add("waits, %s", OpKindName(thread->pending.kind));
  } else if (thread == kernel.threads.current) {
    text.Add("runs, %s", OpKindName(thread->pending.kind));
  } else {
    text.Add("can run, next %s", OpKindName(thread->pending.kind));
  }
  if (thread->child_process != 0) text.Add(" (a child process)");
  if (thread->pending.address != 0 && thread->pending.kind != OpKind::kThreadJoin) {
    text.Add(" 0x%lx", static_cast<unsigned long>(thread->pending.address));
  }
  if (!thread->enabled) {
    if (const Thread* holder = WaitsFor(thread)) {
      const OpKind kind = thread->pending.kind;
      text.Add(kind == OpKind::kThreadJoin || kind == OpKind::kExit ? " of thread %u"
                                                                    : " held by thread %u",
               holder->number);
    }
  }
  for (uint32_t h = 0; h < HeldEntries(thread); ++h) {
    text.Add("%s %s 0x%lx", h == 0 ? "; holds" : ",", HeldName(thread->held[h].kind),
             reinterpret_cast<unsigned long>(thread->held[h].address));
  }
}

}  // namespace heddle::sim::runtime
