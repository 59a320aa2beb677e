#include "src/dispatch/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "src/node/check.h"

namespace heddle::dispatch {
namespace {

thread_local const EventLoop* running_loop = nullptr;

// The loop has one descriptor, its own, so no backend has an advantage in descriptors; but select's
// timeout is in microseconds, and epoll's and poll's in whole milliseconds, rounded up: a tick that
// is due would come up to a millisecond late, after votes that it should come before.
constexpr unsigned kBackend = EVBACKEND_SELECT;

// libev ends the process when it cannot open the descriptor behind ev_async. So one is opened
// first, and given up right before libev takes its own.
absl::Status CheckThatADescriptorIsFree() {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot open an event descriptor: ", std::generic_category().message(errno)));
  }
  close(descriptor);
  return absl::OkStatus();
}

// libev makes its lists longer as it goes, and ends the process when there is no memory for that.
// One turn with a watcher of each kind pending makes them as long as they will ever be here: what
// memory a running loop needs, it has from the beginning.
void GrowLists(struct ev_loop* loop) {
  ev_async wake_up;
  ev_async_init(&wake_up, [](struct ev_loop*, ev_async*, int) {});
  ev_async_start(loop, &wake_up);
  ev_timer timeout;
  ev_timer_init(
      &timeout, [](struct ev_loop*, ev_timer*, int) {}, 0., 0.);
  ev_set_priority(&timeout, EV_MAXPRI);
  ev_timer_start(loop, &timeout);
  ev_async_send(loop, &wake_up);
  ev_run(loop, EVRUN_NOWAIT);
  ev_timer_stop(loop, &timeout);
  ev_async_stop(loop, &wake_up);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::Create(Handler* handler) {
  struct ev_loop* const loop = ev_loop_new(kBackend | EVFLAG_NOENV);
  if (loop == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot create an event loop: ", std::generic_category().message(errno)));
  }
  if (absl::Status status = CheckThatADescriptorIsFree(); !status.ok()) {
    ev_loop_destroy(loop);
    return status;
  }
  GrowLists(loop);
  return std::unique_ptr<EventLoop>(new EventLoop(handler, loop));
}

EventLoop::EventLoop(Handler* handler, struct ev_loop* loop) : handler_(handler), loop_(loop) {
  ev_async_init(&async_, &EventLoop::OnAsync);
  async_.data = this;
  ev_timer_init(&timer_, &EventLoop::OnTimeout, 0., 0.);
  timer_.data = this;
  // A tick that is due comes before the events that are.
  ev_set_priority(&timer_, EV_MAXPRI);
  ev_async_start(loop_, &async_);
}

EventLoop::~EventLoop() {
  HEDDLE_CHECK(!thread_.joinable());
  ev_timer_stop(loop_, &timer_);
  ev_async_stop(loop_, &async_);
  ev_loop_destroy(loop_);
}

absl::Status EventLoop::Start() {
  HEDDLE_CHECK(!thread_.joinable());
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return absl::UnavailableError(absl::StrCat("cannot create the loop thread: ", error.what()));
  }
  return absl::OkStatus();
}

void EventLoop::Join() { thread_.join(); }

void EventLoop::Wake() { ev_async_send(loop_, &async_); }

bool EventLoop::OnLoopThread() const { return running_loop == this; }

void EventLoop::Run() {
  running_loop = this;
  // The process may have been forked since the loop was made (a client that becomes a daemon): the
  // descriptors behind the loop are then shared with the parent, and must be made anew.
  ev_loop_fork(loop_);
  Wake();  // for what came before the start
  ev_run(loop_, 0);
  handler_->OnEnd();
  running_loop = nullptr;
}

void EventLoop::SetTimer(int64_t after_ns) {
  ev_timer_stop(loop_, &timer_);
  ev_now_update(loop_);  // the delay counts from now, not from when this turn of the loop began
  ev_timer_set(&timer_, static_cast<double>(std::max<int64_t>(after_ns, 0)) * 1e-9, 0.);
  ev_timer_start(loop_, &timer_);
}

void EventLoop::Break() { ev_break(loop_, EVBREAK_ALL); }

void EventLoop::OnAsync(struct ev_loop*, ev_async* watcher, int) {
  static_cast<EventLoop*>(watcher->data)->handler_->OnWake();
}

void EventLoop::OnTimeout(struct ev_loop*, ev_timer* watcher, int) {
  static_cast<EventLoop*>(watcher->data)->handler_->OnTimer();
}

}  // namespace heddle::dispatch
