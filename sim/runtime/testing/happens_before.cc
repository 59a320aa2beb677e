// Hands data from one thread to another by each kind of synchronisation: "KIND" writes the data
// before it hands over, "KIND-late" behind, where it races with the reader. What the runtime tells
// ThreadSanitizer of each kind must be neither more nor less than ThreadSanitizer's own
// interceptors would.
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "sim/runtime/testing/check.h"

namespace {

int data;

pthread_barrier_t barrier;
void MeetAtBarrier() { pthread_barrier_wait(&barrier); }

sem_t semaphore;
void Post() { CHECK(sem_post(&semaphore) == 0); }
void Await() { CHECK(sem_wait(&semaphore) == 0); }
void TryUntilHad() {
  while (sem_trywait(&semaphore) != 0) sched_yield();
}

int ends[2];
char byte = 1;
void WriteByte() { CHECK(write(ends[1], &byte, 1) == 1); }
void ReadByte() {
  char got;
  CHECK(read(ends[0], &got, 1) == 1);
}
void SendByte() { CHECK(send(ends[1], &byte, 1, 0) == 1); }
void ReceiveByte() {
  char got;
  CHECK(recv(ends[0], &got, 1, 0) == 1);
}

int event;
void WriteEvent() { CHECK(eventfd_write(event, 1) == 0); }
void ReadEvent() {
  eventfd_t value;
  CHECK(eventfd_read(event, &value) == 0);
}

// The state that a lock guards, for those that do not wait themselves.
bool ready;

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
void Signal() {
  pthread_mutex_lock(&mutex);
  ready = true;
  pthread_cond_signal(&cond);
  pthread_mutex_unlock(&mutex);
}
void WaitForSignal() {
  pthread_mutex_lock(&mutex);
  while (!ready) pthread_cond_wait(&cond, &mutex);
  pthread_mutex_unlock(&mutex);
}

pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
void SetUnderWriteLock() {
  pthread_rwlock_wrlock(&rwlock);
  ready = true;
  pthread_rwlock_unlock(&rwlock);
}
void AskUnderReadLock() {
  for (bool done = false; !done; sched_yield()) {
    pthread_rwlock_rdlock(&rwlock);
    done = ready;
    pthread_rwlock_unlock(&rwlock);
  }
}

pthread_spinlock_t spinlock;
void SetUnderSpinlock() {
  pthread_spin_lock(&spinlock);
  ready = true;
  pthread_spin_unlock(&spinlock);
}
void AskUnderSpinlock() {
  for (bool done = false; !done; sched_yield()) {
    pthread_spin_lock(&spinlock);
    done = ready;
    pthread_spin_unlock(&spinlock);
  }
}

// Relaxed operations that fences order.
int flag;
void SetBehindFence() {
  __atomic_thread_fence(__ATOMIC_RELEASE);
  __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
}
void AskBeforeFence() {
  while (__atomic_load_n(&flag, __ATOMIC_RELAXED) == 0) sched_yield();
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}
// A count of references, as std::shared_ptr's and Rust's Arc are.
int references = 2;
void Drop() { __atomic_fetch_sub(&references, 1, __ATOMIC_RELEASE); }
void DropLast() {
  while (__atomic_load_n(&references, __ATOMIC_RELAXED) != 1) sched_yield();
  __atomic_fetch_sub(&references, 1, __ATOMIC_RELEASE);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

struct Kind {
  const char* name;
  void (*send)();
  void (*receive)();
};
constexpr Kind kKinds[] = {
    {"barrier", MeetAtBarrier, MeetAtBarrier},
    {"semaphore", Post, Await},
    {"semaphore-try", Post, TryUntilHad},
    {"pipe", WriteByte, ReadByte},
    {"socket", SendByte, ReceiveByte},
    {"eventfd", WriteEvent, ReadEvent},
    {"condition", Signal, WaitForSignal},
    {"rwlock", SetUnderWriteLock, AskUnderReadLock},
    {"spinlock", SetUnderSpinlock, AskUnderSpinlock},
    {"fence", SetBehindFence, AskBeforeFence},
    {"references", Drop, DropLast},
};

struct Run {
  const Kind* kind;
  bool late;
};

void* Sender(void* raw) {
  const Run& run = *static_cast<const Run*>(raw);
  if (!run.late) data = 1;
  run.kind->send();
  if (run.late) data = 1;
  return nullptr;
}

void HandOver(const Kind& kind, bool late) {
  CHECK(pthread_barrier_init(&barrier, nullptr, 2) == 0);
  CHECK(sem_init(&semaphore, 0, 0) == 0);
  CHECK(pthread_spin_init(&spinlock, PTHREAD_PROCESS_PRIVATE) == 0);
  CHECK((strcmp(kind.name, "socket") == 0 ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends)
                                          : pipe(ends)) == 0);
  event = eventfd(0, 0);
  CHECK(event >= 0);
  Run run = {&kind, late};
  pthread_t sender;
  CHECK(pthread_create(&sender, nullptr, Sender, &run) == 0);
  kind.receive();
  CHECK(data == 1 || late);
  pthread_join(sender, nullptr);
}

// A barrier that is not handed over: its initialisation races with the other thread's wait.
int relaxed_ready;
void* MakeBarrier(void*) {
  pthread_barrier_init(&barrier, nullptr, 2);
  __atomic_store_n(&relaxed_ready, 1, __ATOMIC_RELAXED);
  pthread_barrier_wait(&barrier);
  return nullptr;
}
void InitialiseBarrierLate() {
  pthread_t maker;
  pthread_create(&maker, nullptr, MakeBarrier, nullptr);
  while (__atomic_load_n(&relaxed_ready, __ATOMIC_RELAXED) == 0) sched_yield();
  pthread_barrier_wait(&barrier);
  pthread_join(maker, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  CHECK(argc == 2);
  if (strcmp(argv[1], "barrier-init") == 0) {
    InitialiseBarrierLate();
    return 0;
  }
  const char* late = strstr(argv[1], "-late");
  for (const Kind& kind : kKinds) {
    const size_t length = strlen(kind.name);
    if (strncmp(argv[1], kind.name, length) != 0) continue;
    const char* rest = argv[1] + length;
    if (*rest != 0 && rest != late) continue;
    HandOver(kind, late != nullptr);
    return 0;
  }
  return 2;
}
