// The runtime's words about a thread that waits (sim/runtime/core/describe.cc) and about the places
// that matter to a finding (core/report.cc). Schedule files and results keep them as text.
#ifndef HEDDLE_REPORTS_MODEL_WAIT_WORDS_H_
#define HEDDLE_REPORTS_MODEL_WAIT_WORDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/protocol/strategy.h"

namespace heddle::reports {

struct WaitWords {
  std::string operation;  // "mutex-lock"
  uint64_t address = 0;   // of the object; 0: none
  // Who holds the lock, or whose end it waits for.
  std::optional<sim::ThreadNumber> thread;
  bool for_end = false;         // of another thread, or of the process
  bool to_be_woken = false;     // nobody in particular owes it that
  std::vector<uint64_t> holds;  // locks, in the order in which they were taken
};

// "waits, mutex-lock 0x55 held by thread 2; holds mutex 0x66"; nothing for a thread that runs.
std::optional<WaitWords> ParseWait(absl::string_view state);

struct PlaceWords {
  std::string object;  // "mutex"
  uint64_t address = 0;
  bool signal = false;  // it signalled, and reached nobody or `woke`
  std::optional<sim::ThreadNumber> woke;
  bool woken = false;  // it waited, and took the wake-up
  bool left = false;   // it ended and left the lock locked
  bool freed = false;  // it freed the memory
  std::optional<uint64_t> point;
};

// "took the mutex 0x66", "took 0x66, and ended with it", "signalled 0x66 at point 9, and reached
// nobody", "signalled 0x66 at point 9, and woke thread 2", "waited for 0x66 and took the wake-up of
// point 9", "freed 0x66".
std::optional<PlaceWords> ParsePlace(absl::string_view text);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_WAIT_WORDS_H_
