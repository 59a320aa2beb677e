// Seeded bug: a request's context is freed on timeout while its response is being delivered, after
// zeam #757 and related reports: a callback still uses a context that the other thread frees.
//
// Here the network's thread finds the context under the lock and uses it without the lock. The
// loop's tick frees expired contexts under the lock.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/mutex_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class FreedRequest : public dispatch::MutexDispatcher {
 public:
  using MutexDispatcher::MutexDispatcher;

  heddle_status Deliver(uint32_t instance, uint64_t sequence, const node::Event& event) override {
    if (event.kind == node::EventKind::kRpcResponse) {
      Request* const request = Find({instance, event.number});
      // The bug: the context is used without the lock.
      ++request->chunks;
      request->last_peer.assign(event.peer.data(), event.peer.size());
    }
    return MutexDispatcher::Deliver(instance, sequence, event);
  }
  void Tick(uint64_t interval) override {
    {
      const std::lock_guard<std::mutex> lock(requests_mutex_);
      interval_ = interval;
      std::erase_if(requests_, [&](const auto& entry) {
        return entry.second->since + kTimeoutIntervals <= interval;
      });
    }
    MutexDispatcher::Tick(interval);
  }

 private:
  static constexpr uint64_t kTimeoutIntervals = 1;
  using InstanceAndNumber = std::pair<uint32_t, uint64_t>;
  struct Request {
    uint64_t since = 0;  // interval
    uint64_t chunks = 0;
    std::string last_peer;
  };

  // The context of a request; created when its first chunk arrives.
  Request* Find(InstanceAndNumber key) {
    const std::lock_guard<std::mutex> lock(requests_mutex_);
    std::unique_ptr<Request>& request = requests_[key];
    if (request == nullptr) request = std::make_unique<Request>(Request{.since = interval_});
    return request.get();
  }

  std::mutex requests_mutex_;  // the next two
  std::map<InstanceAndNumber, std::unique_ptr<Request>> requests_;
  uint64_t interval_ = 0;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeFreedRequest(dispatch::DispatcherContext context) {
  return std::make_unique<FreedRequest>(context.node);
}

}  // namespace heddle::seeded_bugs
