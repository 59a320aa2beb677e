// Included by force into every file of the kernel and the strategies in tsan: copies that the
// compiler writes as calls must not reach ThreadSanitizer's interceptors, which would take the
// kernel's and the strategies' own memory, handed from thread to thread by the scheduler, for the
// program's, and report races in it.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_PLAIN_MEMORY_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_PLAIN_MEMORY_H_

// For all references of this translation unit (context.cc defines them).
asm("memcpy = heddle_plain_memmove");
asm("memmove = heddle_plain_memmove");
asm("memset = heddle_plain_memset");

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_PLAIN_MEMORY_H_
