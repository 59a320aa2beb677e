// siglongjmp and longjmp (POSIX.1-2017): the signal mask that a jump restores is the thread's own.
#include <setjmp.h>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"

HEDDLE_REAL(longjmp, void, jmp_buf, int)
HEDDLE_REAL(_longjmp, void, jmp_buf, int)
HEDDLE_REAL(siglongjmp, void, sigjmp_buf, int)

namespace heddle::sim::runtime {
namespace {

void RestoreMask(const __jmp_buf_tag* buffer) {
  Thread* self = tls_self;
  if (self == nullptr || buffer->__mask_was_saved == 0) return;
  if (SignalsAreModelled()) return ChangeMask(self, SetOf(&buffer->__saved_mask));
  const SignalSet mask = SetOf(&buffer->__saved_mask);
  SetSignalMask(self, SIG_SETMASK, &mask, nullptr);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(void, siglongjmp, __jmp_buf_tag* buffer, int value) {
  RestoreMask(buffer);
  REAL(siglongjmp)(buffer, value);
  __builtin_unreachable();
}
INTERPOSE(void, longjmp, __jmp_buf_tag* buffer, int value) {
  RestoreMask(buffer);
  REAL(longjmp)(buffer, value);
  __builtin_unreachable();
}
INTERPOSE(void, _longjmp, __jmp_buf_tag* buffer, int value) {
  RestoreMask(buffer);
  REAL(_longjmp)(buffer, value);
  __builtin_unreachable();
}
