// Whose code a frame is: the one definition. Stacks that people see, dedup keys, the sites of races
// and the debugger's commands (is_program_frame in sim/supervisor/debug.py, which mirrors it) all
// follow it.
#ifndef HEDDLE_SIM_STACKS_OWN_CODE_H_
#define HEDDLE_SIM_STACKS_OWN_CODE_H_

#include "sim/stacks/frame.h"

namespace heddle::sim {

enum class CodeOwner {
  kProgram,      // the code under test
  kLibrary,      // libc, the C++ library, Abseil, GoogleTest, a sanitizer's runtime
  kThreadStart,  // how libc begins main() and every thread
  kInterposer,   // stands between the program and libc (sim/runtime)
  kRuntime,      // the rest of Heddle's runtime
};

// By the frame's function, file and module; Frame::own is not looked at. The programs that test the
// runtime (sim/runtime/testing) are programs.
CodeOwner OwnerOf(const Frame& frame);

// Whether the frame is of the code under test.
inline bool IsOwn(const Frame& frame) { return OwnerOf(frame) == CodeOwner::kProgram; }

// Whether it is Heddle's own machinery, which says nothing about the program.
inline bool IsMachinery(CodeOwner owner) {
  return owner == CodeOwner::kInterposer || owner == CodeOwner::kRuntime;
}

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_OWN_CODE_H_
