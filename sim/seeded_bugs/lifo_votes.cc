// Seeded bug: a chain worker takes blocks first in, first out, but votes last in, first out ("the
// newest vote is worth most"), after the early queues of zeam's chain worker. The worker applies
// the network's events in another order: votes before their block, an old vote of a validator after
// its new one. If a validator votes twice in a slot, the vote whose data arrived first counts, so
// the order is part of the chain. (`worker` is the correct design.)
#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/worker_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

class LifoVotes : public dispatch::WorkerDispatcher {
 public:
  using WorkerDispatcher::WorkerDispatcher;
  ~LifoVotes() override { Finish(/*drain=*/false); }

 protected:
  Routed TakeNext(std::deque<Routed>* queue) override {
    auto next = std::find_if_not(queue->begin(), queue->end(), IsVote);
    if (next == queue->end()) --next;  // the bug: the last vote, where the first is due
    Routed taken = std::move(*next);
    queue->erase(next);
    return taken;
  }

 private:
  static bool IsVote(const Routed& routed) {
    return absl::StrContains(routed.event.name, "/a");  // attestation, aggregation
  }
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeLifoVotes(dispatch::DispatcherContext context) {
  return std::make_unique<LifoVotes>(std::move(context));
}

}  // namespace heddle::seeded_bugs
