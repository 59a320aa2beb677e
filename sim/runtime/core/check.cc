#include "sim/runtime/core/check.h"

#include <sys/syscall.h>

#include "sim/runtime/core/context.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"

namespace heddle::sim::runtime {

void CheckFailed(const char* file, int line, const char* must_hold) {
  // A check that fails while another is reported: what there is to say is said.
  static constinit bool failing = false;
  if (failing) RawSyscall(SYS_exit_group, kFindingExitStatus);
  failing = true;
  // The tables may be what is broken: only the running thread's stack is collected.
  kernel.execution.active = false;
  Fail(FailureKind::kInternal, "internal error at %s:%d: it does not hold that %s", file, line,
       must_hold);
}

}  // namespace heddle::sim::runtime
