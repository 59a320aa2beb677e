// Locks on files: flock, lockf, lockf64, and fcntl with F_SETLK, F_SETLKW, F_OFD_SETLK,
// F_OFD_SETLKW (flock(2), lockf(3), fcntl(2)).
//
// The system has the locks. A blocking call tries without waiting, and again whenever a descriptor
// may have changed: whoever unlocks or closes one tells (IoChanged). A lock of a process that the
// execution did not start cannot be waited for.
#include "sim/runtime/interpose/file_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(flock, int, int, int)
HEDDLE_REAL(lockf, int, int, int, off_t)

namespace heddle::sim::runtime {
namespace {

// Whether the process belongs to the execution: the root, or a child of anybody's. (What a program
// that runs free has started is not known.)
bool IsOfExecution(int process) {
  if (process == kernel.control->process || process == kernel.carrier.process) return true;
  const ChildTable* table = ChildProcesses();
  for (uint32_t i = 0; table != nullptr && i < table->count; ++i) {
    if (table->processes[i].process == process) return true;
  }
  return false;
}

// Whether a process from outside has a lock on the file (proc(5), /proc/locks).
bool StrangerLocks(int descriptor) {
  static constinit char text[65536];
  struct stat status = {};
  RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status));
  const long file =
      RawSyscall(SYS_open, reinterpret_cast<long>("/proc/locks"), O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return false;
  const long size = RawSyscall(SYS_read, file, reinterpret_cast<long>(text), sizeof text - 1);
  RawSyscall(SYS_close, file);
  text[size > 0 ? size : 0] = 0;
  for (char* line = text; line != nullptr && *line != 0;) {
    // "1: FLOCK  ADVISORY  WRITE 708 fe:00:1234 0 EOF"; "->" stands before one that waits.
    int process = 0;
    unsigned long number = 0;
    const int fields = sscanf(line, "%*d: %*[A-Z] %*s %*s %d %*x:%*x:%lu", &process, &number);
    if (fields == 2 && number == status.st_ino && process > 0 && !IsOfExecution(process)) {
      return true;
    }
    line = strchr(line, '\n');
    if (line != nullptr) ++line;
  }
  return false;
}

// `attempt` does not wait. Done again until it succeeds, unless `at_once`.
template <typename Attempt>
int Lock(Thread* self, int descriptor, bool at_once, Attempt attempt) {
  IoPoint(self);
  for (bool first = true;; first = false) {
    const int result = CallReal(attempt);
    // (A flock() that would change a lock has lost it when it fails.)
    if (result == 0 || first) IoChanged();
    const bool held = errno == EAGAIN || errno == EACCES;
    if (result == 0 || at_once || !held) return result;
    if (StrangerLocks(descriptor)) Unmodelled("to wait for a file lock of another process");
    WaitForIoChange(self);
  }
}

int WithoutWaiting(int command) {
  return command == F_SETLKW ? F_SETLK : command == F_OFD_SETLKW ? F_OFD_SETLK : command;
}

}  // namespace

bool SetsFileLock(int command) {
  return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
         command == F_OFD_SETLKW;
}

int SetFileLock(Thread* self, int descriptor, int command, long argument) {
  const int attempt = WithoutWaiting(command);
  return Lock(self, descriptor, attempt == command, [&] {
    const long result = RawSyscall(SYS_fcntl, descriptor, attempt, argument);
    if (result < 0) errno = static_cast<int>(-result);
    return result < 0 ? -1 : 0;
  });
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, flock, int descriptor, int operation) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(flock)(descriptor, operation);
  const bool at_once = (operation & LOCK_NB) != 0 || operation == LOCK_UN;
  return Lock(self, descriptor, at_once,
              [&] { return REAL(flock)(descriptor, operation | LOCK_NB); });
}

INTERPOSE(int, lockf, int descriptor, int command, off_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(lockf)(descriptor, command, size);
  return Lock(self, descriptor, command != F_LOCK,
              [&] { return REAL(lockf)(descriptor, command == F_LOCK ? F_TLOCK : command, size); });
}

// off64_t is off_t here.
INTERPOSE(int, lockf64, int descriptor, int command, off_t size) {
  return lockf(descriptor, command, size);
}
