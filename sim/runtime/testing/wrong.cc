// One mistake a mode: what the kernel itself must name.
#include <dlfcn.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

namespace {

std::atomic<int> steps{0};
}  // namespace
std::atomic<bool> keep_going{false};  // not in the unnamed namespace: the compiler must not fold it
namespace {
void Steps() {
  for (int i = 0; i < 5; ++i) ++steps;
}

void EndlessOutput() {
  static const std::string text(1 << 16, 'x');
  while (write(STDOUT_FILENO, text.data(), text.size()) > 0) continue;
}

void LostWakeup() {
  static std::mutex mutex;
  static std::condition_variable ready;
  std::thread waiter([] {
    std::unique_lock<std::mutex> lock(mutex);
    ready.wait(lock);  // no predicate
  });
  ready.notify_one();
  waiter.join();
}

// T1 has a name of its own; T2, which it starts, has none.
void NamedThreads() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  std::thread([] {
    pthread_setname_np(pthread_self(), "producer");
    std::thread([] { pthread_mutex_lock(&mutex); }).join();
  }).join();
}

void SelfLock() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_lock(&mutex);
}

// The holder of a lock sleeps until the thread wakes it that wants the lock.
// Undefined, and glibc does not tell.
void JoinedByTwo() {
  std::thread slow([] {
    for (int i = 0; i < 20; ++i) sched_yield();
  });
  const pthread_t handle = slow.native_handle();
  std::thread first([handle] { pthread_join(handle, nullptr); });
  pthread_join(handle, nullptr);
  first.join();
  slow.detach();
}

void HolderSleeps() {
  static std::mutex mutex;
  static std::atomic<int> ready{0};
  std::lock_guard<std::mutex> lock(mutex);
  std::thread waker([] {
    std::lock_guard<std::mutex> lock(mutex);
    ready = 1;
    ready.notify_one();
  });
  ready.wait(0);
  waker.join();
}

// A thread ends with a lock that another one waits for.
void LockLeft() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  std::thread keeper([] { pthread_mutex_lock(&mutex); });
  keeper.join();
  std::thread waiter([] { pthread_mutex_lock(&mutex); });
  waiter.join();
}

// The same, but it ends last: whoever waits is asked for its stack by a thread at its end.
void LockLeftLast() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_t keeper;
  pthread_create(
      &keeper, nullptr,
      [](void*) -> void* {
        pthread_mutex_lock(&mutex);
        sched_yield();
        return nullptr;
      },
      nullptr);
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  pthread_join(keeper, nullptr);
}

// An exit handler waits for a thread that ends the process, too.
void ExitHandlerJoins() {
  static std::thread ender;
  static std::atomic<bool> ending{false};
  atexit([] {
    ending = true;
    ending.notify_one();
    ender.join();
  });
  ender = std::thread([] {
    ending.wait(false);
    exit(0);
  });
}

// Writes more into a pipe than it holds, and is the one who reads it.
void FullPipe() {
  int ends[2];
  if (pipe(ends) != 0) abort();
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  static char note[4096];
  for (int i = 0; i < 2; ++i) {
    if (write(ends[1], note, sizeof note) < 0) abort();
  }
}

void ForeignUnlock() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  std::thread other([] { pthread_mutex_unlock(&mutex); });
  other.join();
}

void UseDestroyed() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_destroy(&mutex);
  pthread_mutex_lock(&mutex);
}

void DestroyLocked() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_destroy(&mutex);
}

void UseDestroyedCondition() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t cond;
  pthread_cond_init(&cond, nullptr);
  pthread_cond_destroy(&cond);
  pthread_mutex_lock(&mutex);
  pthread_cond_wait(&cond, &mutex);
}

void DestroyWaitedCondition() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
  static int waiting = 0;
  const auto wait = [] {
    pthread_mutex_lock(&mutex);
    ++waiting;
    pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
  };
  std::thread a(wait), b(wait);
  for (bool both = false; !both;) {
    pthread_mutex_lock(&mutex);
    both = waiting == 2;
    pthread_mutex_unlock(&mutex);
  }
  pthread_cond_signal(&cond);  // one of them
  pthread_cond_destroy(&cond);
  a.join(), b.join();
}

// Takes EOWNERDEAD for "somebody else's", though it has the mutex then.
void EatsOwnersDeath() {
  static pthread_mutex_t mutex;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&mutex, &attributes);
  std::thread([] { pthread_mutex_lock(&mutex); }).join();
  if (pthread_mutex_trylock(&mutex) != 0) pthread_mutex_lock(&mutex);
}

void Uninitialised() {
  pthread_mutex_t mutex;
  memset(&mutex, 0x5A, sizeof mutex);
  pthread_mutex_lock(&mutex);
}

void Leak() {
  pthread_t thread;
  pthread_create(
      &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
}

void Livelock() {
  std::atomic<bool>& never = keep_going;
  while (!never.load()) {
  }
}

// Its loop has lost its wake-up, and looks once a minute.
void Idle() {
  const int epoll = epoll_create1(0);
  epoll_event event;
  std::thread worker([] { Steps(); });
  worker.join();
  while (epoll_wait(epoll, &event, 1, 59'743) == 0) {
  }
}

// Spins without reaching a point: volatile accesses are not points with preempt: sync. A loop that
// writes is not noticed (interpose/spins.h).
void Spin() {
  static volatile bool never = false;
  static volatile unsigned rounds = 0;
  while (!never) rounds = rounds + 1;
}

void WaitForPlain() {
  static volatile bool never = false;
  while (!never) {
  }
}

void Crash() {
  std::thread other([] {
    Steps();
    *static_cast<volatile int*>(nullptr) = 1;
  });
  Steps();
  other.join();
}

// As threads of libraries do, it blocks all signals.
void CrashBlocked() {
  std::thread other([] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    Steps();
    *static_cast<volatile int*>(nullptr) = 1;
  });
  other.join();
}

// Fails when the timer's signal, which is the process's, is handled by main, or by the other one.
std::atomic<bool> handled{false};
thread_local bool is_main = false;
bool wrong_taker = false;
void TimerSignal(bool main_is_wrong) {
  static bool main_fails;
  main_fails = main_is_wrong;
  is_main = true;
  signal(SIGALRM, [](int) {
    wrong_taker = is_main == main_fails;
    handled = true;
  });
  std::thread other([] {
    while (!handled) usleep(10);
  });
  ualarm(1000, 0);
  while (!handled) usleep(10);
  other.join();
  if (wrong_taker) exit(main_is_wrong ? 6 : 7);
}

void CorruptHeap() {
  static char* volatile memory;
  memory = static_cast<char*>(malloc(24));
  free(memory);
  free(memory);
}

}  // namespace
struct Block {
  long words[13];
};
Block source, target;  // not in the unnamed namespace: the compiler must not leave copies out
namespace {

// Copies by each block operation, of sizes that nothing else has.
void Copies() {
  memcpy(&target, &source, 100);
  asm volatile("" ::: "memory");
  memmove(&target, &source, 101);
  asm volatile("" ::: "memory");
  memset(&target, 1, 102);
  asm volatile("" ::: "memory");
  target = source;
}

// Counts by a copy, out and back, without a lock.
Block counted;
void CountByCopy() {
  Block copy;
  memcpy(&copy, &counted, sizeof copy);
  for (long& word : copy.words) ++word;
  memcpy(&counted, &copy, sizeof copy);
}
void CopiedUpdate() {
  std::thread other(CountByCopy);
  CountByCopy();
  other.join();
  if (counted.words[0] != 2) abort();
}

// No second thread has begun.
__attribute__((noinline)) void Drop(int* memory) { free(memory); }
// volatile: clang 19 leaves out a write that nobody reads.
__attribute__((noinline)) void Use(volatile int* memory) { memory[0] = 42; }
void UseAfterFree() {
  auto* memory = static_cast<int*>(malloc(100));
  Drop(memory);
  Use(memory);
}

// What differs from one execution to the next, whatever the schedule: a page that all forks share.
int* const executions = static_cast<int*>(
    mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

void AnotherOperation(bool odd) {
  Steps();
  if (odd) {
    steps.load();
  } else {
    steps.store(1);
  }
}

void AnotherObject(bool odd) {
  static std::mutex mutexes[2];
  for (std::mutex& mutex : mutexes) std::lock_guard<std::mutex> lock(mutex);
  std::lock_guard<std::mutex> lock(mutexes[odd ? 1 : 0]);
}

// An operation for each bit of a number that differs from run to run.
void Spell(unsigned number) {
  for (int bit = 0; bit < 22; ++bit) AnotherOperation((number >> bit & 1) != 0);
}

void ReadProcFile() {
  FILE* file = fopen("/proc/self/stat", "r");
  unsigned process = 0;
  if (file == nullptr || fscanf(file, "%u", &process) != 1) abort();
  fclose(file);
  Spell(process);
}

void AskProcessor() {
  unsigned number = 0;
  asm volatile("rdrand %0" : "=r"(number)::"cc");
  Spell(number);
}

// A child that is forked while a thread holds the lock that it takes.
void LocksInChild() {
  static std::mutex mutex;
  std::thread holder([] { const std::lock_guard<std::mutex> lock(mutex); });
  if (fork() == 0) {
    { const std::lock_guard<std::mutex> lock(mutex); }
    _exit(0);
  }
  wait(nullptr);
  holder.join();
}

// A thread that is cancelled where it waits keeps the mutex, without a cleanup handler.
void CancelledHolder() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
  static sem_t begun;
  sem_init(&begun, 0, 0);
  pthread_t waiter;
  const auto wait = [](void*) -> void* {
    pthread_mutex_lock(&mutex);
    sem_post(&begun);
    for (;;) pthread_cond_wait(&changed, &mutex);
  };
  if (pthread_create(&waiter, nullptr, wait, nullptr) != 0) abort();
  sem_wait(&begun);
  pthread_cancel(waiter);
  pthread_join(waiter, nullptr);
  pthread_mutex_lock(&mutex);
}

// The handler takes a lock that the code it interrupts may hold.
void LockInHandler() {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_t main_thread = pthread_self();
  signal(SIGUSR1, [](int) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  });
  std::thread sender([] { pthread_kill(main_thread, SIGUSR1); });
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  sender.join();
}

// As a library does that is bound to libc past the program's own definitions.
void BlocksPastTheRuntime() {
  void* libc = dlopen("libc.so.6", RTLD_NOW);
  int ends[2];
  char byte;
  if (libc == nullptr || pipe(ends) != 0) abort();
  auto* real_read = reinterpret_cast<ssize_t (*)(int, void*, size_t)>(dlsym(libc, "read"));
  real_read(ends[0], &byte, 1);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "lost-wakeup") LostWakeup();
  if (mode == "named-threads") NamedThreads();
  if (mode == "self-lock") SelfLock();
  if (mode == "holder-sleeps") HolderSleeps();
  if (mode == "joined-by-two") JoinedByTwo();
  if (mode == "lock-left") LockLeft();
  if (mode == "lock-left-last") LockLeftLast();
  if (mode == "exit-handler-joins") ExitHandlerJoins();
  if (mode == "full-pipe") FullPipe();
  if (mode == "foreign-unlock") ForeignUnlock();
  if (mode == "use-destroyed") UseDestroyed();
  if (mode == "destroy-locked") DestroyLocked();
  if (mode == "use-destroyed-condition") UseDestroyedCondition();
  if (mode == "destroy-waited-condition") DestroyWaitedCondition();
  if (mode == "eats-owners-death") EatsOwnersDeath();
  if (mode == "uninitialised") Uninitialised();
  if (mode == "leak") Leak();
  if (mode == "livelock") Livelock();
  if (mode == "idle") Idle();
  if (mode == "spin") Spin();
  if (mode == "waits-for-plain") WaitForPlain();
  if (mode == "crash") Crash();
  if (mode == "crash-blocked") CrashBlocked();
  if (mode == "timer-signal-to-main") TimerSignal(true);
  if (mode == "timer-signal-to-other") TimerSignal(false);
  if (mode == "corrupt-heap") CorruptHeap();
  if (mode == "copies") Copies();
  if (mode == "copied-update") CopiedUpdate();
  if (mode == "use-after-free") UseAfterFree();
  const bool odd = ++*executions % 2 != 0;
  if (mode == "another-operation") AnotherOperation(odd);
  if (mode == "proc-file") ReadProcFile();
  if (mode == "rdrand") AskProcessor();
  if (mode == "another-object") AnotherObject(odd);
  if (mode == "another-output") puts(odd ? "odd" : "even");
  if (mode == "abort") Steps(), abort();
  if (mode == "_exit") Steps(), _exit(3);
  if (mode == "status") return 5;
  if (mode == "exec") {
    std::thread(Steps).detach();
    if (execl("/no/such/program", "none", nullptr) != -1 || errno != ENOENT) abort();
    execl("/bin/sh", "sh", "-c", "echo ran free; exit 3", nullptr);
  }
  if (mode == "unhandled-real-time-signal") {
    std::thread([] { pthread_kill(pthread_self(), SIGRTMIN); }).join();
  }
  if (mode == "descriptor-signal") fcntl(0, F_SETFL, O_ASYNC);
  if (mode == "queue-signal") mq_notify(0, nullptr);
  if (mode == "endless-output") EndlessOutput();
  if (mode == "lock-at-fork") LocksInChild();
  if (mode == "misuse-in-child") {
    if (fork() == 0) Uninitialised();
    wait(nullptr);
  }
  if (mode == "blocks") BlocksPastTheRuntime();
  if (mode == "system-call") syscall(SYS_ptrace, 0, 0, 0, 0);
  if (mode == "system-call-by-instruction") {
    long result = SYS_ptrace;
    asm volatile("syscall" : "+a"(result) : "D"(0L), "S"(0L) : "rcx", "r11", "memory");
  }
  if (mode == "unknown-system-call") syscall(9999);
  if (mode == "leave-machine") {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    address.sin_addr.s_addr = htonl(0xC0000201);  // 192.0.2.1 (RFC 5737: documentation)
    connect(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  if (mode == "foreign-name") {
    addrinfo* found = nullptr;
    getaddrinfo("example.com", "80", nullptr, &found);
  }
  if (mode == "cancelled-holder") CancelledHolder();
  if (mode == "lock-in-handler") LockInHandler();
  if (mode == "unhandled-signal") Steps(), kill(getpid(), SIGTERM);
  if (mode == "read-input") {
    char byte;
    const int terminal = posix_openpt(O_RDWR);
    dup2(terminal, 0);
    return static_cast<int>(read(0, &byte, 1));
  }
  return 0;
}
