// Becoming another user, and giving files away: setuid and its like, setgroups, initgroups, chown
// and its like (POSIX.1-2017, setgroups(2)).
//
// The program is a user without privileges (machine.h), whoever runs it: it may become who it is,
// and nobody else (EPERM). The system is not asked: glibc's functions would interrupt all kernel
// threads, and those that are parked would never answer.
//
// Files are the system's. Where executions have a user namespace, it knows the program's user only
// and says EINVAL of others; the program gets what it gets elsewhere (EPERM).
#include <grp.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"

HEDDLE_REAL(setuid, int, unsigned)
HEDDLE_REAL(setgid, int, unsigned)
HEDDLE_REAL(seteuid, int, unsigned)
HEDDLE_REAL(setegid, int, unsigned)
HEDDLE_REAL(setreuid, int, unsigned, unsigned)
HEDDLE_REAL(setregid, int, unsigned, unsigned)
HEDDLE_REAL(setresuid, int, unsigned, unsigned, unsigned)
HEDDLE_REAL(setresgid, int, unsigned, unsigned, unsigned)
HEDDLE_REAL(setgroups, int, size_t, const unsigned*)
HEDDLE_REAL(initgroups, int, const char*, unsigned)
HEDDLE_REAL(chown, int, const char*, unsigned, unsigned)
HEDDLE_REAL(lchown, int, const char*, unsigned, unsigned)
HEDDLE_REAL(fchown, int, int, unsigned, unsigned)
HEDDLE_REAL(fchownat, int, int, const char*, unsigned, unsigned, int)

namespace heddle::sim::runtime {
namespace {

constexpr unsigned kNobody = static_cast<unsigned>(-1);  // no valid number, or no change

int AsElsewhere(int result, bool valid) {
  if (result < 0 && errno == EINVAL && valid && tls_self != nullptr) errno = EPERM;
  return result;
}

// Real, effective and saved numbers, of a user or a group; kNobody: no change.
int Become(std::initializer_list<unsigned> numbers) {
  for (const unsigned number : numbers) {
    if (number != kNobody && number != kUser) return ErrnoResult(EPERM);
  }
  return 0;
}
// Where kNobody is no number.
int BecomeOne(unsigned number) {
  return number == kNobody ? ErrnoResult(EINVAL) : Become({number});
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are libc's names

INTERPOSE(int, setuid, unsigned number) {
  return HEDDLE_SELF != nullptr ? BecomeOne(number) : REAL(setuid)(number);
}

INTERPOSE(int, setgid, unsigned number) {
  return HEDDLE_SELF != nullptr ? BecomeOne(number) : REAL(setgid)(number);
}

INTERPOSE(int, seteuid, unsigned number) {
  return HEDDLE_SELF != nullptr ? BecomeOne(number) : REAL(seteuid)(number);
}

INTERPOSE(int, setegid, unsigned number) {
  return HEDDLE_SELF != nullptr ? BecomeOne(number) : REAL(setegid)(number);
}

INTERPOSE(int, setreuid, unsigned real, unsigned effective) {
  return HEDDLE_SELF != nullptr ? Become({real, effective}) : REAL(setreuid)(real, effective);
}

INTERPOSE(int, setregid, unsigned real, unsigned effective) {
  return HEDDLE_SELF != nullptr ? Become({real, effective}) : REAL(setregid)(real, effective);
}

INTERPOSE(int, setresuid, unsigned real, unsigned effective, unsigned saved) {
  return HEDDLE_SELF != nullptr ? Become({real, effective, saved})
                                : REAL(setresuid)(real, effective, saved);
}

INTERPOSE(int, setresgid, unsigned real, unsigned effective, unsigned saved) {
  return HEDDLE_SELF != nullptr ? Become({real, effective, saved})
                                : REAL(setresgid)(real, effective, saved);
}

INTERPOSE(int, setgroups, size_t count, const gid_t* groups) {
  return HEDDLE_SELF != nullptr ? ErrnoResult(EPERM) : REAL(setgroups)(count, groups);
}

INTERPOSE(int, initgroups, const char* user, gid_t group) {
  return HEDDLE_SELF != nullptr ? ErrnoResult(EPERM) : REAL(initgroups)(user, group);
}

INTERPOSE(int, chown, const char* path, unsigned user, unsigned group) {
  return AsElsewhere(REAL(chown)(path, user, group), true);
}

INTERPOSE(int, lchown, const char* path, unsigned user, unsigned group) {
  return AsElsewhere(REAL(lchown)(path, user, group), true);
}

INTERPOSE(int, fchown, int descriptor, unsigned user, unsigned group) {
  return AsElsewhere(REAL(fchown)(descriptor, user, group), true);
}

INTERPOSE(int, fchownat, int folder, const char* path, unsigned user, unsigned group, int flags) {
  constexpr int kFlags = 0x1100;  // AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW
  return AsElsewhere(REAL(fchownat)(folder, path, user, group, flags), (flags & ~kFlags) == 0);
}
