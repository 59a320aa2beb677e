// Programs that must cope with what the environment may do, each twice: one that does, and one that
// believes it never happens. faults KIND right|careless
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "sim/runtime/runtime.h"
#include "sim/runtime/testing/check.h"

namespace {

bool careless = false;

struct Pair {
  explicit Pair(int flags = 0) { CHECK(socketpair(AF_UNIX, SOCK_STREAM | flags, 0, ends) == 0); }
  ~Pair() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

using Message = std::array<char, 64>;

void SendAll(int descriptor, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t sent = write(descriptor, data, size);
    CHECK(sent > 0);
    data += sent;
    size -= static_cast<size_t>(sent);
  }
}

void ReadAll(int descriptor, char* data, size_t size) {
  while (size > 0) {
    const ssize_t got = read(descriptor, data, size);
    CHECK(got > 0);
    data += got;
    size -= static_cast<size_t>(got);
  }
}

void ShortRead() {
  Pair pair;
  Message sent, got;
  sent.fill('m');
  std::thread writer([&] { SendAll(pair.ends[1], sent.data(), sent.size()); });
  writer.join();
  if (careless) {
    CHECK(read(pair.ends[0], got.data(), got.size()) == static_cast<ssize_t>(got.size()));
  } else {
    ReadAll(pair.ends[0], got.data(), got.size());
  }
  CHECK(sent == got);
}

void ShortWrite() {
  Pair pair;
  Message sent, got;
  sent.fill('m');
  std::thread reader([&] { ReadAll(pair.ends[0], got.data(), got.size()); });
  if (careless) {
    CHECK(write(pair.ends[1], sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
  } else {
    SendAll(pair.ends[1], sent.data(), sent.size());
  }
  reader.join();
  CHECK(sent == got);
}

template <typename Call>
auto Retry(Call call) {
  for (;;) {
    const auto result = call();
    if (careless || result != -1 || errno != EINTR) return result;
  }
}

void Interrupt() {
  Pair pair;
  sem_t done;
  CHECK(sem_init(&done, 0, 0) == 0);
  std::thread peer([&] {
    timespec left = {0, 3'000'000};
    CHECK(Retry([&] { return nanosleep(&left, &left); }) == 0);
    const char one = 1;
    CHECK(Retry([&] { return write(pair.ends[1], &one, 1); }) == 1);
    CHECK(Retry([&] { return sem_post(&done); }) == 0);
  });
  pollfd entry = {pair.ends[0], POLLIN, 0};
  CHECK(Retry([&] { return poll(&entry, 1, -1); }) == 1);
  char got = 0;
  CHECK(Retry([&] { return read(pair.ends[0], &got, 1); }) == 1);
  CHECK(Retry([&] { return sem_wait(&done); }) == 0);
  peer.join();
  sem_destroy(&done);
}

// Level-triggered: who is told EAGAIN asks again.
void Again() {
  Pair pair(SOCK_NONBLOCK);
  std::thread writer([&] {
    for (int i = 0; i < 4; ++i) {
      const char byte = static_cast<char>(i);
      for (;;) {
        const ssize_t sent = write(pair.ends[1], &byte, 1);
        if (sent == 1) break;
        CHECK(!careless && errno == EAGAIN);
        pollfd entry = {pair.ends[1], POLLOUT, 0};
        poll(&entry, 1, -1);
      }
    }
  });
  for (int i = 0; i < 4;) {
    pollfd entry = {pair.ends[0], POLLIN, 0};
    CHECK(poll(&entry, 1, -1) == 1);
    char byte;
    const ssize_t got = read(pair.ends[0], &byte, 1);
    CHECK(got == 1 || (!careless && got == -1 && errno == EAGAIN));
    if (got == 1) CHECK(byte == i++);
  }
  writer.join();
}

// Edge-triggered, and right as it is: nothing is made up here, or it would sleep for ever.
void Edges() {
  Pair pair(SOCK_NONBLOCK);
  const int epoll = epoll_create1(0);
  epoll_event wanted = {};
  wanted.events = EPOLLIN | EPOLLET;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.ends[0], &wanted) == 0);
  Message sent;
  sent.fill('m');
  std::thread writer([&] { SendAll(pair.ends[1], sent.data(), sent.size()); });
  for (size_t total = 0; total < sent.size();) {
    epoll_event event;
    CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
    char buffer[256];
    for (ssize_t got; (got = read(pair.ends[0], buffer, sizeof buffer)) > 0;) {
      total += static_cast<size_t>(got);
    }
    CHECK(errno == EAGAIN);
  }
  writer.join();
  close(epoll);
}

// What holds something is read: no other thread takes it.
void Counted() {
  const int event = eventfd(0, EFD_NONBLOCK);
  int ends[2];
  CHECK(pipe2(ends, O_NONBLOCK) == 0);
  std::thread writer([&] {
    CHECK(eventfd_write(event, 1) == 0);
    CHECK(write(ends[1], "x", 1) == 1);
  });
  eventfd_t count = 0;
  char byte;
  pollfd entries[] = {{event, POLLIN, 0}, {ends[0], POLLIN, 0}};
  CHECK(poll(entries, 1, -1) == 1);
  CHECK(eventfd_read(event, &count) == 0 && count == 1);
  CHECK(poll(entries + 1, 1, -1) == 1);
  CHECK(read(ends[0], &byte, 1) == 1);
  writer.join();
}

// Keeps the compiler from leaving an allocation out.
void Use(const void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

void* Allocate(void*) {
  for (int i = 0; i < 8; ++i) {
    char* const plain = static_cast<char*>(malloc(32));
    if (careless || plain != nullptr) plain[0] = 'x';
    char* const bigger = static_cast<char*>(realloc(plain, 64));
    if (careless || bigger != nullptr) bigger[0] = 'y';
    Use(plain);
    Use(bigger);
    free(bigger != nullptr ? bigger : plain);
    try {
      const std::vector<int> numbers(100);
      const auto more = std::make_unique<Message>();
      Use(numbers.data());
      Use(more.get());
    } catch (const std::bad_alloc&) {
      CHECK(!careless);
    }
    const std::unique_ptr<int> none(new (std::nothrow) int);
    Use(none.get());
    CHECK(!careless || none != nullptr);
  }
  return nullptr;
}

void Allocation() {
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, Allocate, nullptr) == 0);
  pthread_join(thread, nullptr);
}

// A harness around the code under test: it is spared, and so is what it starts.
void Scope() {
  const heddle::sim::FaultScope none(false);
  careless = true;
  Allocation();
  careless = false;
  const heddle::sim::FaultScope tested(true);
  Allocation();
}

void* Nothing(void*) { return nullptr; }

void Thread() {
  for (int i = 0; i < 4; ++i) {
    pthread_t thread{};
    const int error = pthread_create(&thread, nullptr, Nothing, nullptr);
    CHECK(error == 0 || (!careless && error == EAGAIN));
    if (error == 0) pthread_join(thread, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CHECK(argc == 3);
  careless = std::string(argv[2]) == "careless";
  const std::string kind = argv[1];
  if (kind == "short_read") ShortRead();
  if (kind == "short_write") ShortWrite();
  if (kind == "interrupt") Interrupt();
  if (kind == "again") Again();
  if (kind == "edges") Edges();
  if (kind == "counted") Counted();
  if (kind == "fail_allocation") Allocation();
  if (kind == "fail_thread") Thread();
  if (kind == "scope") Scope();
  std::printf("done\n");
}
