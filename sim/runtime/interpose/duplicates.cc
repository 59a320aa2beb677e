// Duplicates of descriptors: dup, dup2, dup3, fcntl with F_DUPFD (POSIX.1-2017). No points. What
// the new number stood for before is closed.
#include <fcntl.h>

#include "sim/runtime/interpose/descriptor_signals.h"
#include "sim/runtime/interpose/file_locks.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/net.h"
#include "sim/runtime/interpose/timers.h"

HEDDLE_REAL(dup, int, int)
HEDDLE_REAL(dup2, int, int, int)
HEDDLE_REAL(dup3, int, int, int, int)
HEDDLE_REAL(fcntl, int, int, int, long)
HEDDLE_REAL(fcntl64, int, int, int, long)

namespace heddle::sim::runtime {
namespace {

// The real call, which makes a duplicate of `descriptor`, or fails. In place of `number`; -1: of
// none.
template <typename Call>
int Duplicate(int descriptor, int number, Call call) {
  NetSocket* replaced = number >= 0 && number != descriptor ? NetOf(number) : nullptr;
  if (replaced != nullptr) NetClosing(replaced, number);
  const int duplicate = CallReal(call);
  if (duplicate < 0) return duplicate;
  if (replaced != nullptr) NetClosed(replaced);
  TimerDuplicated(descriptor, duplicate);
  IoChanged();
  return duplicate;
}

bool Duplicates(int command) { return command == F_DUPFD || command == F_DUPFD_CLOEXEC; }

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, dup, int descriptor) {
  if (HEDDLE_SELF == nullptr) return REAL(dup)(descriptor);
  return Duplicate(descriptor, -1, [&] { return REAL(dup)(descriptor); });
}

INTERPOSE(int, dup2, int descriptor, int number) {
  if (HEDDLE_SELF == nullptr) return REAL(dup2)(descriptor, number);
  return Duplicate(descriptor, number, [&] { return REAL(dup2)(descriptor, number); });
}

INTERPOSE(int, dup3, int descriptor, int number, int flags) {
  if (HEDDLE_SELF == nullptr) return REAL(dup3)(descriptor, number, flags);
  return Duplicate(descriptor, number, [&] { return REAL(dup3)(descriptor, number, flags); });
}

// Their third argument is a number or a pointer, or is not there.
INTERPOSE(int, fcntl, int descriptor, int command, long argument) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && SetsFileLock(command) && kernel.request.rules >= 3) {
    return SetFileLock(self, descriptor, command, argument);
  }
  if (int result; SetsOwner(self, descriptor, command, argument, &result)) return result;
  if (self == nullptr || !Duplicates(command)) {
    return REAL(fcntl)(descriptor, command, argument);
  }
  return Duplicate(descriptor, -1, [&] { return REAL(fcntl)(descriptor, command, argument); });
}

INTERPOSE(int, fcntl64, int descriptor, int command, long argument) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && SetsFileLock(command) && kernel.request.rules >= 3) {
    return SetFileLock(self, descriptor, command, argument);
  }
  if (int result; SetsOwner(self, descriptor, command, argument, &result)) return result;
  if (self == nullptr || !Duplicates(command)) {
    return REAL(fcntl64)(descriptor, command, argument);
  }
  return Duplicate(descriptor, -1, [&] { return REAL(fcntl64)(descriptor, command, argument); });
}
