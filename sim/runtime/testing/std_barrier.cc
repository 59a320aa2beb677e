// std::barrier, used rightly. Apart from std_sync because libstdc++ picks a barrier's slots by
// hashing std::thread::id, which is an address: exact in each flavour, but not the same in det and
// asan.
#include <barrier>
#include <thread>

#include "sim/runtime/testing/check.h"

int main() {
  int completions = 0, before[3] = {};
  std::barrier barrier(3, [&]() noexcept { ++completions; });
  const auto work = [&](int id) {
    for (int round = 1; round <= 3; ++round) {
      before[id] = round;
      barrier.arrive_and_wait();
      for (const int other : before) CHECK(other == round);
      barrier.arrive_and_wait();
    }
  };
  std::thread a(work, 0), b(work, 1);
  work(2);
  a.join(), b.join();
  CHECK(completions == 6);
  std::printf("done\n");
}
