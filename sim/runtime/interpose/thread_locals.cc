// What belongs to one thread: thread_local objects and their destructors, keys
// (pthread_key_create, POSIX.1-2017), and a thread's TLS block.
//
// Under control the kernel runs the destructors itself, as points of the thread that ends, in
// libc's order: thread_local objects from the latest on, then keys, in up to kDestructorRounds
// rounds. The main thread's thread_local destructors stay libc's, which runs them in exit().
//
// Not modelled: a key that is deleted while a thread that has a value ends.
#include "sim/runtime/interpose/thread_locals.h"

#include <link.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/core/text.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(pthread_key_create, int, pthread_key_t*, void (*)(void*))
HEDDLE_REAL(pthread_key_delete, int, pthread_key_t)
HEDDLE_REAL(dl_iterate_phdr, int, int (*)(dl_phdr_info*, size_t, void*), void*)
HEDDLE_REAL(__cxa_thread_atexit_impl, int, void (*)(void*), void*, void*)

namespace heddle::sim::runtime {
namespace {

constexpr int kMaxKeys = 1024;        // PTHREAD_KEYS_MAX
constexpr int kDestructorRounds = 4;  // PTHREAD_DESTRUCTOR_ITERATIONS

constinit void (*key_destructors[kMaxKeys])(void*) = {};
HEDDLE_HOT constinit int key_end = 0;
// Of keys that were there before control, a sanitizer's: libc runs these.
constinit void (*early_destructors[kMaxKeys])(void*) = {};
HEDDLE_HOT constinit int early_end = 0;
HEDDLE_HOT constinit ThreadExitCall* spare_exit_calls = nullptr;

void RunExitCalls(Thread* self) {
  while (ThreadExitCall* call = self->exit_calls) {
    self->exit_calls = call->next;
    void (*function)(void*) = call->function;
    void* argument = call->argument;
    call->next = spare_exit_calls;
    spare_exit_calls = call;
    function(argument);
  }
}

void RunKeyDestructors(void (*const* destructors)(void*), int end) {
  for (int round = 0; round < kDestructorRounds; ++round) {
    bool again = false;
    for (int key = 0; key < end; ++key) {
      void (*destructor)(void*) = destructors[key];
      if (destructor == nullptr) continue;
      void* value = pthread_getspecific(static_cast<pthread_key_t>(key));
      if (value == nullptr) continue;
      pthread_setspecific(static_cast<pthread_key_t>(key), nullptr);
      destructor(value);
      again = true;
    }
    if (!again) return;
  }
}

bool IsLibc(const char* path) {
  const char* name = path;
  for (; *path != 0; ++path) {
    if (*path == '/') name = path + 1;
  }
  return SameText(name, "libc.so.6");
}

// A module's TLS, as the calling thread has it. One that was loaded later has it elsewhere in each
// thread, and only once the thread has used it. Libc's own stays: it describes the kernel thread.
int ResetTlsOf(dl_phdr_info* info, size_t, void*) {
  auto* tls = static_cast<char*>(info->dlpi_tls_data);
  if (tls == nullptr || IsLibc(info->dlpi_name)) return 0;
  Thread* self = tls_self;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_TLS) continue;
    const auto* image = reinterpret_cast<const void*>(info->dlpi_addr + header.p_vaddr);
    memcpy(tls, image, header.p_filesz);
    memset(tls + header.p_filesz, 0, header.p_memsz - header.p_filesz);
  }
  asm volatile("" ::: "memory");  // this very module's is among them
  tls_self = self;
  return 0;
}

}  // namespace

void RunThreadDestructors(Thread* self) {
  RunExitCalls(self);
  RunKeyDestructors(key_destructors, key_end);
}

void RunEarlyKeyDestructors() { RunKeyDestructors(early_destructors, early_end); }

void ResetTls(Thread* self) {
  KERNEL_CHECK(self == tls_self && self->pooled, "a thread that is kept resets its own TLS");
  LIBC(dl_iterate_phdr)(ResetTlsOf, nullptr);  // ThreadSanitizer may have left the thread
  errno = 0;
  // Keys without a destructor keep their values: a new thread has none.
  for (int key = 0; key < key_end; ++key) {
    if (pthread_getspecific(static_cast<pthread_key_t>(key)) != nullptr) {
      pthread_setspecific(static_cast<pthread_key_t>(key), nullptr);
    }
  }
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, pthread_key_create, pthread_key_t* key, void (*destructor)(void*)) {
  if (tls_self == nullptr && kernel.control == nullptr) {
    const int error = REAL(pthread_key_create)(key, destructor);  // a sanitizer's own, at its start
    if (error == 0 && *key < kMaxKeys) {
      early_destructors[*key] = destructor;
      early_end = std::max(early_end, static_cast<int>(*key) + 1);
    }
    return error;
  }
  // Under control the kernel runs the destructors itself, at a thread's end, as points.
  const int error = REAL(pthread_key_create)(key, nullptr);
  if (error == 0 && *key < kMaxKeys) {
    key_destructors[*key] = destructor;
    if (static_cast<int>(*key) >= key_end) key_end = static_cast<int>(*key) + 1;
  }
  return error;
}

INTERPOSE(int, pthread_key_delete, pthread_key_t key) {
  if (tls_self != nullptr && key < kMaxKeys) key_destructors[key] = nullptr;
  return REAL(pthread_key_delete)(key);
}

// thread_local destructors register here (through libstdc++'s __cxa_thread_atexit).
INTERPOSE(int, __cxa_thread_atexit_impl, void (*function)(void*), void* argument, void* module) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || self->number == 0) {
    return REAL(__cxa_thread_atexit_impl)(function, argument, module);
  }
  ThreadExitCall* call = spare_exit_calls;
  if (call != nullptr) {
    spare_exit_calls = call->next;
  } else {
    call = static_cast<ThreadExitCall*>(AllocatePrivate(sizeof(ThreadExitCall)));
  }
  *call = {function, argument, self->exit_calls};
  self->exit_calls = call;
  return 0;
}
