// A hand-written ring in front of the loop, as clients had before they had a channel, in the
// variants of early_publish.cc, relaxed_index.cc and sleep_flag.cc.
#ifndef HEDDLE_SIM_SEEDED_BUGS_RING_DISPATCHER_H_
#define HEDDLE_SIM_SEEDED_BUGS_RING_DISPATCHER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/dispatch/dispatcher.h"

namespace heddle::seeded_bugs {

// When a slot's number is published, and by which order.
enum class Publication {
  kBeforeWrite,        // the bug of early_publish.cc
  kAfterWriteRelaxed,  // the bug of relaxed_index.cc
  kAfterWrite,
};

// One producer, one consumer.
template <Publication kPublication>
class Ring {
 public:
  explicit Ring(uint64_t capacity) : slots_(capacity) {}

  bool Push(const node::Event& event) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == slots_.size()) return false;
    Slot& slot = slots_[tail % slots_.size()];
    if constexpr (kPublication == Publication::kBeforeWrite) {
      tail_.store(tail + 1, std::memory_order_release);
      slot.Write(event);
    } else {
      slot.Write(event);
      tail_.store(tail + 1, kPublication == Publication::kAfterWriteRelaxed
                                ? std::memory_order_relaxed
                                : std::memory_order_release);
    }
    return true;
  }

  template <typename Apply>
  void Drain(Apply&& apply) {
    for (uint64_t head = head_.load(std::memory_order_relaxed);
         head != tail_.load(std::memory_order_acquire); ++head) {
      apply(head, slots_[head % slots_.size()].Read());
      head_.store(head + 1, std::memory_order_release);
    }
  }

  bool empty() const { return pushed() == applied(); }  // asked by the consumer
  uint64_t pushed() const { return tail_.load(std::memory_order_acquire); }
  uint64_t applied() const { return head_.load(std::memory_order_relaxed); }

 private:
  struct Slot {
    node::Event event;
    std::string name, peer;
    std::vector<uint8_t> payload;

    void Write(const node::Event& from) {
      event = from;
      name.assign(from.name.data(), from.name.size());
      peer.assign(from.peer.data(), from.peer.size());
      payload.assign(from.payload.begin(), from.payload.end());
    }
    node::Event Read() const {
      node::Event read = event;
      read.name = name;
      read.peer = peer;
      read.payload = payload;
      return read;
    }
  };

  std::vector<Slot> slots_;
  std::atomic<uint64_t> tail_{0}, head_{0};
};

// A ring for each instance; the loop is woken at each event.
template <Publication kPublication>
class RingDispatcher : public dispatch::Dispatcher {
 public:
  explicit RingDispatcher(dispatch::DispatcherContext context) : context_(std::move(context)) {
    for (uint32_t i = 0; i < context_.channel.producers; ++i) {
      rings_.push_back(std::make_unique<Ring<kPublication>>(context_.channel.capacity));
    }
  }

  heddle_status Deliver(uint32_t instance, uint64_t, const node::Event& event) override {
    if (closed_.load()) return HEDDLE_STOPPED;
    if (!rings_[instance]->Push(event)) return HEDDLE_FULL;
    Wake();
    return HEDDLE_OK;
  }
  void Tick(uint64_t interval) override { context_.node->Tick(interval); }
  bool Drain() override {
    for (uint32_t i = 0; i < rings_.size(); ++i) {
      rings_[i]->Drain([&](uint64_t sequence, const node::Event& event) {
        context_.before_each();
        context_.node->Apply(i, sequence, event);
      });
    }
    return false;  // each event wakes the loop
  }
  void MarkDelivered() override {
    mark_.clear();
    for (const auto& ring : rings_) mark_.push_back(ring->pushed());
  }
  bool AppliedToMark() override {
    for (size_t i = 0; i < rings_.size(); ++i) {
      if (rings_[i]->applied() < mark_[i]) return false;
    }
    return true;
  }
  void Close() override { closed_.store(true); }

 protected:
  // Behind a push, on the producer's thread.
  virtual void Wake() { context_.wake(); }
  const dispatch::DispatcherContext& context() const { return context_; }
  bool empty() const {
    for (const auto& ring : rings_) {
      if (!ring->empty()) return false;
    }
    return true;
  }

 private:
  const dispatch::DispatcherContext context_;
  std::vector<std::unique_ptr<Ring<kPublication>>> rings_;  // by instance
  std::vector<uint64_t> mark_;
  std::atomic<bool> closed_{false};
};

}  // namespace heddle::seeded_bugs

#endif  // HEDDLE_SIM_SEEDED_BUGS_RING_DISPATCHER_H_
