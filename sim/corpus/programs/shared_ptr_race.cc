// One std::shared_ptr object is copied by a reader while a writer replaces it. The count is atomic,
// the pointer object is not: the reader may count up in a control block that was just freed.
//
// First described: Boost shared_ptr documentation, "Thread Safety", about 2002; C++20 answers with
// std::atomic<std::shared_ptr>, P0718, 2017.
// Found by: AddressSanitizer (use after free); ThreadSanitizer sees the race on any schedule.
#include <memory>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  std::mutex mutex;
  auto current = std::make_shared<const int>(1);
  InThreads(
      [&] {
        std::unique_lock lock(mutex, std::defer_lock);
        if constexpr (!kBroken) lock.lock();
        const std::shared_ptr<const int> mine = current;
        assert(mine != nullptr);
      },
      [&] {
        auto next = std::make_shared<const int>(2);
        std::unique_lock lock(mutex, std::defer_lock);
        if constexpr (!kBroken) lock.lock();
        current.swap(next);
      });
}

}  // namespace

extern const Program kSharedPtrRace{"shared-ptr-race", Shows::kMemory, Run<true>, Run<false>};

}  // namespace heddle::corpus
