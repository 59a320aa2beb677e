// What went wrong, for a person in a hurry: one line, then what each thread did, in order.
#ifndef HEDDLE_REPORTS_MODEL_CAUSE_H_
#define HEDDLE_REPORTS_MODEL_CAUSE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/model/finding.h"
#include "sim/protocol/strategy.h"

namespace heddle::reports {

// What an event has to do with the finding.
enum class CauseRole {
  kAllocated,  // the memory
  kFreed,      // the memory
  kPrevious,   // the other access of a race, the first lock of an inversion
  kHolds,      // took a lock that it still holds
  kSignal,     // woke nobody, or another thread than the one that sleeps
  kWoken,      // by that signal
  kSleeps,     // and is never woken
  kWants,      // a lock that another thread holds, or another thread's end
  kAccess,     // the access, call or crash that was caught
};
inline constexpr std::array<absl::string_view, 9> kCauseRoleNames = {
    "allocated", "freed", "previous", "holds", "signal", "woken", "sleeps", "wants", "access"};
inline absl::string_view Name(CauseRole role) { return kCauseRoleNames[static_cast<size_t>(role)]; }

struct CauseEvent {
  CauseRole role = CauseRole::kAccess;
  std::optional<sim::ThreadNumber> thread;  // nothing when the report does not say
  std::string who;                          // "T1 Producer"; "" without a thread
  std::string what;                         // "frees a Session (64 bytes)"
  std::string label;                        // the same in two words: "freed"
  std::string operation;                    // what it waits in: "mutex-lock"; "" for others
  std::vector<Frame> frames;                // innermost first
  uint64_t address = 0;                     // of the lock, condition variable...; 0: none
  std::optional<uint64_t> point;            // the step, where the runtime says it
};

struct Cause {
  std::string headline;  // "heap-use-after-free: T1 EventLoop reads a Session that T2 Cache freed"
  std::vector<CauseEvent> events;  // in the order of time, as far as that is known
};

// What is known beyond the finding; each may be empty.
struct CauseNames {
  // The name of the object at an address, "queue->mutex #4"; "" when it has none.
  std::function<std::string(uint64_t address)> object;
  std::map<sim::ThreadNumber, std::string> threads;  // they go before those in the finding
};

// Without a name, an object is called what the source line at the finding's places calls it, if
// the source file is there.
Cause CauseOf(const Finding& finding, const CauseNames& names = {});

// "store.cc:12" of the innermost own frame; "" when there is none.
std::string PlaceText(const std::vector<Frame>& frames);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_CAUSE_H_
