// Included by force into every file of the kernel and the strategies: copies that the compiler
// writes as calls must not reach what the program's own calls do (block_copies.cc).
//
// In tsan they must not reach ThreadSanitizer's interceptors either, which would take the kernel's
// and the strategies' own memory, handed from thread to thread by the scheduler, for the program's,
// and report races in it.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_PLAIN_MEMORY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_PLAIN_MEMORY_H_

// For all references of this translation unit.
#if defined(HEDDLE_FLAVOUR_TSAN)
asm("memcpy = heddle_plain_memmove");  // context.cc defines them
asm("memmove = heddle_plain_memmove");
asm("memset = heddle_plain_memset");
#else
asm("memcpy = __real_memcpy");  // -Wl,--wrap
asm("memmove = __real_memmove");
asm("memset = __real_memset");
#endif

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_PLAIN_MEMORY_H_
