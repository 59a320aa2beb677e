// The hand-over of control between processes, for the files of child_processes.h.
#ifndef HEDDLE_SIM_RUNTIME_CORE_CHILD_CONTROL_H_
#define HEDDLE_SIM_RUNTIME_CORE_CHILD_CONTROL_H_

#include "sim/runtime/core/child_processes.h"

namespace heddle::sim::runtime {

void ResetChildControl();
// The root: waits for the end of those that were killed.
void SeeOffKilledChildren();

// Whether it is the kernel's own, behind which a child process is.
bool IsChildDescriptor(int descriptor);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_CHILD_CONTROL_H_
