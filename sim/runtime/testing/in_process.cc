// What executions that share a process must not see of each other, and what makes them forks.
#include <arpa/inet.h>
#include <fcntl.h>
#include <locale.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cfenv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/runtime/testing/check.h"

namespace {

std::mutex mutex;
int shared_value = 0;
thread_local int of_thread = 0;
std::vector<int>* from_setup = new std::vector<int>(100, 7);

// A page that nothing else lies in.
struct alignas(4096) Page {
  unsigned char count;
  char rest[4095];
};
Page page = {};

void OnSignal(int) {}

void Work(int times) {
  for (int i = 0; i < times; ++i) {
    std::lock_guard lock(mutex);
    ++shared_value;
  }
  CHECK(of_thread++ == 0);
}

void RunTwo(int times) {
  std::thread first(Work, times), second(Work, times);
  first.join();
  second.join();
}

// Descriptors that are open when main() begins.
struct Pipe {
  Pipe() {
    int ends[2];
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    reads = ends[0];
    writes = ends[1];
    CHECK(fcntl(reads, F_SETFD, 0) == 0);
    struct stat status;
    CHECK(fstat(reads, &status) == 0);
    file = status.st_ino;
  }

  int reads, writes;
  ino_t file;
} pipe_before_main;

const mode_t file_mask_before_main = [] {
  const mode_t mask = umask(0);
  umask(mask);
  return mask;
}();

// Memory from before that is given back holds zeros, whichever page of it was written: which one,
// the schedule decides.
void GiveBack() {
  constexpr unsigned kPages = 64;
  static Page pages[kPages];
  unsigned order = 0;
  const auto take_turns = [&](unsigned name) {
    for (int i = 0; i < 6; ++i) {
      std::lock_guard lock(mutex);
      order = order * 2 + name;
    }
  };
  std::thread first(take_turns, 0), second(take_turns, 1);
  first.join();
  second.join();
  Page& written = pages[order % kPages];
  CHECK(written.count++ == 0);
  CHECK(madvise(pages, sizeof pages, MADV_DONTNEED) == 0);
  CHECK(written.count == 0);
}

// Everything that an execution may change without being a fork, seen fresh and then changed.
void Fresh() {
  static int calls = 0;
  CHECK(calls++ == 0 && shared_value == 0 && of_thread == 0 && page.count++ == 0);
  CHECK(from_setup->size() == 100 && from_setup->front() == 7);
  from_setup->front() = 8;
  from_setup->resize(10'000, 9);
  delete from_setup;
  const int null = open("/dev/null", O_RDONLY);
  CHECK(null == pipe_before_main.writes + 1);
  int pipe_ends[2];
  CHECK(pipe(pipe_ends) == 0 && write(pipe_ends[1], "x", 1) == 1);
  CHECK(std::fegetround() == FE_TONEAREST);
  std::fesetround(FE_UPWARD);
  struct sigaction action = {}, old = {};
  action.sa_handler = OnSignal;
  CHECK(sigaction(SIGUSR1, &action, &old) == 0 && old.sa_handler == SIG_DFL);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, &before) == 0 && sigismember(&before, SIGUSR2) == 0);
  char* memory = static_cast<char*>(
      mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(memory != MAP_FAILED && memory[4096] == 0);
  memset(memory, 1, 1 << 20);
  CHECK(munmap(memory + 65536, 65536) == 0);
  std::vector<char> large(1 << 20, 'x');
  CHECK(strcmp(setlocale(LC_ALL, nullptr), "C") == 0);
  setlocale(LC_ALL, "C.UTF-8");
  CHECK(umask(0123) == file_mask_before_main && umask(0) == 0123);
  CHECK(getenv("IN_PROCESS") == nullptr);
  setenv("IN_PROCESS", "1", 1);
  srand(static_cast<unsigned>(rand()));
  errno = EDOM;
  printf("out\n");
  fprintf(stderr, "errors\n");
  RunTwo(2);
}

// The number of operations depends on what an earlier execution would have left there.
void Counts() {
  printf("%p\n", static_cast<void*>(&page));
  const int times = 1 + page.count % 3;
  ++page.count;
  RunTwo(times);
}

// The same of the first thread's accesses.
void CrowdMainsWord() {
  alignas(8) static volatile char word[8];
  static std::atomic<bool> filled;
  std::thread other([] {
    while (!filled.load(std::memory_order_relaxed)) sched_yield();
    word[0] = 2;
  });
  for (int i = 0; i < 6; ++i) word[i] = 1;
  filled.store(true, std::memory_order_relaxed);
  other.join();
}

bool IsOf(int descriptor, int flags, ino_t file) {
  struct stat status;
  return fcntl(descriptor, F_GETFD) == flags && fstat(descriptor, &status) == 0 &&
         status.st_ino == file;
}

// They are closed, and other files take their numbers.
void CloseDescriptors() {
  const Pipe& before = pipe_before_main;
  CHECK(IsOf(before.reads, 0, before.file) && IsOf(before.writes, FD_CLOEXEC, before.file));
  int ends[2];
  CHECK(pipe(ends) == 0 && dup2(ends[0], before.reads) == before.reads);
  CHECK(!IsOf(before.reads, 0, before.file));
  CHECK(close(before.writes) == 0 && close(before.writes) == -1 && errno == EBADF);
  const int next = open("/dev/null", O_RDONLY);
  CHECK(next == before.writes && close(next) == 0 && close(before.reads) == 0);
  CHECK(close(STDOUT_FILENO) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
  RunTwo(1);
}

// Each execution cuts off what the one before it wrote, and appends its own.
void Append(const char* path) {
  const auto line = [path](const char* text) {
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    CHECK(file >= 0 && write(file, text, strlen(text)) == static_cast<ssize_t>(strlen(text)));
    CHECK(close(file) == 0);
  };
  CHECK(truncate(path, strlen("begin\n")) == 0);
  line("main\n");
  std::thread first([&] { line("first\n"); });
  first.join();
  std::thread second([&] { line("second\n"); });
  second.join();
}

sockaddr_in Loopback(in_port_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A connection and a datagram, between two threads.
void UseNetwork() {
  const sockaddr_in address = Loopback(7000);
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(listener, name, sizeof address) == 0 && listen(listener, 4) == 0);
  const int receiver = socket(AF_INET, SOCK_DGRAM, 0);
  CHECK(bind(receiver, name, sizeof address) == 0);
  std::thread client([name] {
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    CHECK(setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    CHECK(connect(connection, name, sizeof(sockaddr_in)) == 0);
    CHECK(write(connection, "stream", 6) == 6);
    CHECK(shutdown(connection, SHUT_WR) == 0);
    const int sender = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(sendto(sender, "datagram", 8, 0, name, sizeof(sockaddr_in)) == 8);
    CHECK(close(sender) == 0 && close(connection) == 0);
  });
  char text[16];
  const int accepted = accept(listener, nullptr, nullptr);
  CHECK(accepted >= 0 && recv(accepted, text, 6, MSG_WAITALL) == 6);
  CHECK(read(accepted, text, sizeof text) == 0 && recv(receiver, text, sizeof text, 0) == 8);
  client.join();
  CHECK(close(accepted) == 0 && close(receiver) == 0 && close(listener) == 0);
}

char* large_before_main = [] {
  char* block = new char[8 << 20];
  block[0] = 7;
  return block;
}();

// The allocator gives so large a block back to the system.
void FreeLargeBlock() {
  CHECK(large_before_main[0] == 7);
  large_before_main[0] = 1;
  delete[] large_before_main;
  large_before_main = new char[8 << 20];
  large_before_main[1] = 1;
  delete[] large_before_main;
  RunTwo(1);
}

constexpr size_t kMapped = 1 << 20;
char* mapped_before_main = [] {
  void* memory = mmap(nullptr, kMapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 7, kMapped);
  return static_cast<char*>(memory);
}();

void Unmap() {
  for (size_t i = 0; i < kMapped; i += 4096) CHECK(mapped_before_main[i] == 7);
  RunTwo(1);
  CHECK(munmap(mapped_before_main, kMapped) == 0);
}

// Code without frame pointers calls with anything in their register.
__attribute__((naked)) void FreeWithFrame(void* /*memory*/, uint64_t /*frame*/) {
  asm("pushq %rbp; movq %rsi,%rbp; call free@PLT; popq %rbp; ret");
}

void FreeWithAnyFrame() {
  for (const uint64_t frame : {uint64_t{0}, uint64_t{1}, uint64_t{16}, uint64_t{1} << 46,
                               uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{15}}) {
    FreeWithFrame(malloc(24), frame);
  }
}

void Write() {
  const char* folder = getenv("TMPDIR");
  CHECK(folder != nullptr);
  const std::string path = std::string(folder) + "/file";
  CHECK(access(path.c_str(), F_OK) != 0);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  CHECK(file >= 0 && close(file) == 0);
}

// Only when the second thread comes first.
void WriteSometimes() {
  std::thread first([] { Work(1); });
  std::thread second([] {
    mutex.lock();
    const bool comes_first = shared_value == 0;
    mutex.unlock();
    if (comes_first) Write();
  });
  first.join();
  second.join();
}

// That many threads at once.
void UseLocalsAtOnce(int threads) {
  std::vector<std::thread> crowd;
  crowd.reserve(threads);
  for (int i = 0; i < threads; ++i) crowd.emplace_back(Work, 1);
  for (std::thread& thread : crowd) thread.join();
}

// Threads one after the other, each with a mutex that only it has. Whether the next one's lies at
// the same address is the system's affair.
void UseLocals(int threads) {
  for (int i = 0; i < threads; ++i) {
    std::thread thread([] {
      std::mutex local;
      std::thread inner([&local] { std::lock_guard lock(local); });
      { std::lock_guard lock(local); }
      inner.join();
      Work(1);
    });
    thread.join();
  }
}

// ThreadSanitizer keeps four accesses of a word: two of these six are forgotten, perhaps the one
// that the race is with. That depends on how many events the threads have had, their beginnings
// included.
void CrowdWord() {
  alignas(8) static volatile char word[8];
  static std::atomic<bool> begun, filled;
  std::thread first([] {
    Work(1);
    volatile int events[64];  // an access of a word that it knows already is no event
    for (int i = 0; i < 64 && !begun.load(std::memory_order_relaxed); ++i) events[i] = i;
    for (int i = 0; i < 6; ++i) word[i] = 1;
    filled.store(true, std::memory_order_relaxed);
  });
  std::thread second([] {
    begun.store(true, std::memory_order_relaxed);
    while (!filled.load(std::memory_order_relaxed)) sched_yield();
    word[0] = 2;
  });
  second.join();
  first.join();
}

void* Leave(void*) {
  Work(1);
  pthread_exit(nullptr);
}

void RunThreadThatLeaves() {
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, Leave, nullptr) == 0);
  Work(1);
  CHECK(pthread_join(thread, nullptr) == 0);
}

// Locks as often as words of a variable that nobody has set are not 0. The variable lies on the
// stack itself in asan too.
__attribute__((noinline, no_sanitize("address"))) void ReadUnset() {
  volatile unsigned long unset[1500];
  int set = 0;
  for (volatile unsigned long& word : unset) set += word != 0 ? 1 : 0;
  Work(set % 500);
}

void* ReadUnsetInThread(void*) {
  ReadUnset();
  return nullptr;
}

// The third thread has the stack of one before it, or another one.
void UseUnset() {
  ReadUnset();
  pthread_t first, second;
  pthread_create(&first, nullptr, ReadUnsetInThread, nullptr);
  pthread_create(&second, nullptr, ReadUnsetInThread, nullptr);
  pthread_join(first, nullptr);
  pthread_join(second, nullptr);
  pthread_create(&first, nullptr, ReadUnsetInThread, nullptr);
  pthread_join(first, nullptr);
}

// One of the threads aborts when the other comes between its two locks.
void Fail() {
  std::thread first([] {
    Work(1);
    mutex.lock();
    const int seen = shared_value;
    mutex.unlock();
    if (seen == 2) abort();
  });
  std::thread second([] { Work(1); });
  first.join();
  second.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "fresh";
  if (mode == "fresh") Fresh();
  if (mode == "counts") Counts();
  if (mode == "crowded-word") CrowdWord();
  if (mode == "mains-crowded-word") CrowdMainsWord();
  if (mode == "unmaps") Unmap();
  if (mode == "network") UseNetwork();
  if (mode == "appends") Append(argv[2]);
  if (mode == "descriptors") CloseDescriptors();
  if (mode == "large-block") FreeLargeBlock();
  if (mode == "frames") FreeWithAnyFrame();
  if (mode == "gives-back") GiveBack();
  if (mode == "writes") {
    Write();
    RunTwo(1);
  }
  if (mode == "sometimes") WriteSometimes();
  if (mode == "locals") UseLocals(4);
  if (mode == "many") UseLocals(20);
  if (mode == "very-many") UseLocals(150);
  if (mode == "crowd") UseLocalsAtOnce(100);
  if (mode == "leaves") RunThreadThatLeaves();
  if (mode == "fails") Fail();
  if (mode == "unset") UseUnset();
  return 0;
}
