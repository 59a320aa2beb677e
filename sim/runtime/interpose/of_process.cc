// Calls that name a process or a thread and are the system's otherwise: getpriority, setpriority,
// sched_getparam and its like, pidfd_open, process_vm_readv, process_vm_writev. The program's
// numbers are virtual (identity.cc), the system gets its own.
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include <cerrno>

#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(getpriority, int, int, unsigned)
HEDDLE_REAL(setpriority, int, int, unsigned, int)
HEDDLE_REAL(sched_getparam, int, int, sched_param*)
HEDDLE_REAL(sched_setparam, int, int, const sched_param*)
HEDDLE_REAL(sched_getscheduler, int, int)
HEDDLE_REAL(sched_setscheduler, int, int, int, const sched_param*)
HEDDLE_REAL(sched_rr_get_interval, int, int, timespec*)
HEDDLE_REAL(pidfd_open, int, int, unsigned)
HEDDLE_REAL(process_vm_readv, ssize_t, int, const iovec*, unsigned long, const iovec*,
            unsigned long, unsigned long)
HEDDLE_REAL(process_vm_writev, ssize_t, int, const iovec*, unsigned long, const iovec*,
            unsigned long, unsigned long)

namespace heddle::sim::runtime {
namespace {

// `call` with the system's number of `process`.
template <typename Call>
auto WithRealProcess(int process, Call call) -> decltype(call(process)) {
  if (tls_self == nullptr) return call(process);
  if (process < 0) return ErrnoResult(EINVAL);
  const int real = RealProcess(process);
  return real < 0 ? ErrnoResult(ESRCH) : call(real);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are libc's names

INTERPOSE(int, getpriority, int which, unsigned who) {
  if (which != PRIO_PROCESS) return REAL(getpriority)(which, who);
  return WithRealProcess(static_cast<int>(who),
                         [&](int real) { return REAL(getpriority)(which, real); });
}

INTERPOSE(int, setpriority, int which, unsigned who, int priority) {
  if (which != PRIO_PROCESS) return REAL(setpriority)(which, who, priority);
  return WithRealProcess(static_cast<int>(who),
                         [&](int real) { return REAL(setpriority)(which, real, priority); });
}

INTERPOSE(int, sched_getparam, int process, sched_param* parameters) {
  return WithRealProcess(process, [&](int real) { return REAL(sched_getparam)(real, parameters); });
}

INTERPOSE(int, sched_setparam, int process, const sched_param* parameters) {
  return WithRealProcess(process, [&](int real) { return REAL(sched_setparam)(real, parameters); });
}

INTERPOSE(int, sched_getscheduler, int process) {
  return WithRealProcess(process, [&](int real) { return REAL(sched_getscheduler)(real); });
}

INTERPOSE(int, sched_setscheduler, int process, int policy, const sched_param* parameters) {
  return WithRealProcess(
      process, [&](int real) { return REAL(sched_setscheduler)(real, policy, parameters); });
}

INTERPOSE(int, sched_rr_get_interval, int process, timespec* interval) {
  return WithRealProcess(process,
                         [&](int real) { return REAL(sched_rr_get_interval)(real, interval); });
}

INTERPOSE(int, pidfd_open, int process, unsigned flags) {
  return WithRealProcess(process, [&](int real) { return REAL(pidfd_open)(real, flags); });
}

INTERPOSE(ssize_t, process_vm_readv, int process, const iovec* local, unsigned long local_count,
          const iovec* remote, unsigned long remote_count, unsigned long flags) {
  return WithRealProcess(process, [&](int real) {
    return REAL(process_vm_readv)(real, local, local_count, remote, remote_count, flags);
  });
}

INTERPOSE(ssize_t, process_vm_writev, int process, const iovec* local, unsigned long local_count,
          const iovec* remote, unsigned long remote_count, unsigned long flags) {
  return WithRealProcess(process, [&](int real) {
    return REAL(process_vm_writev)(real, local, local_count, remote, remote_count, flags);
  });
}
