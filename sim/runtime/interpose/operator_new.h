// operator new and delete, for serve/.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_OPERATOR_NEW_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_OPERATOR_NEW_H_

namespace heddle::sim::runtime {

// Leads calls of operator new and delete from shared libraries here, as -Wl,--wrap does for the
// program's own. Once, before main(), while the process has one thread; libraries loaded later are
// not seen.
void PatchNewInLibraries();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_OPERATOR_NEW_H_
