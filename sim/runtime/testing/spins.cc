// Right in what it expects of Heddle: threads that wait for plain variables, as programs from
// before C++11 do. Nothing that such a loop does is a schedule point of its own. ThreadSanitizer
// does not see the stores, so that it has nothing to say about the waiting. With the argument
// "work": one long computation.
#include <cstdio>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

#define UNSEEN __attribute__((noinline, no_sanitize("thread")))

volatile int waiting = 0;
volatile bool ready = false;
int go = 0;
int stop = 0;

UNSEEN void Set(volatile int* variable) { *variable = 1; }
UNSEEN void Set(volatile bool* variable) { *variable = true; }
UNSEEN void Add(volatile int* variable) { *variable = *variable + 1; }

// On a volatile.
void Barrier(int threads) {
  Add(&waiting);
  while (waiting < threads) {
  }
}

// On two variables behind a compiler barrier, as in masstree's versions of nodes.
bool WaitForEither() {
  while (go == 0 && stop == 0) asm volatile("" ::: "memory");
  return go != 0;
}

// Long, but no waiting: it ends by itself.
int Count() {
  volatile int limit = 100'000;
  int sum = 0;
  for (int i = 0; i < limit; ++i) ++sum;
  return sum;
}

// Plain work of more accesses than the step budget has points.
void Work() {
  constexpr size_t kNumbers = 16;
  static volatile int numbers[kNumbers] = {};
  int sum = 0;
  for (int i = 0; i < 22'000'000; ++i) sum += numbers[static_cast<size_t>(i) % kNumbers];
  CHECK(sum == 0);
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1) {
    std::thread(Work).join();
    return 0;
  }
  std::thread first([] {
    Barrier(3);
    CHECK(WaitForEither());
    Set(&ready);
  });
  std::thread second([] {
    Barrier(3);
    CHECK(Count() == 100'000);
    Set(&go);
  });
  Barrier(3);
  while (!ready) {
  }
  first.join();
  second.join();
  std::printf("spins\n");
}
