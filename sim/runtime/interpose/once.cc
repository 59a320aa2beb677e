// What runs once: pthread_once (POSIX.1-2017; std::call_once and std::async's state end there) and
// the first pass through a function-local static (Itanium C++ ABI, section 3.3.3).
//
// Whoever comes while another thread runs the function waits for it. The function itself runs under
// control, outside Uncontrolled; when it throws, the next one to come runs it again. One that waits
// for itself is a deadlock.
#include <pthread.h>

#include "sim/runtime/core/tsan_reports.h"
#include "sim/runtime/interpose/glibc_layout.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/locks.h"
#include "sim/runtime/interpose/system_code.h"
#include "sim/runtime/interpose/tsan.h"

HEDDLE_REAL(pthread_once, int, pthread_once_t*, void (*)())

extern "C" int __real___cxa_guard_acquire(uint64_t* guard);
extern "C" void __real___cxa_guard_release(uint64_t* guard);
extern "C" void __real___cxa_guard_abort(uint64_t* guard);

namespace heddle::sim::runtime {
namespace {

// ThreadSanitizer has its own pthread_once, and its own values: 0 is new, 1 done.
bool OnceReady(Thread* self) {
  const auto* control = Waited<pthread_once_t>(self);
  if (kIsTsan) return *control == 0 || *control == 1;
  return !OnceBusy(control);
}

// ThreadSanitizer's pthread_once knows no function that throws (or is cancelled): it leaves the
// word as it was while the function ran, so that the next to come waits for ever. POSIX lets the
// next one run it again; what the failed one did comes before.
void BeginTsansOnce(pthread_once_t* control) {
  if (!kIsTsan || *control != 0) return;
  Uncontrolled scope;
  TsanAcquire(control);
}
void EndTsansOnce(pthread_once_t* control) {
  if (!kIsTsan || *control == 0 || *control == 1) return;
  Uncontrolled scope;
  TsanRelease(control);
  *control = 0;
}

// libstdc++'s guard word (and ThreadSanitizer's): 0 is new, byte 0 is 1 when done.
bool GuardReady(Thread* self) {
  const auto word = static_cast<uint32_t>(*Waited<uint64_t>(self));
  return word == 0 || (word & 0xFF) == 1;
}

void GuardDone(const uint64_t* guard) {
  if (Thread* self = tls_self) Released(self, guard);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_once, pthread_once_t* control, void (*function)()) {
  if (ReportsStack()) {  // the unwinder's, unseen by ThreadSanitizer
    if (*control == 0) function();
    *control = 1;
    return 0;
  }
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || FromSystem(self->caller)) return REAL(pthread_once)(control, function);
  WaitPoint(self, OpKind::kOnce, Access::kWrite, control, OnceReady);
  PushHeld(self, control, HeldKind::kOnce);
  // Whether the function returns or throws, the word has changed.
  struct Done {
    Thread* self;
    pthread_once_t* control;
    ~Done() {
      EndTsansOnce(control);
      Released(self, control);
    }
  } done{self, control};
  BeginTsansOnce(control);
  return REAL(pthread_once)(control, function);
}

// Not overridable in every runtime, so reached by -Wl,--wrap.
extern "C" int __wrap___cxa_guard_acquire(uint64_t* guard) {
  Thread* self = tls_self;
  if (self == nullptr) return __real___cxa_guard_acquire(guard);
  WaitPoint(self, OpKind::kStaticGuard, Access::kWrite, guard, GuardReady);
  const int run = __real___cxa_guard_acquire(guard);
  if (run != 0) {
    Took(self, guard, HeldKind::kGuard);
  } else {
    OnlyRead(self);
    if (kernel.request.weak) WeakTake(self, guard);
  }
  return run;
}

extern "C" void __wrap___cxa_guard_release(uint64_t* guard) {
  __real___cxa_guard_release(guard);
  // Compiled code reads the first byte by itself.
  if (kernel.request.weak && tls_self != nullptr) WeakPublish(tls_self, guard);
  GuardDone(guard);
}

extern "C" void __wrap___cxa_guard_abort(uint64_t* guard) {
  __real___cxa_guard_abort(guard);
  GuardDone(guard);
}
