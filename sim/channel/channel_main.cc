// heddle-channel PRODUCERS EVENTS CAPACITY run|close [--dfs [PREEMPTIONS]]
//
// The event channel alone, at work once: each producer pushes its events, and wakes the consumer
// through an eventfd when the channel says so, as ev_async does; the consumer drains, prepares to
// sleep and sleeps. A producer that finds the channel full waits until the consumer has drained.
// With `close` a further thread closes the channel at whatever moment, and producers stop when they
// are told. Aborts when an event is lost, comes twice, comes out of order or comes after the
// consumer had drained what a closed channel held; a lost wake-up leaves all asleep, which only a
// supervisor sees (run it under `heddle explore --program`).
//
// With --dfs, in an instrumented flavour: every schedule there is (or those with no more than that
// many preemptions), in this process, and how many there were.
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "sim/runtime/runtime.h"
#include "src/dispatch/event_channel.h"
#include "src/node/check.h"

namespace {

using heddle::dispatch::EventChannel;
using PushResult = EventChannel::PushResult;

struct Shape {
  uint32_t producers, events, capacity;
  bool close;
};

class Wakeup {
 public:
  Wakeup() : descriptor_(eventfd(0, EFD_CLOEXEC)) { HEDDLE_CHECK(descriptor_ >= 0); }
  ~Wakeup() { close(descriptor_); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  void Send() { HEDDLE_CHECK(eventfd_write(descriptor_, 1) == 0); }
  void Sleep() {
    eventfd_t count;
    HEDDLE_CHECK(eventfd_read(descriptor_, &count) == 0);
  }

 private:
  const int descriptor_;
};

class Work {
 public:
  explicit Work(const Shape& shape)
      : shape_(shape),
        channel_({.producers = shape.producers, .capacity = shape.capacity, .max_event_bytes = 16}),
        drained_(shape.producers),
        taken_(shape.producers),
        applied_(shape.producers) {}

  void Run() {
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < shape_.producers; ++i) {
      threads.emplace_back([this, i] { Produce(i); });
    }
    if (shape_.close) {
      threads.emplace_back([this] {
        channel_.Close();
        closed_.store(true, std::memory_order_release);
        wakeup_.Send();
      });
    }
    Consume();
    for (std::thread& thread : threads) thread.join();
    // After the end nothing may have been taken that was not applied.
    for (uint32_t i = 0; i < shape_.producers; ++i) HEDDLE_CHECK(applied_[i] == taken_[i]);
  }

 private:
  void Produce(uint32_t producer) {
    for (uint32_t number = 0; number < shape_.events;) {
      heddle::node::Event event;
      event.number = number + 1;
      switch (channel_.Push(producer, event)) {
        case PushResult::kTakenWakeConsumer:
          ++number;
          ++taken_[producer];
          wakeup_.Send();
          break;
        case PushResult::kTaken:
          ++number;
          ++taken_[producer];
          break;
        case PushResult::kFull:
          drained_[producer].Sleep();
          break;
        case PushResult::kClosed:
          HEDDLE_CHECK(shape_.close);
          return;
      }
    }
  }

  void Consume() {
    for (;;) {
      const bool closed = shape_.close && closed_.load(std::memory_order_acquire);
      Drain();
      if (shape_.close ? closed : AllApplied()) return;
      if (channel_.PrepareToSleep()) wakeup_.Sleep();
    }
  }

  void Drain() {
    const auto apply = [this](uint32_t producer, uint64_t sequence,
                              const heddle::node::Event& event) {
      HEDDLE_CHECK(sequence == applied_[producer]);
      HEDDLE_CHECK(event.number == applied_[producer] + 1);
      ++applied_[producer];
    };
    if (channel_.Drain(shape_.producers * shape_.events, apply) == 0) return;
    for (Wakeup& drained : drained_) drained.Send();
  }

  bool AllApplied() const {
    for (const uint64_t applied : applied_) {
      if (applied < shape_.events) return false;
    }
    return true;
  }

  const Shape shape_;
  EventChannel channel_;
  Wakeup wakeup_;                // the consumer's
  std::vector<Wakeup> drained_;  // each producer's
  std::atomic<bool> closed_{false};
  std::vector<uint64_t> taken_;    // each producer's own
  std::vector<uint64_t> applied_;  // the consumer's
};

int Exhaust(const Shape& shape, const char* preemptions) {
  heddle::sim::RunOptions options;
  options.spec.strategy.name = "dfs";
  if (preemptions != nullptr &&
      !options.spec.strategy.parameters.Set(std::string("preemptions=") + preemptions)) {
    std::fprintf(stderr, "heddle-channel: '%s' is no number of preemptions\n", preemptions);
    return 1;
  }
  options.executions = ~uint64_t{0};
  const heddle::sim::RunResult result = heddle::sim::Run(options, [&shape] { Work(shape).Run(); });
  if (!result.exhausted) {
    std::fprintf(stderr, "heddle-channel: not exhausted; --dfs needs an instrumented flavour\n");
    return 1;
  }
  const heddle::sim::StrategyProgress& seen = result.progress;
  std::printf(
      "producers %u, events %u, capacity %u, %s, %s%s: %llu schedules run to their end, %llu cut "
      "off as equivalent, %llu beyond the bound, %llu points\n",
      shape.producers, shape.events, shape.capacity, shape.close ? "closed" : "run",
      preemptions != nullptr ? "preemptions <= " : "no bound",
      preemptions != nullptr ? preemptions : "", static_cast<unsigned long long>(seen.executions),
      static_cast<unsigned long long>(seen.abandoned),
      static_cast<unsigned long long>(seen.bounded),
      static_cast<unsigned long long>(result.points));
  return 0;
}

bool ParseCount(const char* text, uint32_t most, uint32_t* value) {
  char* end;
  const unsigned long parsed = std::strtoul(text, &end, 10);
  *value = static_cast<uint32_t>(parsed);
  return end != text && *end == 0 && parsed >= 1 && parsed <= most;
}

}  // namespace

int main(int argc, char** argv) {
  Shape shape;
  const bool closes = argc > 4 && std::strcmp(argv[4], "close") == 0;
  const bool dfs = argc > 5 && std::strcmp(argv[5], "--dfs") == 0;
  if (argc < 5 || argc > 7 || !ParseCount(argv[1], 8, &shape.producers) ||
      !ParseCount(argv[2], 64, &shape.events) || !ParseCount(argv[3], 64, &shape.capacity) ||
      !(closes || std::strcmp(argv[4], "run") == 0) || (argc > 5 && !dfs)) {
    std::fprintf(stderr,
                 "usage: heddle-channel PRODUCERS EVENTS CAPACITY run|close "
                 "[--dfs [PREEMPTIONS]]\n");
    return 2;
  }
  shape.close = closes;
  if (dfs) return Exhaust(shape, argc == 7 ? argv[6] : nullptr);
  Work(shape).Run();
}
