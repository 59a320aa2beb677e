// Programs of a few operations whose outcome depends on memory orders, by name: weak_programs NAME.
// Each tells what came of it in its last line of output, so that all that its schedules and the old
// values that it may read can come to can be counted. (small_programs.cc has those for sequentially
// consistent memory.)
//
// What threads saw is kept in plain variables: that are no points, and no other thread reads them
// before the end.
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

constexpr auto rlx = std::memory_order_relaxed;
constexpr auto acq = std::memory_order_acquire;
constexpr auto rel = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto sc = std::memory_order_seq_cst;

std::atomic<int> x{0}, y{0};
pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
int seen[6] = {};

void* Run(void* function) {
  reinterpret_cast<void (*)()>(function)();
  return nullptr;
}
pthread_t Start(void (*body)()) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, Run, reinterpret_cast<void*>(body)) != 0) abort();
  return thread;
}
void Join(pthread_t thread) { pthread_join(thread, nullptr); }

void Beside(void (*other)(), void (*here)()) {
  const pthread_t thread = Start(other);
  here();
  Join(thread);
  seen[4] = x.load(sc);
  seen[5] = y.load(sc);
}

// ---- Orders

void StoreBuffering() {
  Beside([] { x.store(1, rlx), seen[0] = y.load(rlx); },
         [] { y.store(1, rlx), seen[1] = x.load(rlx); });
}

void StoreBufferingFences() {
  Beside([] { x.store(1, rlx), std::atomic_thread_fence(sc), seen[0] = y.load(rlx); },
         [] { y.store(1, rlx), std::atomic_thread_fence(sc), seen[1] = x.load(rlx); });
}

void StoreBufferingOneFence() {
  Beside([] { x.store(1, rlx), std::atomic_thread_fence(sc), seen[0] = y.load(rlx); },
         [] { y.store(1, rlx), seen[1] = x.load(rlx); });
}

void StoreBufferingSeqCst() {
  Beside([] { x.store(1, sc), seen[0] = y.load(sc); },
         [] { y.store(1, sc), seen[1] = x.load(sc); });
}

void FenceBesideSeqCst() {
  Beside([] { x.store(1, rlx), std::atomic_thread_fence(sc), seen[0] = y.load(rlx); },
         [] { y.store(1, sc), seen[1] = x.load(sc); });
}

void Message() {
  Beside([] { x.store(1, rlx), y.store(1, rlx); },
         [] { seen[0] = y.load(rlx), seen[1] = x.load(rlx); });
}

void MessageReleased() {
  Beside([] { x.store(1, rlx), y.store(1, rel); },
         [] { seen[0] = y.load(acq), seen[1] = x.load(rlx); });
}

void MessageFences() {
  Beside([] { x.store(1, rlx), std::atomic_thread_fence(rel), y.store(1, rlx); },
         [] {
           seen[0] = y.load(rlx);
           std::atomic_thread_fence(acq);
           seen[1] = x.load(rlx);
         });
}

// Orders that only annotations tell of, as Zig's fences do.
int handed_over = 0;
void See() {
  seen[1] = x.load(rlx);
  if (seen[1] != 1 || handed_over != 1) abort();
}
void MessageAcquireAnnotated() {
  Beside([] { handed_over = 1, x.store(1, rlx), y.exchange(1, rel); },
         [] {
           if (y.load(rlx) != 1) return;
           __tsan_acquire(&y);
           See();
         });
}
void MessageReleaseAnnotated() {
  Beside(
      [] {
        handed_over = 1, x.store(1, rlx);
        __tsan_release(&y);
        y.store(1, rlx);
      },
      [] {
        if (y.load(acq) == 1) See();
      });
}

void Coherence() {
  Beside([] { x.store(1, rlx), x.store(2, rlx); },
         [] { seen[0] = x.load(rlx), seen[1] = x.load(rlx), seen[2] = x.load(rlx); });
}

void TwoWriters() {
  Beside([] { x.store(1, rlx), y.store(2, rlx); }, [] { y.store(1, rlx), x.store(2, rlx); });
}

void WriteBehind() {
  Beside([] { x.store(2, rlx), y.store(1, rel); }, [] { seen[0] = y.load(rlx), x.store(1, rlx); });
}

void ManyStores() {
  Beside(
      [] {
        for (int i = 1; i <= 9; ++i) x.store(i, rlx);
      },
      [] { seen[0] = x.load(rlx); });
}

// ---- Read-modify-writes

void Count() {
  Beside([] { seen[0] = x.fetch_add(1, rlx), y.store(1, rlx); },
         [] { seen[1] = y.load(rlx), seen[2] = x.fetch_add(1, rlx); });
}

void WeakCompareExchange() {
  Beside(
      [] {
        int expected = 0;
        seen[0] = x.compare_exchange_weak(expected, 1, acq_rel, rlx);
      },
      [] {
        int expected = 0;
        seen[1] = x.compare_exchange_weak(expected, 2, acq_rel, rlx);
      });
}

void FailedCompareExchange() {
  Beside([] { x.store(1, rlx), y.store(1, rlx); },
         [] {
           int expected = 1;
           seen[0] = y.load(rlx);
           seen[1] = x.compare_exchange_strong(expected, 2, rlx, rlx);
           seen[2] = expected;
         });
}

void ReleaseSequence() {
  const pthread_t a = Start([] { x.store(1, rlx), y.store(1, rel); });
  const pthread_t b = Start([] { y.fetch_add(1, rlx); });
  Join(b);
  seen[0] = y.load(acq);
  seen[1] = x.load(rlx);
  Join(a);
}

void ExchangeBesideStore() {
  Beside([] { seen[0] = x.exchange(1, acq_rel), seen[1] = y.load(rlx); },
         [] { y.store(1, rlx), x.store(2, rel), seen[2] = x.load(rlx); });
}

// ---- What else hands on

void MutexBesideRelaxed() {
  Beside(
      [] {
        pthread_mutex_lock(&m);
        x.store(1, rlx);
        pthread_mutex_unlock(&m);
        y.store(1, rlx);
      },
      [] {
        seen[0] = y.load(rlx);
        pthread_mutex_lock(&m);
        seen[1] = x.load(rlx);
        pthread_mutex_unlock(&m);
      });
}

void TryLock() {
  Beside(
      [] {
        pthread_mutex_lock(&m);
        x.store(1, rlx);
        pthread_mutex_unlock(&m);
      },
      [] {
        seen[0] = pthread_mutex_trylock(&m) == 0;
        seen[1] = x.load(rlx);
        if (seen[0] != 0) pthread_mutex_unlock(&m);
      });
}

void Semaphore() {
  static sem_t s;
  sem_init(&s, 0, 0);
  Beside([] { x.store(1, rlx), sem_post(&s); },
         [] { seen[0] = sem_trywait(&s) == 0, seen[1] = x.load(rlx); });
}

void Futex() {
  Beside([] { y.store(1, rlx), x.store(1, rlx), syscall(SYS_futex, &x, FUTEX_WAKE, 1); },
         [] {
           syscall(SYS_futex, &x, FUTEX_WAIT, 0, nullptr);
           seen[0] = x.load(rlx);
           seen[1] = y.load(rlx);
         });
}

void Descriptor() {
  static int ends[2];
  if (pipe2(ends, O_NONBLOCK) != 0) abort();
  Beside([] { x.store(1, rlx), seen[0] = static_cast<int>(write(ends[1], "a", 1)); },
         [] {
           char byte;
           seen[1] = static_cast<int>(read(ends[0], &byte, 1));
           seen[2] = x.load(rlx);
         });
}

void Clock() {
  Beside([] { x.store(1, rlx), y.store(1, rlx); },
         [] {
           seen[0] = y.load(rlx);
           timespec time;
           clock_gettime(CLOCK_MONOTONIC, &time);
           seen[1] = x.load(rlx);
         });
}

int Initial(int value) { return value; }
int StaticOf(int value) {
  static int first = Initial(value);
  return first;
}
void StaticGuard() {
  Beside([] { x.store(1, rlx), seen[0] = StaticOf(1); },
         [] { seen[1] = StaticOf(2), seen[2] = x.load(rlx); });
}

void Sleep() {
  Beside([] { usleep(100), x.store(1, rlx); }, [] { usleep(200), seen[0] = x.load(rlx); });
}

// ---- Memory

void Sizes() {
  static uint64_t wide = 0;
  static auto* narrow = reinterpret_cast<uint32_t*>(&wide) + 1;
  Beside([] { __atomic_store_n(narrow, 7, __ATOMIC_RELAXED), x.store(1, rlx); },
         [] {
           seen[0] = x.load(rlx);
           seen[1] = static_cast<int>(__atomic_load_n(&wide, __ATOMIC_RELAXED) >> 32);
         });
}

void FreeBesideLoad() {
  static std::atomic<int>* number;
  number = new std::atomic<int>(3);
  Beside([] { number->store(4, rlx), x.store(1, rlx); },
         [] {
           seen[0] = x.load(rlx);
           delete number;
         });
}

// ---- Ends

void FailureOfOldValue() {
  Beside([] { x.store(1, rlx), y.store(1, rlx); },
         [] {
           if (y.load(rlx) == 1) assert(x.load(rlx) == 1);
         });
}

void Signal() {
  static const pthread_t self = pthread_self();
  std::signal(SIGUSR1, [](int) { seen[1] = x.load(rlx); });
  Beside([] { x.store(1, rlx), pthread_kill(self, SIGUSR1); }, [] { seen[0] = x.load(rlx); });
}

struct Program {
  const char* name;
  void (*run)();
};
constexpr Program kPrograms[] = {
    {"store-buffering", StoreBuffering},
    {"store-buffering-fences", StoreBufferingFences},
    {"store-buffering-one-fence", StoreBufferingOneFence},
    {"store-buffering-seq-cst", StoreBufferingSeqCst},
    {"fence-beside-seq-cst", FenceBesideSeqCst},
    {"message", Message},
    {"message-released", MessageReleased},
    {"message-fences", MessageFences},
    {"message-acquire-annotated", MessageAcquireAnnotated},
    {"message-release-annotated", MessageReleaseAnnotated},
    {"coherence", Coherence},
    {"two-writers", TwoWriters},
    {"write-behind", WriteBehind},
    {"many-stores", ManyStores},  // more than are kept
    {"count", Count},
    {"weak-compare-exchange", WeakCompareExchange},
    {"failed-compare-exchange", FailedCompareExchange},
    {"release-sequence", ReleaseSequence},
    {"exchange-beside-store", ExchangeBesideStore},
    {"mutex-beside-relaxed", MutexBesideRelaxed},
    {"try-lock", TryLock},
    {"semaphore", Semaphore},
    {"futex", Futex},
    {"descriptor", Descriptor},
    {"clock", Clock},
    {"static-guard", StaticGuard},
    {"sleep", Sleep},
    {"sizes", Sizes},
    {"free-beside-load", FreeBesideLoad},
    {"failure-of-old-value", FailureOfOldValue},
    {"signal", Signal},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Program& program : kPrograms) {
    if (argc != 2 || std::strcmp(argv[1], program.name) != 0) continue;
    program.run();
    for (const int value : seen) std::printf("%d ", value);
    std::printf("\n");
    return 0;
  }
  std::fprintf(stderr, "weak_programs: expected the name of a program\n");
  return 2;
}
