// ThreadSanitizer's own functions, behind -Wl,--wrap, for what has no call of its own to go
// through.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_

// A read for race detection that is no point. Null in det and asan.
extern "C" __attribute__((weak)) void __real___tsan_read1(void*);

#if defined(HEDDLE_FLAVOUR_TSAN)
extern "C" void __real___tsan_acquire(void*);
extern "C" void __real___tsan_release(void*);
#endif

namespace heddle::sim::runtime {

// In det and asan they do nothing.
#if defined(HEDDLE_FLAVOUR_TSAN)
inline void TsanAcquire(void* address) { __real___tsan_acquire(address); }
inline void TsanRelease(void* address) { __real___tsan_release(address); }
#else
inline void TsanAcquire(void*) {}
inline void TsanRelease(void*) {}
#endif

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_
