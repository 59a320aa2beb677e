// A request's reply slot lives on the requester's stack. The requester stops waiting after a
// timeout and returns; the worker answers late, into a stack frame that is gone.
//
// First described: as CWE-562, "Return of Stack Variable Address"; here the address went to another
// thread, as happens in clients that give up on a request.
// Found by: AddressSanitizer (use after scope), when time passes the deadline before the worker
// runs.
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

using std::chrono::milliseconds;

struct Reply {
  std::mutex mutex;
  std::condition_variable arrived;
  bool ready = false;
  int value = 0;
};

void Answer(Reply& reply) {
  std::this_thread::sleep_for(milliseconds(5));
  std::lock_guard lock(reply.mutex);
  reply.value = 42;
  reply.ready = true;
  reply.arrived.notify_one();
}

bool Await(Reply& reply) {
  std::unique_lock lock(reply.mutex);
  return reply.arrived.wait_for(lock, milliseconds(10), [&] { return reply.ready; });
}

template <bool kBroken>
void Run() {
  std::thread worker;
  if constexpr (kBroken) {
    Reply reply;
    worker = std::thread([&reply] { Answer(reply); });
    Await(reply);
  } else {
    auto reply = std::make_shared<Reply>();
    worker = std::thread([reply] { Answer(*reply); });
    Await(*reply);
  }
  worker.join();
}

}  // namespace

extern const Program kStackEscape{"stack-escape", Shows::kMemory, Run<true>, Run<false>};

}  // namespace heddle::corpus
