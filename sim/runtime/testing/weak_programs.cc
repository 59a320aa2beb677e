// Programs of a few operations whose outcome depends on memory orders, by name: weak_programs NAME.
// Each tells what came of it in its last line of output, so that all that its schedules and the old
// values that it may read can come to can be counted. (small_programs.cc has those for sequentially
// consistent memory.)
//
// What threads saw is kept in plain variables: that are no points, and no other thread reads them
// before the end.
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

extern "C" {  // dynamic annotations have no header of their own
void AnnotateHappensBefore(const char* file, int line, const volatile void* address);
void AnnotateHappensAfter(const char* file, int line, const volatile void* address);
}

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

// One thread's fence is for the compiler only; membarrier(2) of the other makes it one of the
// processor's.
long Membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }
void StoreBufferingMembarrier() {
  if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != -1 || errno != EPERM) abort();
  if (Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0) abort();
  Beside([] { x.store(1, rlx), std::atomic_signal_fence(sc), seen[0] = y.load(rlx); },
         [] {
           y.store(1, rlx);
           if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) abort();
           seen[1] = x.load(rlx);
         });
  if (seen[0] == 0 && seen[1] == 0) abort();
}
void StoreBufferingWithoutMembarrier() {
  Beside([] { x.store(1, rlx), std::atomic_signal_fence(sc), seen[0] = y.load(rlx); },
         [] { y.store(1, rlx), std::atomic_signal_fence(sc), seen[1] = x.load(rlx); });
  if (seen[0] == 0 && seen[1] == 0) abort();
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

void MessageHappensBeforeAnnotated() {
  Beside(
      [] {
        handed_over = 1, x.store(1, rlx);
        AnnotateHappensBefore(__FILE__, __LINE__, &y);
        y.store(1, rlx);
      },
      [] {
        if (y.load(rlx) != 1) return;
        AnnotateHappensAfter(__FILE__, __LINE__, &y);
        See();
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

// A loop around the weak form does what the strong one does.
void WeakCompareExchangeLoop() {
  Beside(
      [] {
        for (int expected = 0; !x.compare_exchange_weak(expected, expected + 1, rlx, rlx);) {
        }
      },
      [] {
        for (int expected = 0; !x.compare_exchange_weak(expected, expected + 1, rlx, rlx);) {
        }
      });
  if (seen[4] != 2) abort();
}

// The forms that headers of C++ and C make: of one, two and eight bytes, and of pointers. One
// object after another lives in the same memory, as variables on a stack do.
alignas(8) char memory[8];
template <typename T>
bool FailsByItself(T from, T to) {
  *reinterpret_cast<volatile T*>(memory) = from;
  auto& object = *reinterpret_cast<std::atomic<T>*>(memory);
  T expected = from;
  const bool done = object.compare_exchange_weak(expected, to, acq_rel, rlx);
  if (expected != from || object.load(rlx) != (done ? to : from)) abort();
  return !done;
}
void WeakCompareExchangeTypes() {
  const int failures = FailsByItself<bool>(false, true) + FailsByItself<short>(-1, -2) +
                       FailsByItself<double>(-0.5, 1.5) + FailsByItself<int*>(seen, seen + 1);
  auto* object = reinterpret_cast<volatile int*>(memory);
  int expected = 3, wanted = 4;
  *object = 3;
  seen[1] = !__atomic_compare_exchange(object, &expected, &wanted, true, 5, 0);
  if (expected != 3 || *object != 4 - seen[1]) abort();
  seen[0] = failures;
}

// A mistake of a program: each of them is expected to be done.
void WeakCompareExchangeTaken() {
  WeakCompareExchangeTypes();
  if (seen[0] == 4 && seen[1] == 1) abort();
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
    {"store-buffering-membarrier", StoreBufferingMembarrier},
    {"store-buffering-without-membarrier", StoreBufferingWithoutMembarrier},
    {"fence-beside-seq-cst", FenceBesideSeqCst},
    {"message", Message},
    {"message-released", MessageReleased},
    {"message-fences", MessageFences},
    {"message-acquire-annotated", MessageAcquireAnnotated},
    {"message-release-annotated", MessageReleaseAnnotated},
    {"message-happens-before-annotated", MessageHappensBeforeAnnotated},
    {"coherence", Coherence},
    {"two-writers", TwoWriters},
    {"write-behind", WriteBehind},
    {"many-stores", ManyStores},  // more than are kept
    {"count", Count},
    {"weak-compare-exchange", WeakCompareExchange},
    {"weak-compare-exchange-loop", WeakCompareExchangeLoop},
    {"weak-compare-exchange-types", WeakCompareExchangeTypes},
    {"weak-compare-exchange-taken", WeakCompareExchangeTaken},
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
  for (const auto& program : kPrograms) {
    if (argc != 2 || std::strcmp(argv[1], program.name) != 0) continue;
    program.run();
    for (const int value : seen) std::printf("%d ", value);
    std::printf("\n");
    return 0;
  }
  std::fprintf(stderr, "weak_programs: expected the name of a program\n");
  return 2;
}
