// Limits of resources: setrlimit, getrlimit, prlimit (POSIX.1-2017, getrlimit(2)). They are the
// system's. One is kept back: the program may lower the hard limit of its descriptors, but the
// runtime's own have numbers above it, so the system keeps the old one.
//
// Not modelled: a program that is started after that has the old hard limit.
#include "sim/runtime/interpose/resource_limits.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sim/runtime/core/supervised.h"
#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(setrlimit, int, int, const rlimit*)
HEDDLE_REAL(getrlimit, int, int, rlimit*)
HEDDLE_REAL(prlimit, int, int, int, const rlimit*, rlimit*)

namespace heddle::sim::runtime {
namespace {

// The program's hard limit of descriptors, where it has lowered it.
constinit rlim_t lowered_to = RLIM_INFINITY;

rlimit SystemsLimit() {
  rlimit limit = {};
  RawSyscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, reinterpret_cast<long>(&limit));
  return limit;
}

long SetSystemsLimit(const rlimit& limit) {
  return RawSyscall(SYS_prlimit64, 0, RLIMIT_NOFILE, reinterpret_cast<long>(&limit), 0);
}

rlimit ProgramsLimit() {
  rlimit limit = SystemsLimit();
  if (lowered_to < limit.rlim_max) limit.rlim_max = lowered_to;
  return limit;
}

// 0 or an errno value.
int SetDescriptorLimit(const rlimit& wanted) {
  if (wanted.rlim_cur > wanted.rlim_max) return EINVAL;
  const rlimit now = ProgramsLimit();
  if (wanted.rlim_max > now.rlim_max) return EPERM;  // it is no superuser
  const long error = SetSystemsLimit({wanted.rlim_cur, SystemsLimit().rlim_max});
  if (error != 0) return static_cast<int>(-error);
  lowered_to = wanted.rlim_max;
  return 0;
}

int LimitDescriptors(const rlimit* wanted, rlimit* old) {
  const rlimit before = ProgramsLimit();
  const int error = wanted != nullptr ? SetDescriptorLimit(*wanted) : 0;
  if (error == 0 && old != nullptr) *old = before;
  return ErrnoResult(error);
}

}  // namespace

OwnDescriptorScope::OwnDescriptorScope() : programs_(SystemsLimit()) {
  if (programs_.rlim_cur < programs_.rlim_max) {
    SetSystemsLimit({programs_.rlim_max, programs_.rlim_max});
  }
}

OwnDescriptorScope::~OwnDescriptorScope() {
  if (programs_.rlim_cur < programs_.rlim_max) SetSystemsLimit(programs_);
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are libc's names

INTERPOSE(int, setrlimit, int resource, const rlimit* wanted) {
  if (resource != RLIMIT_NOFILE || wanted == nullptr || !Supervised()) {
    return REAL(setrlimit)(resource, wanted);
  }
  return LimitDescriptors(wanted, nullptr);
}

INTERPOSE(int, setrlimit64, int resource, const rlimit* wanted) {
  return heddle_setrlimit(resource, wanted);
}

INTERPOSE(int, getrlimit, int resource, rlimit* limit) {
  if (resource != RLIMIT_NOFILE || limit == nullptr || !Supervised()) {
    return REAL(getrlimit)(resource, limit);
  }
  return LimitDescriptors(nullptr, limit);
}

INTERPOSE(int, getrlimit64, int resource, rlimit* limit) {
  return heddle_getrlimit(resource, limit);
}

INTERPOSE(int, prlimit, int process, int resource, const rlimit* wanted, rlimit* old) {
  if (tls_self == nullptr) return REAL(prlimit)(process, resource, wanted, old);
  const int real = process != 0 ? RealProcess(process) : 0;
  if (real < 0) return ErrnoResult(ESRCH);
  if (resource == RLIMIT_NOFILE && (real == 0 || real == kernel.carrier.process)) {
    return LimitDescriptors(wanted, old);
  }
  return REAL(prlimit)(real, resource, wanted, old);
}

INTERPOSE(int, prlimit64, int process, int resource, const rlimit* wanted, rlimit* old) {
  return heddle_prlimit(process, resource, wanted, old);
}
