// Atomics that the compiler leaves to libatomic: of 16 bytes, and of a size that no instruction
// handles. "lost" updates one by a load and a store, which loses updates of others.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

struct Tagged {
  uint64_t value, tag;
};
struct Large {
  uint64_t values[3];
};

std::atomic<Tagged> tagged{Tagged{0, 0}};
std::atomic<Large> large{Large{}};

template <typename T, typename Change>
void Update(std::atomic<T>& object, Change change) {
  T old = object.load();
  T changed;
  do {
    changed = old;
    change(changed);
  } while (!object.compare_exchange_weak(old, changed));
}

void Count() {
  for (int i = 0; i < 4; ++i) {
    Update(tagged, [](Tagged& t) { ++t.value; });
    Update(large, [](Large& l) { ++l.values[2]; });
  }
}

// Publishes `data` by an atomic of each kind.
template <typename T>
void HandOver(std::atomic<T>& object, const T& done) {
  static int data;
  data = 0;
  std::thread writer([&] {
    data = 1;
    object.store(done, std::memory_order_release);
  });
  for (;;) {
    const T seen = object.load(std::memory_order_acquire);
    if (memcmp(&seen, &done, sizeof done) == 0) break;
    std::this_thread::yield();
  }
  CHECK(data == 1);
  writer.join();
}

void LoseUpdates() {
  const auto add = [] {
    const Tagged old = tagged.load();
    tagged.store(Tagged{old.value + 1, old.tag});
  };
  std::thread other(add);
  add();
  other.join();
  CHECK(tagged.load().value == 2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "lost") == 0) {
    LoseUpdates();
    return 0;
  }
  std::thread a(Count), b(Count);
  a.join();
  b.join();
  CHECK(tagged.load().value == 8 && large.load().values[2] == 8);
  CHECK(tagged.exchange(Tagged{1, 2}).value == 8);
  CHECK(large.exchange(Large{{1, 2, 3}}).values[2] == 8);
  HandOver(tagged, Tagged{7, 7});
  HandOver(large, Large{{7, 7, 7}});
  std::puts("done");
}
