// What libstdc++ counts where ThreadSanitizer cannot see it.
//
// An exception object is freed by whoever gives up the last reference, and the counting is done
// inside libstdc++, which is not instrumented: the free looks unordered with the other owners' uses
// (a future's exception read by one thread, and dropped last by another). Here each reference that
// is given up is shown for the release and acquire that it is. tsan only.
#if defined(HEDDLE_FLAVOUR_TSAN)

#include <exception>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/tsan.h"

HEDDLE_REAL(_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv, void, void*)
HEDDLE_REAL(__cxa_end_catch, void)

// std::exception_ptr::_M_release(). `self` holds a pointer to the exception object.
INTERPOSE(void, _ZNSt15__exception_ptr13exception_ptr10_M_releaseEv, void* self) {
  void* const object = *static_cast<void**>(self);
  if (object != nullptr) {
    TsanRelease(object);
    TsanAcquire(object);
  }
  REAL(_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv)(self);
}

INTERPOSE(void, __cxa_end_catch, ) {
  // The handler's reference is given up as this one is.
  { const std::exception_ptr handled = std::current_exception(); }
  REAL(__cxa_end_catch)();
}

#endif  // HEDDLE_FLAVOUR_TSAN
