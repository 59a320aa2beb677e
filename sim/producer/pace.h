// When a producer delivers its next event.
#ifndef HEDDLE_SIM_PRODUCER_PACE_H_
#define HEDDLE_SIM_PRODUCER_PACE_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "sim/trace/trace.h"
#include "src/dispatch/include/heddle/host.h"

namespace heddle::producer {

// Both calls come from producers' threads, several at once where several producers share a pace.
class Pace {
 public:
  virtual ~Pace() = default;

  // CLOCK_REALTIME of the event's delivery, in ns, for producers that sleep by timers of their own
  // instead of Before(); 0 when it depends on more than time.
  virtual int64_t DueNs(const trace::Event&) const { return 0; }

  // Returns when `event` may be delivered.
  virtual void Before(const trace::Event& event) = 0;

  // `event` was delivered, dropped or refused: the producer is through with it.
  virtual void After(const trace::Event& event) = 0;
};

// As fast as the host takes them.
class FlatOut final : public Pace {
 public:
  void Before(const trace::Event&) override {}
  void After(const trace::Event&) override {}
};

// At the recorded moments: an event of trace time t is due at `origin_ns` + (t / speed) on
// CLOCK_REALTIME. Sleeps until then; an event that is late goes at once.
class Recorded final : public Pace {
 public:
  // `origin_ns`: the genesis, ns since the Unix epoch. speed > 0.
  Recorded(int64_t origin_ns, double speed) : origin_ns_(origin_ns), speed_(speed) {}
  int64_t DueNs(const trace::Event& event) const override;
  void Before(const trace::Event& event) override;
  void After(const trace::Event&) override {}

 private:
  const int64_t origin_ns_;
  const double speed_;
};

// One event at a time over all producers, in the order of their indices, each when the host is
// quiet and has run the ticks that are due at or before the event's time.
//
// Every event of the run must go to exactly one producer, or to each of `copies` of them; `first`
// is the index of the earliest one. Once the host is stopped, waiting ends and everyone goes on.
class Lockstep final : public Pace {
 public:
  // `host` must outlive this object; its ticks must be external (heddle_host_tick). The store
  // stands at `interval`.
  Lockstep(heddle_host* host, uint64_t interval, uint64_t first, uint32_t copies);
  void Before(const trace::Event& event) override;
  void After(const trace::Event& event) override;

 private:
  heddle_host* const host_;
  const uint32_t copies_;
  std::mutex mutex_;
  std::condition_variable turn_changed_;
  uint64_t interval_;         // the last one asked for
  uint64_t next_index_;       // whose turn it is
  uint32_t copies_done_ = 0;  // of that event
};

// The last interval that begins at or before trace time `time_ns`; 0 before the genesis.
uint64_t IntervalAt(int64_t time_ns);

}  // namespace heddle::producer

#endif  // HEDDLE_SIM_PRODUCER_PACE_H_
