// The system calls of x86-64 Linux, by number, and what becomes of each under the runtime when a
// program makes it itself: by syscall(2), or by a `syscall` instruction of its own.
#ifndef HEDDLE_SIM_PROTOCOL_SYSTEM_CALLS_H_
#define HEDDLE_SIM_PROTOCOL_SYSTEM_CALLS_H_

#include <cstdint>
#include <span>

namespace heddle::sim {

enum class SystemCallRoute : uint8_t {
  kModelled,  // does what libc's function does under the runtime, which may refuse it
  kPassed,    // goes to the system: it cannot block, and no other thread sees when it comes
  kTells,     // the same; its result tells of the real machine
  kAbsent,    // answered ENOSYS, as by a system without it: libraries fall back
  kRefused,   // ends the execution with a finding that names it
};

struct SystemCallEntry {
  uint16_t number;
  const char* name;  // as in the manual: "futex"
  SystemCallRoute route;
};

// One more than the highest number that is known.
inline constexpr long kSystemCallNumbers = 470;

// In ascending order of their numbers.
std::span<const SystemCallEntry> SystemCalls();
// Null: a number that this version does not know.
const SystemCallEntry* FindSystemCall(long number);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_SYSTEM_CALLS_H_
