// The default schedule: FIFO, no preemption. See strategies.h for what it promises.
//
// A class of its own in a header because replay.cc and directed.cc fall back on it.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_FIFO_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_FIFO_H_

#include "sim/protocol/strategy.h"

namespace heddle::sim {

// Without state: a choice depends on the point alone.
class Fifo final : public Strategy {
 public:
  bool NewExecution(const Random&) override { return true; }
  uint32_t Choose(const Point& point) override;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_FIFO_H_
