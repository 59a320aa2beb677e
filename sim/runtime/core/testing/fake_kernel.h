// The kernel's tables without a kernel: for tests of single modules, which run in an ordinary
// process. There are threads in the thread table, but none of them runs: Schedule() returns at
// once, and Fail() prints and exits with kFindingExitStatus.
#ifndef HEDDLE_SIM_RUNTIME_CORE_TESTING_FAKE_KERNEL_H_
#define HEDDLE_SIM_RUNTIME_CORE_TESTING_FAKE_KERNEL_H_

#include <gtest/gtest.h>

#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {

// The earliest deadline that TimersEarliest() answers; kNever in each new test.
extern int64_t fake_timer_deadline;

// Each test begins with the threads 0, 1 and 2, alive and able to go on; thread 0 runs.
class FakeKernel : public testing::Test {
 protected:
  static constexpr uint32_t kThreads = 3;

  FakeKernel();

  // As if the thread were in WaitPoint() on `address` and had gone to sleep.
  void Sleep(Thread& thread, const void* address, Ready ready, int64_t deadline = kNever);
  void Wake(Thread& thread);

  Thread threads_[kThreads];
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_TESTING_FAKE_KERNEL_H_
