#include "sim/producer/producer.h"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "sim/runtime/runtime.h"

namespace heddle::producer {
namespace {

constexpr int kPoison = 0xDB;
constexpr int64_t kFirstBackoffNs = 20'000;
constexpr int64_t kLongestBackoffNs = 2'000'000;

// Bytes on the network's own heap. They turn to poison, and then to freed memory, at the end of the
// scope: what a host that borrowed for longer would see.
class OwnedBytes {
 public:
  explicit OwnedBytes(absl::string_view text) : OwnedBytes(text.data(), text.size(), 1) {}
  explicit OwnedBytes(const std::vector<uint8_t>& bytes)
      : OwnedBytes(bytes.data(), bytes.size(), 0) {}
  ~OwnedBytes() {
    std::memset(bytes_.get(), kPoison, capacity_);
    asm volatile("" : : "r"(bytes_.get()) : "memory");  // so that the store is not dropped as dead
  }

  const char* text() const { return bytes_.get(); }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(bytes_.get()); }
  size_t size() const { return size_; }

 private:
  static char* Allocate(size_t size) {
    const sim::FaultScope none(false);  // the network's memory, not the host's
    return new char[size];
  }

  OwnedBytes(const void* from, size_t size, size_t terminator)
      : bytes_(Allocate(size + terminator)), size_(size), capacity_(size + terminator) {
    if (size > 0) std::memcpy(bytes_.get(), from, size);
    if (terminator > 0) bytes_[size] = '\0';
  }

  const std::unique_ptr<char[]> bytes_;
  const size_t size_;
  const size_t capacity_;
};

void Sleep(int64_t ns) {
  const timespec duration{0, ns};
  nanosleep(&duration, nullptr);  // an interrupted back-off is only a shorter one
}

// One callback.
heddle_status Offer(heddle_instance* instance, const trace::Event& event) {
  const sim::FaultScope faults(true);
  const OwnedBytes peer(event.peer);
  switch (event.kind) {
    case trace::Kind::kPeerConnected:
      return heddle_peer_connected(instance, peer.text(), HEDDLE_UNKNOWN_DIRECTION);
    case trace::Kind::kPeerDisconnected:
      return heddle_peer_disconnected(instance, peer.text(), HEDDLE_UNKNOWN_DIRECTION,
                                      HEDDLE_DISCONNECT_REMOTE_CLOSE);
    case trace::Kind::kGossip: {
      const OwnedBytes topic(event.topic);
      const OwnedBytes payload(event.data);
      return heddle_gossip(instance, topic.text(), payload.data(), payload.size(), peer.text());
    }
    case trace::Kind::kRpcResponse: {
      const OwnedBytes protocol(event.protocol);
      const OwnedBytes chunk(event.data);
      return heddle_rpc_response(instance, event.request, peer.text(), protocol.text(),
                                 chunk.data(), chunk.size());
    }
    case trace::Kind::kRpcEnd: {
      const OwnedBytes protocol(event.protocol);
      return heddle_rpc_end(instance, event.request, peer.text(), protocol.text());
    }
  }
  return HEDDLE_INVALID;
}

}  // namespace

Producer::Producer(heddle_instance* instance, std::vector<const trace::Event*> events,
                   Options options)
    : instance_(instance),
      events_(std::move(events)),
      options_(std::move(options)),
      offered_(events_.size()) {}

Producer::~Producer() { Join(); }

void Producer::Start(Pace* pace) {
  if (options_.start != nullptr) {
    network_ = options_.start(this, instance_, pace);
    return;
  }
  thread_ = std::thread([this, pace] { Run(pace); });
}

void Producer::Join() {
  if (thread_.joinable()) thread_.join();
  network_ = nullptr;
  counters_.open_requests = open_requests_.size();
}

void Producer::Run(Pace* pace) {
  bool stopped = false;
  for (const trace::Event* event : events_) {
    pace->Before(*event);
    if (Admit(*event)) {
      if (stopped) {
        Answered(*event, HEDDLE_STOPPED);
      } else {
        stopped = Deliver(*event) == HEDDLE_STOPPED;
      }
    }
    pace->After(*event);
  }
}

bool Producer::Admit(const trace::Event& event) {
  switch (event.kind) {
    case trace::Kind::kGossip:
      if (seen_.Add(event.id) || options_.deliver_duplicates) return true;
      ++counters_.duplicates_dropped;
      return false;
    case trace::Kind::kRpcResponse:
      if (closed_requests_.contains(event.request)) {
        ++counters_.late_chunks_dropped;
        return false;
      }
      open_requests_.insert(event.request);
      return true;
    case trace::Kind::kRpcEnd:
      open_requests_.erase(event.request);
      closed_requests_.Add(event.request);
      return true;
    case trace::Kind::kPeerConnected:
    case trace::Kind::kPeerDisconnected:
      return true;
  }
  return true;
}

void Producer::Offering(const trace::Event& event) { offered_[counters_.delivered] = &event; }

void Producer::Answered(const trace::Event& event, heddle_status status) {
  if (status == HEDDLE_FULL) {
    ++counters_.full;
  } else if (status == HEDDLE_OK) {
    ++counters_.delivered;
    if (options_.taken) options_.taken();
  } else {
    ++counters_.refused;
    if (options_.refused) options_.refused(event, status);
  }
}

heddle_status Producer::Deliver(const trace::Event& event) {
  Offering(event);
  for (int64_t backoff_ns = kFirstBackoffNs;;
       backoff_ns = std::min(2 * backoff_ns, kLongestBackoffNs)) {
    const heddle_status status = Offer(instance_, event);
    Answered(event, status);
    if (status != HEDDLE_FULL) return status;
    Sleep(backoff_ns);
  }
}

}  // namespace heddle::producer
