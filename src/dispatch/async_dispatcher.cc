#include "src/dispatch/async_dispatcher.h"

#include <memory>
#include <utility>

namespace heddle::dispatch {

AsyncDispatcher::AsyncDispatcher(DispatcherContext context)
    : context_(std::move(context)), inbox_(context_.channel, context_.wake) {}

heddle_status AsyncDispatcher::Deliver(uint32_t instance, uint64_t, const node::Event& event) {
  return inbox_.Deliver(instance, event);
}

void AsyncDispatcher::Tick(uint64_t interval) { context_.node->Tick(interval); }

bool AsyncDispatcher::Drain() {
  return inbox_.Drain([this](uint32_t instance, uint64_t sequence, const node::Event& event) {
    Apply(instance, sequence, event);
  });
}

void AsyncDispatcher::Apply(uint32_t instance, uint64_t sequence, const node::Event& event) {
  context_.before_each();
  context_.node->Apply(instance, sequence, event);
}

std::unique_ptr<Dispatcher> MakeAsyncDispatcher(DispatcherContext context) {
  return std::make_unique<AsyncDispatcher>(std::move(context));
}

}  // namespace heddle::dispatch
