// The standard library's concurrency facilities, used rightly.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "sim/runtime/testing/check.h"

using namespace std::chrono_literals;

namespace {

void Futures() {
  auto doubled = std::async(std::launch::async, [] { return 21 * 2; });
  auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("no"); });
  std::promise<int> promise;
  auto shared = promise.get_future().share();
  std::thread reader([shared] { CHECK(shared.get() == 7); });
  CHECK(shared.wait_for(10ms) == std::future_status::timeout);
  promise.set_value(7);
  std::packaged_task<int(int)> task([](int x) { return x + 1; });
  auto result = task.get_future();
  std::thread runner(std::move(task), 4);
  CHECK(result.get() == 5);
  CHECK(doubled.get() == 42);
  bool caught = false;
  try {
    failing.get();
  } catch (const std::runtime_error&) {
    caught = true;
  }
  CHECK(caught);
  reader.join(), runner.join();
}

// Read here, and freed by whoever drops it last: libstdc++ counts out of ThreadSanitizer's sight.
void SharedException() {
  std::packaged_task<int()> task([]() -> int { throw std::runtime_error("thrown"); });
  std::future<int> result = task.get_future();
  std::thread other([task = std::move(task)]() mutable {
    task();
    std::this_thread::sleep_for(1ms);
  });
  try {
    result.get();
    CHECK(false);
  } catch (const std::runtime_error& error) {
    CHECK(std::string(error.what()) == "thrown");
  }
  other.join();
}

void Mutexes() {
  std::timed_mutex timed;
  std::recursive_timed_mutex recursive;
  std::shared_mutex shared;
  std::shared_timed_mutex shared_timed;
  int value = 0, guarded = 0;
  const auto work = [&](int id) {
    if (timed.try_lock_for(1h)) {
      ++value;
      timed.unlock();
    }
    {
      std::lock_guard<std::recursive_timed_mutex> a(recursive);
      std::lock_guard<std::recursive_timed_mutex> b(recursive);
    }
    if (id == 0) {
      std::unique_lock<std::shared_mutex> lock(shared);
      guarded += 10;
    } else {
      std::shared_lock<std::shared_mutex> lock(shared);
      CHECK(guarded <= 10);
    }
    if (shared_timed.try_lock_shared_for(1h)) shared_timed.unlock_shared();
    std::scoped_lock both(timed, shared_timed);
  };
  std::thread a(work, 0), b(work, 1), c(work, 2);
  a.join(), b.join(), c.join();
  CHECK(value == 3 && guarded == 10);
  timed.lock();
  std::thread late([&] { CHECK(!timed.try_lock_until(std::chrono::steady_clock::now() + 5ms)); });
  late.join();
  timed.unlock();
}

void Waiting() {
  std::mutex mutex;
  std::condition_variable ready;
  std::condition_variable_any any;
  bool go = false;
  std::thread a([&] {
    std::unique_lock<std::mutex> lock(mutex);
    CHECK(ready.wait_for(lock, 1h, [&] { return go; }));
  });
  std::thread b([&] {
    std::unique_lock<std::mutex> lock(mutex);
    any.wait(lock, [&] { return go; });
  });
  std::this_thread::sleep_for(3ms);
  {
    std::lock_guard<std::mutex> lock(mutex);
    go = true;
  }
  ready.notify_all(), any.notify_all();
  a.join(), b.join();
  std::unique_lock<std::mutex> lock(mutex);
  CHECK(ready.wait_until(lock, std::chrono::system_clock::now() + 5ms) == std::cv_status::timeout);
}

void Twenty() {
  std::counting_semaphore<4> semaphore(0);
  std::binary_semaphore binary(1);
  std::latch latch(3);
  std::atomic<int> flag{0};
  std::atomic<bool> seen{false};
  std::atomic_flag lamp = ATOMIC_FLAG_INIT;
  std::thread a([&] {
    flag.wait(0);
    CHECK(flag.load() == 1);
    seen = true;
    semaphore.acquire();
    latch.count_down();
    lamp.wait(false);
  });
  std::thread b([&] {
    CHECK(semaphore.try_acquire_for(1h));
    binary.acquire();
    binary.release();
    latch.arrive_and_wait();
    lamp.wait(false);
  });
  flag.store(1);
  flag.notify_all();
  semaphore.release(2);
  latch.arrive_and_wait();
  lamp.test_and_set();
  lamp.notify_all();
  a.join(), b.join();
  CHECK(seen);
  CHECK(!semaphore.try_acquire_for(2ms));
}

void Stopping() {
  std::atomic<int> rounds{0};
  std::mutex mutex;
  std::condition_variable_any any;
  {
    std::jthread worker([&](std::stop_token token) {
      while (!token.stop_requested()) {
        ++rounds;
        std::this_thread::sleep_for(1ms);
      }
    });
    std::jthread sleeper([&](std::stop_token token) {
      std::unique_lock<std::mutex> lock(mutex);
      CHECK(!any.wait(lock, token, [] { return false; }));
    });
    std::stop_callback callback(worker.get_stop_token(), [&] { rounds += 1000; });
    std::this_thread::sleep_for(5ms);
    worker.request_stop();
  }
  // The worker may be asked to stop before its first round.
  CHECK(rounds.load() >= 1000);
}

void OnceAndLocal() {
  std::once_flag flag;
  int runs = 0;
  const auto work = [&] {
    std::call_once(flag, [&] { ++runs; });
    CHECK(runs == 1);
    thread_local std::vector<int> own;
    own.push_back(1);
    CHECK(own.size() == 1);
  };
  std::thread a(work), b(work);
  a.join(), b.join();
}

// One that throws did not run: the next to come runs it again.
void OnceThatThrows() {
  std::once_flag flag;
  int tries = 0;
  int done = 0;
  const auto work = [&] {
    try {
      std::call_once(flag, [&] {
        if (++tries < 3) throw tries;
        ++done;
      });
      CHECK(tries == 3 && done == 1);
    } catch (int) {
    }
  };
  std::thread a(work), b(work), c(work);
  a.join(), b.join(), c.join();
  work();
  CHECK(done == 1);
}

}  // namespace

int main() {
  Futures();
  SharedException();
  Mutexes();
  Waiting();
  Twenty();
  Stopping();
  OnceAndLocal();
  OnceThatThrows();
  std::printf("done\n");
}
