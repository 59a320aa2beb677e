// Assertions about the kernel's own state. Always on: the kernel's verdicts are proofs only while
// its tables are right, and a failed check costs nothing until it fails.
//
//   KERNEL_CHECK(queue->length > 0, "a thread leaves a queue that counts no thread");
//
// On failure the execution ends with the finding "internal-error", which names the file, the line
// and what must hold. May stand anywhere: it allocates nothing, takes no lock and switches to no
// other thread, so it is safe in signal handlers and in a child just after fork. The condition
// must have no side effect.
#ifndef HEDDLE_SIM_RUNTIME_CORE_CHECK_H_
#define HEDDLE_SIM_RUNTIME_CORE_CHECK_H_

namespace heddle::sim::runtime {

[[noreturn]] __attribute__((cold, noinline)) void CheckFailed(const char* file, int line,
                                                              const char* must_hold);

}  // namespace heddle::sim::runtime

// __FILE_NAME__ is the file's name without its folder: messages are the same in every build folder.
#define KERNEL_CHECK(condition, must_hold)           \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::heddle::sim::runtime::CheckFailed(__FILE_NAME__, __LINE__, must_hold))

#endif  // HEDDLE_SIM_RUNTIME_CORE_CHECK_H_
