// A cache looks a key up under a shared lock, lets go, and inserts under the exclusive lock without
// looking again: two threads that miss together both compute and the second replaces what the first
// has handed out.
//
// First described: the second look is double-checked locking's (D. C. Schmidt and T. Harrison,
// 1996); as validation after locking in M. Herlihy and N. Shavit, "The Art of Multiprocessor
// Programming", 2008, chapter 9. Found by: AddressSanitizer (the first one's value was freed by the
// second's insertion).
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Cache {
 public:
  // The value lives as long as the cache.
  const std::string& Get(int key) {
    {
      std::shared_lock lock(mutex_);
      const auto found = values_.find(key);
      if (found != values_.end()) return *found->second;
    }
    std::unique_lock lock(mutex_);
    std::unique_ptr<std::string>& value = values_[key];
    if (kBroken || value == nullptr) value = std::make_unique<std::string>(std::to_string(key));
    return *value;
  }

 private:
  std::shared_mutex mutex_;
  std::map<int, std::unique_ptr<std::string>> values_;
};

template <bool kBroken>
void Run() {
  Cache<kBroken> cache;
  auto use = [&] {
    const std::string& value = cache.Get(7);
    std::this_thread::yield();
    assert(value == "7");
  };
  InThreads(use, use);
}

}  // namespace

extern const Program kCacheFilledTwice{"cache-filled-twice", Shows::kMemory, Run<true>, Run<false>};

}  // namespace heddle::corpus
