// Pipes, sockets, eventfd, timerfd, epoll, poll, select between threads, in virtual time.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
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
  CHECK(timerfd_settime(timer, 0, &setting, nullptr) == -1 && errno == EBADF);
  CHECK(timerfd_gettime(timer, &setting) == -1 && errno == EBADF);
}

// An absolute time, expirations that add up, a duplicate that outlives its original, and what the
// system refuses.
void MoreTimers() {
  CHECK(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0) == -1 && errno == EINVAL);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  uint64_t expirations = 0;
  CHECK(read(timer, &expirations, sizeof expirations) == -1 && errno == EAGAIN);
  itimerspec setting = {{0, 10'000'000}, {0, 0}};
  clock_gettime(CLOCK_MONOTONIC, &setting.it_value);
  setting.it_value.tv_sec += 1;
  CHECK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &setting, nullptr) == 0);
  SleepMs(1105);
  CHECK(read(timer, &expirations, sizeof expirations) == sizeof expirations);
  CHECK(expirations >= 10);
  CHECK(read(timer, &expirations, 4) == -1 && errno == EINVAL);

  const int copy = dup(timer);
  const int other = fcntl(timer, F_DUPFD_CLOEXEC, 0);
  close(timer);
  setting = {{0, 0}, {0, 5'000'000}};
  CHECK(timerfd_settime(copy, 0, &setting, nullptr) == 0);
  SleepMs(10);
  itimerspec left;
  CHECK(timerfd_gettime(other, &left) == 0 && left.it_value.tv_nsec == 0);
  CHECK(read(other, &expirations, sizeof expirations) == sizeof expirations && expirations == 1);
  setting.it_value.tv_nsec = 1'000'000'000;
  CHECK(timerfd_settime(copy, 0, &setting, nullptr) == -1 && errno == EINVAL);
  setting.it_value.tv_nsec = 0;
  CHECK(timerfd_settime(copy, 8, &setting, nullptr) == -1 && errno == EINVAL);
  close(copy), close(other);

  const int event = eventfd(0, 0);
  CHECK(timerfd_settime(event, 0, &setting, nullptr) == -1 && errno == EINVAL);
  close(event);
}

// A socket's own timeouts, in virtual time, for every kind of operation.
void SocketTimeouts() {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const timeval timeout = {2, 0};
  CHECK(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0);
  CHECK(setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0);
  char byte = 'x';
  iovec vector = {&byte, 1};
  msghdr message = {};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  const long start = NowMs();
  CHECK(recv(ends[0], &byte, 1, 0) == -1 && errno == EAGAIN);
  CHECK(read(ends[0], &byte, 1) == -1 && errno == EAGAIN);
  CHECK(readv(ends[0], &vector, 1) == -1 && errno == EAGAIN);
  CHECK(recvfrom(ends[0], &byte, 1, 0, nullptr, nullptr) == -1 && errno == EAGAIN);
  CHECK(recvmsg(ends[0], &message, 0) == -1 && errno == EAGAIN);
  CHECK(NowMs() - start >= 10'000);
  // What fits is sent, then nothing more.
  std::vector<char> much(4 << 20, 'y');
  const ssize_t sent = send(ends[0], much.data(), much.size(), 0);
  CHECK(sent > 0 && sent < static_cast<ssize_t>(much.size()));
  CHECK(sendto(ends[0], much.data(), much.size(), 0, nullptr, 0) == -1 && errno == EAGAIN);
  CHECK(write(ends[0], much.data(), much.size()) == -1 && errno == EAGAIN);
  // Whoever writes in time is heard.
  std::thread writer([&] {
    SleepMs(10);
    CHECK(write(ends[1], &byte, 1) == 1);
  });
  CHECK(recv(ends[0], much.data(), 8, MSG_WAITALL) == 1);
  writer.join();
  close(ends[0]), close(ends[1]);
}

// A blocking operation moves all of it, however little fits at once.
void LargeMessages() {
  constexpr size_t kSize = 1 << 20;
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  std::thread sender([&] {
    std::vector<char> data(kSize, 'z');
    iovec vectors[2] = {{data.data(), 10}, {data.data() + 10, kSize - 10}};
    msghdr message = {};
    message.msg_iov = vectors;
    message.msg_iovlen = 2;
    CHECK(sendmsg(ends[1], &message, 0) == static_cast<ssize_t>(kSize));
    CHECK(sendto(ends[1], data.data(), kSize, 0, nullptr, 0) == static_cast<ssize_t>(kSize));
  });
  std::vector<char> got(kSize);
  for (int i = 0; i < 2; ++i) {
    CHECK(recv(ends[0], got.data(), kSize, MSG_WAITALL) == static_cast<ssize_t>(kSize));
    CHECK(got.front() == 'z' && got.back() == 'z');
  }
  sender.join();
  close(ends[0]), close(ends[1]);
}

// Several vectors are one message.
void Datagrams() {
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  char text[] = "abcdef";
  iovec vectors[2] = {{text, 2}, {text + 2, 4}};
  CHECK(writev(ends[0], vectors, 2) == 6);
  char got[16];
  CHECK(recv(ends[1], got, sizeof got, 0) == 6);
  close(ends[0]), close(ends[1]);
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

// What threads read of the real machine, and the names that they give each other, are kept by the
// kernel: that is no race of the program's.
void Notes() {
  const auto note = [] {
    for (const char* path : {"/proc/sys/kernel/ostype", "/proc/version"}) {
      const int file = open(path, O_RDONLY);
      CHECK(file >= 0);
      close(file);
    }
    pthread_setname_np(pthread_self(), "note");
  };
  std::thread first(note), second(note);
  pthread_setname_np(first.native_handle(), "first");
  pthread_setname_np(second.native_handle(), "second");
  first.join(), second.join();
}

}  // namespace

int main() {
  Pipes();
  Sockets();
  Events();
  Timers();
  MoreTimers();
  SocketTimeouts();
  LargeMessages();
  Datagrams();
  Multiplexing();
  Notes();
  std::printf("done\n");
}
