// Cancellation: pthread_cancel, pthread_testcancel, pthread_setcancelstate, pthread_setcanceltype,
// and the cleanup handlers of C (POSIX.1-2017, 2.9.5; pthread_cleanup_push of <pthread.h>). Those
// of C++ are destructors.
//
// A deferred cancellation is acted upon at the next cancellation point: where a thread waits for
// another's end, on a condition variable or a semaphore, for a signal or for time, and where it
// reads or writes what may block. An asynchronous one at the thread's next point of any kind.
//
// Not modelled: cancellation points that are no points (open() of a file, printf()...).
#include "sim/runtime/interpose/cancel.h"

#include <pthread.h>
#include <setjmp.h>
#include <unwind.h>

#include <cerrno>

#include "sim/runtime/core/hot.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/thread.h"
#include "sim/runtime/interpose/thread_locals.h"
#include "sim/runtime/interpose/thread_pool.h"

extern "C" void __asan_handle_no_return();

HEDDLE_REAL(pthread_exit, void, void*)
HEDDLE_REAL(pthread_cancel, int, pthread_t)
HEDDLE_REAL(pthread_testcancel, void, )
HEDDLE_REAL(pthread_setcancelstate, int, int, int*)
HEDDLE_REAL(pthread_setcanceltype, int, int, int*)
HEDDLE_REAL(siglongjmp, void, sigjmp_buf, int)
HEDDLE_REAL(__pthread_register_cancel, void, __pthread_unwind_buf_t*)
HEDDLE_REAL(__pthread_unregister_cancel, void, __pthread_unwind_buf_t*)
HEDDLE_REAL(__pthread_register_cancel_defer, void, __pthread_unwind_buf_t*)
HEDDLE_REAL(__pthread_unregister_cancel_restore, void, __pthread_unwind_buf_t*)
HEDDLE_REAL(__pthread_unwind_next, void, __pthread_unwind_buf_t*)

namespace heddle::sim::runtime {
namespace {

// Where main() was called: control may begin within it.
struct ExitPoint {
  void* frame = nullptr;
  void* jump[5] = {};
};
HEDDLE_HOT constinit ExitPoint main_exit = {};

// The frame that owns a buffer lies around it: its canonical frame address is the first one above.
bool IsFrameAbove(_Unwind_Context* context, const void* address) {
  return _Unwind_GetCFA(context) > reinterpret_cast<uintptr_t>(address);
}

_Unwind_Reason_Code StopAtCleanupOrStart(int, _Unwind_Action actions, _Unwind_Exception_Class,
                                         _Unwind_Exception*, _Unwind_Context* context, void*) {
  Thread* self = tls_self;
  const bool end = (actions & _UA_END_OF_STACK) != 0;
  if (auto* buffer = static_cast<__pthread_unwind_buf_t*>(self->cleanup);
      buffer != nullptr && (end || IsFrameAbove(context, buffer))) {
    // The cleanup handler, and then __pthread_unwind_next().
    REAL(siglongjmp)(reinterpret_cast<__jmp_buf_tag*>(buffer->__cancel_jmp_buf), 1);
  }
  if (self->number == 0 && (end || IsFrameAbove(context, main_exit.frame))) {
    __builtin_longjmp(main_exit.jump, 1);
  }
  // The frame that called the thread's function lies above (at a higher address than) all others.
  if (self->number != 0 && (end || IsFrameAbove(context, self->exit_frame))) {
    __builtin_longjmp(self->exit_jump, 1);
  }
  return _URC_NO_REASON;
}

[[noreturn]] void Unwind() {
  __asan_handle_no_return();
  static thread_local _Unwind_Exception exception;
  exception = {};
  _Unwind_ForcedUnwind(&exception, StopAtCleanupOrStart, nullptr);
  Fail(FailureKind::kUnmodelled, "the stack of a thread that ends could not be unwound");
}

// A cancellation that is acted upon at once.
bool IsAsynchronous(const Thread* thread) { return CancelDue(thread) && thread->cancel_async; }

void CancelNow(Thread* target) {
  target->arrived = true;
  target->arrived_info = {};
  target->arrived_info.si_signo = kCancelSignal;
  target->interrupted_operation = target->pending;
  target->pending = {.kind = OpKind::kSignalHandler, .access = Access::kWrite};
  SetEnabled(target, true);
}

void RegisterCleanup(Thread* self, __pthread_unwind_buf_t* buffer) {
  buffer->__pad[0] = self->cleanup;
  self->cleanup = buffer;
}
void UnregisterCleanup(Thread* self, const __pthread_unwind_buf_t* buffer) {
  self->cleanup = buffer->__pad[0];
}

int SetCancelType(Thread* self, int type) {
  const int old = self->cancel_async ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
  self->cancel_async = type == PTHREAD_CANCEL_ASYNCHRONOUS;
  return old;
}

}  // namespace

void UnwindThread(Thread* self, void* result) {
  // AddressSanitizer takes the variables of the frames that are left back with the kernel thread.
  if (kIsAsan && self->number != 0 && kernel.execution.leave_to_fork != nullptr) {
    kernel.execution.leave_to_fork("pthread_exit or a cancellation");
  }
  self->result = result;
  self->cancelling = true;
  Unwind();
}

void Cancel(Thread* self) {
  self->cancel_disabled = true;
  UnwindThread(self, PTHREAD_CANCELED);
}

// Where main() ends by pthread_exit(): its thread is over, the process is not before all others
// are.
__attribute__((noinline)) int CallMain(int (*main)(int, char**, char**), int argc, char** argv,
                                       char** environment) {
  main_exit.frame = __builtin_frame_address(0);
  if (__builtin_setjmp(main_exit.jump) == 0) return main(argc, argv, environment);
  Thread* self = tls_self;
  RunThreadDestructors(self);
  self->ended = true;
  Changed(reinterpret_cast<const void*>(ThreadAddress(self->number)));
  WaitForOthers();
  return 0;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

// Unwinds to the thread's start, running destructors, as glibc's does (which would run the rest of
// the thread's end on the carrier).
INTERPOSE(void, pthread_exit, void* result) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || (self->number != 0 && self->exit_frame == nullptr)) {
    REAL(pthread_exit)(result);
    __builtin_unreachable();
  }
  UnwindThread(self, result);
}

INTERPOSE(int, pthread_cancel, pthread_t handle) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_cancel)(handle);
  Thread* target = FindThread(handle);
  if (target == nullptr) {
    Fail(FailureKind::kMisuse,
         "cancellation of a thread that is not alive and was joined or "
         "detached");
  }
  AtPoint(self, OpKind::kCancel, Access::kWrite,
          reinterpret_cast<const void*>(ThreadAddress(target->number)));
  if (!target->alive || target->finished || target->cancelling) return 0;
  target->cancel_requested = true;
  if (target == self) {
    if (IsAsynchronous(self)) Cancel(self);
    return 0;
  }
  if (IsAsynchronous(target) && !target->arrived) {
    CancelNow(target);
  } else {
    SetEnabled(target, CanGoOn(target));
  }
  kernel.candidates.dirty = true;
  return 0;
}

INTERPOSE(void, pthread_testcancel, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_testcancel)();
  AtPoint(self, OpKind::kCancel, Access::kRead,
          reinterpret_cast<const void*>(ThreadAddress(self->number)));
  CancellationPoint(self);
}

INTERPOSE(int, pthread_setcancelstate, int state, int* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_setcancelstate)(state, old);
  if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE) return EINVAL;
  if (old != nullptr) *old = self->cancel_disabled ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
  self->cancel_disabled = state == PTHREAD_CANCEL_DISABLE;
  if (IsAsynchronous(self)) Cancel(self);
  return 0;
}

INTERPOSE(int, pthread_setcanceltype, int type, int* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_setcanceltype)(type, old);
  if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS) return EINVAL;
  const int before = SetCancelType(self, type);
  if (old != nullptr) *old = before;
  if (IsAsynchronous(self)) Cancel(self);
  return 0;
}

// --- pthread_cleanup_push() and _pop() in C without exceptions ---

INTERPOSE(void, __pthread_register_cancel, __pthread_unwind_buf_t* buffer) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(__pthread_register_cancel)(buffer);
  RegisterCleanup(self, buffer);
}

INTERPOSE(void, __pthread_unregister_cancel, __pthread_unwind_buf_t* buffer) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(__pthread_unregister_cancel)(buffer);
  UnregisterCleanup(self, buffer);
}

INTERPOSE(void, __pthread_register_cancel_defer, __pthread_unwind_buf_t* buffer) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(__pthread_register_cancel_defer)(buffer);
  RegisterCleanup(self, buffer);
  buffer->__pad[1] =
      reinterpret_cast<void*>(static_cast<intptr_t>(SetCancelType(self, PTHREAD_CANCEL_DEFERRED)));
}

INTERPOSE(void, __pthread_unregister_cancel_restore, __pthread_unwind_buf_t* buffer) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(__pthread_unregister_cancel_restore)(buffer);
  UnregisterCleanup(self, buffer);
  SetCancelType(self, static_cast<int>(reinterpret_cast<intptr_t>(buffer->__pad[1])));
  if (IsAsynchronous(self)) Cancel(self);
}

INTERPOSE(void, __pthread_unwind_next, __pthread_unwind_buf_t* buffer) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    REAL(__pthread_unwind_next)(buffer);
    __builtin_unreachable();
  }
  UnregisterCleanup(self, buffer);
  Unwind();
}
