// The process's mappings, as /proc/self/maps has them, without memory of anybody's.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_MAPPINGS_H_
#define HEDDLE_SIM_RUNTIME_SERVE_MAPPINGS_H_

#include <fcntl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sim/runtime/core/context.h"

namespace heddle::sim::runtime {

inline constexpr size_t kPageSize = 4096;

struct Mapping {
  uintptr_t begin, end;
  char access[5];  // "rw-p"
  bool of_file;
  const char* name;  // "[stack]", a path, or ""

  bool Writable() const { return access[1] == 'w'; }
  bool Shared() const { return access[3] == 's'; }
  bool Reserved() const { return access[0] == '-' && !Writable() && !Shared() && !of_file; }
};

// What follows calls nothing of libc's: ThreadSanitizer would count the calls among its events, of
// which a worker must not have more than a fork.

// The number at `text`, and what follows it.
inline const char* ReadNumber(const char* text, unsigned base, uintptr_t* number) {
  for (*number = 0;; ++text) {
    const char c = *text;
    const unsigned digit = c >= '0' && c <= '9'   ? c - '0'
                           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                                  : base;
    if (digit >= base) return text;
    *number = *number * base + digit;
  }
}
inline const char* SkipWord(const char* text) {
  while (*text != 0 && *text != ' ') ++text;
  while (*text == ' ') ++text;
  return text;
}

// A line of proc(5), maps, without its end: "begin-end access offset device inode name".
inline bool ReadMapping(const char* line, Mapping* mapping) {
  const char* at = ReadNumber(line, 16, &mapping->begin);
  if (*at != '-') return false;
  at = ReadNumber(at + 1, 16, &mapping->end);
  if (*at != ' ') return false;
  for (char& c : mapping->access) c = 0;
  for (int i = 0; i < 4 && at[1] > ' '; ++i) mapping->access[i] = *++at;
  at = SkipWord(SkipWord(SkipWord(at + 1)));  // to the inode
  uintptr_t inode = 0;
  mapping->name = SkipWord(ReadNumber(at, 10, &inode));
  mapping->of_file = inode != 0;
  return mapping->access[3] != 0 && mapping->begin < mapping->end;
}

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
                                      static_cast<long>(sizeof text - kept));
    if (got <= 0) break;
    const char* const end = text + kept + got;
    char* line = text;
    for (char* at = line; at != end; ++at) {
      if (*at != '\n') continue;
      *at = 0;
      Mapping mapping;
      if (ReadMapping(line, &mapping)) {
        visit(mapping);
      } else {
        read = false;
      }
      line = at + 1;
    }
    kept = static_cast<size_t>(end - line);
    memmove(text, line, kept);
  }
  UnguardedSyscall(SYS_close, file);
  return read;
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_MAPPINGS_H_
