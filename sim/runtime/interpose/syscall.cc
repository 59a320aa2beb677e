// syscall(): system calls without a libc function in between. Those with one here are led to it;
// those that cannot block and change nothing that another thread could see out of order go
// through; every other is refused by number, since what it does is not known.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "sim/runtime/interpose/futex.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/randomness.h"

HEDDLE_REAL(syscall, long, long, long, long, long, long, long, long)

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(long, syscall, long number, long a, long b, long c, long d, long e, long f) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return LIBC(syscall)(number, a, b, c, d, e, f);
  switch (number) {
    case SYS_futex:
      return Futex(self, reinterpret_cast<uint32_t*>(a), static_cast<int>(b),
                   static_cast<uint32_t>(c), d, reinterpret_cast<uint32_t*>(e),
                   static_cast<uint32_t>(f));
    case SYS_gettid:
      return VirtualThreadId(self);
    case SYS_getpid:
      return getpid();
    case SYS_getrandom:
      FillRandom(self, reinterpret_cast<void*>(a), static_cast<size_t>(b));
      return b;
    case SYS_clock_gettime:
      return clock_gettime(static_cast<clockid_t>(a), reinterpret_cast<timespec*>(b));
    case SYS_sched_yield:
      return sched_yield();
    case SYS_membarrier:
    case SYS_getcpu:
    case SYS_madvise:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_prctl:
    case SYS_getuid:
    case SYS_tgkill:
    case SYS_memfd_create:
      return LIBC(syscall)(number, a, b, c, d, e, f);
    default: {
      char name[48];
      snprintf(name, sizeof name, "syscall number %ld", number);
      Unmodelled(name);
    }
  }
}
