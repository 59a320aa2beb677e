// Which calls are the program's. Those from libc, the loader and the unwinder are not: how often
// they call malloc or pthread_once depends on what the sanitizers make of them.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CODE_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CODE_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Once, before main(), while the process has one thread.
void InitSystemRanges();

struct CodeRange {
  uintptr_t begin = 0, end = 0;
  bool Has(uintptr_t address) const { return address - begin < end - begin; }
};
// libc's code; empty before InitSystemRanges().
CodeRange LibcCode();

// Whether a call comes from such code: then it is no point.
bool FromSystem(const void* caller);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CODE_H_
