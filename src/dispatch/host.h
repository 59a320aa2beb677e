// The host behind the C ABI: a node, a dispatcher, the loop thread, and what starts and stops them.
// Contracts are in include/heddle/host.h; this is how they are kept.
//
// Threads
//   Networks call Deliver. The loop thread runs OnWake, OnTimer and OnEnd, and is the only one that
//   ticks; whatever anybody else wants of it is an atomic that it reads when it wakes. Callbacks
//   touch the state word, the dispatcher and nothing else.
//
// Stopping
//   A stop is a bit in the state word and a wake-up. The loop thread closes the dispatcher, drains
//   what was taken before, and ends. Memory lives until the last reference is gone (the owner's and
//   one for each open instance), so a network that is still inside a callback, about to wake the
//   loop, finds the loop object there.
//
// Running out of memory
//   A node that was interrupted by std::bad_alloc may be half-way, so nothing may be applied to it
//   any more: the host fails. It stops without draining, and join says HEDDLE_NO_MEMORY.
#ifndef HEDDLE_SRC_DISPATCH_HOST_H_
#define HEDDLE_SRC_DISPATCH_HOST_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "src/dispatch/dispatcher.h"
#include "src/dispatch/event_loop.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/node/node.h"

namespace heddle::dispatch {

class Host : private EventLoop::Handler, private node::NodeObserver {
 public:
  // InvalidArgument or Unavailable, with a message for a person. Throws std::bad_alloc.
  // config.dispatcher is not looked at: the factory makes the dispatcher.
  static absl::StatusOr<std::shared_ptr<Host>> Create(const heddle_config& config,
                                                      const DispatcherFactory& factory);
  ~Host() override;

  // The ABI's functions of the same names.
  heddle_status Start();
  void Stop();
  heddle_status Join();
  heddle_status Tick(uint64_t interval);
  heddle_status UseTimer(int64_t origin_ns, uint64_t interval_ns);
  heddle_status StopTimer();
  heddle_status Flush();
  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event);

  // The caller may wait for the loop thread: it is not that thread, nor inside an observer's call.
  bool MayWait() const;

  uint64_t Wakeups(uint32_t instance) const { return dispatcher_->Wakeups(instance); }
  uint32_t instances() const { return config_.instances; }
  uint64_t max_payload_bytes() const { return config_.max_payload_bytes; }
  node::Node& node() { return *node_; }

 private:
  // The state word. Callbacks are taken while it is exactly kStarted.
  static constexpr uint32_t kStarted = 1;
  static constexpr uint32_t kStopAsked = 2;
  static constexpr uint32_t kFailed = 4;

  // How many ticks come before the loop looks for other work. Enough for a slot at any interval in
  // use.
  static constexpr uint64_t kMaxTicksInARow = 4096;
  // A timer whose ticks cost more than its interval never catches up. After so long on ticks that
  // are late, events get their turn; where callbacks wait for a lock that a tick takes, the loop
  // does nothing for as long, so that one of them gets it even if the system must wake its thread
  // first.
  static constexpr int64_t kLateTicksNs = 250'000;

  explicit Host(const heddle_config& config) : config_(config) {}
  absl::Status Init(const DispatcherFactory& factory);

  void OnWake() override;
  void OnTimer() override;
  void OnEnd() override;
  void OnApplied(const node::Application& application) override;
  void OnTicked(chain::Interval interval) override;

  // On the loop thread or on a network's: the node must not be used any more.
  void Fail();

  // The rest is the loop thread's.
  void Guarded(absl::FunctionRef<void()> work);
  void Work();
  void Finish();
  void TickTo(uint64_t interval);
  // Ticks to what is due, for kLateTicksNs at most.
  void TickForTimer();
  // The interval that the timer should have ticked to by now; 0 without a timer.
  uint64_t DueInterval() const;
  void SetTimer();
  void AnswerFlush();

  heddle_config config_;  // constant once the thread has started; its validators have been copied
                          // into the node
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Dispatcher> dispatcher_;

  std::atomic<uint32_t> state_{0};
  // What others ask of the loop thread. Both only rise.
  std::atomic<uint64_t> asked_interval_{0};
  std::atomic<uint64_t> asked_flushes_{0};
  std::atomic<bool> timer_stopped_{false};

  // The loop thread's.
  uint64_t ticked_interval_ = 0;
  bool timer_set_ = false;
  bool resting_ = false;          // ticks are late, and wait for the timer
  uint64_t flush_under_way_ = 0;  // its number; 0: none
  uint64_t flush_interval_ = 0;   // it waits for this tick

  // For those who wait for the loop thread.
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t answered_flushes_ = 0;
  bool has_thread_ = false;
  bool ended_ = false;   // the loop thread has done all it will do
  bool joined_ = false;  // and is gone
  bool joining_ = false;
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_HOST_H_
