// Which pairs of operations of different threads an execution shows, for coverage and for what
// learns from it.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_PAIRS_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_PAIRS_H_

#include <cstdint>
#include <vector>

#include "sim/protocol/coverage.h"
#include "sim/runtime/strategies/identities.h"

namespace heddle::sim {

// Adds the pairs of each step to a Coverage. Operations are told apart by their kind, their thread
// and their object, by names that hold over executions (identities.h). Some ten nanoseconds a step.
class Pairs {
 public:
  // `coverage` outlives it, and only grows. What is new is told by a copy of its own: executions
  // that are put back and run again (sim/runtime/serve/worker.h) put the copy back with all else
  // that a strategy keeps.
  explicit Pairs(Coverage* coverage) : coverage_(coverage) {}

  void NewExecution();
  // The step before `point`.
  void Note(const Point& point);
  // The execution had this order. True when none had before.
  bool NoteOrder(uint64_t order) { return AddHash(Covered::kOrders, order); }
  // Pairs that no execution had before, in this one.
  uint32_t fresh() const { return fresh_; }

 private:
  struct Actor {
    uint32_t thread = Identities::kNone;
    uint32_t kind = 0;
  };
  struct Object {
    uint64_t execution = 0;
    Actor last, written;
  };

  void NotePairs(uint32_t thread, uint32_t object, const Operation& operation);
  void NoteLocks(uint32_t thread, uint32_t object, const Operation& operation);
  void Add(Covered set, uint64_t first, uint64_t second);

  bool AddHash(Covered set, uint64_t hash) {
    coverage_->Add(set, hash);
    return seen_.Add(set, hash);
  }

  Coverage* const coverage_;
  Coverage seen_{};
  Identities names_;
  uint64_t execution_ = 0;
  uint32_t fresh_ = 0;
  std::vector<Object> objects_;              // by index
  std::vector<std::vector<uint32_t>> held_;  // by thread index: the locks that it holds
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_PAIRS_H_
