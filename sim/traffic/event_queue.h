// Events on their way into a trace: put in as they arise, taken out in the order of their time.
#ifndef HEDDLE_SIM_TRAFFIC_EVENT_QUEUE_H_
#define HEDDLE_SIM_TRAFFIC_EVENT_QUEUE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "sim/trace/trace.h"

namespace heddle::traffic {

using EventSink = std::function<absl::Status(const trace::Event&)>;

// An event of which the rest is still to be filled in.
trace::Event MakeEvent(trace::Kind kind, int64_t time_ns, const std::string& peer);

// Events of one time come out in the order in which they were put in. Indices and the duplicate
// flags of gossip are set on the way out. Thread rule: one thread at a time.
class EventQueue {
 public:
  // For how long message ids are remembered: a message that comes again later than that would not
  // be marked as a duplicate. Bounds the memory.
  explicit EventQueue(EventSink sink, int64_t remember_ns = std::numeric_limits<int64_t>::max())
      : sink_(std::move(sink)), remember_ns_(remember_ns) {}

  // The id of a gossip event is set already. Not before the time of an earlier TakeUntil().
  void Push(trace::Event event);

  // Gives the sink every event before `time_ns`. The sink's first error ends it.
  absl::Status TakeUntil(int64_t time_ns);

  uint64_t taken() const { return taken_; }
  size_t waiting() const { return waiting_.size(); }

 private:
  void MarkDuplicate(trace::Event* event);

  EventSink sink_;
  const int64_t remember_ns_;
  std::map<std::pair<int64_t, uint64_t>, trace::Event> waiting_;  // by time, then order
  uint64_t pushed_ = 0;
  uint64_t taken_ = 0;
  std::set<trace::MessageId> seen_;
  std::deque<std::pair<int64_t, trace::MessageId>> seen_at_;  // the same, by time
};

}  // namespace heddle::traffic

#endif  // HEDDLE_SIM_TRAFFIC_EVENT_QUEUE_H_
