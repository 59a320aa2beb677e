// What a corpus program is: one classic concurrency bug, in a broken and a right version.
//
// The programs under programs/ are ordinary C++20: threads, mutexes, atomics, libev. They know of
// no simulator and include nothing of it. Those below programs/weak ask for too weak an order of
// memory. Each runs its scenario once, from start to end, and
// returns; the broken version may abort, deadlock, race or corrupt memory, depending on the
// schedule alone. A program keeps no state between runs and leaves no thread behind when it
// returns.
#ifndef HEDDLE_SIM_CORPUS_PROGRAM_H_
#define HEDDLE_SIM_CORPUS_PROGRAM_H_

// The assertions are the programs' own oracles: they stay on in every build.
#undef NDEBUG
#include <cassert>
#include <span>
#include <thread>
#include <utility>

namespace heddle::corpus {

// How a broken version shows itself, and so in which flavour to look for it.
enum class Shows {
  kAssertion,  // an assertion, or an exception nobody catches: any flavour
  kDeadlock,   // everybody waits, possibly for a wake-up that was lost: any flavour
  kDataRace,   // ThreadSanitizer's report
  kMemory,     // AddressSanitizer's report: use after free, double free, use after scope
  kMisuse,     // a primitive used after it was destroyed: any flavour
};

// What must be searched for the broken version to show it.
enum class Needs {
  kInterleavings,
  kWeakMemory,  // old values of atomics too: no sequentially consistent execution shows it
};

struct Program {
  const char* name;  // as given on the command line
  Shows shows;
  void (*broken)();
  void (*right)();
  Needs needs = Needs::kInterleavings;
};

// Every program, in alphabetical order of its name.
std::span<const Program* const> Programs();

// Runs each body in a thread of its own and waits for all of them.
template <typename... Bodies>
void InThreads(Bodies&&... bodies) {
  std::thread threads[] = {std::thread(std::forward<Bodies>(bodies))...};
  for (std::thread& thread : threads) thread.join();
}

}  // namespace heddle::corpus

#endif  // HEDDLE_SIM_CORPUS_PROGRAM_H_
