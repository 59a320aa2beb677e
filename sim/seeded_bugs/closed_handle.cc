// Seeded bug: at shutdown the loop closes and frees its async handle. A network's thread has
// checked that the handle is open, and then sends to it. Reports: libuv #2226 and #4922; every
// client that frees its watcher in deinit; zeam #757, whose bridge thread called into a freed
// struct.
#include <functional>

#include "sim/seeded_bugs/seeded_bugs.h"
#include "src/dispatch/async_dispatcher.h"

namespace heddle::seeded_bugs {
namespace {

struct Handle {
  std::function<void()> send;
};

class ClosedHandle : public dispatch::AsyncDispatcher {
 public:
  ClosedHandle(dispatch::DispatcherContext context, Handle* handle)
      : AsyncDispatcher(std::move(context)), handle_(handle) {}

  void Close() override {
    AsyncDispatcher::Close();  // from here on no callback is taken
    delete handle_;            // the bug: one that was may not have sent yet
    handle_ = nullptr;
  }
  ~ClosedHandle() override { delete handle_; }

 private:
  Handle* handle_;
};

}  // namespace

std::unique_ptr<dispatch::Dispatcher> MakeClosedHandle(dispatch::DispatcherContext context) {
  auto* const handle = new Handle{std::move(context.wake)};
  context.wake = [handle] { handle->send(); };
  return std::make_unique<ClosedHandle>(std::move(context), handle);
}

}  // namespace heddle::seeded_bugs
