#include "sim/runtime/serve/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>

#include "sim/protocol/control.h"
#include "sim/runtime/core/hand_over.h"

namespace heddle::sim::runtime {
namespace {

// Folders in folders: deeper ones stay. Several times what programs make.
constexpr int kMaxDepth = 64;

long Raw(long number, long a, const void* b, long c = 0) {
  return RawSyscall(number, a, reinterpret_cast<long>(b), c);
}

// The children of this thread, which has started all of this process's. 0 bytes when the system
// does not tell.
long ReadChildren(char* text, size_t size) {
  const long file = Raw(SYS_openat, AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const long length = Raw(SYS_read, file, text, static_cast<long>(size - 1));
  RawSyscall(SYS_close, file);
  text[length > 0 ? length : 0] = 0;
  return length;
}

// The processes of "12 34 ", by number.
void KillAll(const char* numbers, int spared) {
  long process = 0;
  for (const char* c = numbers; *c != 0; ++c) {
    if (*c >= '0' && *c <= '9') {
      process = process * 10 + (*c - '0');
    } else if (process != 0) {
      if (process != spared) RawSyscall(SYS_kill, process, SIGKILL);
      process = 0;
    }
  }
}

// Whether the text names that process and no other.
bool NamesOnly(const char* text, int process) {
  char* rest = nullptr;
  return process != 0 && strtol(text, &rest, 10) == process && (*rest == 0 || rest[1] == 0);
}

void EndLeftProcesses(int spared) {
  for (;;) {
    const long ended = RawSyscall(SYS_wait4, -1, 0, WNOHANG | __WALL, 0);
    if (ended == -ECHILD) return;
    if (ended > 0 || ended == -EINTR) continue;
    char text[4096];  // some 500 processes at once
    if (ReadChildren(text, sizeof text) <= 0) return;
    if (NamesOnly(text, spared)) return;
    KillAll(text, spared);
    if (spared == 0) RawSyscall(SYS_wait4, -1, 0, __WALL, 0);
  }
}

}  // namespace

void AdoptLeftProcesses() { RawSyscall(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1); }

bool IsDots(const char* name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

bool RemoveEntry(int folder, const char* name, bool is_folder, int depth) {
  if (is_folder && depth < kMaxDepth) {
    const long inner =
        Raw(SYS_openat, folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0) {
      EmptyFolder(static_cast<int>(inner), depth + 1);
      RawSyscall(SYS_close, inner);
    }
  }
  return Raw(SYS_unlinkat, folder, name, is_folder ? AT_REMOVEDIR : 0) == 0;
}

void EmptyFolder(int folder, int depth) {
  alignas(dirent64) char entries[4096];
  // Removing entries may move others past the reading position: again until there is none.
  for (long removed = 1; removed > 0;) {
    removed = 0;
    RawSyscall(SYS_lseek, folder, 0, SEEK_SET);
    for (;;) {
      const long size = Raw(SYS_getdents64, folder, entries, sizeof entries);
      if (size <= 0) break;
      for (long at = 0; at < size;) {
        const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
        at += entry->d_reclen;
        if (IsDots(entry->d_name)) continue;
        if (RemoveEntry(folder, entry->d_name, entry->d_type == DT_DIR, depth)) ++removed;
      }
    }
  }
}

void RemoveLeftovers(int spared) {
  EndLeftProcesses(spared);
  EmptyFolder(kTemporaryFolderDescriptor);
}

}  // namespace heddle::sim::runtime
