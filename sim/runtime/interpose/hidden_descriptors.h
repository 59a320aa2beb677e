// Descriptors that are the runtime's own: for the program they are not open.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_HIDDEN_DESCRIPTORS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_HIDDEN_DESCRIPTORS_H_

#include "sim/protocol/control.h"

namespace heddle::sim::runtime {

bool IsHiddenDescriptor(int descriptor);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_HIDDEN_DESCRIPTORS_H_
