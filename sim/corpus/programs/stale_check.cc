// Time of check to time of use: the balance is checked in one critical section and drawn in
// another. Each is correctly locked, so there is no data race; the decision is stale when it is
// acted upon.
//
// First described: W. S. McPhee, "Operating System Integrity in OS/VS2", 1974; as an atomicity
// violation by C. Flanagan and S. Qadeer, "A Type and Effect System for Atomicity", 2003.
// Found by: the assertion that the balance is never negative.
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Account {
 public:
  void Withdraw(int amount) {
    std::unique_lock lock(mutex_);
    const bool enough = balance_ >= amount;
    if constexpr (kBroken) {
      lock.unlock();
      lock.lock();
    }
    if (enough) balance_ -= amount;
    assert(balance_ >= 0);
  }

 private:
  std::mutex mutex_;
  int balance_ = 100;
};

template <bool kBroken>
void Run() {
  Account<kBroken> account;
  InThreads([&] { account.Withdraw(70); }, [&] { account.Withdraw(60); });
}

}  // namespace

extern const Program kStaleCheck{"stale-check", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
