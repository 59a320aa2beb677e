#include "sim/runtime/core/kernel.h"

#include "sim/runtime/core/hot.h"

namespace heddle::sim::runtime {

alignas(kHotPage) constinit Kernel kernel;
constinit thread_local Thread* tls_self = nullptr;

}  // namespace heddle::sim::runtime
