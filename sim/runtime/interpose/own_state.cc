// What a thread sets for itself (core/own_state.h): pthread_sigmask(3), sigprocmask(2),
// sigaltstack(2), pthread_setname_np(3) and prctl(PR_SET_NAME).
#include "sim/runtime/core/own_state.h"

#include <sys/prctl.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/core/text.h"
#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/thread_pool.h"

HEDDLE_REAL(pthread_sigmask, int, int, const sigset_t*, sigset_t*)
HEDDLE_REAL(sigprocmask, int, int, const sigset_t*, sigset_t*)
HEDDLE_REAL(sigaltstack, int, const stack_t*, stack_t*)
HEDDLE_REAL(pthread_setname_np, int, pthread_t, const char*)
HEDDLE_REAL(pthread_getname_np, int, pthread_t, char*, size_t)
HEDDLE_REAL(prctl, int, int, unsigned long, unsigned long, unsigned long, unsigned long)

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

namespace {

// A sigset_t has room for more signals than there are: the first word holds all of them.
int Mask(Thread* self, int how, const sigset_t* set, sigset_t* old) {
  uint64_t wanted = 0, before = 0;
  if (set != nullptr) memcpy(&wanted, set, sizeof wanted);
  const int error = SetSignalMask(self, how, set != nullptr ? &wanted : nullptr, &before);
  if (error == 0 && old != nullptr) {
    sigemptyset(old);
    memcpy(old, &before, sizeof before);
  }
  if (error == 0 && set != nullptr) HandlePending(self);
  return error;
}

void SetName(Thread* thread, const char* name) {
  CopyText(thread->own.name, kThreadNameSize, name);
  thread->own.named = true;
}

}  // namespace

INTERPOSE(int, pthread_sigmask, int how, const sigset_t* set, sigset_t* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pthread_sigmask)(how, set, old);
  return Mask(self, how, set, old);
}

INTERPOSE(int, sigprocmask, int how, const sigset_t* set, sigset_t* old) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sigprocmask)(how, set, old);
  return ErrnoResult(Mask(self, how, set, old));
}

INTERPOSE(int, sigaltstack, const stack_t* stack, stack_t* old) {
  Thread* self = HEDDLE_SELF;
  // Under the baton each thread has a kernel thread, and so a stack, of its own.
  if (self == nullptr || kernel.carrier.baton) return REAL(sigaltstack)(stack, old);
  return ErrnoResult(SetSignalStack(self, stack, old));
}

INTERPOSE(int, pthread_setname_np, pthread_t handle, const char* name) {
  Thread* self = HEDDLE_SELF;
  Thread* thread = self != nullptr ? FindThread(handle) : nullptr;
  if (thread == nullptr) return REAL(pthread_setname_np)(handle, name);
  if (strlen(name) >= kThreadNameSize) return ERANGE;
  SetName(thread, name);
  // Reports name the thread by what the sanitizer knows.
  Uncontrolled scope;
  REAL(pthread_setname_np)(handle, name);
  return 0;
}

INTERPOSE(int, pthread_getname_np, pthread_t handle, char* name, size_t size) {
  Thread* self = HEDDLE_SELF;
  const Thread* thread = self != nullptr ? FindThread(handle) : nullptr;
  if (thread == nullptr) return REAL(pthread_getname_np)(handle, name, size);
  if (size < kThreadNameSize) return ERANGE;
  memcpy(name, thread->own.name, kThreadNameSize);
  return 0;
}

INTERPOSE(int, prctl, int option, unsigned long a, unsigned long b, unsigned long c,
          unsigned long d) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && option == PR_SET_NAME) {
    SetName(self, reinterpret_cast<const char*>(a));
    Uncontrolled scope;
    return REAL(prctl)(option, a, b, c, d);
  }
  if (self != nullptr && option == PR_GET_NAME) {
    memcpy(reinterpret_cast<char*>(a), self->own.name, kThreadNameSize);
    return 0;
  }
  return REAL(prctl)(option, a, b, c, d);
}
