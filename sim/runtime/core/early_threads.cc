#include "sim/runtime/core/early_threads.h"

#include <sys/syscall.h>

#include "sim/protocol/exit_status.h"
#include "sim/runtime/core/context.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/stacks.h"

namespace heddle::sim::runtime {

struct EarlyThread {
  void* (*function)(void*);
  void* argument;
  uint64_t frames[kMaxDetailFrames];  // of the call that started it
  uint32_t ended;                     // written by the thread itself
};

namespace {

// Programs have a few; further ones are not noted.
constexpr uint32_t kMaxEarlyThreads = 256;
constinit EarlyThread threads[kMaxEarlyThreads] = {};
constinit uint32_t count = 0;
constinit bool early = false;

void StartOver() {
  if (early && kernel.control->early_threads == EarlyThreads::kStartOver) {
    RawSyscall(SYS_exit_group, kStartOverExitStatus);
  }
}

// At the thread's end, however that comes.
struct Ending {
  EarlyThread* thread;
  ~Ending() { __atomic_store_n(&thread->ended, 1, __ATOMIC_RELEASE); }
};

}  // namespace

void BeginEarlyThreads() { early = true; }

const uint64_t* EndEarlyThreads() {
  early = false;
  for (uint32_t i = 0; i < count && i < kMaxEarlyThreads; ++i) {
    if (__atomic_load_n(&threads[i].ended, __ATOMIC_ACQUIRE) == 0) return threads[i].frames;
  }
  return nullptr;
}

EarlyThread* NoteEarlyThread(void* (*function)(void*), void* argument) {
  if (!early) return nullptr;
  StartOver();
  const uint32_t index = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
  if (index >= kMaxEarlyThreads) return nullptr;
  EarlyThread& thread = threads[index];
  thread.function = function;
  thread.argument = argument;
  CaptureFrames(thread.frames, kMaxDetailFrames);
  return &thread;
}

void* RunEarlyThread(void* early_thread) {
  const Ending ending{static_cast<EarlyThread*>(early_thread)};
  return ending.thread->function(ending.thread->argument);
}

void NoteEarlyTimer() { StartOver(); }

}  // namespace heddle::sim::runtime
