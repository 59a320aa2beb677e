// Two threads insert into one std::unordered_map without a lock: a rehash under an insertion loses
// entries or corrupts the heap.
//
// First described: the container rule in the C++11 standard, [container.requirements.dataraces];
// this is the client's crash that Heddle was built for ("malloc(): unaligned tcache chunk
// detected"). Found by: ThreadSanitizer; with preemption at memory accesses, AddressSanitizer or a
// crash.
#include <mutex>
#include <unordered_map>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  constexpr int kEach = 4;
  std::mutex mutex;
  std::unordered_map<int, int> blocks;
  auto insert = [&](int from) {
    for (int slot = from; slot < from + kEach; ++slot) {
      std::unique_lock lock(mutex, std::defer_lock);
      if constexpr (!kBroken) lock.lock();
      blocks[slot] = slot;
    }
  };
  InThreads([&] { insert(0); }, [&] { insert(kEach); });
  assert(blocks.size() == 2 * kEach);
}

}  // namespace

extern const Program kUnguardedMap{"unguarded-map", Shows::kDataRace, Run<true>, Run<false>};

}  // namespace heddle::corpus
