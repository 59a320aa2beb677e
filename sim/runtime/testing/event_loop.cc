// Debian's own libev: a repeating timer, an async watcher, and a producer that sleeps and sends.
#include <ev.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>

namespace {
std::mutex mutex;
std::deque<int> queue;
int received = 0, ticks = 0;
constexpr int kEvents = 50;

void OnAsync(struct ev_loop*, ev_async*, int) {
  std::lock_guard<std::mutex> lock(mutex);
  received += static_cast<int>(queue.size());
  queue.clear();
}

void OnTick(struct ev_loop* loop, ev_timer* timer, int) {
  ++ticks;
  std::lock_guard<std::mutex> lock(mutex);
  if (received == kEvents && queue.empty()) {
    ev_timer_stop(loop, timer);
    ev_break(loop, EVBREAK_ALL);
  }
}
}  // namespace

int main() {
  struct ev_loop* loop = ev_loop_new(EVFLAG_AUTO);
  ev_async async;
  ev_async_init(&async, OnAsync);
  ev_async_start(loop, &async);
  ev_timer timer;
  ev_timer_init(&timer, OnTick, 0.8, 0.8);
  ev_timer_start(loop, &timer);
  std::thread producer([&] {
    for (int i = 0; i < kEvents; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(333));
      {
        std::lock_guard<std::mutex> lock(mutex);
        queue.push_back(i);
      }
      ev_async_send(loop, &async);
    }
  });
  ev_run(loop, 0);
  producer.join();
  ev_loop_destroy(loop);
  std::printf("received=%d ticks=%s\n", received, ticks > 0 ? "some" : "none");
  return received == kEvents ? 0 : 1;
}
