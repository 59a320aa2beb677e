#include "src/dispatch/inbox.h"

namespace heddle::dispatch {

Inbox::Inbox(const EventChannel::Options& options, std::function<void()> wake)
    : channel_(options), wake_(std::move(wake)), wakeups_(options.producers) {}

heddle_status Inbox::Deliver(uint32_t instance, const node::Event& event) {
  switch (channel_.Push(instance, event)) {
    case EventChannel::PushResult::kTaken:
      return HEDDLE_OK;
    case EventChannel::PushResult::kTakenWakeConsumer:
      ++wakeups_[instance].count;
      wake_();
      return HEDDLE_OK;
    case EventChannel::PushResult::kFull:
      return HEDDLE_FULL;
    case EventChannel::PushResult::kClosed:
      break;
  }
  return HEDDLE_STOPPED;
}

}  // namespace heddle::dispatch
