// The default schedule. A thread runs until it blocks, ends or yields; then the next one in order
// of number goes on, round robin. Time jumps only when nobody can run.
#include "sim/runtime/strategies/fifo.h"

#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

// The lowest number above the last thread's, else the lowest of all. `threads` > 0 candidates from
// the first on are threads.
uint32_t NextByNumber(const Point& point, uint32_t threads) {
  uint32_t lowest = 0;
  uint32_t next = kNoCandidate;
  for (uint32_t i = 0; i < threads; ++i) {
    const ThreadNumber number = point.candidates[i].thread;
    if (number < point.candidates[lowest].thread) lowest = i;
    if (point.last_thread >= kNoThread || number <= point.last_thread) continue;
    if (next == kNoCandidate || number < point.candidates[next].thread) next = i;
  }
  return next != kNoCandidate ? next : lowest;
}

}  // namespace

uint32_t Fifo::Choose(const Point& point) {
  const uint32_t threads = ThreadsOf(point);
  if (threads == 0) return 0;
  if (point.current == kNoCandidate) return NextByNumber(point, threads);
  const bool yields = point.candidates[point.current].next->kind == OpKind::kYield;
  return yields ? (point.current + 1) % threads : point.current;
}

std::unique_ptr<Strategy> MakeFifo() { return std::make_unique<Fifo>(); }

}  // namespace heddle::sim
