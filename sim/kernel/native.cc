// kernel.h in a build without the kernel: everything runs free.
#include "sim/kernel/kernel.h"

namespace heddle::sim {

const char* Flavour() { return "native"; }
bool Controlled() { return false; }
void Checkpoint() {}
void FailThreadCreation(uint32_t) {}
RunResult Run(const RunOptions&, const std::function<void()>&) { return {}; }

}  // namespace heddle::sim
