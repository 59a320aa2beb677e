// A test without a framework: plain explores Body(), and fails with what is found.
#include <cstdio>
#include <mutex>
#include <thread>

#include "heddle/explore.h"

namespace {

// Two threads add to a number; the mistake: they let go of the lock between reading and writing.
int Body() {
  std::mutex mutex;
  int value = 0;
  const auto add = [&] {
    mutex.lock();
    const int old = value;
    mutex.unlock();
    const std::lock_guard lock(mutex);
    value = old + 1;
  };
  std::thread other(add);
  add();
  other.join();
  return value == 2 ? 0 : 1;
}

}  // namespace

int main() {
  if (heddle::Controlled()) return Body();
  heddle::ExploreOptions options;
  options.schedules = 200;
  const heddle::ExploreResult result = heddle::Explore(options, {});
  std::fputs(result.report.c_str(), stdout);
  return result.clean ? 0 : 1;
}
