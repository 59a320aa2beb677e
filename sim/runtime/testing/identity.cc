// What must not leak in: random devices, clocks, process and thread ids, addresses.
#include <fcntl.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>

#include "sim/runtime/testing/check.h"

// libc calls it by itself, in tsan through the sanitizer: the same operation of the program's in
// all.
extern "C" int __cxa_atexit(void (*function)(void*), void* argument, void* module);

int main() {
  CHECK(__cxa_atexit(std::free, std::malloc(16), nullptr) == 0);
  CHECK(std::atexit([] { std::free(std::malloc(8)); }) == 0);
  unsigned long words[3] = {};
  CHECK(getrandom(&words[0], 8, 0) == 8);
  CHECK(getentropy(&words[1], 8) == 0);
  const int device = open("/dev/urandom", O_RDONLY);
  CHECK(read(device, &words[2], 8) == 8);
  close(device);
  std::random_device random;
  timeval day;
  gettimeofday(&day, nullptr);
  std::printf("%lx %lx %lx %x %ld %ld %ld.%06ld %d %d %ld\n", words[0], words[1], words[2],
              random(), static_cast<long>(time(nullptr)),
              static_cast<long>(std::chrono::steady_clock::now().time_since_epoch().count()),
              static_cast<long>(day.tv_sec), static_cast<long>(day.tv_usec), getpid(), getppid(),
              syscall(SYS_gettid));
  std::printf("%u %d\n", std::thread::hardware_concurrency(), sched_getcpu());
  std::thread other([] { std::printf("%d\n", gettid()); });
  other.join();
  const auto before = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::hours(1000));
  CHECK(std::chrono::steady_clock::now() - before >= std::chrono::hours(1000));
}
