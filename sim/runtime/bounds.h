// The named bounds of the runtime, each with the reason for its value. Schedules depend on all of
// those on fairness and time: after a change recorded schedules may diverge.
#ifndef HEDDLE_SIM_RUNTIME_BOUNDS_H_
#define HEDDLE_SIM_RUNTIME_BOUNDS_H_

#include <cstdint>

#include "sim/protocol/limits.h"

namespace heddle::sim {

// --- Fairness: how long a strategy may pass over somebody. These end spin loops under any
// strategy.

// A thread that can run and was passed over for so many points is offered alone. A uniform choice
// among 256 threads passes over one of them that often once in e^39 times, so random strategies
// never notice; a loop that spins on an atomic is left after a third of a millisecond.
inline constexpr uint64_t kMaxPassedOver = 10'000;
// It is offered alone for up to so many points: enough to leave a critical section or a loop of
// retries.
inline constexpr uint64_t kFairSlice = 256;
// A deadline that others ran past for so many points is offered alone, once. Several times
// kMaxPassedOver: what the deadline waits for may be a thread's that was passed over.
inline constexpr uint64_t kMaxClockPassedOver = 50'000;

// --- Virtual time

// Virtual time that may not pass over a thread that can run: a jump of the clock that would let so
// much pass is not offered while such a thread exists. A busy machine may keep a thread from
// running for a second; it does not keep it for the minute of a generous timeout. (A deadline that
// is passed over for kMaxClockPassedOver points comes all the same.)
inline constexpr uint64_t kMaxOvertakenNs = 1'000'000'000;
// The clock may run ahead of the work: by one jump more than kMaxClockDebtNs, which is paid off at
// kNsPerPoint, or at once when no thread can run. Until then no jump over a thread that can run is
// offered. Otherwise timers that make work would make it faster than it can be done, for ever. A
// point stands for an uncontended operation and the code around it; the debt for the periods of
// programs' timers, which are milliseconds.
inline constexpr uint64_t kMaxClockDebtNs = 10'000'000;
inline constexpr uint64_t kNsPerPoint = 100;
// Each read of a clock takes this long, so that an event loop that waits for a strictly later time
// gets there. Far below any timeout.
inline constexpr uint64_t kClockReadNs = 1'000;
// An execution in which nothing but time has passed for so many jumps of the clock and for so long
// is a livelock: threads wake by their deadlines alone and wake nobody. An event loop that lost its
// wake-up and looks once a minute is found after 200,000 points, not at the step budget. Both must
// hold: a right program that only waits for so long takes longer than a day on a real machine.
inline constexpr uint64_t kMaxIdleJumps = 20'000;
inline constexpr int64_t kMaxIdleNs = 24 * 3'600 * 1'000'000'000LL;
// CLOCK_REALTIME (2023-11-14 22:13:20 UTC) and CLOCK_MONOTONIC at the start of an execution.
// Neither near 0: programs subtract intervals from them.
inline constexpr uint64_t kRealtimeStartNs = 1'700'000'000'000'000'000;
inline constexpr uint64_t kMonotonicStartNs = 1'000'000'000'000;

// --- Size

// Points that an execution takes with plain accesses among them: the rest of it has them no more.
// A computation may do any number of accesses and says nothing by it; the step budget is there for
// threads that synchronise for ever. Half of it is left for that.
inline constexpr uint64_t kMaxPointsWithAccesses = kDefaultStepBudget / 2;

// Threads alive at one time. Tests of thread pools have tens; the tables that are walked when
// somebody blocks or wakes are of this size.
inline constexpr uint32_t kMaxLiveThreads = 256;

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_BOUNDS_H_
