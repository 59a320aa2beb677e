// The simulated network: what a Rust thread that owns libp2p does to the host, from a trace.
//
// It behaves like a current-thread Tokio runtime: one thread; every message lives in buffers of its
// own, which are overwritten and freed the moment the host's callback returns (so a host that keeps
// a pointer reads poison or freed memory); messages seen before are dropped as gossipsub does; a
// message that the host answers with "full" is kept and offered again, later and later.
//
// Knows the host by its C ABI only.
#ifndef HEDDLE_SIM_PRODUCER_PRODUCER_H_
#define HEDDLE_SIM_PRODUCER_PRODUCER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "sim/producer/pace.h"
#include "sim/trace/trace.h"
#include "src/dispatch/include/heddle/host.h"

namespace heddle::producer {

struct Counters {
  uint64_t delivered = 0;            // taken by the host
  uint64_t duplicates_dropped = 0;   // message ids that were seen before
  uint64_t late_chunks_dropped = 0;  // of a request whose stream had closed
  uint64_t full = 0;                 // answers "full"; each is tried again
  uint64_t refused = 0;              // final refusals, see Options::refused
  uint64_t open_requests = 0;        // streams that had not closed at the end
};

class Producer;

// A thread that delivers a producer's events. Ends, and is waited for, when it is destroyed.
class NetworkThread {
 public:
  virtual ~NetworkThread() = default;
};
using StartNetwork = std::unique_ptr<NetworkThread> (*)(Producer* producer,
                                                        heddle_instance* instance, Pace* pace);

struct Options {
  // What delivers; null: the simulated network.
  StartNetwork start = nullptr;

  bool deliver_duplicates = false;

  // Called on the producer's thread. May be null.
  // The host took an event.
  std::function<void()> taken;
  // The host will never take this event. After HEDDLE_STOPPED nothing more is delivered, and this
  // is called for every event that is left (but not for dropped ones).
  std::function<void(const trace::Event& event, heddle_status status)> refused;
};

// Remembers the last `bound` values that were added.
template <typename T>
class RecentSet {
 public:
  explicit RecentSet(size_t bound) : bound_(bound) {}

  bool contains(const T& value) const { return members_.contains(value); }

  // False if it is there already. The oldest value goes when there are too many.
  bool Add(const T& value) {
    if (!members_.insert(value).second) return false;
    order_.push_back(value);
    if (order_.size() > bound_) {
      members_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  const size_t bound_;
  std::set<T> members_;
  std::deque<T> order_;
};

// One network instance and its thread.
//
// Thread rule: Start and Join from one thread, once each. EventOf may be called inside the host's
// observer, on whichever thread that runs. counters() after Join.
class Producer {
 public:
  // `events` are what this instance receives, in order; they and `instance` must stay valid until
  // Join has returned.
  Producer(heddle_instance* instance, std::vector<const trace::Event*> events, Options options);
  ~Producer();

  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // The network's own bookkeeping. False: the event is dropped, the host is not to see it. Public
  // for what happened before this run: call it for each such event, before Start.
  bool Admit(const trace::Event& event);

  // For a network's thread: what it delivers, in order. Of each event that is admitted it tells
  // that it offers it, once, and then each answer of the host. Once the host was stopped it offers
  // nothing more: HEDDLE_STOPPED is the answer.
  const std::vector<const trace::Event*>& events() const { return events_; }
  void Offering(const trace::Event& event);
  void Answered(const trace::Event& event, heddle_status status);

  // `pace` must stay valid until Join has returned.
  void Start(Pace* pace);
  void Join();

  // The event that the host took as this instance's `sequence`-th, counted from 0. Valid from the
  // moment the host was offered it.
  const trace::Event& EventOf(uint64_t sequence) const { return *offered_[sequence]; }

  const Counters& counters() const { return counters_; }

 private:
  // Message ids and closed requests that are remembered, like gossipsub's seen cache.
  static constexpr size_t kMaxRemembered = 65536;

  void Run(Pace* pace);
  // Offers the event until the host takes or finally refuses it.
  heddle_status Deliver(const trace::Event& event);

  heddle_instance* const instance_;
  const std::vector<const trace::Event*> events_;
  const Options options_;

  // Written before the host is offered the event, read by its observer afterwards: the host's own
  // hand-over orders the two.
  std::vector<const trace::Event*> offered_;

  RecentSet<trace::MessageId> seen_{kMaxRemembered};
  RecentSet<uint64_t> closed_requests_{kMaxRemembered};
  std::set<uint64_t> open_requests_;  // bounded by the trace

  Counters counters_;
  std::thread thread_;
  std::unique_ptr<NetworkThread> network_;
};

}  // namespace heddle::producer

#endif  // HEDDLE_SIM_PRODUCER_PRODUCER_H_
