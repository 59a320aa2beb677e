#include "sim/runtime/core/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/protocol/hash.h"
#include "sim/runtime/core/context.h"
#include "sim/runtime/core/uncontrolled.h"

namespace heddle::sim::runtime {
namespace {

// Processes in processes: deeper ones count as running.
constexpr int kMaxTreeDepth = 32;

// The file's text, cut to the buffer. Its length; less than 0 when it cannot be read.
long ReadText(const char* path, char* text, size_t size) {
  const long file =
      RawSyscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDONLY | O_CLOEXEC);
  if (file < 0) return file;
  const long length =
      RawSyscall(SYS_read, file, reinterpret_cast<long>(text), static_cast<long>(size - 1));
  RawSyscall(SYS_close, file);
  text[length > 0 ? length : 0] = 0;
  return length;
}

// "pid (name) S ...": the name may hold anything but the last bracket. 0: there is no such thread.
char StateIn(const char* text) {
  const char* end = strrchr(text, ')');
  return end != nullptr && end[1] == ' ' ? end[2] : 0;
}

// Whether a thread that sleeps in this call ("number arguments...", in hexadecimal) may wake by the
// passage of time.
bool SleepsForTime(const char* text) {
  char* rest = nullptr;
  const long number = strtol(text, &rest, 10);
  if (rest == text || number < 0) return true;
  unsigned long a[6] = {};
  for (unsigned long& argument : a) argument = strtoul(rest, &rest, 16);
  switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_write:
    case SYS_writev:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_accept:
    case SYS_accept4:
      return false;
    case SYS_poll:
      return static_cast<int>(a[2]) >= 0;
    case SYS_ppoll:
      return a[2] != 0;
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
      return static_cast<int>(a[3]) >= 0;
    case SYS_select:
    case SYS_pselect6:
      return a[4] != 0;
    case SYS_futex:
      return a[3] != 0;
    default:
      return true;
  }
}

void AddProcess(int process, bool ask_timed, int depth, TreeState* state);

void AddThread(int process, int thread, bool ask_timed, int depth, TreeState* state, bool* alive) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/task/%d/stat", process, thread);
  if (ReadText(path, text, sizeof text) <= 0) return;
  const char letter = StateIn(text);
  if (letter == 'Z' || letter == 'X' || letter == 0) return;
  *alive = true;
  if (letter == 'T' && depth == 0) state->stopped = true;
  if (letter != 'S' && letter != 'T' && letter != 't') state->asleep = false;
  snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", process, thread);
  if (ReadText(path, text, sizeof text) > 0) {
    for (const char* c = text; *c != 0; ++c) {
      state->runs = HashStep(state->runs, static_cast<Step>(static_cast<unsigned char>(*c)));
    }
  }
  if (ask_timed) {
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", process, thread);
    if (ReadText(path, text, sizeof text) <= 0 || SleepsForTime(text)) state->timed = true;
  }
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", process, thread);
  if (ReadText(path, text, sizeof text) <= 0) return;
  char* next = text;
  for (long child = strtol(next, &next, 10); child > 0; child = strtol(next, &next, 10)) {
    AddProcess(static_cast<int>(child), ask_timed, depth + 1, state);
  }
}

void AddProcess(int process, bool ask_timed, int depth, TreeState* state) {
  if (depth > kMaxTreeDepth) {
    state->asleep = false;
    return;
  }
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", process);
  const long folder = RawSyscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path),
                                 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool alive = false;
  alignas(dirent64) char entries[2048];
  for (;;) {
    const long size = folder < 0 ? 0
                                 : RawSyscall(SYS_getdents64, folder,
                                              reinterpret_cast<long>(entries), sizeof entries);
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      const int thread = atoi(entry->d_name);
      if (thread > 0) AddThread(process, thread, ask_timed, depth, state, &alive);
    }
  }
  if (folder >= 0) RawSyscall(SYS_close, folder);
  if (depth == 0) state->ended = !alive;
}

}  // namespace

TreeState StateOfTree(int process, bool ask_timed) {
  Uncontrolled scope;
  TreeState state;
  AddProcess(process, ask_timed, 0, &state);
  return state;
}

bool HasMapping(int process, const void* address) {
  Uncontrolled scope;
  char path[64], wanted[32], text[4096 + 1];
  snprintf(path, sizeof path, "/proc/%d/maps", process);
  snprintf(wanted, sizeof wanted, "%lx-", reinterpret_cast<unsigned long>(address));
  const long file =
      RawSyscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>(path), O_RDONLY | O_CLOEXEC);
  if (file < 0) return true;
  // The system gives whole lines.
  bool found = false;
  for (;;) {
    const long length = RawSyscall(SYS_read, file, reinterpret_cast<long>(text), sizeof text - 1);
    if (length <= 0) break;
    text[length] = 0;
    found = found || strstr(text, wanted) != nullptr;
  }
  RawSyscall(SYS_close, file);
  return found;
}

}  // namespace heddle::sim::runtime
