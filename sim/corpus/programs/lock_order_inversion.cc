// Lock-order inversion: two transfers between the same two accounts lock them in opposite orders.
//
// First described: E. G. Coffman, M. J. Elphick and A. Shoshani, "System Deadlocks", 1971; the
// cure, an order on resources, by J. W. Havender, "Avoiding Deadlock in Multitasking Systems",
// 1968. Found by: deadlock (with the cycle).
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

struct Account {
  std::mutex mutex;
  int balance = 100;
};

template <bool kBroken>
void Transfer(Account& from, Account& to, int amount) {
  if constexpr (kBroken) {
    std::lock_guard lock_from(from.mutex);
    std::lock_guard lock_to(to.mutex);
    from.balance -= amount;
    to.balance += amount;
  } else {
    std::scoped_lock lock(from.mutex, to.mutex);
    from.balance -= amount;
    to.balance += amount;
  }
}

template <bool kBroken>
void Run() {
  Account a, b;
  InThreads([&] { Transfer<kBroken>(a, b, 10); }, [&] { Transfer<kBroken>(b, a, 20); });
  assert(a.balance == 110 && b.balance == 90);
}

}  // namespace

extern const Program kLockOrderInversion{"lock-order-inversion", Shows::kDeadlock, Run<true>,
                                         Run<false>};

}  // namespace heddle::corpus
