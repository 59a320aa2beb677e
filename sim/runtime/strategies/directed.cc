#include "sim/runtime/strategies/directed.h"

#include <algorithm>
#include <map>

#include "sim/runtime/strategies/fifo.h"

namespace heddle::sim {
namespace {

class Directed final : public Strategy {
 public:
  explicit Directed(std::span<const Switch> switches) : switches_(switches) {}

  bool NewExecution(const Random&) override {
    tracks_.clear();
    return true;
  }

  uint32_t Choose(const Point& point) override {
    if (point.last_thread == kNoThread) return default_.Choose(point);
    if (const Switch* due = Due(point.last_thread)) {
      for (uint32_t i = 0; i < point.candidates.size(); ++i) {
        if (point.candidates[i].thread == due->to) return i;
      }
    }
    return default_.Choose(point);
  }

  // Asked before the step counts as done.
  uint32_t ChooseStore(const StoreChoice& choice) override {
    Track& track = TrackOf(choice.thread);
    const Switch* due = Due(&track, track.steps + 1, true);
    return due != nullptr && due->store < choice.count ? due->store : 0;
  }

 private:
  using Position = std::span<const Switch>::iterator;
  // How far one thread, or the clock, has come.
  struct Track {
    uint64_t steps = 0;
    Position next;  // its first switch or read that is not behind it
  };

  Track& TrackOf(ThreadNumber thread) {
    const auto [at, added] = tracks_.try_emplace(thread);
    if (added) {
      at->second.next = std::find_if(switches_.begin(), switches_.end(),
                                     [&](const Switch& s) { return s.from == thread; });
    }
    return at->second;
  }

  // `thread` has done one step more: the switch that comes now, or null.
  const Switch* Due(ThreadNumber thread) {
    Track& track = TrackOf(thread);
    return Due(&track, ++track.steps, false);
  }
  // The read, or else the switch, of that step; or null.
  const Switch* Due(Track* track, uint64_t step, bool read) const {
    if (track->next == switches_.end()) return nullptr;
    const ThreadNumber thread = track->next->from;
    const auto mine = [&](Position p) { return p != switches_.end() && p->from == thread; };
    // What is behind it is left for good; a read of this step stands beside its switch.
    while (mine(track->next) && track->next->at < step) ++track->next;
    if (!mine(track->next)) track->next = switches_.end();
    for (Position p = track->next; mine(p) && p->at == step; ++p) {
      if ((p->store != 0) == read) return &*p;
    }
    return nullptr;
  }

  const std::span<const Switch> switches_;
  std::map<ThreadNumber, Track> tracks_;
  Fifo default_;
};

}  // namespace

std::unique_ptr<Strategy> MakeDirected(std::span<const Switch> switches) {
  return std::make_unique<Directed>(switches);
}

}  // namespace heddle::sim
