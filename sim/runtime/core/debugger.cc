#include "sim/runtime/core/debugger.h"

#include <signal.h>
#include <sys/syscall.h>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"

// Not inlined, not merged with one another.
extern "C" __attribute__((noinline, used)) void heddle_debug_step() { asm volatile("nop"); }
extern "C" __attribute__((noinline, used)) void heddle_debug_finding(const char* message) {
  asm volatile("nop # finding" : : "r"(message));
}

namespace heddle::sim::runtime {

void StopForDebugger() {
  KERNEL_CHECK(kernel.log.points > 0, "a debugger stops at a step that was written down");
  kernel.control->stopped_at = kernel.log.points - 1;
  if (kernel.control->debugger == Debugger::kAttaches) {
    RawSyscall(SYS_tgkill, kernel.carrier.process, KernelThreadId(), SIGSTOP);
  }
  heddle_debug_step();
}

}  // namespace heddle::sim::runtime
