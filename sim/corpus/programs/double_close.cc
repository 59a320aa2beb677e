// A connection that is stopped from two sides at once closes its descriptor twice. Between the two
// closes another thread opened a file and got the same number: its descriptor is closed under it.
//
// First described: POSIX's rationale for close (a number may be given out again by another thread).
// Found by: the assertion that one's own descriptor works.
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
class Connection {
 public:
  Connection() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { assert(descriptor_ >= 0); }

  void Stop() {
    if constexpr (kBroken) {
      if (!open_.load()) return;
      open_.store(false);
    } else {
      if (!open_.exchange(false)) return;
    }
    close(descriptor_);
  }

 private:
  const int descriptor_;
  std::atomic<bool> open_{true};
};

template <bool kBroken>
void Run() {
  Connection<kBroken> connection;
  auto stop = [&] { connection.Stop(); };
  InThreads(stop, stop, [] {
    const int descriptor = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    assert(descriptor >= 0);
    eventfd_t value = 0;
    const int result = eventfd_read(descriptor, &value);
    assert(result == 0 && value == 1);
    close(descriptor);
  });
}

}  // namespace

extern const Program kDoubleClose{"double-close", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
