// A libev loop with a thread of its own, one wake-up and one timer.
#ifndef HEDDLE_SRC_DISPATCH_EVENT_LOOP_H_
#define HEDDLE_SRC_DISPATCH_EVENT_LOOP_H_

#include <ev.h>

#include <cstdint>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace heddle::dispatch {

class EventLoop {
 public:
  // Called on the loop thread only.
  class Handler {
   public:
    virtual ~Handler() = default;
    // At the thread's start, and after Wake(): once for any number of calls since the last time.
    virtual void OnWake() = 0;
    // The time set with SetTimer has come.
    virtual void OnTimer() = 0;
    // The last call: the loop was broken and the thread is about to end.
    virtual void OnEnd() = 0;
  };

  // `handler` must outlive the loop. Unavailable when the system gives no loop.
  static absl::StatusOr<std::unique_ptr<EventLoop>> Create(Handler* handler);

  // The thread must have been joined, or never started. No Wake() may come any more.
  ~EventLoop();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Once. Unavailable when the system gives no thread; it may then be tried again.
  absl::Status Start();
  // After Start, once. Waits for the thread's end.
  void Join();

  // Any thread, at any moment between creation and destruction: before the start, during the last
  // turn and after the end too. Does not block.
  void Wake();

  // The caller is this loop's thread.
  bool OnLoopThread() const;

  // On the loop thread: OnTimer once, after this many ns; replaces what was set before.
  void SetTimer(int64_t after_ns);
  // On the loop thread: end after the handler returns.
  void Break();

 private:
  EventLoop(Handler* handler, struct ev_loop* loop);
  void Run();
  static void OnAsync(struct ev_loop* loop, ev_async* watcher, int events);
  static void OnTimeout(struct ev_loop* loop, ev_timer* watcher, int events);

  Handler* const handler_;
  struct ev_loop* const loop_;
  ev_async async_;
  ev_timer timer_;
  std::thread thread_;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_EVENT_LOOP_H_
