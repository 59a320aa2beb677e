// syscall(): system calls without a libc function of their own (system_calls.h).
#include <cerrno>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_calls.h"

HEDDLE_REAL(syscall, long, long, long, long, long, long, long, long)

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(long, syscall, long number, long a, long b, long c, long d, long e, long f) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return LIBC(syscall)(number, a, b, c, d, e, f);
  const long arguments[6] = {a, b, c, d, e, f};
  const long result = SystemCall(self, number, arguments, __builtin_return_address(0));
  constexpr long kLastError = -4095;
  if (result >= 0 || result < kLastError) return result;
  errno = static_cast<int>(-result);
  return -1;
}
