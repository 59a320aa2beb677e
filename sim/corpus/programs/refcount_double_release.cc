// A reference count that is decremented and then read again: two releases that overlap both see
// zero and both free the object.
//
// First described: the counting by G. E. Collins, "A Method for Overlapping and Erasure of Lists",
// 1960; that decrement and test must be one step is why Linux has atomic_dec_and_test.
// Found by: AddressSanitizer (double free, or the second read of a freed count).
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Buffer {
 public:
  void Release() {
    if constexpr (kBroken) {
      references_.fetch_sub(1);
      if (references_.load() == 0) delete this;
    } else {
      if (references_.fetch_sub(1) == 1) delete this;
    }
  }

 private:
  ~Buffer() = default;

  std::atomic<int> references_{2};
};

template <bool kBroken>
void Run() {
  auto* buffer = new Buffer<kBroken>;
  auto release = [&] { buffer->Release(); };
  InThreads(release, release);
}

}  // namespace

extern const Program kRefcountDoubleRelease{"refcount-double-release", Shows::kMemory, Run<true>,
                                            Run<false>};

}  // namespace heddle::corpus
