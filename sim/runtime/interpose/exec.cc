// Becoming another program: execve and its like (POSIX.1-2017, execveat(2)). It runs free then
// (core/child_processes.h). In the process that began, that is the end of the execution, which is
// not complete: what the other program does is not judged.
//
// Not modelled: child processes under control outlive the program that made them only until then.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/fork.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/programs.h"

HEDDLE_REAL(execve, int, const char*, char* const*, char* const*)
HEDDLE_REAL(execvpe, int, const char*, char* const*, char* const*)
HEDDLE_REAL(execveat, int, int, const char*, char* const*, char* const*, int)
HEDDLE_REAL(fexecve, int, int, char* const*, char* const*)

namespace heddle::sim::runtime {
namespace {

constexpr uint32_t kFirstWithExec = 7;  // of the rules

// In the process that began. The real call, which comes back only on failure. It ends all other
// threads.
template <typename Call>
int BecomeProgram(Thread* self, const char* name, Call call) {
  if (kernel.request.rules < kFirstWithExec) Unmodelled(name);
  PointOn(self, OpKind::kExit, Access::kWrite, kNoObject);
  Control& control = *kernel.control;
  control.points = kernel.log.points;
  control.hash = kernel.log.hash;
  control.virtual_ns = static_cast<uint64_t>(kernel.clock.now);
  control.awaits_process = 1;  // no watchdog: its time is real
  control.state = ExecutionState::kBecameProgram;
  const int result = WithStateForPrograms(self, call);
  control.state = ExecutionState::kRunning;
  control.awaits_process = 0;
  return result;
}

// The real call, which comes back only on failure.
template <typename Call>
int Execute(Thread* self, const char* name, Call call) {
  if (!InChildProcess()) return BecomeProgram(self, name, call);
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  BeforeExec();
  const int result = WithStateForPrograms(self, call);
  const int error = errno;
  ExecFailed();
  errno = error;
  return result;
}

// The forms whose arguments are listed, of any number.
constexpr size_t kMostExecArguments = 1024;

using ArgumentList = char* const*;

// Calls `call` with `first` and those that follow, up to the null pointer, which ends the list.
template <typename Call>
int WithList(const char* first, va_list* rest, Call call) {
  const char* list[kMostExecArguments];
  for (size_t i = 0; i < kMostExecArguments; ++i) {
    list[i] = i == 0 ? first : va_arg(*rest, const char*);
    if (list[i] == nullptr) return call(const_cast<ArgumentList>(list));
  }
  errno = E2BIG;
  return -1;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, execve, const char* path, char* const* arguments, char* const* variables) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(execve)(path, arguments, variables);
  return Execute(self, "execve", [&] { return REAL(execve)(path, arguments, variables); });
}

INTERPOSE(int, execvpe, const char* file, char* const* arguments, char* const* variables) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(execvpe)(file, arguments, variables);
  return Execute(self, "execvpe", [&] { return REAL(execvpe)(file, arguments, variables); });
}

INTERPOSE(int, execveat, int folder, const char* path, char* const* arguments,
          char* const* variables, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(execveat)(folder, path, arguments, variables, flags);
  return Execute(self, "execveat",
                 [&] { return REAL(execveat)(folder, path, arguments, variables, flags); });
}

INTERPOSE(int, fexecve, int descriptor, char* const* arguments, char* const* variables) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(fexecve)(descriptor, arguments, variables);
  return Execute(self, "fexecve", [&] { return REAL(fexecve)(descriptor, arguments, variables); });
}

INTERPOSE(int, execv, const char* path, char* const* arguments) {
  return heddle_execve(path, arguments, environ);
}

INTERPOSE(int, execvp, const char* file, char* const* arguments) {
  return heddle_execvpe(file, arguments, environ);
}

INTERPOSE(int, execl, const char* path, const char* argument, ...) {
  va_list rest;
  va_start(rest, argument);
  const int result =
      WithList(argument, &rest, [&](ArgumentList list) { return heddle_execv(path, list); });
  va_end(rest);
  return result;
}

INTERPOSE(int, execlp, const char* file, const char* argument, ...) {
  va_list rest;
  va_start(rest, argument);
  const int result =
      WithList(argument, &rest, [&](ArgumentList list) { return heddle_execvp(file, list); });
  va_end(rest);
  return result;
}

INTERPOSE(int, execle, const char* path, const char* argument, ...) {
  va_list rest;
  va_start(rest, argument);
  const int result = WithList(argument, &rest, [&](ArgumentList list) {
    return heddle_execve(path, list, va_arg(rest, ArgumentList));
  });
  va_end(rest);
  return result;
}
