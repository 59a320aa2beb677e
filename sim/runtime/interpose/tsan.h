// ThreadSanitizer's public interface, for what has no call of its own to go through. Null in det
// and asan.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_

extern "C" __attribute__((weak)) void __tsan_acquire(void*);
extern "C" __attribute__((weak)) void __tsan_release(void*);
// ThreadSanitizer's own, behind -Wl,--wrap: a read for race detection that is no point.
extern "C" __attribute__((weak)) void __real___tsan_read1(void*);

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_
