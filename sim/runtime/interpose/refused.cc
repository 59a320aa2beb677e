// What is refused under control: other processes, signals that are waited for, file locks, message
// queues, networks' names.
//
// Each could block, or bring in what cannot be replayed. Uncontrolled calls go straight through;
// six words of arguments are enough for all of them.
#include <cerrno>
#include <cstdarg>
#include <cstddef>

#include "sim/runtime/interpose/interpose.h"

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

#define HEDDLE_REFUSE(name)                                               \
  HEDDLE_REAL(name, long, long, long, long, long, long, long)             \
  INTERPOSE(long, name, long a, long b, long c, long d, long e, long f) { \
    if (tls_self != nullptr) Unmodelled(#name);                           \
    return REAL(name)(a, b, c, d, e, f);                                  \
  }
HEDDLE_REFUSE(fork)
HEDDLE_REFUSE(execve)
HEDDLE_REFUSE(execv)
HEDDLE_REFUSE(execvp)
HEDDLE_REFUSE(execvpe)
HEDDLE_REFUSE(execveat)
HEDDLE_REFUSE(fexecve)
HEDDLE_REFUSE(system)
HEDDLE_REFUSE(popen)
HEDDLE_REFUSE(posix_spawn)
HEDDLE_REFUSE(posix_spawnp)
HEDDLE_REFUSE(wait)
HEDDLE_REFUSE(waitpid)
HEDDLE_REFUSE(waitid)
HEDDLE_REFUSE(pause)
HEDDLE_REFUSE(sigsuspend)
HEDDLE_REFUSE(sigwait)
HEDDLE_REFUSE(sigwaitinfo)
HEDDLE_REFUSE(sigtimedwait)
HEDDLE_REFUSE(alarm)
HEDDLE_REFUSE(setitimer)
HEDDLE_REFUSE(timer_create)
HEDDLE_REFUSE(signalfd)
HEDDLE_REFUSE(flock)
HEDDLE_REFUSE(lockf)
HEDDLE_REFUSE(mq_receive)
HEDDLE_REFUSE(mq_send)
HEDDLE_REFUSE(mq_timedreceive)
HEDDLE_REFUSE(mq_timedsend)
HEDDLE_REFUSE(msgrcv)
HEDDLE_REFUSE(msgsnd)
HEDDLE_REFUSE(semop)
HEDDLE_REFUSE(semtimedop)
HEDDLE_REFUSE(recvmmsg)
HEDDLE_REFUSE(sendmmsg)
HEDDLE_REFUSE(splice)
HEDDLE_REFUSE(getaddrinfo)
HEDDLE_REFUSE(gethostbyname)
HEDDLE_REFUSE(pthread_mutex_setprioceiling)
HEDDLE_REFUSE(io_submit)
HEDDLE_REFUSE(aio_suspend)

// The forms of exec whose arguments are listed, of any number.
namespace {

constexpr size_t kMostExecArguments = 1024;

long AsWord(const void* pointer) { return reinterpret_cast<long>(pointer); }

// Calls `call` with `first` and those that follow, up to the null pointer, which ends the list.
template <typename Call>
int WithList(const char* first, va_list* rest, Call call) {
  const char* list[kMostExecArguments];
  for (size_t i = 0; i < kMostExecArguments; ++i) {
    list[i] = i == 0 ? first : va_arg(*rest, const char*);
    if (list[i] == nullptr) return static_cast<int>(call(AsWord(list)));
  }
  errno = E2BIG;
  return -1;
}

}  // namespace

INTERPOSE(int, execl, const char* path, const char* argument, ...) {
  if (tls_self != nullptr) Unmodelled("execl");
  va_list rest;
  va_start(rest, argument);
  const int result = WithList(
      argument, &rest, [&](long list) { return LIBC(execv)(AsWord(path), list, 0, 0, 0, 0); });
  va_end(rest);
  return result;
}

INTERPOSE(int, execlp, const char* file, const char* argument, ...) {
  if (tls_self != nullptr) Unmodelled("execlp");
  va_list rest;
  va_start(rest, argument);
  const int result = WithList(
      argument, &rest, [&](long list) { return LIBC(execvp)(AsWord(file), list, 0, 0, 0, 0); });
  va_end(rest);
  return result;
}

INTERPOSE(int, execle, const char* path, const char* argument, ...) {
  if (tls_self != nullptr) Unmodelled("execle");
  va_list rest;
  va_start(rest, argument);
  const int result = WithList(argument, &rest, [&](long list) {
    return LIBC(execve)(AsWord(path), list, va_arg(rest, long), 0, 0, 0);
  });
  va_end(rest);
  return result;
}

// vfork cannot be wrapped (its frame would be gone when the parent comes back): a fork does the
// same.
INTERPOSE(long, vfork, ) { return heddle_fork(0, 0, 0, 0, 0, 0); }
