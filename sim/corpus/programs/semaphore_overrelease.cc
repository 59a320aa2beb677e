// A semaphore released on a path that never acquired it: the failed sem_trywait's clean-up adds a
// permit, and later two are let in where one belongs.
//
// First described: the semaphore and the invariant this breaks by E. W. Dijkstra, "Cooperating
// Sequential Processes", 1965.
// Found by: the assertion of mutual exclusion.
#include <semaphore.h>

#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  sem_t permits;
  sem_init(&permits, 0, 1);
  std::atomic<int> inside{0};
  auto visit = [&] {
    const bool entered = sem_trywait(&permits) == 0;
    if (entered) {
      const int already_inside = inside.fetch_add(1);
      assert(already_inside == 0);
      inside.fetch_sub(1);
    }
    if (kBroken || entered) sem_post(&permits);
  };
  InThreads(visit, visit, visit);
  sem_destroy(&permits);
}

}  // namespace

extern const Program kSemaphoreOverrelease{"semaphore-overrelease", Shows::kAssertion, Run<true>,
                                           Run<false>};

}  // namespace heddle::corpus
