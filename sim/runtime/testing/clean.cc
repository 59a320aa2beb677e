// Right: a mutex-protected counter, a condition variable with a predicate, join. Never a finding.
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

int main() {
  std::mutex mutex;
  std::condition_variable ready;
  int value = 0;
  bool go = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      std::unique_lock<std::mutex> lock(mutex);
      ready.wait(lock, [&] { return go; });
      for (int i = 0; i < 5; ++i) {
        ++value;
        lock.unlock();
        lock.lock();
      }
    });
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    go = true;
  }
  ready.notify_all();
  for (std::thread& thread : threads) thread.join();
  std::printf("value=%d\n", value);
  return value == 15 ? 0 : 1;
}
