// The process's mappings, as /proc/self/maps has them, without memory of anybody's.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_MAPPINGS_H_
#define HEDDLE_SIM_RUNTIME_SERVE_MAPPINGS_H_

#include <fcntl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "sim/runtime/core/context.h"

namespace heddle::sim::runtime {

inline constexpr size_t kPageSize = 4096;

// For a system call.
inline long AsWord(const void* pointer) { return reinterpret_cast<long>(pointer); }
inline bool SystemCallFailed(long result) { return result < 0 && result > -4096; }

struct Mapping {
  uintptr_t begin, end;
  char access[5];  // "rw-p"
  bool of_file;
  const char* name;  // "[stack]", a path, or ""

  bool Writable() const { return access[1] == 'w'; }
  bool Shared() const { return access[3] == 's'; }
  bool Reserved() const { return strcmp(access, "---p") == 0 && !of_file; }
};

// Calls `visit` for each, in ascending order. False when they cannot be read.
template <typename Visit>
bool ForEachMapping(Visit visit) {
  const long file = UnguardedSyscall(
      SYS_openat, AT_FDCWD, reinterpret_cast<long>("/proc/self/maps"), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char text[8192];  // longer than a line: a path has 4,096 bytes at most
  size_t kept = 0;
  bool read = true;
  for (;;) {
    const long got = UnguardedSyscall(SYS_read, file, reinterpret_cast<long>(text + kept),
                                      static_cast<long>(sizeof text - 1 - kept));
    if (got <= 0) break;
    text[kept + static_cast<size_t>(got)] = 0;
    char* line = text;
    for (char* end; (end = strchr(line, '\n')) != nullptr; line = end + 1) {
      *end = 0;
      Mapping mapping = {};
      unsigned long inode = 0;
      int name = 0;
      if (sscanf(line, "%lx-%lx %4s %*x %*s %lu %n", &mapping.begin, &mapping.end, mapping.access,
                 &inode, &name) != 4) {
        read = false;
        continue;
      }
      mapping.of_file = inode != 0;
      mapping.name = line + name;
      visit(mapping);
    }
    kept = strlen(line);
    memmove(text, line, kept);
  }
  UnguardedSyscall(SYS_close, file);
  return read;
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_MAPPINGS_H_
