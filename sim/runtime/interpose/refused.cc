// What is refused under control.
//
// Each could block, or bring in what cannot be replayed. Uncontrolled calls go straight through;
// six words of arguments are enough for all of them.
#include "sim/runtime/interpose/interpose.h"

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

#define HEDDLE_REFUSE(name)                                               \
  HEDDLE_REAL(name, long, long, long, long, long, long, long)             \
  INTERPOSE(long, name, long a, long b, long c, long d, long e, long f) { \
    if (tls_self != nullptr) Unmodelled(#name);                           \
    return REAL(name)(a, b, c, d, e, f);                                  \
  }
HEDDLE_REFUSE(daemon)
HEDDLE_REFUSE(forkpty)
HEDDLE_REFUSE(pthread_mutex_setprioceiling)
HEDDLE_REFUSE(io_submit)
HEDDLE_REFUSE(mq_notify)
HEDDLE_REFUSE(aio_suspend)
