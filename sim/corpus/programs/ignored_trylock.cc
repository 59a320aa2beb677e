// pthread_mutex_trylock whose result nobody looks at: without contention it works; with it a thread
// enters without the lock, and then unlocks the other's.
//
// First described: CERT C, POS54-C, "Detect and handle POSIX library errors".
// Found by: the kernel (an unlock by a thread that does not hold the mutex), or the assertion of
// mutual exclusion, whichever comes first.
#include <pthread.h>

#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  std::atomic<int> inside{0};
  auto enter = [&] {
    const bool locked = pthread_mutex_trylock(&mutex) == 0;
    if (!kBroken && !locked) return;
    const int already_inside = inside.fetch_add(1);
    assert(already_inside == 0);
    inside.fetch_sub(1);
    pthread_mutex_unlock(&mutex);
  };
  InThreads(enter, enter);
  pthread_mutex_destroy(&mutex);
}

}  // namespace

extern const Program kIgnoredTrylock{"ignored-trylock", Shows::kMisuse, Run<true>, Run<false>};

}  // namespace heddle::corpus
