// Faults of the environment: what a system may do to a program at any time, and hardly ever does.
//
// A campaign asks for them by a plan (how often each kind comes); each execution draws from its own
// stream when they come, and writes them down. What was written down leads to the same faults
// again, one by one: in a replay, and with some of them left out when a finding is shrunk. So a
// fault is named by what happens to be stable: the occasion of its kind on its thread.
//
// Only occasions in the code under test count (FaultScope in sim/runtime/runtime.h), never those of
// the kernel or of a sanitizer, nor calls that libc makes itself.
#ifndef HEDDLE_SIM_PROTOCOL_FAULTS_H_
#define HEDDLE_SIM_PROTOCOL_FAULTS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/protocol/strategy.h"

namespace heddle::sim {

// Part of schedule files (by name, see FaultKindName): append only.
enum class FaultKind : uint32_t {
  // malloc, calloc, realloc, memalign and their like answer null, operator new calls the new
  // handler or throws std::bad_alloc.
  kAllocation = 0,
  // pthread_create answers EAGAIN.
  kThread,
  // A read from a pipe or stream socket that holds more than one byte brings some of what it could,
  // one byte at least.
  kShortRead,
  // A write to a stream socket, or one of more than PIPE_BUF bytes to a pipe, writes a part.
  kShortWrite,
  // A call that may block (read, write, accept, epoll_wait, poll, select, the sleeps, sem_wait, a
  // futex wait) ends with EINTR; a sleep half-way.
  kInterrupt,
  // An operation on a non-blocking descriptor answers EAGAIN: a read of a socket as if what is
  // there
  // came later, a write as if what is still unread filled the buffer (never on an empty one, or
  // nobody
  // would be woken when there is room).
  kAgain,
  kCount,
};
inline constexpr size_t kFaultKinds = static_cast<size_t>(FaultKind::kCount);

// "fail_allocation", "fail_thread", "short_read", "short_write", "interrupt", "again".
inline constexpr const char* kFaultKindNames[kFaultKinds] = {
    "fail_allocation", "fail_thread", "short_read", "short_write", "interrupt", "again"};
static_assert(kFaultKindNames[kFaultKinds - 1] != nullptr, "each kind needs a name");
inline const char* FaultKindName(FaultKind kind) {
  return kFaultKindNames[static_cast<size_t>(kind)];
}

// When a fault of one kind comes: at the nth occasion of the execution (from 1), or, when `nth` is
// 0, at each with that probability. Both 0: never.
struct FaultRule {
  uint32_t nth = 0;
  uint32_t per_million = 0;
  bool Any() const { return nth != 0 || per_million != 0; }
  friend bool operator==(const FaultRule&, const FaultRule&) = default;
};
using FaultPlan = std::array<FaultRule, kFaultKinds>;  // by FaultKind

inline bool AnyFault(const FaultPlan& plan) {
  for (const FaultRule& rule : plan) {
    if (rule.Any()) return true;
  }
  return false;
}

// A fault that came: at the thread's nth occasion for one of its kind, from 1.
struct Fault {
  FaultKind kind = FaultKind::kAllocation;
  ThreadNumber thread = 0;
  uint32_t nth = 0;
  friend bool operator==(const Fault&, const Fault&) = default;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_FAULTS_H_
