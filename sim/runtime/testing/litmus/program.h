// Litmus programs: threads that do nothing but a few atomic operations on three locations.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_LITMUS_PROGRAM_H_
#define HEDDLE_SIM_RUNTIME_TESTING_LITMUS_PROGRAM_H_

#include <set>
#include <string>
#include <vector>

namespace heddle::sim::litmus {

enum class Kind { kLoad, kStore, kExchange, kCompareExchange, kFence };

inline constexpr int kRelaxed = __ATOMIC_RELAXED;
inline constexpr int kAcquire = __ATOMIC_ACQUIRE;
inline constexpr int kRelease = __ATOMIC_RELEASE;
inline constexpr int kAcqRel = __ATOMIC_ACQ_REL;
inline constexpr int kSeqCst = __ATOMIC_SEQ_CST;

struct Op {
  Kind kind = Kind::kLoad;
  int location = 0;  // below kLocations
  int order = kRelaxed;
  int value = 0;     // that it stores; no two stores of a program have the same, and none has 0
  int expected = 0;  // of a compare-exchange (the strong form)
};
inline constexpr int kLocations = 3;  // x, y, z; all hold 0 at first

// The operations of each thread. All of them start from the same state of memory.
using Program = std::vector<std::vector<Op>>;
// What each read read, thread by thread, then the last value of each location.
using Outcome = std::vector<int>;
using Outcomes = std::set<Outcome>;

// The order of a compare-exchange of `order` that fails.
inline int FailureOrder(int order) {
  return order == kAcqRel ? kAcquire : order == kRelease ? kRelaxed : order;
}

// "W(x,1)rlx R(y)acq | ..."
std::string Describe(const Program& program);
std::string Describe(const Outcome& outcome);

}  // namespace heddle::sim::litmus

#endif  // HEDDLE_SIM_RUNTIME_TESTING_LITMUS_PROGRAM_H_
