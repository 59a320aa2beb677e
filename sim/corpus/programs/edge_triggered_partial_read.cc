// An edge-triggered epoll reader that reads one message per event: when two messages came before it
// looked, there was one edge, and the second message is never read. The right version reads until
// there is nothing more.
//
// First described: epoll(7), "Level-triggered and edge-triggered", 2002.
// Found by: deadlock (the reader sleeps in epoll_wait with a message in the pipe).
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

constexpr int kMessages = 2;

void Write(int pipe) {
  for (int i = 0; i < kMessages; ++i) {
    const ssize_t written = write(pipe, "x", 1);
    assert(written == 1);
  }
}

template <bool kBroken>
void Read(int pipe, int epoll) {
  for (int received = 0; received < kMessages;) {
    epoll_event event;
    const int ready = epoll_wait(epoll, &event, 1, -1);
    assert(ready == 1);
    char byte;
    while (read(pipe, &byte, 1) == 1) {
      ++received;
      if constexpr (kBroken) break;
    }
  }
}

template <bool kBroken>
void Run() {
  int ends[2];
  int error = pipe2(ends, O_NONBLOCK | O_CLOEXEC);
  assert(error == 0);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event readable = {.events = EPOLLIN | EPOLLET, .data = {.fd = ends[0]}};
  error = epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &readable);
  assert(error == 0);
  InThreads([&] { Read<kBroken>(ends[0], epoll); }, [&] { Write(ends[1]); });
  for (int descriptor : {epoll, ends[0], ends[1]}) close(descriptor);
}

}  // namespace

extern const Program kEdgeTriggeredPartialRead{"edge-triggered-partial-read", Shows::kDeadlock,
                                               Run<true>, Run<false>};

}  // namespace heddle::corpus
