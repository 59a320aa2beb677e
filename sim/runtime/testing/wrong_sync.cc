// One mistake a mode: locks and their like in memory that was freed, a signal that wakes the wrong
// thread, a semaphore's value that is old.
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

namespace {

struct Objects {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
  pthread_spinlock_t spinlock;
  sem_t semaphore;
  pthread_barrier_t barrier;
  std::atomic<int> atomic{0};
  int plain = 0;
  char bytes[16] = {};
};

// In the middle of a block, so that nobody tells by its first bytes that it was freed.
Objects* NewObjects(char** block) {
  *block = static_cast<char*>(malloc(64 + sizeof(Objects)));
  auto* objects = new (*block + 64) Objects;
  pthread_spin_init(&objects->spinlock, PTHREAD_PROCESS_PRIVATE);
  sem_init(&objects->semaphore, 0, 1);
  pthread_barrier_init(&objects->barrier, nullptr, 1);
  return objects;
}

void Use(Objects* objects, const std::string& what) {
  if (what == "mutex") pthread_mutex_lock(&objects->mutex);
  if (what == "condition") pthread_cond_signal(&objects->condition);
  if (what == "rwlock") pthread_rwlock_wrlock(&objects->rwlock);
  if (what == "spinlock") pthread_spin_lock(&objects->spinlock);
  if (what == "semaphore") sem_wait(&objects->semaphore);
  if (what == "barrier") pthread_barrier_wait(&objects->barrier);
  if (what == "atomic-read") objects->atomic.load();
  if (what == "atomic-write") objects->atomic.fetch_add(1);
  volatile int* plain = &objects->plain;
  if (what == "read") *plain;
  if (what == "write") *plain = 1;
  char copy[sizeof objects->bytes];
  if (what == "memcpy") memcpy(copy, objects->bytes, sizeof copy);
  asm volatile("" : : "r"(copy) : "memory");
}

// Two threads wait for different things at one condition variable, and the signal that the main
// thread sends for one of them may wake the other.
void StolenWakeup() {
  static std::mutex mutex;
  static std::condition_variable changed;
  static bool room = false, done = false;
  std::thread closes([] {
    std::unique_lock<std::mutex> lock(mutex);
    while (!done) changed.wait(lock);
  });
  std::thread writes([] {
    std::unique_lock<std::mutex> lock(mutex);
    while (!room) changed.wait(lock);
  });
  {
    const std::lock_guard<std::mutex> lock(mutex);
    room = true;
  }
  changed.notify_one();
  writes.join();
  {
    const std::lock_guard<std::mutex> lock(mutex);
    done = true;
  }
  changed.notify_one();
  closes.join();
}

// Fails when the other thread takes the semaphore between the two operations of this one.
void SemaphoreValue() {
  sem_t semaphore;
  sem_init(&semaphore, 0, 1);
  std::atomic<bool> ready{false};
  std::thread other([&] {
    while (!ready) sched_yield();
    sem_wait(&semaphore);
  });
  ready = true;
  int value = -1;
  sem_getvalue(&semaphore, &value);
  if (value == 0) abort();
  other.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "stolen-wakeup") {
    StolenWakeup();
    return 0;
  }
  if (mode == "semaphore-value") {
    SemaphoreValue();
    return 0;
  }
  char* block;
  Objects* objects = NewObjects(&block);
  Use(objects, "live");
  std::thread([block] { free(block); }).join();
  Use(objects, mode);
  return 0;
}
