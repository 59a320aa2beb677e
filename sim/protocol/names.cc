// Names of operations and findings: part of schedule files and reports.
#include <cstddef>
#include <iterator>

#include "sim/protocol/campaign.h"
#include "sim/protocol/failure.h"
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
      "exit",
      "process-end",
      "signal-send",
      "signal-arrive",
      "signal-handler",
      "signal-wait",
      "cancel",
  };
  static_assert(sizeof kNames / sizeof kNames[0] == static_cast<size_t>(OpKind::kCount));
  return kind < OpKind::kCount ? kNames[static_cast<size_t>(kind)] : "unknown";
}

const char* PreemptName(Preempt preempt) {
  const auto index = static_cast<size_t>(preempt);
  return index < std::size(kPreemptNames) ? kPreemptNames[index] : "unknown";
}

std::optional<Preempt> PreemptFromName(std::string_view name) {
  for (size_t i = 0; i < std::size(kPreemptNames); ++i) {
    if (name == kPreemptNames[i]) return static_cast<Preempt>(i);
  }
  return std::nullopt;
}

const char* MemoryModelName(MemoryModel model) {
  const auto index = static_cast<size_t>(model);
  return index < std::size(kMemoryModelNames) ? kMemoryModelNames[index] : "unknown";
}

std::optional<MemoryModel> MemoryModelFromName(std::string_view name) {
  for (size_t i = 0; i < std::size(kMemoryModelNames); ++i) {
    if (name == kMemoryModelNames[i]) return static_cast<MemoryModel>(i);
  }
  return std::nullopt;
}

const char* FailureKindName(FailureKind kind) {
  switch (kind) {
    case FailureKind::kNone:
      return "none";
    case FailureKind::kDeadlock:
      return "deadlock";
    case FailureKind::kLostWakeup:
      return "lost-wakeup";
    case FailureKind::kLivelock:
      return "livelock";
    case FailureKind::kThreadLeak:
      return "thread-leak";
    case FailureKind::kMisuse:
      return "misuse";
    case FailureKind::kUnmodelled:
      return "unmodelled-operation";
    case FailureKind::kDivergence:
      return "divergence";
    case FailureKind::kUncontrolled:
      return "uncontrolled";
    case FailureKind::kSanitizer:
      return "sanitizer";
    case FailureKind::kCrash:
      return "crash";
    case FailureKind::kExit:
      return "exit";
    case FailureKind::kTimeLimit:
      return "time-limit";
    case FailureKind::kLimit:
      return "limit";
    case FailureKind::kInternal:
      return "internal-error";
    case FailureKind::kHeap:
      return "heap-misuse";
  }
  return "unknown";
}

}  // namespace heddle::sim
