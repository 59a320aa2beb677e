// Counting operation orders: one number for the partial order of an execution's steps.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_ORDER_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_ORDER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/protocol/coverage.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

// A hash of the steps so far that is equal for equivalent executions (those that differ only in the
// order of steps that touch nothing in common) and, but for collisions, differs for all others.
// Every step is hashed with the last step of its thread and the last changes of what it touches;
// the sum over all steps is the order's. After M. Musuvathi and S. Qadeer, "Partial-Order Reduction
// for Context-Bounded State Exploration", Microsoft Research, 2007. Numbers of objects, and of
// threads whose creation is seen, do not enter, since they depend on the schedule. A few
// nanoseconds a step.
//
// Objects are told apart by their numbers: what overlaps in memory without being the same object
// (an atomic and the block it was allocated in) counts as different.
class OrderHash {
 public:
  void Clear();
  // `store`: that the step chose under a weak memory model (StoreChoice).
  void Add(ThreadNumber thread, const Operation& operation, uint32_t store = 0);
  uint64_t Value() const { return value_; }

 private:
  struct Object {
    uint64_t written = 0;  // by the last step that changed it
    uint64_t read = 0;     // sum of the steps that read it since
  };

  Object& At(ObjectId object);

  uint64_t value_ = 0;
  ThreadNumber created_ = 0;       // the latest thread: they are numbered in order of creation
  std::vector<uint64_t> threads_;  // the last step of each
  std::vector<Object> objects_;
};

// A strategy that decides as `strategy` does and has an Order(). Adds what the executions show to
// `coverage`, which may be null and outlives it, and tells `strategy` what was new (News()).
std::unique_ptr<Strategy> CountOrders(std::unique_ptr<Strategy> strategy,
                                      Coverage* coverage = nullptr);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_ORDER_H_
