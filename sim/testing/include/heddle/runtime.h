// Heddle's runtime, as a program under control sees it. Nothing of it is required: a program that
// does not include this header is explored as it is.
//
// Header only, C++11. In a build without the runtime (or one that runs free) Controlled() is false,
// and Checkpoint() does nothing.
#ifndef HEDDLE_RUNTIME_H_
#define HEDDLE_RUNTIME_H_

extern "C" {
__attribute__((weak)) int heddle_is_controlled();
__attribute__((weak)) void heddle_checkpoint();
__attribute__((weak)) const char* heddle_flavour();
}

namespace heddle {

// Whether the calling thread's operations are schedule points.
inline bool Controlled() { return heddle_is_controlled != nullptr && heddle_is_controlled() != 0; }

// Control begins here instead of at main(): what comes before is done once, not in each execution.
// Call it once, from main, while no other thread exists.
inline void Checkpoint() {
  if (heddle_checkpoint != nullptr) heddle_checkpoint();
}

// "det", "tsan", "asan"; "native" without the runtime.
inline const char* Flavour() { return heddle_flavour != nullptr ? heddle_flavour() : "native"; }

}  // namespace heddle

#endif  // HEDDLE_RUNTIME_H_
