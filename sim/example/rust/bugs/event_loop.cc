// An event loop in C++ that drains a queue of Rust's (src/bin/lost_wakeup.rs).
#include <sys/eventfd.h>

#include <cstdlib>

extern "C" {

// Rust's.
void queue_rearm();
bool queue_drain();  // false: the last item was taken

static const int wakeup = eventfd(0, 0);

void loop_wake() {
  if (eventfd_write(wakeup, 1) != 0) abort();
}

// Until the last item. `rearm_first` is right: an item that is pushed behind the drain, but before
// the queue is armed again, wakes nobody.
void loop_run(bool rearm_first) {
  for (bool more = true; more;) {
    eventfd_t count;
    if (eventfd_read(wakeup, &count) != 0) abort();
    if (rearm_first) queue_rearm();
    more = queue_drain();
    if (!rearm_first) queue_rearm();
  }
}

}  // extern "C"
