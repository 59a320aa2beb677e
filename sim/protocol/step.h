// A step of a schedule, and where a schedule departs from the default one.
#ifndef HEDDLE_SIM_PROTOCOL_STEP_H_
#define HEDDLE_SIM_PROTOCOL_STEP_H_

#include <cstdint>

#include "sim/protocol/hash.h"
#include "sim/protocol/limits.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

// A step of the log: who was chosen and what it did. A replay compares both.
using Step = uint32_t;
inline constexpr Step MakeStep(OpKind kind, ThreadNumber thread) {
  return static_cast<uint32_t>(kind) << 24 | thread;
}
inline constexpr OpKind StepKind(Step step) { return static_cast<OpKind>(step >> 24); }
inline constexpr ThreadNumber StepThread(Step step) { return step & 0xFFFFFF; }

// Where an execution departs from the default schedule (fifo): once `from` has done `at` steps, and
// before anybody else does one, `to` goes on. kClock may stand on both sides. The pair (from, at)
// occurs at one point of an execution at most, whatever happened before.
struct Switch {
  ThreadNumber from = kNoThread;
  uint32_t at = 0;
  ThreadNumber to = kNoThread;
  friend bool operator==(const Switch&, const Switch&) = default;
};

// What one step was, in full. Kept of a replay that is to be shown (ProgramOptions::keep_details).
struct StepDetail {
  int64_t virtual_ns;  // when it was chosen
  uint64_t address;    // what it touches, 0 when nothing or no memory
  uint32_t size;       // bytes; 0 when the operation has none
  uint32_t frames;
  uint64_t pcs[kMaxDetailFrames];  // return addresses, innermost first; the runtime's own included
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_STEP_H_
