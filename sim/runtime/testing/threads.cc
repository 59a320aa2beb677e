// A thread's whole life: create with attributes, join in all forms, detach, pthread_exit through
// destructors, thread_local destructors, keys; a hundred threads one after the other.
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sim/runtime/testing/check.h"

namespace {

std::atomic<int> destroyed{0}, keys_destroyed{0};
std::mutex log_mutex;

struct Counted {
  ~Counted() {
    std::lock_guard<std::mutex> lock(log_mutex);  // under control, even here
    ++destroyed;
  }
};
thread_local Counted counted;
thread_local int plain = 5;
thread_local std::string text = "initial";

void UseLocals() {
  CHECK(plain == 5);
  CHECK(text == "initial");
  plain = 6;
  text += "changed and long enough to be on the heap";
  (void)&counted;
}

void* Exits(void* argument) {
  UseLocals();
  struct Guard {
    int* flag;
    ~Guard() { *flag = 1; }
  } guard{static_cast<int*>(argument)};
  pthread_exit(reinterpret_cast<void*>(17));
}

pthread_key_t key;

void* UsesKey(void*) {
  CHECK(pthread_getspecific(key) == nullptr);
  pthread_setspecific(key, new int(3));
  try {
    throw std::runtime_error("caught here");
  } catch (const std::exception&) {
  }
  return nullptr;
}

}  // namespace

int main() {
  pthread_key_create(&key, [](void* value) {
    delete static_cast<int*>(value);
    ++keys_destroyed;
  });
  for (int round = 0; round < 30; ++round) {
    int flag = 0;
    pthread_t exits, uses;
    pthread_create(&exits, nullptr, Exits, &flag);
    pthread_create(&uses, nullptr, UsesKey, nullptr);
    void* result = nullptr;
    CHECK(pthread_join(exits, &result) == 0);
    CHECK(result == reinterpret_cast<void*>(17));
    CHECK(flag == 1);
    CHECK(pthread_join(uses, nullptr) == 0);
    std::thread third(UseLocals);
    third.join();
  }
  CHECK(destroyed.load() == 60);
  CHECK(keys_destroyed.load() == 30);

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  static std::atomic<int> detached{0};
  pthread_t handle;
  CHECK(pthread_create(
            &handle, &attributes,
            [](void*) -> void* {
              ++detached;
              return nullptr;
            },
            nullptr) == 0);
  pthread_attr_destroy(&attributes);
  std::thread([] { ++detached; }).detach();
  while (detached.load() < 2) std::this_thread::yield();

  std::atomic<bool> go{false};
  pthread_t slow;
  pthread_create(
      &slow, nullptr,
      [](void* flag) -> void* {
        while (!static_cast<std::atomic<bool>*>(flag)->load()) std::this_thread::yield();
        return nullptr;
      },
      &go);
  CHECK(pthread_tryjoin_np(slow, nullptr) == EBUSY);
  timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += 1;
  CHECK(pthread_timedjoin_np(slow, nullptr, &deadline) == ETIMEDOUT);
  go = true;
  CHECK(pthread_join(slow, nullptr) == 0);

  std::vector<std::thread> many;
  std::atomic<int> sum{0};
  for (int i = 0; i < 40; ++i) many.emplace_back([&sum, i] { sum += i; });
  for (std::thread& thread : many) thread.join();
  CHECK(sum.load() == 780);
  std::printf("done\n");
}
