// Signals among threads, in every order: who takes one, when it arrives, and what it interrupts.
// The program is right in all of them.
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <mutex>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

std::atomic<int> handled{0};
std::atomic<int> alarms{0};
thread_local int handled_here = 0;

void Handle(int) {
  ++handled;
  ++handled_here;
}
void Ring(int) { ++alarms; }

void Install(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(signal, &action, nullptr) == 0);
}

sigset_t Only(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  return set;
}

// A signal to the process goes to one of the threads, while they lock, wait and count.
void ToTheProcess() {
  handled = 0;
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;
  const auto work = [&] {
    std::unique_lock<std::mutex> hold(mutex);
    ++count;
    changed.notify_all();
    changed.wait(hold, [&] { return count == 2; });
  };
  std::thread a(work), b(work);
  CHECK(kill(getpid(), SIGUSR1) == 0);
  a.join();
  b.join();
  while (handled == 0) sched_yield();
  CHECK(handled == 1);
}

// One thread takes all signals, as servers have it.
void ToTheWaiter() {
  const sigset_t set = Only(SIGTERM);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  std::atomic<bool> stopped{false};
  std::thread waiter([&] {
    int signal = 0;
    CHECK(sigwait(&set, &signal) == 0);
    CHECK(signal == SIGTERM);
    stopped = true;
  });
  CHECK(kill(getpid(), SIGTERM) == 0);
  waiter.join();
  CHECK(stopped);
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
}

// To one thread, which may be before, in or behind what it waits for.
void ToAThread() {
  sem_t semaphore;
  CHECK(sem_init(&semaphore, 0, 0) == 0);
  int own = -1;
  std::thread target([&] {
    while (sem_wait(&semaphore) != 0) CHECK(errno == EINTR);
    own = handled_here;
  });
  CHECK(pthread_kill(target.native_handle(), SIGUSR1) == 0);
  CHECK(sem_post(&semaphore) == 0);
  target.join();
  CHECK(own == 0 || own == 1);
  CHECK(handled_here == 0);
}

void ThroughADescriptor() {
  const sigset_t set = Only(SIGUSR2);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  const int descriptor = signalfd(-1, &set, 0);
  CHECK(descriptor >= 0);
  std::thread reader([&] {
    signalfd_siginfo told;
    CHECK(read(descriptor, &told, sizeof told) == sizeof told);
    CHECK(told.ssi_signo == SIGUSR2);
  });
  CHECK(kill(getpid(), SIGUSR2) == 0);
  reader.join();
  CHECK(close(descriptor) == 0);
}

// Every tick reaches a thread; the program works meanwhile.
void Ticks() {
  const itimerval ticks = {{0, 1000}, {0, 1000}};
  CHECK(setitimer(ITIMER_REAL, &ticks, nullptr) == 0);
  std::thread sleeper([] {
    const timespec while_ticking = {0, 2'500'000};
    nanosleep(&while_ticking, nullptr);
  });
  while (alarms < 3) pause();
  const itimerval none = {};
  CHECK(setitimer(ITIMER_REAL, &none, nullptr) == 0);
  sleeper.join();
}

}  // namespace

int main() {
  Install(SIGUSR1, Handle, 0);
  Install(SIGALRM, Ring, SA_RESTART);
  ToTheProcess();
  handled_here = 0;
  ToTheWaiter();
  ToAThread();
  ThroughADescriptor();
  Ticks();
}
