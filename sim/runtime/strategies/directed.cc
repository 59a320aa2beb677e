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

 private:
  using Position = std::span<const Switch>::iterator;
  // How far one thread, or the clock, has come.
  struct Track {
    uint64_t steps = 0;
    Position next;  // its first switch that is not behind it
  };

  // `thread` has done one step more: the switch that comes now, or null.
  const Switch* Due(ThreadNumber thread) {
    const auto [at, added] = tracks_.try_emplace(thread);
    Track& track = at->second;
    if (added) {
      track.next = std::find_if(switches_.begin(), switches_.end(),
                                [&](const Switch& s) { return s.from == thread; });
    }
    ++track.steps;
    const auto mine = [&] { return track.next != switches_.end() && track.next->from == thread; };
    while (mine() && track.next->at < track.steps) ++track.next;
    return mine() && track.next->at == track.steps ? &*track.next : nullptr;
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
