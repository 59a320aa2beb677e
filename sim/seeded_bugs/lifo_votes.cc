// A chain worker that takes blocks first in, first out, and votes last in, first out ("the newest
// vote is worth most"), after the early queues of zeam's chain worker, which had one for each. What
// the network sent in one order is applied in another: votes before their block, an old vote of a
// validator after its new one. Of two votes for one slot the one whose data came first counts, so
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
