// Becoming another user, and giving files away: setuid and its like, chown and its like
// (POSIX.1-2017). They are the system's. Where executions have a user namespace, it knows the
// program's user only and says EINVAL of others; the program gets what it gets elsewhere (EPERM).
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(setuid, int, unsigned)
HEDDLE_REAL(setgid, int, unsigned)
HEDDLE_REAL(seteuid, int, unsigned)
HEDDLE_REAL(setegid, int, unsigned)
HEDDLE_REAL(setreuid, int, unsigned, unsigned)
HEDDLE_REAL(setregid, int, unsigned, unsigned)
HEDDLE_REAL(setresuid, int, unsigned, unsigned, unsigned)
HEDDLE_REAL(setresgid, int, unsigned, unsigned, unsigned)
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

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are libc's names

INTERPOSE(int, setuid, unsigned user) { return AsElsewhere(REAL(setuid)(user), user != kNobody); }

INTERPOSE(int, setgid, unsigned group) {
  return AsElsewhere(REAL(setgid)(group), group != kNobody);
}

INTERPOSE(int, seteuid, unsigned user) { return AsElsewhere(REAL(seteuid)(user), user != kNobody); }

INTERPOSE(int, setegid, unsigned group) {
  return AsElsewhere(REAL(setegid)(group), group != kNobody);
}

INTERPOSE(int, setreuid, unsigned real, unsigned effective) {
  return AsElsewhere(REAL(setreuid)(real, effective), true);
}

INTERPOSE(int, setregid, unsigned real, unsigned effective) {
  return AsElsewhere(REAL(setregid)(real, effective), true);
}

INTERPOSE(int, setresuid, unsigned real, unsigned effective, unsigned saved) {
  return AsElsewhere(REAL(setresuid)(real, effective, saved), true);
}

INTERPOSE(int, setresgid, unsigned real, unsigned effective, unsigned saved) {
  return AsElsewhere(REAL(setresgid)(real, effective, saved), true);
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
