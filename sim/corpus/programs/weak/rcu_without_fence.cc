// Read-copy-update: a reader says that it reads, and follows the pointer; an updater exchanges the
// pointer and waits until nobody reads before it ends what was there. Without a seq_cst fence
// behind the reader's word the updater can miss it.
//
// First described: M. Desnoyers, P. McKenney, A. Stern, M. Dagenais and J. Walpole, "User-Level
// Implementations of Read-Copy Update", TPDS 2012. Found by: assertion (an object that has ended is
// read), under c11 and tso.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

template <bool kBroken>
class Shared {
 public:
  void Read() {
    reading_.store(true, memory_order_relaxed);
    if (!kBroken) std::atomic_thread_fence(memory_order_seq_cst);
    const Object* object = current_.load(memory_order_acquire);
    assert(!object->ended.load(memory_order_relaxed));
    reading_.store(false, memory_order_release);
  }

  void Update() {
    Object* const old = current_.exchange(&objects_[1], memory_order_acq_rel);
    std::atomic_thread_fence(memory_order_seq_cst);
    while (reading_.load(memory_order_acquire)) std::this_thread::yield();
    old->ended.store(true, memory_order_relaxed);
  }

 private:
  struct Object {
    std::atomic<bool> ended{false};
  };
  Object objects_[2];
  std::atomic<Object*> current_{&objects_[0]};
  std::atomic<bool> reading_{false};
};

template <bool kBroken>
void Run() {
  Shared<kBroken> shared;
  InThreads([&] { shared.Read(); }, [&] { shared.Update(); });
}

}  // namespace

extern const Program kRcuWithoutFence{"rcu-without-fence", Shows::kAssertion, Run<true>, Run<false>,
                                      Needs::kWeakMemory};

}  // namespace heddle::corpus
