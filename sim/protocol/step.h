// A step of a schedule, and where a schedule departs from the default one.
#ifndef HEDDLE_SIM_PROTOCOL_STEP_H_
#define HEDDLE_SIM_PROTOCOL_STEP_H_

#include <cstdint>

#include "sim/protocol/hash.h"
#include "sim/protocol/limits.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

// A step of the log: who was chosen and what it did. A replay compares both. Eight bits of kind;
// four that say, under a weak memory model, which store was read or where a store went
// (StoreChoice; 0: the newest, also where there is no choice); twenty of thread.
using Step = uint32_t;
inline constexpr uint32_t kStepStoreShift = 20;
inline constexpr uint32_t kStepThreadMask = (1u << kStepStoreShift) - 1;
static_assert(kMaxReadable <= 16, "a step has four bits for it");
// Threads of one execution; the two numbers above are the pseudo-threads'.
inline constexpr ThreadNumber kMaxThreadNumber = kNoThread & kStepThreadMask;
inline constexpr Step MakeStep(OpKind kind, ThreadNumber thread, uint32_t store = 0) {
  return static_cast<uint32_t>(kind) << 24 | store << kStepStoreShift | (thread & kStepThreadMask);
}
inline constexpr OpKind StepKind(Step step) { return static_cast<OpKind>(step >> 24); }
inline constexpr uint32_t StepStore(Step step) { return step >> kStepStoreShift & 15; }
inline constexpr ThreadNumber StepThread(Step step) {
  const uint32_t thread = step & kStepThreadMask;
  // The pseudo-threads have the highest numbers.
  return thread >= kMaxThreadNumber ? thread | (kClock & ~kStepThreadMask) : thread;
}

// The running hash. The store that a step read is known, and hashed, after the step was chosen.
inline constexpr uint64_t HashStore(uint64_t hash, uint32_t store) { return HashWord(hash, store); }
inline constexpr uint64_t HashStep(uint64_t hash, Step step) {
  hash = HashWord(hash, static_cast<uint32_t>(StepKind(step)) << 24 | StepThread(step));
  return StepStore(step) == 0 ? hash : HashStore(hash, StepStore(step));
}

// Where an execution departs from the default one (fifo; every load reads the newest store). One of
// two:
//   a switch, store == 0: once `from` has done `at` steps, and before anybody else does one, `to`
//   goes on. kClock may stand on both sides;
//   a read, store != 0, to == kNoThread: step number `at` of `from`, counted from 1, takes that
//   store (StoreChoice) where it has so many to choose from.
// Of each kind, the pair (from, at) occurs at one point of an execution at most, whatever happened
// before.
struct Switch {
  ThreadNumber from = kNoThread;
  uint32_t at = 0;
  ThreadNumber to = kNoThread;
  uint32_t store = 0;
  friend bool operator==(const Switch&, const Switch&) = default;
};

inline constexpr uint64_t kNoStep = UINT64_MAX;

// What one step was, in full. Kept of a replay that is to be shown (ProgramOptions::keep_details).
struct StepDetail {
  int64_t virtual_ns;  // when it was chosen
  uint64_t address;    // what it touches, 0 when nothing or no memory
  // Where StepStore() is not 0: the step whose store it read, or kNoStep (the value was there
  // before any step stored one), or this very step (a weak compare-exchange that failed by itself).
  uint64_t read_from;
  uint32_t size;  // bytes; 0 when the operation has none
  uint32_t frames;
  uint64_t pcs[kMaxDetailFrames];  // return addresses, innermost first; the runtime's own included
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_STEP_H_
