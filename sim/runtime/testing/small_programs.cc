// Programs of a few operations, by name. Each tells what came of it in its last line of output, so
// that all that its schedules can come to can be counted: small_programs NAME, or --list.
//
// What threads saw is kept in plain variables: that are no points, and no other thread reads them
// before the end.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>

namespace {

std::atomic<int> x{0}, y{0}, z{0};
int seen[6] = {};

pthread_t Start(void (*body)(), bool detached = false) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (detached) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const auto run = [](void* function) -> void* {
    reinterpret_cast<void (*)()>(function)();
    return nullptr;
  };
  if (pthread_create(&thread, &attributes, run, reinterpret_cast<void*>(body)) != 0) abort();
  return thread;
}

void Join(pthread_t thread) { pthread_join(thread, nullptr); }

bool tells_at_exit = false;
void Tell() {
  for (const int value : seen) std::printf("%d ", value);
  std::printf("\n");
}

void TellAtExit() {
  tells_at_exit = true;
  atexit([] {
    seen[0] = x;
    Tell();
  });
}

timespec After(long microseconds) {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += microseconds * 1000;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

long Microseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000 + time.tv_nsec / 1000;
}

// ---- Atomics

void LostUpdate() {
  const auto add = [] { x = x + 1; };
  const pthread_t other = Start(add);
  add();
  Join(other);
  seen[0] = x;
}

void StoreAndLoad() {
  const pthread_t other = Start([] {
    x = 1;
    seen[0] = y;
  });
  y = 1;
  seen[1] = x;
  Join(other);
}

void CompareExchange() {
  const pthread_t other = Start([] {
    int expected = 0;
    seen[0] = x.compare_exchange_strong(expected, 1);
    seen[1] = expected;
  });
  int expected = 0;
  seen[2] = x.compare_exchange_strong(expected, 2);
  x = 0;
  Join(other);
  seen[3] = x;
}

void ThreeWriters() {
  const pthread_t a = Start([] { x = 1; });
  const pthread_t b = Start([] { x = x * 10 + 2; });
  x = x * 10 + 3;
  Join(a);
  Join(b);
  seen[0] = x;
}

void NarrowAndWide() {  // accesses of different sizes overlap
  static uint64_t wide = 0;
  static auto* narrow = reinterpret_cast<uint32_t*>(&wide) + 1;
  const pthread_t other = Start([] { __atomic_store_n(narrow, 7, __ATOMIC_SEQ_CST); });
  seen[0] = static_cast<int>(__atomic_load_n(&wide, __ATOMIC_SEQ_CST) >> 32);
  Join(other);
}

void AtomicWait() {
  const pthread_t other = Start([] {
    x = 1;
    x.notify_one();
  });
  x.wait(0);
  seen[0] = x;
  Join(other);
}

// ---- Locks

pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
int guarded = 0;

void MutexOrder() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&m);
    guarded = guarded * 10 + 1;
    pthread_mutex_unlock(&m);
    x = 1;
  });
  pthread_mutex_lock(&m);
  guarded = guarded * 10 + 2;
  seen[0] = x;
  pthread_mutex_unlock(&m);
  Join(other);
  seen[1] = guarded;
}

void TryLock() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&m);
    x = 1;
    pthread_mutex_unlock(&m);
  });
  const int error = pthread_mutex_trylock(&m);
  seen[0] = error == 0;
  seen[1] = x;
  if (error == 0) pthread_mutex_unlock(&m);
  Join(other);
}

void TimedLock() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&m);
    usleep(200);
    x = 1;
    pthread_mutex_unlock(&m);
  });
  const timespec deadline = After(100);
  const int error = pthread_mutex_timedlock(&m, &deadline);
  seen[0] = error == 0;
  seen[1] = x;
  if (error == 0) pthread_mutex_unlock(&m);
  Join(other);
}

void LockOrder() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&n);
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    pthread_mutex_unlock(&n);
  });
  pthread_mutex_lock(&m);
  pthread_mutex_lock(&n);
  pthread_mutex_unlock(&n);
  pthread_mutex_unlock(&m);
  Join(other);
}

void TryWriteBesideReader() {
  const pthread_t other = Start([] {
    pthread_rwlock_rdlock(&rw);
    x = 1;
    pthread_rwlock_unlock(&rw);
  });
  const int error = pthread_rwlock_trywrlock(&rw);
  seen[0] = error == 0;
  seen[1] = x;
  if (error == 0) pthread_rwlock_unlock(&rw);
  Join(other);
}

void TryReadBesideWriter() {
  const pthread_t other = Start([] {
    pthread_rwlock_wrlock(&rw);
    guarded = 1;
    pthread_rwlock_unlock(&rw);
  });
  const int error = pthread_rwlock_tryrdlock(&rw);
  seen[0] = error == 0;
  if (error == 0) {
    seen[1] = guarded;
    pthread_rwlock_unlock(&rw);
  }
  Join(other);
}

void Destroyed() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
  });
  pthread_mutex_destroy(&m);
  Join(other);
}

void SpinTryLock() {
  static pthread_spinlock_t spin;
  pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
  const pthread_t other = Start([] {
    pthread_spin_lock(&spin);
    pthread_spin_unlock(&spin);
  });
  seen[0] = pthread_spin_trylock(&spin) == 0;
  if (seen[0] != 0) pthread_spin_unlock(&spin);
  Join(other);
}

void Once() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const pthread_t other = Start([] { pthread_once(&once, [] { seen[0] = 1; }); });
  pthread_once(&once, [] { seen[0] = 2; });
  Join(other);
}

int Initial(int value) { return value; }
int StaticOf(int value) {
  static int first = Initial(value);
  return first;
}
void StaticGuard() {
  const pthread_t other = Start([] { seen[0] = StaticOf(1); });
  seen[1] = StaticOf(2);
  Join(other);
}

// ---- Condition variables

pthread_cond_t c = PTHREAD_COND_INITIALIZER;

void SignalWithoutPredicate() {
  const pthread_t other = Start([] { pthread_cond_signal(&c); });
  pthread_mutex_lock(&m);
  pthread_cond_wait(&c, &m);
  pthread_mutex_unlock(&m);
  Join(other);
}

void SignalWithPredicate() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&m);
    guarded = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
  });
  pthread_mutex_lock(&m);
  while (guarded == 0) {
    ++seen[0];
    pthread_cond_wait(&c, &m);
  }
  pthread_mutex_unlock(&m);
  Join(other);
}

void Awaken(int index) {
  pthread_mutex_lock(&m);
  pthread_cond_wait(&c, &m);
  seen[index] = ++guarded;
  pthread_mutex_unlock(&m);
}

void SignalOneOfTwo() {
  const pthread_t a = Start([] { Awaken(0); }, true);
  const pthread_t b = Start([] { Awaken(1); }, true);
  pthread_cond_signal(&c);
  (void)a, (void)b;
  sched_yield();
  pthread_mutex_lock(&m);
  seen[2] = guarded;
  pthread_mutex_unlock(&m);
}

void Broadcast() {
  const pthread_t a = Start([] { Awaken(0); });
  pthread_mutex_lock(&m);
  pthread_cond_broadcast(&c);
  seen[1] = guarded;
  pthread_mutex_unlock(&m);
  pthread_cond_signal(&c);
  Join(a);
}

void TimedWait() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&m);
    guarded = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
  });
  pthread_mutex_lock(&m);
  const timespec deadline = After(100);
  seen[0] = pthread_cond_timedwait(&c, &m, &deadline) == 0;
  seen[1] = guarded;
  pthread_mutex_unlock(&m);
  Join(other);
}

void TimedWaitForOneOfTwo() {
  const pthread_t other = Start([] {
    pthread_mutex_lock(&m);
    const timespec deadline = After(100);
    seen[0] = pthread_cond_timedwait(&c, &m, &deadline) == 0;
    pthread_mutex_unlock(&m);
  });
  usleep(50);
  pthread_cond_signal(&c);
  Join(other);
}

// ---- Semaphores, barriers

sem_t s;

void SemaphoreTryWait() {
  sem_init(&s, 0, 0);
  const pthread_t other = Start([] {
    x = 1;
    sem_post(&s);
  });
  seen[0] = sem_trywait(&s) == 0;
  seen[1] = x;
  Join(other);
}

void SemaphoreTimedWait() {
  sem_init(&s, 0, 0);
  const pthread_t other = Start([] { sem_post(&s); });
  const timespec deadline = After(100);
  seen[0] = sem_timedwait(&s, &deadline) == 0;
  Join(other);
  sem_getvalue(&s, &seen[1]);
}

void OnePostForTwo() {
  sem_init(&s, 0, 0);
  const pthread_t other = Start([] {
    sem_wait(&s);
    x = 1;
  });
  sem_post(&s);
  sem_wait(&s);
  seen[0] = x;
  Join(other);
}

void Barrier() {
  static pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, 2);
  const pthread_t other = Start([] {
    x = 1;
    seen[0] = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
  });
  seen[1] = x;
  pthread_barrier_wait(&barrier);
  seen[2] = x;
  Join(other);
}

// ---- Time

void SleepBeforeStore() {
  const pthread_t other = Start([] {
    usleep(100);
    x = 1;
  });
  usleep(200);
  seen[0] = x;
  Join(other);
}

void SleepTwice() {
  const pthread_t other = Start([] {
    usleep(100);
    x = 1;
    usleep(100);
    x = 2;
  });
  usleep(150);
  seen[0] = x;
  Join(other);
}

// When the other's deadline is depends on whether time moved before its store.
void SleepAfterStore() {
  const pthread_t other = Start([] {
    y = 1;
    usleep(100);
    x = 1;
  });
  usleep(150);
  seen[0] = x;
  const long since = Microseconds();
  Join(other);
  seen[1] = Microseconds() - since > 50;
}

void SleepZero() {
  const pthread_t other = Start([] {
    usleep(0);
    x = 1;
  });
  sleep(0);
  seen[0] = x;
  Join(other);
}

void ReadClock() {
  const pthread_t other = Start([] {
    usleep(100);
    x = 1;
  });
  const long before = Microseconds();
  seen[0] = x;
  seen[1] = Microseconds() - before >= 100;
  Join(other);
}

void Poll() {
  const pthread_t other = Start([] { x = 1; });
  for (int i = 0; i < 2 && x == 0; ++i) {
    sched_yield();
    ++seen[0];
  }
  Join(other);
}

// ---- The end of the process

void ReturnBesideThread() {
  Start(
      [] {
        x = 1;
        x = 2;
      },
      true);
  seen[0] = x;
}

void ReturnBeforeFailure() {
  Start(
      [] {
        x = 1;
        assert(y == 1);
      },
      true);
  y = 1;
}

void ExitHandler() {
  Start([] { x = 1; }, true);
  TellAtExit();
}

void ExitOfThread() {
  Start(
      [] {
        x = x + 10;
        exit(0);
      },
      true);
  TellAtExit();
  x = 1;
  x = 2;
}

void QuickExit() {
  Start([] { assert(x == 1); }, true);
  x = 1;
  at_quick_exit([] { x = 0; });
  quick_exit(0);
}

void EndAtOnce() {
  Start([] { assert(x == 0); }, true);
  x = 1;
  _exit(0);
}

void ExitBeforeTimeout() {
  Start(
      [] {
        usleep(100);
        abort();
      },
      true);
  x = 1;
}

void FailureBesideThread() {
  const pthread_t other = Start([] {
    y = 1;
    x = 1;
  });
  assert(x == 1);
  Join(other);
}

void TwoFailures() {
  const pthread_t other = Start([] {
    y = 1;
    if (x == 0) _exit(5);
  });
  x = 1;
  if (y == 1) abort();
  Join(other);
}

// ---- Memory

struct Block {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  std::atomic<int> count{0};
  sem_t semaphore;
};
Block* block = nullptr;

void FreeBesideLock() {
  block = new Block;
  const pthread_t other = Start([] {
    pthread_mutex_lock(&block->mutex);
    pthread_mutex_unlock(&block->mutex);
  });
  delete block;
  Join(other);
}

void FreeBesideAtomic() {
  block = new Block;
  const pthread_t other = Start([] { seen[0] = block->count.load(); });
  delete block;
  Join(other);
}

void FreeBesidePost() {
  block = new Block;
  sem_init(&block->semaphore, 0, 0);
  const pthread_t other = Start([] {
    seen[0] = sem_trywait(&block->semaphore) == 0;
    seen[1] = errno;
  });
  delete block;
  Join(other);
}

void FreeBesideConditionWait() {
  static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  block = new Block;
  const pthread_t other = Start([] {
    Block* mine = block;
    pthread_mutex_lock(&mine->mutex);
    const timespec deadline = After(100);
    pthread_cond_timedwait(&condition, &mine->mutex, &deadline);
    pthread_mutex_unlock(&mine->mutex);
  });
  delete block;
  Join(other);
}

void FreeTwice() {
  block = new Block;
  const pthread_t other = Start([] {
    if (x == 0) delete block;
  });
  x = 1;
  delete block;
  Join(other);
}

void ReallocBesideStore() {
  static int* number;
  number = static_cast<int*>(calloc(1, sizeof *number));
  const pthread_t other = Start([] { __atomic_store_n(number, 7, __ATOMIC_SEQ_CST); });
  int* bigger = static_cast<int*>(realloc(number, 4096));
  seen[0] = *bigger;
  free(bigger);
  Join(other);
}

void UnmapBesidePost() {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  block = new (memory) Block;
  sem_init(&block->semaphore, 0, 0);
  const pthread_t other = Start([] { sem_post(&block->semaphore); });
  munmap(memory, 4096);
  Join(other);
}

// ---- Threads

void TryJoin() {
  const pthread_t other = Start([] { x = 1; });
  const int error = pthread_tryjoin_np(other, nullptr);
  seen[0] = error == 0;
  seen[1] = x;
  if (error != 0) Join(other);
}

void TimedJoin() {
  const pthread_t other = Start([] { x = 1; });
  const timespec deadline = After(100);
  const int error = pthread_timedjoin_np(other, nullptr, &deadline);
  seen[0] = error == 0;
  seen[1] = x;
  if (error != 0) Join(other);
}

void CreateInThread() {
  const pthread_t a = Start([] {
    const pthread_t b = Start([] { x = x * 10 + 1; });
    x = x * 10 + 2;
    Join(b);
  });
  x = x * 10 + 3;
  Join(a);
  seen[0] = x;
}

void CreateBesideCreate() {
  const pthread_t a = Start([] { Join(Start([] { seen[0] = ++x; })); });
  const pthread_t b = Start([] { seen[1] = ++x; });
  Join(b);
  Join(a);
}

void Detach() {
  const pthread_t other = Start([] { x = 1; });
  pthread_detach(other);
  seen[0] = x;
}

// ---- Files, random numbers

void Pipe() {
  static int ends[2];
  if (pipe2(ends, O_NONBLOCK) != 0) abort();
  const pthread_t other = Start([] { seen[0] = static_cast<int>(write(ends[1], "ab", 2)); });
  char bytes[2];
  seen[1] = static_cast<int>(read(ends[0], bytes, 1));
  Join(other);
}

void Random() {
  static unsigned char drawn[2];
  const pthread_t other = Start([] { seen[0] = static_cast<int>(getrandom(&drawn[0], 1, 0)); });
  seen[1] = static_cast<int>(getrandom(&drawn[1], 1, 0));
  Join(other);
  seen[2] = drawn[0];
  seen[3] = drawn[1];
}

void Record(int) { seen[1 + seen[0]++] = x; }

void SignalToThread() {
  std::signal(SIGUSR1, Record);
  const pthread_t other = Start([] {
    x = 1;
    x = 2;
  });
  pthread_kill(other, SIGUSR1);
  Join(other);
}

void SignalToProcess() {
  static thread_local int own = 0;
  std::signal(SIGUSR1, [](int) { own = 1; });
  const pthread_t other = Start([] {
    x = 1;
    seen[0] = own;
  });
  kill(getpid(), SIGUSR1);
  Join(other);
  seen[1] = own;
}

void SignalBesideWait() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const pthread_t other = Start([] {
    x = 1;
    kill(getpid(), SIGUSR1);
    x = 2;
  });
  const timespec none = {};
  seen[0] = sigtimedwait(&set, nullptr, &none) == SIGUSR1;
  seen[1] = x;
  Join(other);
}

void AlarmBesideStore() {
  std::signal(SIGALRM, Record);
  const itimerval soon = {{0, 0}, {0, 100}};
  setitimer(ITIMER_REAL, &soon, nullptr);
  x = 1;
  usleep(200);
  x = 2;
}

// Which of the two handles it is a choice, as is when.
void TimerSignalToEither() {
  static thread_local int own = 0;
  std::signal(SIGALRM, [](int) { own = 1; });
  const itimerval soon = {{0, 0}, {0, 100}};
  const pthread_t other = Start([] {
    x = 1;
    seen[0] = own;
  });
  setitimer(ITIMER_REAL, &soon, nullptr);
  usleep(200);
  Join(other);
  seen[1] = own;
}

void CancelBesideStore() {
  const pthread_t other = Start([] {
    x = 1;
    pthread_testcancel();
    x = 2;
  });
  seen[0] = x;
  pthread_cancel(other);
  Join(other);
  seen[1] = x;
}

void CancelAtOnce() {
  const pthread_t other = Start([] {
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
    x = 1;
    x = 2;
  });
  pthread_cancel(other);
  Join(other);
  seen[0] = x;
}

struct Program {
  const char* name;
  void (*run)();
};
constexpr Program kPrograms[] = {
    {"lost-update", LostUpdate},
    {"store-and-load", StoreAndLoad},
    {"compare-exchange", CompareExchange},
    {"three-writers", ThreeWriters},
    {"narrow-and-wide", NarrowAndWide},
    {"atomic-wait", AtomicWait},
    {"mutex-order", MutexOrder},
    {"try-lock", TryLock},
    {"timed-lock", TimedLock},
    {"lock-order", LockOrder},
    {"try-write-beside-reader", TryWriteBesideReader},
    {"try-read-beside-writer", TryReadBesideWriter},
    {"destroyed", Destroyed},
    {"spin-try-lock", SpinTryLock},
    {"once", Once},
    {"static-guard", StaticGuard},
    {"signal-without-predicate", SignalWithoutPredicate},
    {"signal-with-predicate", SignalWithPredicate},
    {"signal-one-of-two", SignalOneOfTwo},
    {"broadcast", Broadcast},
    {"timed-wait", TimedWait},
    {"timed-wait-and-sleep", TimedWaitForOneOfTwo},
    {"semaphore-try-wait", SemaphoreTryWait},
    {"semaphore-timed-wait", SemaphoreTimedWait},
    {"one-post-for-two", OnePostForTwo},
    {"barrier", Barrier},
    {"sleep-before-store", SleepBeforeStore},
    {"sleep-twice", SleepTwice},
    {"sleep-after-store", SleepAfterStore},
    {"sleep-zero", SleepZero},
    {"read-clock", ReadClock},
    {"poll", Poll},
    {"return-beside-thread", ReturnBesideThread},
    {"return-before-failure", ReturnBeforeFailure},
    {"exit-handler", ExitHandler},
    {"exit-of-thread", ExitOfThread},
    {"quick-exit", QuickExit},
    {"end-at-once", EndAtOnce},
    {"exit-before-timeout", ExitBeforeTimeout},
    {"failure-beside-thread", FailureBesideThread},
    {"two-failures", TwoFailures},
    {"free-beside-lock", FreeBesideLock},
    {"free-beside-atomic", FreeBesideAtomic},
    {"free-beside-post", FreeBesidePost},
    {"free-beside-condition-wait", FreeBesideConditionWait},
    {"free-twice", FreeTwice},
    {"realloc-beside-store", ReallocBesideStore},
    {"unmap-beside-post", UnmapBesidePost},
    {"try-join", TryJoin},
    {"timed-join", TimedJoin},
    {"create-in-thread", CreateInThread},
    {"create-beside-create", CreateBesideCreate},
    {"detach", Detach},
    {"pipe", Pipe},
    {"random", Random},
    {"signal-to-thread", SignalToThread},
    {"signal-to-process", SignalToProcess},
    {"signal-beside-wait", SignalBesideWait},
    {"alarm-beside-store", AlarmBesideStore},
    {"timer-signal-to-either", TimerSignalToEither},
    {"cancel-beside-store", CancelBesideStore},
    {"cancel-at-once", CancelAtOnce},
};

}  // namespace

int main(int argc, char** argv) {
  const char* name = argc > 1 ? argv[1] : "";
  for (const Program& program : kPrograms) {
    if (std::strcmp(name, "--list") == 0) std::puts(program.name);
    if (std::strcmp(name, program.name) != 0) continue;
    program.run();
    if (!tells_at_exit) Tell();
  }
  return 0;
}
