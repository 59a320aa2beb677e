// Of the sanitizers' common runtime: GetThreadStackTopAndBottom(), and UnwindImpl(), which calls it
// and unwinds. The linker's --wrap leads ThreadSanitizer's calls here.
#if defined(HEDDLE_FLAVOUR_TSAN)

#include "sim/runtime/core/tsan_reports.h"

#include <cstdint>

extern "C" {
void heddle_real_stack(bool at_start, uintptr_t* top, uintptr_t* bottom) __asm__(
    "__real__ZN11__sanitizer26GetThreadStackTopAndBottomEbPmS0_");
void heddle_stack(bool at_start, uintptr_t* top, uintptr_t* bottom) __asm__(
    "__wrap__ZN11__sanitizer26GetThreadStackTopAndBottomEbPmS0_");
void heddle_real_unwind(
    void* self, uintptr_t pc, uintptr_t bp, void* context, bool fast,
    uint32_t depth) __asm__("__real__ZN11__sanitizer18BufferedStackTrace10UnwindImplEmmPvbj");
void heddle_unwind(
    void* self, uintptr_t pc, uintptr_t bp, void* context, bool fast,
    uint32_t depth) __asm__("__wrap__ZN11__sanitizer18BufferedStackTrace10UnwindImplEmmPvbj");
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
}

namespace heddle::sim::runtime {
thread_local constinit bool tls_reports_stack = false;
}

void heddle_stack(bool at_start, uintptr_t* top, uintptr_t* bottom) {
  using heddle::sim::runtime::tls_reports_stack;
  const bool outer = tls_reports_stack;
  tls_reports_stack = !at_start;
  heddle_real_stack(at_start, top, bottom);
  tls_reports_stack = outer;
}

void heddle_unwind(void* self, uintptr_t pc, uintptr_t bp, void* context, bool fast,
                   uint32_t depth) {
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
  heddle_real_unwind(self, pc, bp, context, fast, depth);
  AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
}

#endif  // HEDDLE_FLAVOUR_TSAN
