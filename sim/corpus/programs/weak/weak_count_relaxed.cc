// A control block with two counts, as shared and weak pointers have it: the last owner ends the
// object and gives its weak reference back; who gives the last one back ends the block. With
// relaxed decrements it does so before it has seen that the object has ended.
//
// First described: P. Dimov, B. Dawes and G. Colvin, "A Proposal to Add General Purpose Smart
// Pointers", N1450, 2003 (and boost::detail::sp_counted_base since). Found by: assertion (the block
// ends before the object), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Block {
 public:
  void ReleaseOwner() {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    object_ended_.store(true, std::memory_order_relaxed);
    ReleaseWeak();
  }
  void ReleaseWeak() {
    constexpr auto kOrder = kBroken ? std::memory_order_relaxed : std::memory_order_acq_rel;
    if (references_.fetch_sub(1, kOrder) != 1) return;
    assert(object_ended_.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<int> owners_{1};
  std::atomic<int> references_{2};  // a weak one, and one for all owners
  std::atomic<bool> object_ended_{false};
};

template <bool kBroken>
void Run() {
  Block<kBroken> block;
  InThreads([&] { block.ReleaseOwner(); }, [&] { block.ReleaseWeak(); });
}

}  // namespace

extern const Program kWeakCountRelaxed{"weak-count-relaxed", Shows::kAssertion, Run<true>,
                                       Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus
