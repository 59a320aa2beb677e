// Seeded bug: a slot is published before its payload is written. This is the wrong order in a hand-
// written ring; a missing release operation has the same effect. Reviews of lock-free queues find
// it often. The consumer reads the old content of the slot, or a mix of old and new content.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "sim/seeded_bugs/seeded_bugs.h"

namespace heddle::seeded_bugs {
namespace {

// One producer, one consumer.
class EarlyRing {
 public:
  explicit EarlyRing(uint64_t capacity) : slots_(capacity) {}

  bool Push(const node::Event& event) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == slots_.size()) return false;
    tail_.store(tail + 1, std::memory_order_release);  // the bug: this comes last
    slots_[tail % slots_.size()].Write(event);
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

class EarlyPublish : public dispatch::Dispatcher {
 public:
  explicit EarlyPublish(dispatch::DispatcherContext context) : context_(std::move(context)) {
    for (uint32_t i = 0; i < context_.channel.producers; ++i) {
      rings_.push_back(std::make_unique<EarlyRing>(context_.channel.capacity));
    }
  }

  heddle_status Deliver(uint32_t instance, uint64_t, const node::Event& event) override {
    if (closed_.load()) return HEDDLE_STOPPED;
    if (!rings_[instance]->Push(event)) return HEDDLE_FULL;
    context_.wake();
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
    return false;  // each push wakes
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

 private:
  const dispatch::DispatcherContext context_;
  std::vector<std::unique_ptr<EarlyRing>> rings_;  // by instance
  std::vector<uint64_t> mark_;
  std::atomic<bool> closed_{false};
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeEarlyPublish(dispatch::DispatcherContext context) {
  return std::make_unique<EarlyPublish>(std::move(context));
}

}  // namespace heddle::seeded_bugs
