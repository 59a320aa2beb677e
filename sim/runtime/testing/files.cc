// Pipes, sockets, eventfd, timerfd, epoll, poll, select between threads, in virtual time.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "sim/runtime/testing/check.h"

namespace {

long NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

void SleepMs(long ms) {
  const timespec time = {ms / 1000, ms % 1000 * 1'000'000};
  nanosleep(&time, nullptr);
}

void Pipes() {
  int ends[2];
  CHECK(pipe(ends) == 0);
  constexpr size_t kSize = 200'000;  // more than a pipe holds
  std::thread writer([&] {
    std::vector<char> data(kSize, 'x');
    CHECK(write(ends[1], data.data(), data.size()) == static_cast<ssize_t>(kSize));
    close(ends[1]);
  });
  std::vector<char> buffer(8192);
  size_t total = 0;
  for (;;) {
    const ssize_t got = read(ends[0], buffer.data(), buffer.size());
    CHECK(got >= 0);
    if (got == 0) break;
    total += static_cast<size_t>(got);
  }
  CHECK(total == kSize);
  writer.join();
  close(ends[0]);
}

void Sockets() {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  std::thread echo([&] {
    char text[64];
    const ssize_t got = recv(ends[1], text, sizeof text, 0);
    CHECK(got > 0);
    CHECK(send(ends[1], text, static_cast<size_t>(got), 0) == got);
  });
  char hello[] = "hello", answer[64] = {};
  iovec parts[2] = {{hello, 3}, {hello + 3, 3}};
  CHECK(writev(ends[0], parts, 2) == 6);
  size_t got = 0;
  while (got < 3) got += static_cast<size_t>(read(ends[0], answer + got, 6 - got));
  CHECK(answer[0] == 'h');
  echo.join();
  close(ends[0]), close(ends[1]);
}

void Events() {
  const int counter = eventfd(0, EFD_SEMAPHORE);
  std::thread poster([&] {
    SleepMs(10);
    CHECK(eventfd_write(counter, 2) == 0);
  });
  eventfd_t value;
  CHECK(eventfd_read(counter, &value) == 0 && value == 1);
  CHECK(read(counter, &value, sizeof value) == sizeof value && value == 1);
  poster.join();
  close(counter);
  const int quick = eventfd(0, EFD_NONBLOCK);
  CHECK(read(quick, &value, sizeof value) == -1 && errno == EAGAIN);
  close(quick);
}

void Timers() {
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  itimerspec setting = {{0, 100'000'000}, {0, 250'000'000}};
  const long start = NowMs();
  CHECK(timerfd_settime(timer, 0, &setting, nullptr) == 0);
  uint64_t expirations = 0;
  CHECK(read(timer, &expirations, sizeof expirations) == sizeof expirations);
  CHECK(expirations >= 1);
  CHECK(NowMs() - start >= 250);
  SleepMs(1000);
  CHECK(read(timer, &expirations, sizeof expirations) == sizeof expirations);
  CHECK(expirations >= 9);
  setting = {};
  CHECK(timerfd_settime(timer, 0, &setting, nullptr) == 0);
  pollfd entry = {timer, POLLIN, 0};
  CHECK(poll(&entry, 1, 500) == 0);
  close(timer);
}

void Multiplexing() {
  const int epoll = epoll_create1(0);
  const int event = eventfd(0, EFD_NONBLOCK);
  epoll_event wanted = {};
  wanted.events = EPOLLIN;
  wanted.data.fd = event;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) == 0);
  epoll_event got = {};
  const long start = NowMs();
  CHECK(epoll_wait(epoll, &got, 1, 0) == 0);
  CHECK(epoll_wait(epoll, &got, 1, 3000) == 0);
  CHECK(NowMs() - start >= 3000);
  const auto later = [&] {
    SleepMs(20);
    const uint64_t one = 1;
    CHECK(write(event, &one, sizeof one) == sizeof one);
  };
  const auto drain = [&] {
    uint64_t value;
    CHECK(read(event, &value, sizeof value) == sizeof value);
  };
  {
    std::thread writer(later);
    CHECK(epoll_wait(epoll, &got, 1, -1) == 1 && got.data.fd == event);
    drain();
    writer.join();
  }
  {
    std::thread writer(later);
    const timespec timeout = {3600, 0};
    CHECK(epoll_pwait2(epoll, &got, 1, &timeout, nullptr) == 1);
    drain();
    writer.join();
  }
  {
    std::thread writer(later);
    pollfd entry = {event, POLLIN, 0};
    CHECK(poll(&entry, 1, -1) == 1);
    drain();
    writer.join();
  }
  {
    std::thread writer(later);
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(event, &reads);
    timeval timeout = {3600, 0};
    CHECK(select(event + 1, &reads, nullptr, nullptr, &timeout) == 1);
    CHECK(FD_ISSET(event, &reads));
    drain();
    writer.join();
  }
  timeval short_timeout = {0, 50'000};
  CHECK(select(0, nullptr, nullptr, nullptr, &short_timeout) == 0);
  CHECK(poll(nullptr, 0, 50) == 0);
  close(event), close(epoll);
}

}  // namespace

int main() {
  Pipes();
  Sockets();
  Events();
  Timers();
  Multiplexing();
  std::printf("done\n");
}
