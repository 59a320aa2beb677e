#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {

constinit Kernel kernel;
constinit thread_local Thread* tls_self = nullptr;

}  // namespace heddle::sim::runtime
