// Object numbers: addresses numbered in order of first touch within the execution.
//
// Kept only with kernel.request.number_objects. The table belongs to the process, so each forked
// execution has its own copy. On the thread that has control only.
#ifndef HEDDLE_SIM_RUNTIME_CORE_OBJECT_TABLE_H_
#define HEDDLE_SIM_RUNTIME_CORE_OBJECT_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "sim/protocol/strategy.h"

namespace heddle::sim::runtime {

// The number of the object at `address`, a new one at its first touch; kNoObject for 0. Behind the
// fixed objects' numbers. When an execution touches more addresses than there is room for, new ones
// share numbers: a dependence too many for a strategy, never one too few.
ObjectId ObjectOf(uintptr_t address);
// The memory was freed: what comes to lie there next is another object.
void ForgetObjects(const void* memory, size_t size);
// Likewise all objects for which `gone` says so.
void ForgetObjectsThat(bool (*gone)(uintptr_t address, const void* argument), const void* argument);
// Memory for the table, if there is none yet: before the first execution, so that all have it.
void ReserveObjects();
// At the start of an execution, when kernel.request says whether objects are numbered.
void ResetObjects();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_OBJECT_TABLE_H_
