#include "sim/producer/pace.h"

#include <time.h>

#include <cerrno>

namespace heddle::producer {

int64_t Recorded::DueNs(const trace::Event& event) const {
  return origin_ns_ + static_cast<int64_t>(static_cast<double>(event.time_ns) / speed_);
}

void Recorded::Before(const trace::Event& event) {
  const int64_t due_ns = DueNs(event);
  if (due_ns <= 0) return;
  const timespec due{due_ns / 1'000'000'000, due_ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, nullptr) == EINTR) {
  }
}

Lockstep::Lockstep(heddle_host* host, uint64_t interval, uint64_t first, uint32_t copies)
    : host_(host), copies_(copies), interval_(interval), next_index_(first) {}

void Lockstep::Before(const trace::Event& event) {
  std::unique_lock lock(mutex_);
  turn_changed_.wait(lock, [&] { return next_index_ == event.index; });
  // Ticks that are due at or before the event come before it.
  const uint64_t due = IntervalAt(event.time_ns);
  if (due > interval_) {
    interval_ = due;
    heddle_host_tick(host_, due);
    heddle_host_flush(host_);
  }
}

void Lockstep::After(const trace::Event&) {
  heddle_host_flush(host_);
  const std::lock_guard lock(mutex_);
  if (++copies_done_ < copies_) return;
  copies_done_ = 0;
  ++next_index_;
  turn_changed_.notify_all();
}

uint64_t IntervalAt(int64_t time_ns) {
  return time_ns < 0 ? 0 : static_cast<uint64_t>(time_ns / trace::kIntervalNs);
}

}  // namespace heddle::producer
