// What is a leak and what is none, one case a mode.
#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include <cstdlib>
#include <cstring>

#include "sim/runtime/testing/check.h"

namespace {

void* ReadArgument(void* raw) {
  const int value = *static_cast<int*>(raw);
  CHECK(value == 7);
  free(raw);
  return nullptr;
}

// Nobody has the argument but the thread, which may not have begun when main returns.
void GiveToDetachedThread() {
  auto* argument = static_cast<int*>(malloc(sizeof(int)));
  *argument = 7;
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  CHECK(pthread_create(&thread, &detached, ReadArgument, argument) == 0);
  pthread_attr_destroy(&detached);
}

// The loader keeps a list of its own.
void LoadForAll() { CHECK(dlopen("libresolv.so.2", RTLD_NOW | RTLD_GLOBAL) != nullptr); }

__attribute__((noinline)) void Lose() {
  static char* volatile memory;
  memory = static_cast<char*>(malloc(24));
  memory = nullptr;
}

// What the kernel remembers of an object is no pointer to it.
__attribute__((noinline)) void LoseObjects() {
  static pthread_mutex_t* volatile mutex;
  static pthread_cond_t* volatile cond;
  mutex = static_cast<pthread_mutex_t*>(malloc(sizeof(pthread_mutex_t)));
  cond = static_cast<pthread_cond_t*>(malloc(sizeof(pthread_cond_t)));
  pthread_mutex_init(mutex, nullptr);
  pthread_cond_init(cond, nullptr);
  pthread_cond_signal(cond);
  pthread_mutex_lock(mutex);
  timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  pthread_cond_timedwait(cond, mutex, &deadline);
  pthread_mutex_unlock(mutex);
  mutex = nullptr;
  cond = nullptr;
}

void* ReturnsAtOnce(void* argument) { return argument; }

// A thread's start and end, so that the kernel has seen something else since.
void RunThread() {
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, ReturnsAtOnce, nullptr) == 0);
  CHECK(pthread_join(thread, nullptr) == 0);
}

}  // namespace

int main(int argc, char** argv) {
  CHECK(argc == 2);
  if (strcmp(argv[1], "argument") == 0) GiveToDetachedThread();
  if (strcmp(argv[1], "loader") == 0) LoadForAll();
  if (strcmp(argv[1], "lost") == 0) Lose();
  if (strcmp(argv[1], "lost-objects") == 0) LoseObjects(), RunThread();
}
