// Objects in memory that processes share: pthread's with PTHREAD_PROCESS_SHARED, semaphores,
// futexes.
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <new>

#include "sim/runtime/testing/conformance/conformance.h"

namespace {

constexpr int kChildren = 2;

// In memory that the children share: zero.
template <typename Type>
Type* Shared() {
  void* memory =
      mmap(nullptr, sizeof(Type), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return new (memory) Type;
}

template <typename Body>
pid_t InChild(Body body) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  return child;
}

// All have ended with status 0.
bool AllEnded(int children = kChildren) {
  bool right = true;
  for (int i = 0; i < children; ++i) {
    int status = 0;
    right = wait(&status) > 0 && status == 0 && right;
  }
  return right;
}

pthread_mutex_t MakeMutex() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  return mutex;
}

void Init(pthread_cond_t* cond) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_cond_init(cond, &attributes);
}

long Futex(std::atomic<int>* word, int operation, int value, const timespec* timeout = nullptr) {
  return syscall(SYS_futex, word, operation, value, timeout, nullptr, 0);
}

}  // namespace

SECTION(shared_memory, condition) {
  struct State {
    pthread_mutex_t mutex = MakeMutex();
    pthread_cond_t changed;
    int turns = 0;
  };
  State* state = Shared<State>();
  Init(&state->changed);
  // Each waits for its turn: 0, 1, the parent's.
  for (int turn = 0; turn < kChildren; ++turn) {
    InChild([&] {
      pthread_mutex_lock(&state->mutex);
      while (state->turns != turn) pthread_cond_wait(&state->changed, &state->mutex);
      ++state->turns;
      pthread_cond_broadcast(&state->changed);
      pthread_mutex_unlock(&state->mutex);
    });
  }
  pthread_mutex_lock(&state->mutex);
  while (state->turns != kChildren) pthread_cond_wait(&state->changed, &state->mutex);
  SHOW(state->turns);
  timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_sec += soon.tv_nsec >= 998'000'000 ? 1 : 0;
  soon.tv_nsec = (soon.tv_nsec + 2'000'000) % 1'000'000'000;
  SHOW_ERROR(pthread_cond_timedwait(&state->changed, &state->mutex, &soon));
  pthread_mutex_unlock(&state->mutex);
  SHOW_IF(AllEnded());
  SHOW_ERROR(pthread_cond_destroy(&state->changed));
}

// Who was killed while it waited takes no signal.
SECTION(shared_memory, condition_of_one_that_is_killed) {
  struct State {
    pthread_mutex_t mutex = MakeMutex();
    pthread_cond_t changed;
    int waiting = 0;
    bool go = false;
  };
  State* state = Shared<State>();
  Init(&state->changed);
  const auto wait_for_it = [&] {
    pthread_mutex_lock(&state->mutex);
    ++state->waiting;
    while (!state->go) pthread_cond_wait(&state->changed, &state->mutex);
    pthread_mutex_unlock(&state->mutex);
  };
  const auto await = [&](int waiting) {
    for (;;) {
      pthread_mutex_lock(&state->mutex);
      const bool all = state->waiting == waiting;
      pthread_mutex_unlock(&state->mutex);
      if (all) return;
      usleep(1000);
    }
  };
  const pid_t killed = InChild(wait_for_it);
  await(1);
  const pid_t lives = InChild(wait_for_it);
  await(2);
  SHOW(kill(killed, SIGKILL));
  int status = 0;
  SHOW_IF(waitpid(killed, &status, 0) == killed && WIFSIGNALED(status));
  pthread_mutex_lock(&state->mutex);
  state->go = true;
  pthread_mutex_unlock(&state->mutex);
  pthread_cond_signal(&state->changed);
  SHOW_IF(waitpid(lives, &status, 0) == lives && status == 0);
}

SECTION(shared_memory, barrier) {
  struct State {
    pthread_barrier_t barrier;
    std::atomic<int> arrived{0};
    std::atomic<int> serial{0};
  };
  State* state = Shared<State>();
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(&state->barrier, &attributes, kChildren + 1);
  const auto meet = [&] {
    bool right = true;
    for (int round = 1; round <= 3; ++round) {
      ++state->arrived;
      if (pthread_barrier_wait(&state->barrier) == PTHREAD_BARRIER_SERIAL_THREAD) ++state->serial;
      right = right && state->arrived >= round * (kChildren + 1);
    }
    return right;
  };
  for (int i = 0; i < kChildren; ++i) {
    InChild([&] {
      if (!meet()) _exit(1);
    });
  }
  SHOW_IF(meet());
  SHOW_IF(AllEnded());
  SHOW(state->serial.load());
}

SECTION(shared_memory, semaphores) {
  struct State {
    sem_t full, empty;
    int slots[2];
  };
  State* state = Shared<State>();
  sem_init(&state->full, 1, 0);
  sem_init(&state->empty, 1, 2);
  InChild([&] {
    for (int i = 0; i < 6; ++i) {
      sem_wait(&state->empty);
      state->slots[i % 2] = i;
      sem_post(&state->full);
    }
  });
  int sum = 0;
  for (int i = 0; i < 6; ++i) {
    sem_wait(&state->full);
    sum += state->slots[i % 2];
    sem_post(&state->empty);
  }
  SHOW(sum);
  SHOW_IF(AllEnded(1));
}

SECTION(shared_memory, futex) {
  auto* word = Shared<std::atomic<int>>();
  SHOW(Futex(word, FUTEX_WAIT, 1));
  SHOW(Futex(word, FUTEX_WAKE, 1));
  timespec short_time = {0, 1'000'000};
  SHOW(Futex(word, FUTEX_WAIT, 0, &short_time));
  for (int i = 0; i < kChildren; ++i) {
    InChild([&] {
      while (*word == 0) Futex(word, FUTEX_WAIT, 0);
    });
  }
  usleep(1000);
  *word = 1;
  Futex(word, FUTEX_WAKE, kChildren);
  SHOW_IF(AllEnded());
  // The other way round.
  InChild([&] {
    usleep(1000);
    *word = 2;
    Futex(word, FUTEX_WAKE, 1);
  });
  while (*word == 1) Futex(word, FUTEX_WAIT, 1);
  SHOW(word->load());
  SHOW_IF(AllEnded(1));
}
