// The strategies: what each explores and what it promises. Each is one file of this folder, which
// opens with the paper it follows and where it departs from it.
//
// A campaign names one, with parameters ("pct:d=3"); MakeStrategy() makes it:
//   fifo    none
//   random  clock=N (default 32)
//   pct     d=N (bug depth, default 3), k=N (number of scheduling steps, default: learnt)
//   pctwm   d=N (reads that communicate, default 2), h=N (history depth, default 2), k=N (number of
//           communication events, default: learnt); under a weak memory model
//   pos     clock=N (default 0: the pace of time is drawn anew for each execution)
//   surw    clock=N (as for pos)
//   delay   d=N (most delays, default 2), k=N (as for pct)
//   rff     clock=N (as for pos)
//   auto    sync, memory, sites (points), sc, c11, tso (memory models): each 0 or 1
//   race    none; for points at the accesses of known races (Preempt::kSites)
//   dfs     preemptions=N|all (default 2), advances=N|all (default 1), share=I,shares=N (of
//           a search that several jobs share)
//   exhaustive  none
// replay.h and directed.h follow something recorded and are not campaigns.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_STRATEGIES_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_STRATEGIES_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "sim/protocol/strategy.h"
#include "sim/runtime/strategies/auto.h"
#include "sim/runtime/strategies/parameters.h"

namespace heddle::sim {

// Makes a strategy by name. `parameters` is "key=value,key=value" ("" for defaults). On failure:
// null, and *error is a static text that says what would be right.
std::unique_ptr<Strategy> MakeStrategy(std::string_view name, std::string_view parameters,
                                       const char** error);

// The default schedule: FIFO, no preemption. Whoever runs goes on until it blocks, ends or yields;
// time jumps only when nobody can run. One schedule, always the same.
std::unique_ptr<Strategy> MakeFifo();

// Uniform among the threads at every point.
struct RandomOptions {
  // One in `clock` points lets time jump although somebody could run; 0: none does.
  uint32_t clock = 32;
  // New threads begin together: they wait for so many points at most, while others prepare; 0: not
  // at all.
  uint32_t gather = 0;
};
std::unique_ptr<Strategy> MakeRandom(const RandomOptions& options);

// Probabilistic concurrency testing: S. Burckhardt, P. Kothari, M. Musuvathi and S. Nagarakatte, "A
// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010. An execution of
// n threads and k steps finds a bug of depth d with a probability of at least 1 / (n k^(d-1)).
struct PctOptions {
  uint32_t depth = 3;  // d, at least 1
  uint32_t steps = 0;  // k; 0: learnt from the executions so far (the first has no change points)
};
std::unique_ptr<Strategy> MakePct(const PctOptions& options);

// PCT for weak memory: M. Gao, S. Chakraborty and B. Kulahcioglu Ozkan, "Probabilistic Concurrency
// Testing for Weak Memory Programs", ASPLOS 2023. An execution of k communication events finds a
// bug that needs d of them, each reading one of the h newest stores, with a probability of at least
// 1 / (k^d h^d).
struct PctwmOptions {
  uint32_t depth = 2;    // d
  uint32_t history = 2;  // h, at least 1
  uint32_t events = 0;   // k; 0: the most so far (in the first execution nothing communicates)
};
std::unique_ptr<Strategy> MakePctwm(const PctwmOptions& options);

// Partial-order sampling: X. Yuan, J. Yang and R. Gu, "Partial Order Aware Concurrency Sampling",
// CAV 2018. Samples partial orders rather than interleavings: steps that commute do not dilute the
// choice.
struct PosOptions {
  // One in `clock` points lets time jump although somebody could run. 0: each execution draws
  // never, rarely or often.
  uint32_t clock = 0;
};
std::unique_ptr<Strategy> MakePos(const PosOptions& options);

// Selectively uniform random walk: H. Zhao, D. Wolff, U. Mathur and A. Roychoudhury, "Selectively
// Uniform Concurrency Testing", ASPLOS 2025. Each execution draws a shared object; where no thread
// blocks, each order of the accesses to it is equally likely, however many steps lie between them.
struct SurwOptions {
  uint32_t clock = 0;  // as in PosOptions
};
std::unique_ptr<Strategy> MakeSurw(const SurwOptions& options);

// Delay bounding: M. Emmi, S. Qadeer and Z. Rakamaric, "Delay-Bounded Scheduling", POPL 2011. The
// default schedule with at most d delays at random steps: what d of them show in an execution of k
// steps is found with a probability of at least 1 / ((d + 1) k^d), whatever the number of threads.
struct DelayOptions {
  uint32_t delays = 2;  // d
  uint32_t steps = 0;   // k; as in PctOptions
};
std::unique_ptr<Strategy> MakeDelay(const DelayOptions& options);

// Reads-from fuzzing: D. Wolff, Z. Shi, G. Duck, U. Mathur and A. Roychoudhury, "Greybox Fuzzing
// for Concurrency Testing", ASPLOS 2024. Partial-order sampling that tries to have given reads read
// from given writes; what showed a new combination of such pairs is mutated further.
std::unique_ptr<Strategy> MakeRff(const PosOptions& options);

// A portfolio of the random strategies, with and without points at memory accesses and weak memory:
// each execution takes one (Strategy::Plan()), more often those that lately showed something new.
std::unique_ptr<Strategy> MakeAuto(const AutoOptions& options);

// Race-directed search: K. Sen, "Race Directed Random Testing of Concurrent Programs", PLDI 2008.
// Steers two threads to the two accesses of a race, and has either go first. Where no point is a
// memory access it is a random walk.
std::unique_ptr<Strategy> MakeRace();

// Systematic search: every operation order (Mazurkiewicz trace) that some schedule within the
// bounds shows, each at least once, with dynamic partial-order reduction. See dfs.cc for the
// argument.
//
// A preemption is to leave a thread that could go on and was not about to yield; an advance is to
// let time jump while somebody could run. StrategyProgress::bounded counts the choices that a bound
// left out: when the search is exhausted and it is 0, every operation order was seen, whatever the
// bounds. Only fair schedules are searched: a thread that yields again and again gives way
// (yield_fairness.h).
//
// An operation is what the kernel shows at a point. Without points at memory accesses, those
// between two points go unseen with the one before, and two steps that conflict in plain memory
// only count as independent: the search is then complete for programs without data races (which
// tsan tells). Addresses are no results: which block an allocation gets, and who gets the one that
// another freed (ABA), follows the orders that are searched for other reasons. The kernel's bounds
// on virtual time (sim/runtime/bounds.h) hold too.
struct DfsOptions {
  uint32_t preemptions = 2;  // kUnbounded: no bound
  uint32_t advances = 1;     // kUnbounded: no bound; not advisable with a periodic timer
  // Of several jobs that share the search: this one explores only what begins in one of its ways
  // (schedule_tree.h). Together they explore all.
  uint32_t share = 1;  // 1 to `shares`
  uint32_t shares = 1;
};
std::unique_ptr<Strategy> MakeDfs(const DfsOptions& options);

// Every schedule, one after the other, without any reduction or bound: for programs of a few
// operations, and to measure dfs by. A program that spins without an end has too many.
std::unique_ptr<Strategy> MakeExhaustive();

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_STRATEGIES_H_
