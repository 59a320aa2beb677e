// Names of operations and findings: part of schedule files and reports.
#include "sim/protocol/control.h"
#include "sim/protocol/strategy.h"

namespace heddle::sim {

const char* OpKindName(OpKind kind) {
  static constexpr const char* kNames[] = {
      "none",
      "thread-create",
      "thread-start",
      "thread-exit",
      "thread-join",
      "thread-detach",
      "atomic-load",
      "atomic-store",
      "atomic-rmw",
      "fence",
      "mutex-lock",
      "mutex-trylock",
      "mutex-timedlock",
      "mutex-unlock",
      "mutex-init",
      "mutex-destroy",
      "read-lock",
      "write-lock",
      "try-read-lock",
      "try-write-lock",
      "timed-read-lock",
      "timed-write-lock",
      "rw-unlock",
      "spin-lock",
      "spin-trylock",
      "spin-unlock",
      "once",
      "static-guard",
      "cond-wait",
      "cond-timedwait",
      "cond-wake",
      "cond-timeout",
      "cond-signal",
      "cond-broadcast",
      "cond-destroy",
      "barrier-wait",
      "barrier-wake",
      "sem-wait",
      "sem-trywait",
      "sem-timedwait",
      "sem-post",
      "futex-wait",
      "futex-wake",
      "futex-woken",
      "yield",
      "sleep",
      "sleep-end",
      "clock-read",
      "clock-advance",
      "allocate",
      "free",
      "memory-read",
      "memory-write",
      "io",
      "io-wait",
      "random",
  };
  static_assert(sizeof kNames / sizeof kNames[0] == static_cast<size_t>(OpKind::kCount));
  return kind < OpKind::kCount ? kNames[static_cast<size_t>(kind)] : "unknown";
}

const char* PreemptName(Preempt preempt) {
  switch (preempt) {
    case Preempt::kSync:
      return "sync";
    case Preempt::kMemory:
      return "memory";
    case Preempt::kSites:
      return "sites";
  }
  return "unknown";
}

const char* FindingKindName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kNone:
      return "none";
    case FindingKind::kDeadlock:
      return "deadlock";
    case FindingKind::kLostWakeup:
      return "lost-wakeup";
    case FindingKind::kLivelock:
      return "livelock";
    case FindingKind::kThreadLeak:
      return "thread-leak";
    case FindingKind::kMisuse:
      return "misuse";
    case FindingKind::kUnmodelled:
      return "unmodelled-operation";
    case FindingKind::kDivergence:
      return "divergence";
    case FindingKind::kUncontrolled:
      return "uncontrolled";
    case FindingKind::kSanitizer:
      return "sanitizer";
    case FindingKind::kCrash:
      return "crash";
    case FindingKind::kExit:
      return "exit";
    case FindingKind::kTimeLimit:
      return "time-limit";
    case FindingKind::kLimit:
      return "limit";
  }
  return "unknown";
}

}  // namespace heddle::sim
