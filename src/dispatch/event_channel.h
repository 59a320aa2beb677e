// The bounded, lock-free, multi-producer single-consumer channel between networks and the loop.
//
// Who may call what, from which thread
//   Push(i, ...)    producer i: calls for the same i must not overlap; different i are independent.
//   Drain, PrepareToSleep, Mark, Passed
//                   the consumer: one thread at a time.
//   Close           any thread, any number of times, at any moment.
//   The destructor  nobody else may be in the channel, or come later.
//
// What it promises
//   Push copies the event in and returns: it is wait-free (no loop, no lock, no allocation, no
//   system call; a producer that is stopped half-way delays nobody else's events). What was taken
//   comes out of Drain exactly once, in the order of its producer's pushes. Order between producers
//   is free. All memory is reserved by the constructor.
//   Full means: `capacity` events or the ring's bytes are in use, counting the event that is being
//   applied. Push says so, takes nothing, and the caller decides (kFull is never a silent drop).
//   Closed means: no later push is taken. What was taken before can still be drained, and after
//   Close() returned it is a fixed set: drain until empty and nothing is lost, whatever the
//   producers are doing.
//
// How it works
//   Each producer has a lane: a ring of bytes with events as variable-size records, one writer and
//   one reader. The consumer takes turns. (One shared queue would make producers wait for each
//   other's cache line, and an event published behind a producer that was preempted half-way would
//   wait for it.) A lane that is found empty starts again at the front of its ring, so the memory
//   that is touched is about what the backlog needs, and stays in the cache.
//
// The memory-order argument
//   1. A record is written before the compare-exchange that moves `tail` past it (release) and read
//      after a load of `tail` that shows it (acquire). So the consumer sees whole records.
//   2. A record's bytes are read before the store of `freed_bytes` (release) and written again only
//      after a load that shows it (acquire). So nothing is overwritten while it is in use.
//   3. Asleep and closed are bits of `tail`. The consumer goes to sleep, and Close() closes, with a
//      read-modify-write, and publishing is a compare-exchange; all of them are on one variable, so
//      they are in one order, and each acts on the value the one before it left.
//   4. A push before the consumer's going to sleep is seen by it, which then does not sleep; a push
//      after it meets the bit, and wakes. There is no third case, so no wake-up is lost. Only the
//      producer clears the bit and only one that wakes, so wake-ups coalesce.
//   5. A push before the close is drained; a push after it meets the bit, and is refused. There is
//      no third case, so nothing that was taken is lost.
//   No order stronger than acquire and release is needed, and no fence.
#ifndef HEDDLE_SRC_DISPATCH_EVENT_CHANNEL_H_
#define HEDDLE_SRC_DISPATCH_EVENT_CHANNEL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "src/node/event.h"

namespace heddle::dispatch {

class EventChannel {
 public:
  static constexpr uint32_t kMaxCapacity = 1u << 20;
  static constexpr uint64_t kMaxEventBytes = uint64_t{1} << 31;

  struct Options {
    uint32_t producers = 1;
    uint32_t capacity = 1024;  // events in use per producer, 1..kMaxCapacity
    // The largest event: payload, name and peer together, in bytes.
    uint64_t max_event_bytes = 64 << 10;
    // Of each producer's ring; raised to the least that lets the largest event always fit into an
    // empty ring, wherever the last one ended: twice its record.
    uint64_t ring_bytes = 0;
  };

  enum class PushResult {
    kTaken,
    // Taken, and the consumer is asleep or about to be: the caller must now wake it
    // (ev_async_send).
    kTakenWakeConsumer,
    kFull,
    kClosed,
  };

  // Throws std::bad_alloc.
  explicit EventChannel(const Options& options);
  ~EventChannel();

  EventChannel(const EventChannel&) = delete;
  EventChannel& operator=(const EventChannel&) = delete;

  // The event's bytes are copied; they may be freed when this returns. Their sum must not exceed
  // max_event_bytes.
  PushResult Push(uint32_t producer, const node::Event& event);

  // Applies up to `most` events: apply(producer, sequence, event) for each, where `sequence` counts
  // the producer's taken pushes from 0 and `event` is valid until apply returns. Producers take
  // turns of kTurn. Returns how many were applied; fewer than `most` means that every lane was seen
  // empty. An exception from `apply` passes through; its event stays and would come again.
  template <typename Apply>
  uint32_t Drain(uint32_t most, Apply&& apply);

  // Says that the consumer is about to sleep. True: nothing is there, and from now on each
  // producer's first push answers kTakenWakeConsumer. False: something is there: drain it.
  bool PrepareToSleep();

  // A moment in the channel: Passed(mark) is true once everything that was taken before Mark(&mark)
  // was called has been applied.
  void Mark(std::vector<uint64_t>* mark) const;
  bool Passed(const std::vector<uint64_t>& mark) const;

  void Close();

  // For tests and metrics: bytes of one lane's ring.
  uint64_t ring_bytes() const { return ring_bytes_; }

 private:
  // Two lines: the adjacent-line prefetcher pairs them.
  static constexpr size_t kCacheLine = 128;
  static constexpr uint32_t kTurn = 32;
  // How often a producer looks whether its lane is empty: rarely, as the look may cost a cache
  // miss.
  static constexpr uint64_t kRewindBytes = 64 << 10;
  // In `tail`, above the position.
  static constexpr uint64_t kClosed = uint64_t{1} << 63;
  static constexpr uint64_t kAsleep = uint64_t{1} << 62;

  // Positions count bytes since the beginning and never wrap; the ring offset is their remainder.
  struct Lane {
    std::unique_ptr<std::byte[]> ring;
    // Where the next record will be, and the two bits.
    alignas(kCacheLine) std::atomic<uint64_t> tail{0};
    // The producer's own.
    alignas(kCacheLine) uint64_t write_position = 0;
    uint64_t write_offset = 0;
    uint64_t rewind_offset = kRewindBytes;  // where to look whether the lane is empty
    uint64_t pushed = 0;
    uint64_t seen_freed_bytes = 0;
    uint64_t seen_freed_events = 0;
    // Written by the consumer, read by the producer when it looks full.
    alignas(kCacheLine) std::atomic<uint64_t> freed_bytes{0};
    std::atomic<uint64_t> freed_events{0};
    // The consumer's own.
    alignas(kCacheLine) uint64_t read_position = 0;
    uint64_t read_offset = 0;
    uint64_t seen_tail = 0;
    uint64_t applied = 0;
  };

  static uint64_t PositionOf(uint64_t tail) { return tail & ~(kClosed | kAsleep); }
  // Bytes to leave unused between the last record and one of `record` bytes: 0, or the rest of the
  // ring.
  uint64_t SkipBefore(Lane& lane, uint64_t record) const;
  // Whether a record and the skip before it fit now.
  bool HasRoom(Lane& lane, uint64_t bytes) const;
  static void SeeFreed(Lane& lane);
  // Moves the lane's tail to `published`: kTaken, kTakenWakeConsumer or kClosed.
  static PushResult Publish(Lane& lane, uint64_t published);
  // The next record, or false when the lane is empty. `*size` is what Free() gives back.
  bool Front(Lane& lane, node::Event* event, uint64_t* size) const;
  void Free(Lane& lane, uint64_t size) const;

  const uint32_t producers_;
  const uint32_t capacity_;
  const uint64_t max_event_bytes_;
  const uint64_t ring_bytes_;
  std::unique_ptr<Lane[]> lanes_;
  alignas(kCacheLine) uint32_t turn_ = 0;  // the consumer's: whose turn it is
};

template <typename Apply>
uint32_t EventChannel::Drain(uint32_t most, Apply&& apply) {
  uint32_t drained = 0;
  uint32_t empty_lanes = 0;
  while (drained < most && empty_lanes < producers_) {
    Lane& lane = lanes_[turn_];
    const uint32_t before = drained;
    node::Event event;
    uint64_t size;
    while (drained < most && drained - before < kTurn && Front(lane, &event, &size)) {
      apply(turn_, lane.applied, static_cast<const node::Event&>(event));
      Free(lane, size);
      ++drained;
    }
    empty_lanes = drained == before ? empty_lanes + 1 : 0;
    if (drained == most && drained - before < kTurn) break;  // the turn goes on next time
    turn_ = turn_ + 1 == producers_ ? 0 : turn_ + 1;
  }
  return drained;
}

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_EVENT_CHANNEL_H_
