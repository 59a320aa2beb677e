// See descriptor_signals.h. Who owns a descriptor is the system's to know; the program's numbers of
// processes are its own.
//
// Not modelled: the signals themselves, which the system would send at any moment (refused).
#include "sim/runtime/interpose/descriptor_signals.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"

namespace heddle::sim::runtime {
namespace {

int Fcntl(int descriptor, int command, long argument) {
  const long result = RawSyscall(SYS_fcntl, descriptor, command, argument);
  return result < 0 ? ErrnoResult(static_cast<int>(-result)) : static_cast<int>(result);
}

// A group's owner is negative, or has the type F_OWNER_PGRP: groups are virtual, so that no process
// of the system has it. What would be sent there is refused.
int SetOwner(int descriptor, f_owner_ex owner) {
  if (owner.type == F_OWNER_PGRP || owner.pid == 0) {
    owner.pid = 0;
  } else {
    owner.pid = RealProcess(owner.pid);
    if (owner.pid < 0) return ErrnoResult(ESRCH);
  }
  return Fcntl(descriptor, F_SETOWN_EX, reinterpret_cast<long>(&owner));
}

int GetOwner(int descriptor, f_owner_ex* owner) {
  const int result = Fcntl(descriptor, F_GETOWN_EX, reinterpret_cast<long>(owner));
  if (result == 0 && owner->pid != 0) owner->pid = VirtualProcess(owner->pid);
  return result;
}

}  // namespace

bool SetsOwner(const Thread* self, int descriptor, int command, long argument, int* result) {
  if (self == nullptr) return false;
  switch (command) {
    case F_SETFL:
      if ((argument & O_ASYNC) != 0) Unmodelled("a descriptor's SIGIO (fcntl with O_ASYNC)");
      return false;
    case F_SETLEASE:
      if (argument != F_UNLCK) Unmodelled("a lease on a file (fcntl with F_SETLEASE)");
      return false;
    case F_NOTIFY:
      Unmodelled("signals of a folder (fcntl with F_NOTIFY)");
    case F_SETOWN: {
      const auto owner = static_cast<int>(argument);
      *result = SetOwner(descriptor, {owner < 0 ? F_OWNER_PGRP : F_OWNER_PID, owner});
      return true;
    }
    case F_SETOWN_EX:
      *result = SetOwner(descriptor, *reinterpret_cast<const f_owner_ex*>(argument));
      return true;
    case F_GETOWN: {
      f_owner_ex owner = {};
      *result = GetOwner(descriptor, &owner);
      if (*result == 0) *result = owner.pid;
      return true;
    }
    case F_GETOWN_EX:
      *result = GetOwner(descriptor, reinterpret_cast<f_owner_ex*>(argument));
      return true;
    default:
      return false;
  }
}

}  // namespace heddle::sim::runtime
