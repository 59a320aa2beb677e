// How libc functions are taken over. Included by the files of this folder, and by serve/, for the
// real functions.
//
// INTERPOSE(int, pthread_mutex_lock, pthread_mutex_t* mutex) { ... } defines the function
// heddle_pthread_mutex_lock and, as its other name, the strong symbol `pthread_mutex_lock`. The
// sanitizers' own interceptors are weak, so ours wins, and REAL(name) calls theirs when there is
// one, else libc's. A program that has a function or variable of that name itself keeps it, as it
// does with libc (HeddleInstrument.cmake links the runtime last, -z muldefs); so calls between
// interposed functions name heddle_NAME. LIBC(name) always means libc's, unseen by
// sanitizers. The build exports what it finds: a line of a .cc file here that begins with
// INTERPOSE( and has the result's type and the name on it (HeddleInstrument.cmake).
//
// An interposed function begins with HEDDLE_SELF. Without a running thread (outside control, inside
// Uncontrolled) it is the real function and nothing else: it may run on any kernel thread then, in
// a signal handler, and before main(). With one it stops at its point before it has read or changed
// anything that another thread could change.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_INTERPOSE_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_INTERPOSE_H_

#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/faults.h"
#include "sim/runtime/core/flavour.h"
#include "sim/runtime/core/hand_over.h"
#include "sim/runtime/core/held_locks.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/points.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/uncontrolled.h"
#include "sim/runtime/core/wait_queue.h"
#include "sim/runtime/core/waiting.h"

namespace heddle::sim::runtime {

// Called first by an interposed function, through HEDDLE_SELF.
inline Thread* Enter(const void* caller) {
  Thread* self = tls_self;
  if (self != nullptr) self->caller = caller;
  return self;
}

// The next definition of `name` after this executable's, libc's; `version` null: the default one.
void* FindNext(const char* name, const char* version);

// Calls the real function on behalf of the running thread: what that does inside are no points.
template <typename Call>
inline auto CallReal(Call call) {
  Uncontrolled scope;
  return call();
}

// A real function that is looked up: all of them in the fork server, so that no execution does.
struct RealFunction {
  const char* name;
  const char* version;
  void* interceptor;
  void* real;  // where they are kept
  void* libc;
};
void ResolveRealFunctions();
// From here on `function` is called in the place of libc's of this name, which was resolved.
void ReplaceRealFunction(const char* name, void* function);

// Fills `cache` on the first call.
template <typename Function>
inline Function* Resolve(Function*& cache, Function* interceptor, const char* name,
                         const char* version) {
  if (__builtin_expect(cache == nullptr, 0)) {
    cache =
        interceptor != nullptr ? interceptor : reinterpret_cast<Function*>(FindNext(name, version));
  }
  return cache;
}

}  // namespace heddle::sim::runtime

#define INTERPOSE(result, name, ...)                                                        \
  extern "C" __attribute__((visibility("hidden"), used)) result heddle_##name(__VA_ARGS__); \
  extern "C" __attribute__((visibility("default"), alias("heddle_" #name)))                 \
  result heddle_public_##name(__VA_ARGS__) __asm__(#name);                                  \
  extern "C" result heddle_##name(__VA_ARGS__)

// HEDDLE_REAL(name, result, arguments...) declares REAL and LIBC access to one function. The types
// are given again because libc's headers disagree about noexcept and attributes.
#define HEDDLE_REAL_VERSION(name, version, result, ...)                                            \
  extern "C" __attribute__((weak))                                                                 \
  result heddle_interceptor_##name(__VA_ARGS__) __asm__("__interceptor_" #name);                   \
  [[maybe_unused]] static constinit result (*heddle_real_##name)(__VA_ARGS__) = nullptr;           \
  [[maybe_unused]] static constinit result (*heddle_libc_##name)(__VA_ARGS__) = nullptr;           \
  __attribute__((section("heddle_real"),                                                           \
                 used)) static ::heddle::sim::runtime::RealFunction heddle_function_##name = {     \
      #name, version, reinterpret_cast<void*>(heddle_interceptor_##name), &heddle_real_##name,     \
      &heddle_libc_##name};                                                                        \
  [[maybe_unused]] static inline auto HeddleReal_##name() {                                        \
    return ::heddle::sim::runtime::Resolve(heddle_real_##name, heddle_interceptor_##name, #name,   \
                                           version);                                               \
  }                                                                                                \
  [[maybe_unused]] static inline auto HeddleLibc_##name() {                                        \
    using Function = result(__VA_ARGS__);                                                          \
    return ::heddle::sim::runtime::Resolve<Function>(heddle_libc_##name, nullptr, #name, version); \
  }
#define HEDDLE_REAL(name, result, ...) HEDDLE_REAL_VERSION(name, nullptr, result, __VA_ARGS__)
// The running simulated thread, null when the call is to go straight through. First thing in an
// interposed function, so that reports name its caller.
#define HEDDLE_SELF ::heddle::sim::runtime::Enter(__builtin_return_address(0))
#define REAL(name) HeddleReal_##name()
#define LIBC(name) HeddleLibc_##name()

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_INTERPOSE_H_
