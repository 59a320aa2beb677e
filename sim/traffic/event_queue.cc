#include "sim/traffic/event_queue.h"

namespace heddle::traffic {

trace::Event MakeEvent(trace::Kind kind, int64_t time_ns, const std::string& peer) {
  trace::Event event;
  event.kind = kind;
  event.time_ns = time_ns;
  event.peer = peer;
  return event;
}

void EventQueue::Push(trace::Event event) {
  const std::pair<int64_t, uint64_t> key(event.time_ns, pushed_++);
  waiting_.emplace(key, std::move(event));
}

absl::Status EventQueue::TakeUntil(int64_t time_ns) {
  while (!waiting_.empty() && waiting_.begin()->first.first < time_ns) {
    trace::Event event = std::move(waiting_.extract(waiting_.begin()).mapped());
    event.index = taken_++;
    event.line = 0;
    if (event.kind == trace::Kind::kGossip) MarkDuplicate(&event);
    if (absl::Status status = sink_(event); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void EventQueue::MarkDuplicate(trace::Event* event) {
  while (!seen_at_.empty() && event->time_ns - remember_ns_ > seen_at_.front().first) {
    seen_.erase(seen_at_.front().second);
    seen_at_.pop_front();
  }
  event->duplicate = !seen_.insert(event->id).second;
  const bool forgets = remember_ns_ < std::numeric_limits<int64_t>::max();
  if (!event->duplicate && forgets) seen_at_.emplace_back(event->time_ns, event->id);
}

}  // namespace heddle::traffic
