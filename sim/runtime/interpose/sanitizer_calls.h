// The sanitizers' own system calls in a worker (serve/worker.h), where they are dear.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SANITIZER_CALLS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SANITIZER_CALLS_H_

namespace heddle::sim::runtime {

// Memory that a sanitizer maps for itself comes from a range that is there before the snapshot, so
// that no execution maps and unmaps it.
// In a worker, before its snapshot. False: there are no addresses left.
bool PrepareSanitizerMemory();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SANITIZER_CALLS_H_
