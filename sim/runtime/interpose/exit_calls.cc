// Functions called at exit: atexit, __cxa_atexit (destructors of static objects).
//
// libc calls them, in tsan the sanitizer in between: a handler that is `free` itself, or ends by
// jumping there, would be libc's call in one flavour and the program's in the other. So they are
// called from here. Order and time of the calls stay libc's. Not taken over: on_exit,
// at_quick_exit.
#include <cstdint>

#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(__cxa_atexit, int, void (*)(void*), void*, void*)

extern "C" __attribute__((visibility("hidden"))) void* __dso_handle;

namespace heddle::sim::runtime {
namespace {

struct ExitCall {
  void (*function)(void*);
  void* argument;
};
constexpr uint32_t kMaxExitCalls = 4096;  // further ones are libc's as they are
constinit ExitCall exit_calls[kMaxExitCalls] = {};
constinit uint32_t exit_call_count = 0;

void RunExitCall(void* raw) {
  const ExitCall& call = *static_cast<ExitCall*>(raw);
  call.function(call.argument);
  asm volatile("");  // comes back to here
}

void RunPlainExitCall(void* raw) {
  reinterpret_cast<void (*)()>(static_cast<ExitCall*>(raw)->function)();
  asm volatile("");
}

// Null without a supervisor: then exit is not under control.
ExitCall* NewExitCall(void (*function)(void*), void* argument) {
  if (kernel.control == nullptr) return nullptr;
  const uint32_t index = __atomic_fetch_add(&exit_call_count, 1, __ATOMIC_RELAXED);
  if (index >= kMaxExitCalls) return nullptr;
  exit_calls[index] = {function, argument};
  return &exit_calls[index];
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

// (ThreadSanitizer's own loses the argument when there is no module; so the executable is named.)
INTERPOSE(int, __cxa_atexit, void (*function)(void*), void* argument, void* module) {
  ExitCall* call = NewExitCall(function, argument);
  if (call == nullptr) return REAL(__cxa_atexit)(function, argument, module);
  return REAL(__cxa_atexit)(RunExitCall, call, module != nullptr ? module : &__dso_handle);
}

INTERPOSE(int, atexit, void (*function)()) {
  auto* plain = reinterpret_cast<void (*)(void*)>(function);
  ExitCall* call = NewExitCall(plain, nullptr);
  if (call == nullptr) return REAL(__cxa_atexit)(plain, nullptr, nullptr);
  return REAL(__cxa_atexit)(RunPlainExitCall, call, &__dso_handle);
}
