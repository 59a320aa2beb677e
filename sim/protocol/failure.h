// How an execution failed, as the runtime writes it down and the supervisor reads it.
#ifndef HEDDLE_SIM_PROTOCOL_FAILURE_H_
#define HEDDLE_SIM_PROTOCOL_FAILURE_H_

#include <cstdint>

#include "sim/protocol/limits.h"

namespace heddle::sim {

// How an execution failed: what the runtime found, or what the supervisor made of its end. Names
// and not numbers go into schedule files (FailureKindName). A user's view of it is a finding
// (reports/model).
enum class FailureKind : uint32_t {
  kNone = 0,  // it did not
  kDeadlock,  // everyone sleeps, and a thread waits for what somebody holds: a lock, room to write
  kLostWakeup,    // everyone sleeps, and all wait to be woken
  kLivelock,      // the step budget is spent
  kThreadLeak,    // a thread was neither joined nor detached
  kMisuse,        // unlock by a non-owner, use of a destroyed mutex...
  kUnmodelled,    // an operation the kernel does not model
  kDivergence,    // a replay met a different operation
  kUncontrolled,  // uninstrumented code has not reached a schedule point for too long, or two runs
                  // of one schedule differed (Supervisor::SelfCheck)
  kSanitizer,     // ThreadSanitizer, AddressSanitizer or UBSan reported
  kCrash,         // died of a signal
  kExit,          // ended with a non-zero status
  kTimeLimit,     // real time ran out; the supervisor ended it
  kLimit,         // a named bound of the kernel was met (threads, log...)
  kInternal,      // the runtime's own state is broken (KERNEL_CHECK): a bug of Heddle's
  kHeap,          // a block freed twice, a pointer freed that is none, a write after free (det)
};
inline constexpr FailureKind kLastFailureKind = FailureKind::kHeap;
const char* FailureKindName(FailureKind kind);

struct ThreadReport {
  uint32_t thread;  // number; 0 is main
  uint32_t frames;
  char name[kMaxThreadName];      // that the program gave it; "" when it gave none
  uint64_t pcs[kMaxStackFrames];  // return addresses, innermost first
  char state[kMaxThreadState];    // "waits for mutex 0x... held by thread 2"
};

// A place in the code that matters to a finding, and why.
struct PlaceReport {
  uint64_t pcs[kMaxPlaceFrames];  // return addresses, innermost first; 0: no frame
  char text[kMaxPlaceText];
};

// What the runtime writes down about a failure before the process ends.
struct FailureRecord {
  FailureKind kind;
  uint32_t thread;  // who met it, or kNoThread
  uint64_t point;   // at which point of the execution
  char message[kMaxFailureMessage];
  uint32_t threads;  // entries used below
  uint32_t padding;
  ThreadReport reports[kMaxReportedThreads];
  uint32_t place_count;  // entries used below
  uint32_t place_padding;
  PlaceReport places[kMaxPlaces];
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_FAILURE_H_
