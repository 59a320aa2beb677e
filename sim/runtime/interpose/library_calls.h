// Leading calls that shared libraries make to functions of ours.
//
// A strong definition of the executable takes a library's calls over by itself; this is for symbols
// whose strong definition must stay the runtime's.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_LIBRARY_CALLS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_LIBRARY_CALLS_H_

#include <span>

namespace heddle::sim::runtime {

struct Replacement {
  const char* name;  // mangled
  void* function;
};

// In every library that is loaded now: its references to the names become references to the
// functions. Once, before control begins, while there is one thread; libraries loaded later are not
// seen.
void ReplaceInLibraries(std::span<const Replacement> replacements);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_LIBRARY_CALLS_H_
