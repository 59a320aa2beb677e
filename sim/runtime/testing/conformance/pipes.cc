// Pipes, eventfds and pairs of sockets: read, write, poll, dup and their like.
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <thread>
#include <vector>

#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;
using conformance::Printable;

SECTION(pipes, eventfd) {
  const int counter = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK);
  uint64_t value = 0;
  SHOW(read(counter, &value, sizeof value));
  Print("value %lu", value);
  value = 2;
  SHOW(write(counter, &value, sizeof value));
  for (int i = 0; i < 4; ++i) SHOW(read(counter, &value, sizeof value));
  SHOW(read(counter, &value, 4));
  value = UINT64_MAX;
  SHOW(write(counter, &value, sizeof value));
  value = UINT64_MAX - 1;
  SHOW(write(counter, &value, sizeof value));
  SHOW(write(counter, &value, sizeof value));
  pollfd entry = {counter, POLLIN | POLLOUT, 0};
  SHOW(poll(&entry, 1, 0));
  Print("revents %#x", static_cast<unsigned>(entry.revents));
  SHOW(close(counter));
  SHOW(read(counter, &value, sizeof value));
}

SECTION(pipes, pipe) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  SHOW(pipe2(ends, O_NONBLOCK));
  char text[8] = {};
  SHOW(read(ends[0], text, sizeof text));
  SHOW(write(ends[1], "hello", 5));
  int there = 0;
  SHOW(ioctl(ends[0], FIONREAD, &there));
  Print("there %d", there);
  SHOW(read(ends[0], text, 3));
  Print("%s", Printable(text, 3).c_str());
  SHOW(write(ends[0], text, 1));
  SHOW(read(ends[1], text, 1));
  const int copy = dup(ends[1]);
  SHOW(close(ends[1]));
  SHOW(write(copy, "x", 1));
  SHOW(close(copy));
  SHOW(read(ends[0], text, sizeof text));
  SHOW(read(ends[0], text, sizeof text));
  SHOW(close(ends[0]));
  SHOW(pipe2(ends, O_NONBLOCK));
  SHOW(close(ends[0]));
  SHOW(write(ends[1], "x", 1));
  SHOW(close(ends[1]));
}

SECTION(pipes, close_range) {
  int first[2], second[2];
  SHOW(pipe(first));
  SHOW(pipe(second));
  const auto lowest = static_cast<unsigned>(first[0]);
  SHOW(close_range(lowest, lowest - 1, 0));
  SHOW(close_range(lowest, lowest, 1 << 10));
  SHOW(close_range(lowest, lowest, CLOSE_RANGE_CLOEXEC));
  SHOW(fcntl(first[0], F_GETFD));
  SHOW(close_range(lowest, lowest + 1, 0));
  SHOW(close(first[0]));
  SHOW(close(first[1]));
  SHOW(write(second[1], "x", 1));
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(listen(listener, 1));
  SHOW(close_range(3, ~0u, 0));
  SHOW(fcntl(second[0], F_GETFD));
  SHOW(listen(listener, 1));
  SHOW(close_range(900, ~0u, 0));
  SHOW(pipe(first));
  closefrom(3);
  SHOW(close(first[1]));
}

// A process that has used up its descriptors, as event loops must survive it.
SECTION(pipes, descriptor_limit) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    rlimit limit = {32, 32};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(1);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max != 32) _exit(2);
    limit.rlim_cur = 33;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 || errno != EINVAL) _exit(3);
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(server, reinterpret_cast<sockaddr*>(&address), length) != 0) _exit(4);
    if (listen(server, 1) != 0) _exit(5);
    if (getsockname(server, reinterpret_cast<sockaddr*>(&address), &length) != 0) _exit(6);
    int last = -1;
    for (int next; (next = dup(server)) >= 0;) last = next;
    if (errno != EMFILE || last != 31) _exit(7);
    close(last);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client != last) _exit(8);
    if (connect(client, reinterpret_cast<sockaddr*>(&address), length) != 0) _exit(9);
    if (accept(server, nullptr, nullptr) != -1 || errno != EMFILE) _exit(10);
    _exit(0);
  }
  int status = -1;
  SHOW_IF(waitpid(child, &status, 0) == child);
  Print("status %d", WEXITSTATUS(status));
}

SECTION(pipes, blocking) {
  int ends[2];
  SHOW(pipe(ends));
  constexpr size_t kSize = 300'000;
  std::thread writer([&] {
    std::vector<char> data(kSize, 'x');
    SHOW(write(ends[1], data.data(), data.size()));
    close(ends[1]);
  });
  std::vector<char> data(kSize);
  size_t got = 0;
  for (ssize_t more; (more = read(ends[0], data.data() + got, kSize - got)) > 0;) {
    got += static_cast<size_t>(more);
  }
  writer.join();
  Print("got %zu", got);
  close(ends[0]);
}

SECTION(pipes, socketpair) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  char text[8] = {};
  SHOW(recv(ends[0], text, sizeof text, MSG_DONTWAIT));
  SHOW(send(ends[1], "abc", 3, 0));
  SHOW(recv(ends[0], text, sizeof text, MSG_PEEK));
  SHOW(recv(ends[0], text, sizeof text, 0));
  SHOW(shutdown(ends[1], SHUT_WR));
  SHOW(recv(ends[0], text, sizeof text, 0));
  SHOW(send(ends[1], "abc", 3, 0));
  SHOW(close(ends[1]));
  SHOW(send(ends[0], "abc", 3, 0));
  SHOW(close(ends[0]));
}
