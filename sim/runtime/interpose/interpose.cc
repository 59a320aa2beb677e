#include "sim/runtime/interpose/interpose.h"

#include <dlfcn.h>

#include "sim/runtime/core/text.h"
#include "sim/runtime/interpose/allocator.h"

namespace heddle::sim::runtime {

void* FindNext(const char* name, const char* version) {
  const OwnLookup scope;
  return version != nullptr ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
}

// The linker's names for the begin and the end of the section that HEDDLE_REAL fills.
extern "C" {
__attribute__((weak, visibility("hidden"))) extern RealFunction __start_heddle_real[];
__attribute__((weak, visibility("hidden"))) extern RealFunction __stop_heddle_real[];
}

void ResolveRealFunctions() {
  for (RealFunction* function = __start_heddle_real; function != __stop_heddle_real; ++function) {
    void** real = static_cast<void**>(function->real);
    void** libc = static_cast<void**>(function->libc);
    if (*libc == nullptr) *libc = FindNext(function->name, function->version);
    if (*real == nullptr) {
      *real = function->interceptor != nullptr ? function->interceptor : *libc;
    }
  }
}

void ReplaceRealFunction(const char* name, void* function) {
  for (RealFunction* known = __start_heddle_real; known != __stop_heddle_real; ++known) {
    if (!SameText(known->name, name)) continue;
    *static_cast<void**>(known->libc) = function;
    if (known->interceptor == nullptr) *static_cast<void**>(known->real) = function;
  }
}

}  // namespace heddle::sim::runtime
