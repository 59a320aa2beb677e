// "The first answer wins", decided by a test and a separate set: both replicas find no answer yet
// and both fulfil the promise; the second gets std::future_error(promise_already_satisfied).
//
// First described: the rule that a future is resolved once by H. Baker and C. Hewitt, "The
// Incremental Garbage Collection of Processes", 1977; the exception is C++11's, [futures.promise].
// Found by: the exception, which nobody catches.
#include <atomic>
#include <future>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  std::promise<int> answer;
  std::atomic<bool> answered{false};
  auto replica = [&](int value) {
    if constexpr (kBroken) {
      if (answered.load()) return;
      answered.store(true);
    } else {
      if (answered.exchange(true)) return;
    }
    answer.set_value(value);
  };
  std::future<int> first = answer.get_future();
  InThreads([&] { replica(1); }, [&] { replica(2); });
  const int value = first.get();
  assert(value == 1 || value == 2);
}

}  // namespace

extern const Program kPromiseSetTwice{"promise-set-twice", Shows::kAssertion, Run<true>,
                                      Run<false>};

}  // namespace heddle::corpus
