// A scope in which the running thread's calls go straight through: they are no schedule points.
// For the real operation behind an interposed call, and for the kernel's own work on the program's
// thread. Nests. Must not be left by a switch to another thread: tls_self is null meanwhile.
#ifndef HEDDLE_SIM_RUNTIME_CORE_UNCONTROLLED_H_
#define HEDDLE_SIM_RUNTIME_CORE_UNCONTROLLED_H_

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/thread.h"

#if defined(HEDDLE_FLAVOUR_TSAN)
extern "C" void __tsan_func_entry(void* caller);
extern "C" void __tsan_func_exit();
#endif

namespace heddle::sim::runtime {

class Uncontrolled {
 public:
  Uncontrolled() : saved_(tls_self) {
    tls_self = nullptr;
#if defined(HEDDLE_FLAVOUR_TSAN)
    // ThreadSanitizer takes an interceptor's caller for the program's line; that is us. So the
    // program's call goes on its shadow stack.
    if (saved_ != nullptr) {
      const void* raw = saved_->raw_caller;
      __tsan_func_entry(const_cast<void*>(raw != nullptr ? raw : saved_->caller));
    }
#endif
    if (saved_ != nullptr) LetSystemCallsPass();
    KeepStores();
  }
  ~Uncontrolled() {
    KeepStores();
    if (saved_ != nullptr) TrapSystemCallsAgain();
#if defined(HEDDLE_FLAVOUR_TSAN)
    if (saved_ != nullptr) __tsan_func_exit();
#endif
    tls_self = saved_;
  }
  Uncontrolled(const Uncontrolled&) = delete;
  Uncontrolled& operator=(const Uncontrolled&) = delete;

 private:
  Thread* saved_;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_UNCONTROLLED_H_
