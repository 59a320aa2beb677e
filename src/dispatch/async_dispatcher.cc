#include "src/dispatch/async_dispatcher.h"

#include <utility>

namespace heddle::dispatch {

AsyncDispatcher::AsyncDispatcher(DispatcherContext context)
    : context_(std::move(context)),
      channel_(context_.channel),
      wakeups_(context_.channel.producers) {}

heddle_status AsyncDispatcher::Deliver(uint32_t instance, uint64_t, const node::Event& event) {
  return Answer(instance, channel_.Push(instance, event));
}

heddle_status AsyncDispatcher::Answer(uint32_t instance, EventChannel::PushResult result) {
  switch (result) {
    case EventChannel::PushResult::kTaken:
      return HEDDLE_OK;
    case EventChannel::PushResult::kTakenWakeConsumer:
      ++wakeups_[instance].count;
      context_.wake();
      return HEDDLE_OK;
    case EventChannel::PushResult::kFull:
      return HEDDLE_FULL;
    case EventChannel::PushResult::kClosed:
      break;
  }
  return HEDDLE_STOPPED;
}

void AsyncDispatcher::Tick(uint64_t interval) { context_.node->Tick(interval); }

bool AsyncDispatcher::Drain() {
  channel_.Drain(kDrainBatch,
                 [this](uint32_t instance, uint64_t sequence, const node::Event& event) {
                   Apply(instance, sequence, event);
                 });
  return !channel_.PrepareToSleep();
}

void AsyncDispatcher::Apply(uint32_t instance, uint64_t sequence, const node::Event& event) {
  context_.before_each();
  context_.node->Apply(instance, sequence, event);
}

std::unique_ptr<Dispatcher> MakeAsyncDispatcher(DispatcherContext context) {
  return std::make_unique<AsyncDispatcher>(std::move(context));
}

}  // namespace heddle::dispatch
