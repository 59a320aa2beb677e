// ThreadSanitizer's public interface, for what has no call of its own to go through. In det and
// asan it does nothing (sanitizer_interface.cc).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_

extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
// ThreadSanitizer's own, behind -Wl,--wrap: a read for race detection that is no point.
// Null in det and asan.
extern "C" __attribute__((weak)) void __real___tsan_read1(void*);

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_TSAN_H_
