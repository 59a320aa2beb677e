// Loops that wait for a plain variable: for a volatile, as programs from before C++11 do, or behind
// a compiler barrier. Plain accesses are no schedule points, so the thread that is to change the
// variable would never run. A thread that reads the same few words again and again, and does
// nothing else, yields now and then.
//
// Not noticed: loops that write to memory as well, or read more than kMostInSpin words.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SPINS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SPINS_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Reads of one word, with few others in between and nothing else, after which a thread counts as
// spinning. Hardly any loop that ends by itself does so many, and they take microseconds.
inline constexpr uint32_t kSpinReads = 4096;
// Words that such a loop reads.
inline constexpr uint32_t kMostInSpin = 4;

// What a thread has read since it last did anything else.
struct Spin {
  const void* word = nullptr;
  uint32_t reads = 0;   // of this word
  uint32_t others = 0;  // reads of other words since
  uint64_t points = 0;  // of the execution, when `reads` last reached kSpinReads
};

extern constinit thread_local Spin tls_spin __attribute__((tls_model("initial-exec")));

// The running thread has read a word kSpinReads times: it yields, if there was no point meanwhile.
void AfterSpinReads();

// For each plain access. Nanoseconds, any thread.
inline void NoteSpinRead(const void* word) {
  Spin& spin = tls_spin;
  if (word == spin.word) {
    spin.others = 0;
    if (__builtin_expect(++spin.reads == kSpinReads, 0)) AfterSpinReads();
  } else if (++spin.others >= kMostInSpin) {
    spin.word = word;
    spin.reads = spin.others = 0;
  }
}
inline void NoteSpinWrite() { tls_spin.reads = 0; }

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SPINS_H_
