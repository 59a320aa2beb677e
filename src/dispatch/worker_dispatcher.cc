#include "src/dispatch/worker_dispatcher.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heddle::dispatch {

WorkerDispatcher::WorkerDispatcher(DispatcherContext context)
    : context_(std::move(context)), inbox_(context_.channel, context_.wake) {}

WorkerDispatcher::~WorkerDispatcher() { End(/*drain=*/false); }

heddle_status WorkerDispatcher::Deliver(uint32_t instance, uint64_t, const node::Event& event) {
  return inbox_.Deliver(instance, event);
}

absl::Status WorkerDispatcher::Start() {
  if (thread_.joinable()) return absl::OkStatus();
  routed_.interval = applied_.interval = context_.node->store().time();
  try {
    thread_ = std::thread([this] { Work(); });
  } catch (const std::system_error& error) {
    return absl::UnavailableError(absl::StrCat("cannot create the worker thread: ", error.what()));
  }
  return absl::OkStatus();
}

void WorkerDispatcher::Tick(uint64_t interval) {
  const std::lock_guard<std::mutex> lock(mutex_);
  routed_.interval = std::max(routed_.interval, interval);
  to_do_.notify_one();
}

bool WorkerDispatcher::Drain() {
  for (uint32_t routed = 0; routed < Inbox::kDrainBatch; ++routed) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      full_ = !HasRoomLocked();
      loop_waits_for_room_ = full_;
      if (full_) return false;
    }
    const uint32_t drained = inbox_.channel().Drain(
        1, [this](uint32_t instance, uint64_t sequence, const node::Event& event) {
          context_.before_each();
          Route(instance, sequence, event);
        });
    if (drained == 0) break;
  }
  return !inbox_.channel().PrepareToSleep();
}

void WorkerDispatcher::Route(uint32_t instance, uint64_t sequence, const node::Event& event) {
  Routed routed{.instance = instance, .sequence = sequence, .event = event};
  routed.size = event.name.size() + event.peer.size() + event.payload.size();
  routed.bytes = std::make_unique_for_overwrite<char[]>(routed.size);
  char* to = routed.bytes.get();
  const auto own = [&to](const auto* from, size_t size) {
    if (size > 0) std::memcpy(to, from, size);
    return std::exchange(to, to + size);
  };
  routed.event.name = {own(event.name.data(), event.name.size()), event.name.size()};
  routed.event.peer = {own(event.peer.data(), event.peer.size()), event.peer.size()};
  routed.event.payload = absl::MakeConstSpan(
      reinterpret_cast<const uint8_t*>(own(event.payload.data(), event.payload.size())),
      event.payload.size());

  const std::lock_guard<std::mutex> lock(mutex_);
  routed.interval = routed_.interval;
  queued_bytes_ += routed.size;
  queue_.push_back(std::move(routed));
  ++routed_.events;
  to_do_.notify_one();
}

bool WorkerDispatcher::HasRoomLocked() const {
  return queue_.empty() || (queue_.size() < kMaxQueuedEvents && queued_bytes_ < kMaxQueuedBytes);
}

void WorkerDispatcher::MarkDelivered() {
  inbox_.MarkDelivered();
  const std::lock_guard<std::mutex> lock(mutex_);
  has_mark_ = false;
}

bool WorkerDispatcher::AppliedToMark() {
  // What is not routed yet is a matter for Drain.
  if (!inbox_.DrainedToMark()) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!std::exchange(has_mark_, true)) mark_ = routed_;
  loop_waits_for_mark_ = !applied_.Covers(mark_);
  return !loop_waits_for_mark_;
}

void WorkerDispatcher::Finish(bool drain) {
  while (drain && (Drain() || full_)) {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return HasRoomLocked() || broken_; });
    drain = !broken_;
  }
  End(drain);
}

void WorkerDispatcher::End(bool drain) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    broken_ = broken_ || !drain;
    to_do_.notify_one();
  }
  thread_.join();
}

void WorkerDispatcher::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    to_do_.wait(lock, [this] { return ending_ || !applied_.Covers(routed_); });
    if (broken_ || applied_.Covers(routed_)) return;
    Position next{applied_.events, routed_.interval};
    Routed routed;
    const bool has_event = !queue_.empty();
    if (has_event) {
      routed = TakeNext(&queue_);
      queued_bytes_ -= routed.size;
      next = {applied_.events + 1, routed.interval};
    }
    lock.unlock();
    const bool whole = Apply(next.interval, has_event ? &routed : nullptr);
    routed.bytes.reset();
    lock.lock();
    if (whole) {
      applied_ = next;
    } else {
      broken_ = true;
    }
    WakeWhoWaitsLocked();
  }
}

WorkerDispatcher::Routed WorkerDispatcher::TakeNext(std::deque<Routed>* queue) {
  Routed next = std::move(queue->front());
  queue->pop_front();
  return next;
}

bool WorkerDispatcher::Apply(uint64_t interval, const Routed* routed) {
  try {
    context_.node->Tick(interval);
    if (routed != nullptr) {
      context_.node->Apply(routed->instance, routed->sequence, routed->event);
    }
    return true;
  } catch (const std::bad_alloc&) {
    context_.fail();
    return false;
  }
}

void WorkerDispatcher::WakeWhoWaitsLocked() {
  done_.notify_one();
  // Room for a batch, so that the loop is not woken for each event.
  const bool room = loop_waits_for_room_ &&
                    queue_.size() <= kMaxQueuedEvents - Inbox::kDrainBatch &&
                    queued_bytes_ <= kMaxQueuedBytes / 2;
  const bool mark = loop_waits_for_mark_ && applied_.Covers(mark_);
  if (!room && !mark) return;
  loop_waits_for_room_ = loop_waits_for_room_ && !room;
  loop_waits_for_mark_ = loop_waits_for_mark_ && !mark;
  context_.wake();
}

std::unique_ptr<Dispatcher> MakeWorkerDispatcher(DispatcherContext context) {
  return std::make_unique<WorkerDispatcher>(std::move(context));
}

}  // namespace heddle::dispatch
