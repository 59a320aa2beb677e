// The interfaces that the sanitizers offer to programs (sanitizer/*_interface.h, the dynamic
// annotations), in the flavours whose sanitizer is not linked in: what is compiled for one flavour
// links in all.
//
// What they tell a sanitizer tells nobody here, and their answers are those of a sanitizer that has
// found nothing. The allocator's questions are answered by the allocator that there is. None of
// them is a point: the locks and fibers of a program that announces them are made of operations
// that are.
//
// All are weak: a program that brings such functions itself keeps them.
#include <dlfcn.h>
#include <unwind.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "sim/runtime/interpose/allocator.h"
#include "sim/runtime/interpose/interpose.h"

// `name` does nothing, whatever its arguments, and answers 0: no, nothing, none.
#define HEDDLE_NOTHING(name) \
  __asm__(".weak " #name "\n.type " #name ", @function\n.set " #name ", heddle_nothing");
#define HEDDLE_OFFERED extern "C" __attribute__((weak, used))

extern "C" __attribute__((visibility("hidden"), used)) long heddle_nothing() { return 0; }

// --- ThreadSanitizer ---

#if !defined(HEDDLE_FLAVOUR_TSAN)
HEDDLE_NOTHING(__tsan_mutex_create)
HEDDLE_NOTHING(__tsan_mutex_destroy)
HEDDLE_NOTHING(__tsan_mutex_pre_lock)
HEDDLE_NOTHING(__tsan_mutex_post_lock)
HEDDLE_NOTHING(__tsan_mutex_pre_unlock)
HEDDLE_NOTHING(__tsan_mutex_post_unlock)
HEDDLE_NOTHING(__tsan_mutex_pre_signal)
HEDDLE_NOTHING(__tsan_mutex_post_signal)
HEDDLE_NOTHING(__tsan_mutex_pre_divert)
HEDDLE_NOTHING(__tsan_mutex_post_divert)
HEDDLE_NOTHING(__tsan_external_register_tag)
HEDDLE_NOTHING(__tsan_external_register_header)
HEDDLE_NOTHING(__tsan_external_assign_tag)
HEDDLE_NOTHING(__tsan_external_read)
HEDDLE_NOTHING(__tsan_external_write)
HEDDLE_NOTHING(__tsan_set_fiber_name)
HEDDLE_NOTHING(__tsan_flush_memory)
HEDDLE_NOTHING(__tsan_ignore_thread_begin)
HEDDLE_NOTHING(__tsan_ignore_thread_end)
HEDDLE_NOTHING(__tsan_get_alloc_stack)
HEDDLE_NOTHING(__tsan_on_thread_idle)
HEDDLE_NOTHING(__tsan_get_current_report)
HEDDLE_NOTHING(AnnotateBenignRace)
HEDDLE_NOTHING(AnnotateBenignRaceSized)
HEDDLE_NOTHING(AnnotateCondVarSignal)
HEDDLE_NOTHING(AnnotateCondVarSignalAll)
HEDDLE_NOTHING(AnnotateCondVarWait)
HEDDLE_NOTHING(AnnotateEnableRaceDetection)
HEDDLE_NOTHING(AnnotateExpectRace)
HEDDLE_NOTHING(AnnotateFlushExpectedRaces)
HEDDLE_NOTHING(AnnotateFlushState)
HEDDLE_NOTHING(AnnotateIgnoreReadsBegin)
HEDDLE_NOTHING(AnnotateIgnoreReadsEnd)
HEDDLE_NOTHING(AnnotateIgnoreSyncBegin)
HEDDLE_NOTHING(AnnotateIgnoreSyncEnd)
HEDDLE_NOTHING(AnnotateIgnoreWritesBegin)
HEDDLE_NOTHING(AnnotateIgnoreWritesEnd)
HEDDLE_NOTHING(AnnotateMemoryIsInitialized)
HEDDLE_NOTHING(AnnotateMemoryIsUninitialized)
HEDDLE_NOTHING(AnnotateMutexIsNotPHB)
HEDDLE_NOTHING(AnnotateMutexIsUsedAsCondVar)
HEDDLE_NOTHING(AnnotateNewMemory)
HEDDLE_NOTHING(AnnotateNoOp)
HEDDLE_NOTHING(AnnotatePCQCreate)
HEDDLE_NOTHING(AnnotatePCQDestroy)
HEDDLE_NOTHING(AnnotatePCQGet)
HEDDLE_NOTHING(AnnotatePCQPut)
HEDDLE_NOTHING(AnnotatePublishMemoryRange)
HEDDLE_NOTHING(AnnotateRWLockAcquired)
HEDDLE_NOTHING(AnnotateRWLockCreate)
HEDDLE_NOTHING(AnnotateRWLockCreateStatic)
HEDDLE_NOTHING(AnnotateRWLockDestroy)
HEDDLE_NOTHING(AnnotateRWLockReleased)
HEDDLE_NOTHING(AnnotateThreadName)
HEDDLE_NOTHING(AnnotateTraceMemory)
HEDDLE_NOTHING(AnnotateUnpublishMemoryRange)
HEDDLE_NOTHING(WTFAnnotateBenignRaceSized)
HEDDLE_NOTHING(RunningOnValgrind)
HEDDLE_OFFERED double ValgrindSlowdown() { return 1; }
HEDDLE_OFFERED const char* ThreadSanitizerQuery(const char*) { return "0"; }
HEDDLE_OFFERED const char* __tsan_locate_address(uintptr_t, char* name, size_t size,
                                                 uintptr_t* region, size_t* region_size) {
  if (size != 0) name[0] = 0;
  *region = *region_size = 0;
  return "unknown";
}

// A fiber is a name here: each is another one, and each thread has one that runs.
namespace {
constinit uintptr_t fibers = 0;
constinit thread_local uintptr_t own_fiber = 0;  // the thread's first; 0: not asked for yet
constinit thread_local uintptr_t current_fiber = 0;

uintptr_t NewFiber() { return __atomic_add_fetch(&fibers, alignof(max_align_t), __ATOMIC_RELAXED); }
}  // namespace

HEDDLE_OFFERED void* __tsan_get_current_fiber() {
  if (current_fiber == 0) current_fiber = own_fiber = NewFiber();
  return reinterpret_cast<void*>(current_fiber);
}
HEDDLE_OFFERED void* __tsan_create_fiber(unsigned) { return reinterpret_cast<void*>(NewFiber()); }
HEDDLE_OFFERED void __tsan_destroy_fiber(void*) {}
HEDDLE_OFFERED void __tsan_switch_to_fiber(void* fiber, unsigned) {
  current_fiber = reinterpret_cast<uintptr_t>(fiber);
}
#endif

// --- AddressSanitizer and LeakSanitizer ---

#if !defined(HEDDLE_FLAVOUR_ASAN)
HEDDLE_NOTHING(__asan_poison_memory_region)
HEDDLE_NOTHING(__asan_unpoison_memory_region)
HEDDLE_NOTHING(__asan_address_is_poisoned)
HEDDLE_NOTHING(__asan_region_is_poisoned)
HEDDLE_NOTHING(__asan_describe_address)
HEDDLE_NOTHING(__asan_report_present)
HEDDLE_NOTHING(__asan_get_report_pc)
HEDDLE_NOTHING(__asan_get_report_bp)
HEDDLE_NOTHING(__asan_get_report_sp)
HEDDLE_NOTHING(__asan_get_report_address)
HEDDLE_NOTHING(__asan_get_report_access_type)
HEDDLE_NOTHING(__asan_get_report_access_size)
HEDDLE_NOTHING(__asan_get_alloc_stack)
HEDDLE_NOTHING(__asan_get_free_stack)
HEDDLE_NOTHING(__asan_set_death_callback)
HEDDLE_NOTHING(__asan_set_error_report_callback)
HEDDLE_NOTHING(__asan_print_accumulated_stats)
HEDDLE_NOTHING(__asan_get_current_fake_stack)
HEDDLE_NOTHING(__asan_addr_is_in_fake_stack)
HEDDLE_NOTHING(__asan_handle_no_return)
HEDDLE_NOTHING(__asan_handle_vfork)
HEDDLE_NOTHING(__asan_update_allocation_context)
HEDDLE_NOTHING(__lsan_disable)
HEDDLE_NOTHING(__lsan_enable)
HEDDLE_NOTHING(__lsan_ignore_object)
HEDDLE_NOTHING(__lsan_register_root_region)
HEDDLE_NOTHING(__lsan_unregister_root_region)
HEDDLE_NOTHING(__lsan_do_leak_check)
HEDDLE_NOTHING(__lsan_do_recoverable_leak_check)
HEDDLE_NOTHING(__sanitizer_annotate_contiguous_container)
HEDDLE_NOTHING(__sanitizer_contiguous_container_find_bad_address)
HEDDLE_NOTHING(__sanitizer_start_switch_fiber)
HEDDLE_NOTHING(__sanitizer_finish_switch_fiber)
HEDDLE_NOTHING(__sanitizer_purge_allocator)
HEDDLE_NOTHING(__sanitizer_print_memory_profile)
HEDDLE_OFFERED int __sanitizer_verify_contiguous_container(const void*, const void*, const void*) {
  return 1;
}
HEDDLE_OFFERED const char* __asan_get_report_description() { return ""; }
HEDDLE_OFFERED void __asan_get_shadow_mapping(size_t* scale, size_t* offset) {
  *scale = *offset = 0;
}
HEDDLE_OFFERED const char* __asan_locate_address(void*, char* name, size_t size, void** region,
                                                 size_t* region_size) {
  if (size != 0) name[0] = 0;
  *region = nullptr;
  *region_size = 0;
  return "unknown";
}
#endif

// --- What the two share ---

#if defined(HEDDLE_FLAVOUR_DET)
HEDDLE_NOTHING(__sanitizer_set_report_path)
HEDDLE_NOTHING(__sanitizer_set_report_fd)
HEDDLE_NOTHING(__sanitizer_sandbox_on_notify)
HEDDLE_NOTHING(__sanitizer_set_death_callback)
HEDDLE_NOTHING(__sanitizer_get_current_allocated_bytes)
HEDDLE_NOTHING(__sanitizer_get_heap_size)
HEDDLE_NOTHING(__sanitizer_get_free_bytes)
HEDDLE_NOTHING(__sanitizer_get_unmapped_bytes)
HEDDLE_NOTHING(__sanitizer_install_malloc_and_free_hooks)
HEDDLE_NOTHING(__sanitizer_cov_dump)
HEDDLE_NOTHING(__sanitizer_cov_reset)
HEDDLE_NOTHING(__sanitizer_dump_coverage)
HEDDLE_OFFERED int __sanitizer_acquire_crash_state() { return 1; }
HEDDLE_OFFERED const char* __sanitizer_get_report_path() { return ""; }
HEDDLE_OFFERED void __sanitizer_report_error_summary(const char* summary) {
  dprintf(2, "%s\n", summary);
}
HEDDLE_OFFERED size_t __sanitizer_get_estimated_allocated_size(size_t size) { return size; }
HEDDLE_OFFERED int __sanitizer_get_ownership(const volatile void* memory) {
  return heddle::sim::runtime::BlockSize(const_cast<const void*>(memory)) != 0;
}
HEDDLE_OFFERED size_t __sanitizer_get_allocated_size(const volatile void* memory) {
  return heddle::sim::runtime::BlockSize(const_cast<const void*>(memory));
}

namespace {
// Symbols are the supervisor's task: module and offset.
_Unwind_Reason_Code PrintFrame(_Unwind_Context* context, void* raw) {
  int& number = *static_cast<int*>(raw);
  void* address = reinterpret_cast<void*>(_Unwind_GetIP(context));
  Dl_info module = {};
  if (address != nullptr && dladdr(address, &module) != 0 && module.dli_fname != nullptr) {
    dprintf(2, "    #%d %p (%s+0x%lx)\n", number++, address, module.dli_fname,
            static_cast<unsigned long>(static_cast<char*>(address) -
                                       static_cast<char*>(module.dli_fbase)));
  }
  return _URC_NO_REASON;
}

void Unnamed(void* address, char* text, size_t size) {
  if (size != 0) snprintf(text, size, "%p", address);
}
}  // namespace

HEDDLE_OFFERED void __sanitizer_print_stack_trace() {
  heddle::sim::runtime::Uncontrolled scope;
  int number = 0;
  _Unwind_Backtrace(PrintFrame, &number);
}
HEDDLE_OFFERED void __sanitizer_symbolize_pc(void* pc, const char*, char* text, size_t size) {
  Unnamed(pc, text, size);
}
HEDDLE_OFFERED void __sanitizer_symbolize_global(void* data, const char*, char* text, size_t size) {
  Unnamed(data, text, size);
}
HEDDLE_OFFERED int __sanitizer_get_module_and_offset_for_pc(void* pc, char* path, size_t size,
                                                            void** offset) {
  Dl_info module = {};
  if (dladdr(pc, &module) == 0 || module.dli_fname == nullptr) return 0;
  if (size != 0) snprintf(path, size, "%s", module.dli_fname);
  *offset = reinterpret_cast<void*>(static_cast<char*>(pc) - static_cast<char*>(module.dli_fbase));
  return 1;
}

// Accesses like those that the compiler announces.
extern "C" {
void __tsan_unaligned_read2(void*);
void __tsan_unaligned_read4(void*);
void __tsan_unaligned_read8(void*);
void __tsan_unaligned_write2(void*);
void __tsan_unaligned_write4(void*);
void __tsan_unaligned_write8(void*);
}
#define HEDDLE_UNALIGNED(bits, bytes)                                                          \
  HEDDLE_OFFERED uint##bits##_t __sanitizer_unaligned_load##bits(const void* address) {        \
    __tsan_unaligned_read##bytes(const_cast<void*>(address));                                  \
    uint##bits##_t value;                                                                      \
    __builtin_memcpy(&value, address, sizeof value);                                           \
    return value;                                                                              \
  }                                                                                            \
  HEDDLE_OFFERED void __sanitizer_unaligned_store##bits(void* address, uint##bits##_t value) { \
    __tsan_unaligned_write##bytes(address);                                                    \
    __builtin_memcpy(address, &value, sizeof value);                                           \
  }
HEDDLE_UNALIGNED(16, 2)
HEDDLE_UNALIGNED(32, 4)
HEDDLE_UNALIGNED(64, 8)

#define HEDDLE_SYSCALL(name)                          \
  HEDDLE_NOTHING(__sanitizer_syscall_pre_impl_##name) \
  HEDDLE_NOTHING(__sanitizer_syscall_post_impl_##name)
#include "sim/runtime/interpose/sanitizer_syscalls.inc"
#endif
