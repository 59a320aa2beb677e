// Double-checked locking, broken: the first check reads the pointer without the lock and without an
// atomic, so a thread may see the pointer before it sees what it points to.
//
// First described: as a pattern by D. C. Schmidt and T. Harrison, "Double-Checked Locking", 1996;
// as a bug by D. Bacon et al., "The 'Double-Checked Locking is Broken' Declaration", 2000, and for
// C++ by S. Meyers and A. Alexandrescu, "C++ and the Perils of Double-Checked Locking", 2004. Found
// by: ThreadSanitizer. (A sequentially consistent interleaving never shows a wrong value.)
#include <atomic>
#include <memory>
#include <mutex>
#include <type_traits>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

struct Settings {
  int port = 9000;
};

template <bool kBroken>
class Lazy {
 public:
  ~Lazy() { delete instance_; }

  const Settings& Get() {
    Settings* settings = instance_;
    if (settings == nullptr) {
      std::lock_guard lock(mutex_);
      settings = instance_;
      if (settings == nullptr) {
        settings = new Settings;
        instance_ = settings;
      }
    }
    return *settings;
  }

 private:
  std::mutex mutex_;
  std::conditional_t<kBroken, Settings*, std::atomic<Settings*>> instance_ = nullptr;
};

template <bool kBroken>
void Run() {
  Lazy<kBroken> settings;
  auto use = [&] { assert(settings.Get().port == 9000); };
  InThreads(use, use);
}

}  // namespace

extern const Program kDoubleCheckedLocking{"double-checked-locking", Shows::kDataRace, Run<true>,
                                           Run<false>};

}  // namespace heddle::corpus
