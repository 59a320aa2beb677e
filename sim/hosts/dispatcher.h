// The dispatchers of the host (src/dispatch/include/heddle/host.h): how a callback of the network
// reaches the chain.
#ifndef HEDDLE_SIM_HOSTS_DISPATCHER_H_
#define HEDDLE_SIM_HOSTS_DISPATCHER_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"
#include "sim/seeded_bugs/names.h"

namespace heddle::sim {

// kReference is no dispatcher and no host: it is the same node and chain, run in order on one
// thread inside the harness. From kFirstBug on they are the hosts with seeded bugs, in the order of
// seeded_bugs::kBugNames.
enum class Dispatcher { kReference, kUnsync, kMutex, kAsync, kLocks, kWorker, kFirstBug };
inline constexpr auto kDispatcherNames = seeded_bugs::WithBugNames(
    std::array<absl::string_view, 6>{"reference", "unsync", "mutex", "async", "locks", "worker"});

inline absl::string_view Name(Dispatcher dispatcher) {
  return kDispatcherNames[static_cast<size_t>(dispatcher)];
}

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_HOSTS_DISPATCHER_H_
