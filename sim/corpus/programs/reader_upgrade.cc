// A read lock that can be upgraded to a write lock: two readers that upgrade at once each wait for
// the other to leave. The right version lets one upgrade at a time wait and has the others let go
// first.
//
// First described: in databases, as the conversion deadlock that update locks prevent: J. N. Gray
// and A. Reuter, "Transaction Processing: Concepts and Techniques", 1993. Found by: deadlock.
#include <condition_variable>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class UpgradableLock {
 public:
  void LockShared() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !writing_ && !upgrading_; });
    ++readers_;
  }

  void UnlockShared() {
    std::lock_guard lock(mutex_);
    --readers_;
    changed_.notify_all();
  }

  // From shared to exclusive. Whether nobody else may have written in between.
  bool Upgrade() {
    std::unique_lock lock(mutex_);
    const bool kept = kBroken || !upgrading_;
    if (kept) {
      upgrading_ = true;
      changed_.wait(lock, [&] { return readers_ == 1; });
      readers_ = 0;
      upgrading_ = false;
    } else {
      --readers_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return readers_ == 0 && !writing_ && !upgrading_; });
    }
    writing_ = true;
    return kept;
  }

  void UnlockExclusive() {
    std::lock_guard lock(mutex_);
    writing_ = false;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int readers_ = 0;
  bool writing_ = false;
  bool upgrading_ = false;
};

template <bool kBroken>
void Run() {
  UpgradableLock<kBroken> lock;
  int value = 0;
  auto increment = [&] {
    lock.LockShared();
    int next = value + 1;
    if (!lock.Upgrade()) next = value + 1;
    value = next;
    lock.UnlockExclusive();
  };
  InThreads(increment, increment);
  assert(value == 2);
}

}  // namespace

extern const Program kReaderUpgrade{"reader-upgrade", Shows::kDeadlock, Run<true>, Run<false>};

}  // namespace heddle::corpus
