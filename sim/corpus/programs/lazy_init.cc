// Lazy initialisation without a lock: both threads find nothing and both create the one instance.
// The pointer is atomic, so there is no data race; one of the two instances is lost.
//
// First described: D. C. Schmidt and T. Harrison, "Double-Checked Locking", 1996, as what is wrong
// with the Singleton of E. Gamma et al., "Design Patterns", 1994.
// Found by: the assertion that one instance was created.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

struct Pool {
  explicit Pool(std::atomic<int>& created) { created.fetch_add(1); }
};

template <bool kBroken>
void Run() {
  std::atomic<int> created{0};
  std::atomic<Pool*> instance{nullptr};
  std::atomic_flag creating;
  auto get = [&] {
    if constexpr (kBroken) {
      if (instance.load() == nullptr) {
        Pool* pool = new Pool(created);
        delete instance.exchange(pool);
      }
    } else {
      if (!creating.test_and_set()) {
        instance.store(new Pool(created));
        instance.notify_all();
      }
      instance.wait(nullptr);
    }
  };
  InThreads(get, get);
  delete instance.load();
  assert(created.load() == 1);
}

}  // namespace

extern const Program kLazyInit{"lazy-init", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
