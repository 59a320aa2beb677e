// Starting other programs: posix_spawn, posix_spawnp, system, popen, pclose (POSIX.1-2017). They
// run free (core/child_processes.h). The shell of system() and popen() is /bin/sh.
//
// Not modelled: daemon() and forkpty(), which are refused.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/fork.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/programs.h"

HEDDLE_REAL_VERSION(posix_spawn, "GLIBC_2.15", int, int*, const char*,
                    const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*,
                    char* const*)
HEDDLE_REAL_VERSION(posix_spawnp, "GLIBC_2.15", int, int*, const char*,
                    const posix_spawn_file_actions_t*, const posix_spawnattr_t*, char* const*,
                    char* const*)
HEDDLE_REAL(system, int, const char*)
HEDDLE_REAL(popen, FILE*, const char*, const char*)
HEDDLE_REAL(pclose, int, FILE*)

namespace heddle::sim::runtime {
namespace {

// `start` is posix_spawn() with its first argument left open. 0 or an errno value.
template <typename Start>
int Spawn(Thread* self, int* number, Start start) {
  if (!ChildrenAreModelled()) Unmodelled("posix_spawn");
  PointOn(self, OpKind::kThreadCreate, Access::kNone, kNoObject);
  ChildProcess* child = NewChildProcess();
  HoldBackSignal(SIGCHLD);
  int process = 0;
  const int error = WithStateForPrograms(self, [&] { return start(&process); });
  if (error != 0) {
    DropChildProcess(child);
    OnlyRead(self);
    return error;
  }
  StartedFree(child, process);
  if (number != nullptr) *number = child->number;
  return 0;
}

int SpawnShell(Thread* self, int* number, const char* command,
               const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes) {
  const char* arguments[] = {"sh", "-c", command, nullptr};
  return Spawn(self, number, [&](int* process) {
    return REAL(posix_spawn)(process, "/bin/sh", actions, attributes,
                             const_cast<char* const*>(arguments), environ);
  });
}

int WaitUninterrupted(Thread* self, int number) {
  int status = 0;
  int result;
  do {
    result = WaitForChild(self, number, &status, 0);
  } while (result < 0 && errno == EINTR);
  return result < 0 ? -1 : status;
}

int System(Thread* self, const char* command) {
  if (command == nullptr) return 1;  // there is a shell
  struct sigaction ignore = {}, interrupt = {}, quit = {};
  ignore.sa_handler = SIG_IGN;
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigaction(SIGINT, &ignore, &interrupt);
  sigaction(SIGQUIT, &ignore, &quit);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  // The shell has the program's own signals.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t reset;
  sigemptyset(&reset);
  if (interrupt.sa_handler != SIG_IGN) sigaddset(&reset, SIGINT);
  if (quit.sa_handler != SIG_IGN) sigaddset(&reset, SIGQUIT);
  posix_spawnattr_setsigdefault(&attributes, &reset);
  posix_spawnattr_setsigmask(&attributes, &before);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  int number = 0;
  const int error = SpawnShell(self, &number, command, nullptr, &attributes);
  posix_spawnattr_destroy(&attributes);
  constexpr int kNoShell = 127 << 8;
  const int status = error != 0 ? kNoShell : WaitUninterrupted(self, number);
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGQUIT, &quit, nullptr);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return status;
}

// Streams of popen(), and whose they are.
struct Stream {
  FILE* file;
  int number;
};
constexpr uint32_t kMaxStreams = 256;  // at a time
constinit Stream streams[kMaxStreams] = {};

Stream* FindStream(const FILE* file) {
  for (Stream& stream : streams) {
    if (stream.file == file) return &stream;
  }
  return nullptr;
}

FILE* OpenStream(Thread* self, const char* command, const char* mode) {
  const bool reads = mode[0] == 'r';
  if ((!reads && mode[0] != 'w') || strspn(mode + 1, "e") != strlen(mode + 1)) {
    errno = EINVAL;
    return nullptr;
  }
  Stream* stream = FindStream(nullptr);
  if (stream == nullptr) Fail(FailureKind::kLimit, "more than %u streams of popen()", kMaxStreams);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return nullptr;
  const int own = reads ? ends[0] : ends[1];
  const int others = reads ? ends[1] : ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, others, reads ? STDOUT_FILENO : STDIN_FILENO);
  int number = 0;
  const int error = SpawnShell(self, &number, command, &actions, nullptr);
  posix_spawn_file_actions_destroy(&actions);
  close(others);
  FILE* file = error == 0 ? fdopen(own, reads ? "r" : "w") : nullptr;
  if (file == nullptr) {
    close(own);
    if (error != 0) errno = error;
    return nullptr;
  }
  if (strchr(mode, 'e') == nullptr) fcntl(own, F_SETFD, 0);
  *stream = {file, number};
  return file;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, posix_spawn, int* number, const char* path,
          const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes,
          char* const* arguments, char* const* variables) {
  const auto start = [&](int* process) {
    return REAL(posix_spawn)(process, path, actions, attributes, arguments, variables);
  };
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? Spawn(self, number, start) : start(number);
}

INTERPOSE(int, posix_spawnp, int* number, const char* file,
          const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes,
          char* const* arguments, char* const* variables) {
  const auto start = [&](int* process) {
    return REAL(posix_spawnp)(process, file, actions, attributes, arguments, variables);
  };
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? Spawn(self, number, start) : start(number);
}

INTERPOSE(int, system, const char* command) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? System(self, command) : REAL(system)(command);
}

INTERPOSE(FILE*, popen, const char* command, const char* mode) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? OpenStream(self, command, mode) : REAL(popen)(command, mode);
}

INTERPOSE(int, pclose, FILE* file) {
  Thread* self = HEDDLE_SELF;
  Stream* stream = self != nullptr ? FindStream(file) : nullptr;
  if (stream == nullptr) return REAL(pclose)(file);
  const int number = stream->number;
  *stream = {};
  fclose(file);
  IoChanged();
  return WaitUninterrupted(self, number);
}
