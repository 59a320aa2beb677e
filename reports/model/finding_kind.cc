#include "reports/model/finding_kind.h"

#include "absl/strings/match.h"

namespace heddle::reports {
namespace {

struct Word {
  absl::string_view name;
  FindingKind kind;
};

// Beginnings of ThreadSanitizer's report types (tsan_report.cpp), as one word.
constexpr Word kThreadWords[] = {
    {"data-race", FindingKind::kDataRace},
    {"race-on-", FindingKind::kDataRace},
    {"heap-use-after-free", FindingKind::kHeapCorruption},
    {"lock-order-inversion", FindingKind::kDeadlock},
    {"", FindingKind::kSyncMisuse},  // thread leak, unlock of an unlocked mutex, signal-unsafe ...
};

// Beginnings of AddressSanitizer's error types (asan_errors.h) and of signals' names, which every
// sanitizer reports alike.
constexpr Word kFatalWords[] = {
    {"heap-", FindingKind::kHeapCorruption},
    {"double-free", FindingKind::kHeapCorruption},
    {"bad-free", FindingKind::kHeapCorruption},
    {"alloc-dealloc-mismatch", FindingKind::kHeapCorruption},
    {"new-delete-type-mismatch", FindingKind::kHeapCorruption},
    {"container-overflow", FindingKind::kHeapCorruption},
    {"use-after-poison", FindingKind::kHeapCorruption},
    {"stack-overflow", FindingKind::kCrash},
    {"SEGV", FindingKind::kCrash},
    {"BUS", FindingKind::kCrash},
    {"FPE", FindingKind::kCrash},
    {"ILL", FindingKind::kCrash},
    {"ABRT", FindingKind::kCrash},
    {"TRAP", FindingKind::kCrash},
    {"allocation-size-too-big", FindingKind::kCrash},
    {"out-of-memory", FindingKind::kCrash},
    {"calloc-overflow", FindingKind::kCrash},
    {"", FindingKind::kMemoryError},
};

template <size_t N>
FindingKind Find(absl::string_view words, const Word (&table)[N]) {
  for (const Word& word : table) {
    if (absl::StartsWith(words, word.name)) return word.kind;
  }
  return FindingKind::kCrash;  // not reached: the last word is empty
}

}  // namespace

FindingKind KindOf(sim::FailureKind kind) {
  switch (kind) {
    case sim::FailureKind::kDeadlock:
      return FindingKind::kDeadlock;
    case sim::FailureKind::kLostWakeup:
      return FindingKind::kLostWakeup;
    case sim::FailureKind::kLivelock:
      return FindingKind::kLivelock;
    case sim::FailureKind::kThreadLeak:
    case sim::FailureKind::kMisuse:
      return FindingKind::kSyncMisuse;
    case sim::FailureKind::kHeap:
      return FindingKind::kHeapCorruption;
    case sim::FailureKind::kUnmodelled:
    case sim::FailureKind::kLimit:
    case sim::FailureKind::kInternal:
      return FindingKind::kUnmodelled;
    case sim::FailureKind::kDivergence:
    case sim::FailureKind::kUncontrolled:
      return FindingKind::kNondeterminism;
    case sim::FailureKind::kTimeLimit:
      return FindingKind::kHang;
    case sim::FailureKind::kNone:
    case sim::FailureKind::kSanitizer:
    case sim::FailureKind::kCrash:
    case sim::FailureKind::kExit:
      return FindingKind::kCrash;
  }
  return FindingKind::kCrash;
}

FindingKind KindOf(const sim::SanitizerReport& report) {
  if (report.sanitizer == sim::kLeakSanitizer) return FindingKind::kLeak;
  if (report.fatal) return Find(report.error, kFatalWords);
  return report.sanitizer == sim::kUndefinedBehaviorSanitizer ? FindingKind::kUndefinedBehaviour
                                                              : Find(report.error, kThreadWords);
}

}  // namespace heddle::reports
