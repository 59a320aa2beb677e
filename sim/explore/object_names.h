// What a programmer calls the objects of an execution: mutexes, condition variables, atomics.
#ifndef HEDDLE_SIM_EXPLORE_OBJECT_NAMES_H_
#define HEDDLE_SIM_EXPLORE_OBJECT_NAMES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "sim/explore/operations.h"

namespace heddle::sim {

// By number; objects without a name are left out. A name is the variable at the object's address
// (`variable_at`, "" for none), as "state" or, where the program's lines say so, "state.mutex";
// else what most of the lines that use the object call it (ObjectExpression). Several objects may
// have the same name: it is shown with the number.
std::map<ObjectId, std::string> NameObjects(
    const OperationLog& log, const std::function<std::string(uint64_t address)>& variable_at);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_OBJECT_NAMES_H_
