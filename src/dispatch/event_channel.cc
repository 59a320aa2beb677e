#include "src/dispatch/event_channel.h"

#include <algorithm>
#include <cstring>

#include "src/node/check.h"

namespace heddle::dispatch {
namespace {

// A record is whole words: a header, the numbers if it has any, then name, peer and payload. The
// unused end of a ring is whole words too, so it has room for a header whenever it is not empty.
constexpr uint64_t kWord = 8;

struct RecordHeader {
  uint32_t payload_size;
  uint16_t name_size;
  uint8_t peer_size;
  uint8_t kind;  // an EventKind, perhaps with kHasNumbers; or kSkip
};
static_assert(sizeof(RecordHeader) == kWord);

// The rest of the ring is unused; the next record is at its start.
constexpr uint8_t kSkip = 0x7f;
constexpr uint8_t kHasNumbers = 0x80;

struct Numbers {
  uint64_t number;
  uint32_t code;
  uint32_t reason;
};
static_assert(sizeof(Numbers) % kWord == 0);

constexpr uint64_t RoundUp(uint64_t bytes) { return (bytes + kWord - 1) / kWord * kWord; }

bool HasNumbers(const node::Event& event) {
  return (event.number | event.code | event.reason) != 0;
}

uint64_t RecordSize(bool has_numbers, uint64_t bytes) {
  return sizeof(RecordHeader) + (has_numbers ? sizeof(Numbers) : 0) + RoundUp(bytes);
}

std::byte* Append(std::byte* to, const void* from, size_t size) {
  // An empty view may hold a null pointer, which memcpy must not see.
  if (size > 0) std::memcpy(to, from, size);
  return to + size;
}

void WriteRecord(std::byte* to, const node::Event& event, bool has_numbers) {
  const RecordHeader header{
      static_cast<uint32_t>(event.payload.size()), static_cast<uint16_t>(event.name.size()),
      static_cast<uint8_t>(event.peer.size()),
      static_cast<uint8_t>(static_cast<uint8_t>(event.kind) | (has_numbers ? kHasNumbers : 0))};
  to = Append(to, &header, sizeof(header));
  if (has_numbers) {
    const Numbers numbers{event.number, event.code, event.reason};
    to = Append(to, &numbers, sizeof(numbers));
  }
  to = Append(to, event.name.data(), event.name.size());
  to = Append(to, event.peer.data(), event.peer.size());
  Append(to, event.payload.data(), event.payload.size());
}

}  // namespace

EventChannel::EventChannel(const Options& options)
    : producers_(options.producers),
      capacity_(options.capacity),
      max_event_bytes_(options.max_event_bytes),
      ring_bytes_(
          std::max(RoundUp(options.ring_bytes), 2 * RecordSize(true, options.max_event_bytes))),
      lanes_(std::make_unique<Lane[]>(options.producers)) {
  HEDDLE_CHECK(producers_ > 0);
  HEDDLE_CHECK(capacity_ > 0 && capacity_ <= kMaxCapacity);
  HEDDLE_CHECK(max_event_bytes_ <= kMaxEventBytes);
  for (uint32_t i = 0; i < producers_; ++i) {
    // Not cleared: pages that are never used are never touched.
    lanes_[i].ring = std::make_unique_for_overwrite<std::byte[]>(ring_bytes_);
  }
}

EventChannel::~EventChannel() = default;

uint64_t EventChannel::SkipBefore(Lane& lane, uint64_t record) const {
  const uint64_t rest = ring_bytes_ - lane.write_offset;
  if (record > rest) return rest;
  if (lane.write_offset < lane.rewind_offset) return 0;
  SeeFreed(lane);
  lane.rewind_offset = lane.write_offset + kRewindBytes;
  const bool empty = lane.seen_freed_bytes == lane.write_position;
  return empty && rest + record <= ring_bytes_ ? rest : 0;
}

bool EventChannel::HasRoom(Lane& lane, uint64_t bytes) const {
  return lane.pushed - lane.seen_freed_events < capacity_ &&
         lane.write_position + bytes - lane.seen_freed_bytes <= ring_bytes_;
}

void EventChannel::SeeFreed(Lane& lane) {
  lane.seen_freed_events = lane.freed_events.load(std::memory_order_relaxed);
  lane.seen_freed_bytes = lane.freed_bytes.load(std::memory_order_acquire);
}

EventChannel::PushResult EventChannel::Push(uint32_t producer, const node::Event& event) {
  HEDDLE_CHECK(producer < producers_);
  HEDDLE_CHECK(event.name.size() <= UINT16_MAX && event.peer.size() <= UINT8_MAX);
  const uint64_t bytes = event.name.size() + event.peer.size() + event.payload.size();
  HEDDLE_CHECK(bytes <= max_event_bytes_);
  Lane& lane = lanes_[producer];
  const bool has_numbers = HasNumbers(event);
  const uint64_t record = RecordSize(has_numbers, bytes);
  const uint64_t skip = SkipBefore(lane, record);
  if (!HasRoom(lane, skip + record)) {
    SeeFreed(lane);
    if (!HasRoom(lane, skip + record)) {
      const bool closed = lane.tail.load(std::memory_order_relaxed) & kClosed;
      return closed ? PushResult::kClosed : PushResult::kFull;
    }
  }
  std::byte* const ring = lane.ring.get();
  if (skip > 0) {
    const RecordHeader header{0, 0, 0, kSkip};
    std::memcpy(ring + lane.write_offset, &header, sizeof(header));
  }
  const uint64_t offset = skip > 0 ? 0 : lane.write_offset;
  WriteRecord(ring + offset, event, has_numbers);

  const uint64_t published = lane.write_position + skip + record;
  const PushResult result = Publish(lane, published);
  if (result == PushResult::kClosed) return result;
  lane.write_position = published;
  lane.write_offset = offset + record == ring_bytes_ ? 0 : offset + record;
  if (lane.write_offset <= record) lane.rewind_offset = kRewindBytes;  // back at the front
  ++lane.pushed;
  return result;
}

EventChannel::PushResult EventChannel::Publish(Lane& lane, uint64_t published) {
  uint64_t tail = lane.write_position;
  if (lane.tail.compare_exchange_strong(tail, published, std::memory_order_release,
                                        std::memory_order_relaxed)) {
    return PushResult::kTaken;
  }
  // One of the bits is set. Only this producer clears one, so there are at most two attempts.
  if (!(tail & kClosed)) {
    HEDDLE_CHECK(tail == (lane.write_position | kAsleep));
    if (lane.tail.compare_exchange_strong(tail, published, std::memory_order_release,
                                          std::memory_order_relaxed)) {
      return PushResult::kTakenWakeConsumer;
    }
  }
  HEDDLE_CHECK(tail & kClosed);
  return PushResult::kClosed;
}

bool EventChannel::Front(Lane& lane, node::Event* event, uint64_t* size) const {
  if (lane.read_position == lane.seen_tail) {
    lane.seen_tail = PositionOf(lane.tail.load(std::memory_order_acquire));
    if (lane.read_position == lane.seen_tail) return false;
  }
  uint64_t skip = 0;
  const std::byte* from = lane.ring.get() + lane.read_offset;
  RecordHeader header;
  std::memcpy(&header, from, sizeof(header));
  if (header.kind == kSkip) {
    skip = ring_bytes_ - lane.read_offset;
    from = lane.ring.get();
    std::memcpy(&header, from, sizeof(header));
  }
  const bool has_numbers = header.kind & kHasNumbers;
  const uint32_t kind = header.kind & ~kHasNumbers;
  const uint64_t bytes = uint64_t{header.name_size} + header.peer_size + header.payload_size;
  const uint64_t record = RecordSize(has_numbers, bytes);
  HEDDLE_CHECK(kind < node::kEventKinds);
  HEDDLE_CHECK(skip + record <= lane.seen_tail - lane.read_position);
  from += sizeof(header);
  Numbers numbers{};
  if (has_numbers) {
    std::memcpy(&numbers, from, sizeof(numbers));
    from += sizeof(numbers);
  }
  const char* text = reinterpret_cast<const char*>(from);
  event->kind = static_cast<node::EventKind>(kind);
  event->code = numbers.code;
  event->reason = numbers.reason;
  event->number = numbers.number;
  event->name = absl::string_view(text, header.name_size);
  event->peer = absl::string_view(text + header.name_size, header.peer_size);
  event->payload = absl::MakeConstSpan(
      reinterpret_cast<const uint8_t*>(text) + header.name_size + header.peer_size,
      header.payload_size);
  *size = skip + record;
  return true;
}

void EventChannel::Free(Lane& lane, uint64_t size) const {
  lane.read_position += size;
  lane.read_offset += size;
  if (lane.read_offset >= ring_bytes_) lane.read_offset -= ring_bytes_;
  ++lane.applied;
  lane.freed_bytes.store(lane.read_position, std::memory_order_release);
  lane.freed_events.store(lane.applied, std::memory_order_relaxed);
}

bool EventChannel::PrepareToSleep() {
  for (uint32_t i = 0; i < producers_; ++i) {
    Lane& lane = lanes_[i];
    // A look first: the bit that is set in vain costs a wake-up for nothing.
    uint64_t tail = lane.tail.load(std::memory_order_relaxed);
    if (PositionOf(tail) == lane.read_position && !(tail & kAsleep)) {
      tail = lane.tail.fetch_or(kAsleep, std::memory_order_acquire);
    }
    if (PositionOf(tail) != lane.read_position) return false;
  }
  return true;
}

void EventChannel::Mark(std::vector<uint64_t>* mark) const {
  mark->resize(producers_);
  for (uint32_t i = 0; i < producers_; ++i) {
    (*mark)[i] = PositionOf(lanes_[i].tail.load(std::memory_order_acquire));
  }
}

bool EventChannel::Passed(const std::vector<uint64_t>& mark) const {
  for (uint32_t i = 0; i < producers_; ++i) {
    if (lanes_[i].read_position < mark[i]) return false;
  }
  return true;
}

void EventChannel::Close() {
  for (uint32_t i = 0; i < producers_; ++i) {
    lanes_[i].tail.fetch_or(kClosed, std::memory_order_relaxed);
  }
}

}  // namespace heddle::dispatch
