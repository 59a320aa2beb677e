// What a litmus program may come to, by the definitions: all candidate executions against RC11's
// axioms, and all runs of the x86-TSO machine. For a dozen operations.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_LITMUS_MODELS_H_
#define HEDDLE_SIM_RUNTIME_TESTING_LITMUS_MODELS_H_

#include "sim/runtime/testing/litmus/program.h"

namespace heddle::sim::litmus {

// RC11 (Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing Sequential Consistency in C/C++11", PLDI
// 2017), with the release sequences of C++20 (read-modify-writes only).
struct Rc11Outcomes {
  Outcomes allowed;
  // Those that have an execution in which the order of the seq_cst operations agrees with one in
  // which the operations can happen one after the other: sb, rf and psc together have no cycle. An
  // operational model whose seq_cst operations are ordered as they happen shows these.
  Outcomes in_execution_order;
};
Rc11Outcomes AllowedByRc11(const Program& program);

// x86-TSO (Owens, Sarkar and Sewell, TPHOLs 2009): a store buffer for each thread.
Outcomes AllowedByTso(const Program& program);

}  // namespace heddle::sim::litmus

#endif  // HEDDLE_SIM_RUNTIME_TESTING_LITMUS_MODELS_H_
