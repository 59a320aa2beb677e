// What kinds of findings there are, for people: the one list, and how the words of those who find
// (the runtime, the sanitizers) map to it.
#ifndef HEDDLE_REPORTS_MODEL_FINDING_KIND_H_
#define HEDDLE_REPORTS_MODEL_FINDING_KIND_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"
#include "sim/protocol/control.h"
#include "sim/stacks/sanitizer_report.h"

namespace heddle::reports {

enum class FindingKind {
  kDataRace,        // two accesses, at least one a write, without happens-before order
  kHeapCorruption,  // use after free, overflow of a heap block, double free, broken allocator
  kMemoryError,     // the same for stack and globals
  kUndefinedBehaviour,
  kLeak,
  kDeadlock,    // threads wait for each other in a cycle, or lock in an order that allows it
  kSyncMisuse,  // a mutex destroyed while locked, unlocked by a non-owner, a leaked thread
  kDivergence,  // the chain differs from the reference, the expectation or the other dispatcher
  kLostEvent,   // a delivered event is neither applied once nor refused, or is out of order
  kCrash,       // the host died of a signal, or aborted
  kHang,        // the host did not end within its time limit
  // Only the runtime can prove these.
  kLostWakeup,      // a signal reached no thread, and a waiting thread sleeps for ever
  kLivelock,        // the threads are busy and make no progress
  kNondeterminism,  // the same schedule led to different operations
  kUnmodelled,      // the runtime does not model an operation, a number of threads...
};

inline constexpr std::array<absl::string_view, 15> kFindingKindNames = {
    "data-race", "heap-corruption", "memory-error", "undefined-behaviour", "leak",
    "deadlock",  "sync-misuse",     "divergence",   "lost-event",          "crash",
    "hang",      "lost-wakeup",     "livelock",     "nondeterminism",      "unmodelled"};

inline absl::string_view Name(FindingKind kind) {
  return kFindingKindNames[static_cast<size_t>(kind)];
}

// Of what the runtime saw. An execution that a sanitizer ended is kCrash until its report is read.
FindingKind KindOf(sim::FailureKind kind);

// Of a sanitizer's report, by its word for the error.
FindingKind KindOf(const sim::SanitizerReport& report);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_FINDING_KIND_H_
