// What `auto` divides its executions over.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_AUTO_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_AUTO_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/protocol/campaign.h"

namespace heddle::sim {

// What it may use, each 0 or 1.
struct AutoOptions {
  // Points: at synchronisation, at every memory access too, at the campaign's sites.
  uint32_t sync = 1, memory = 1, sites = 0;
  // Memory models. With `sc`, the others have a part of the executions; else all.
  uint32_t sc = 1, c11 = 1, tso = 0;
};

// "sites=1,c11=0". False when that is wrong: then *error says what would be right.
bool ParseAutoOptions(std::string_view parameters, AutoOptions* options, const char** error);

// One way to run an execution, and its share of them before anything is learnt.
struct AutoArm {
  ExecutionPlan plan;
  uint32_t share;
  uint32_t stale_rate = 0;  // per cent of reads, where memory is weak; 0: drawn
};
// In the order of ExecutionPlan::arm, which counts them from 1. The first execution takes the
// first.
std::vector<AutoArm> ArmsOf(const AutoOptions& options);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_AUTO_H_
