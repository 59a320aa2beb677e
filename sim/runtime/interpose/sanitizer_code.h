// Where the sanitizers' runtime makes system calls: it is linked into the program, and makes them
// by instructions of its own.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SANITIZER_CODE_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SANITIZER_CODE_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Reads the program's symbol table. Once, while there is one thread. False: the program has none
// (it was stripped), so that the sanitizer's calls cannot be told from the program's. In det there
// is no sanitizer.
bool FindSanitizerCode();
bool InSanitizer(uintptr_t code);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SANITIZER_CODE_H_
