#include "sim/runtime/interpose/interpose.h"

#include <dlfcn.h>

namespace heddle::sim::runtime {

void* FindNext(const char* name, const char* version) {
  return version != nullptr ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);
}

}  // namespace heddle::sim::runtime
