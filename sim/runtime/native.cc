// kernel.h in a build without the kernel: everything runs free.
#include "sim/runtime/runtime.h"

namespace heddle::sim {

const char* Flavour() { return "native"; }
bool Controlled() { return false; }
void Checkpoint() {}
FaultScope::FaultScope(bool) : before_(true) {}
FaultScope::~FaultScope() = default;
RunResult Run(const RunOptions&, const std::function<void()>&) { return {}; }

}  // namespace heddle::sim
