// SIGCHLD, and signals between a process and its children.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>

#include "sim/runtime/testing/conformance/handlers.h"

using conformance::calls;
using conformance::Count;
using conformance::Install;
using conformance::Print;
using conformance::PrintStatus;
using conformance::Restore;
using conformance::told;

namespace child_signals {
namespace {

void Block(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  SHOW(pthread_sigmask(how, &set, nullptr));
}

// A child that reads a byte of a pipe, or its end, and ends then.
struct Gated {
  int ends[2];
  pid_t child;
  explicit Gated(int status) {
    if (pipe(ends) != 0) _exit(1);
    fflush(stdout);
    child = fork();
    if (child != 0) return;
    close(ends[1]);
    char byte;
    const ssize_t size = read(ends[0], &byte, 1);
    _exit(size == 1 ? status : 99);
  }
  ~Gated() {
    close(ends[0]);
    close(ends[1]);
  }
  void Open() const {
    if (write(ends[1], "x", 1) != 1) _exit(1);
  }
};

}  // namespace

SECTION(child_signals, handler) {
  Install(SIGCHLD, SA_RESTART);
  int status = 0;
  const Gated gated(5);
  gated.Open();
  SHOW_IF(waitpid(gated.child, &status, 0) == gated.child);
  PrintStatus(status);
  // The handler has run by then.
  Print("calls %d code %d status %d", calls, told.si_code, told.si_status);
  SHOW_IF(told.si_pid == gated.child && told.si_signo == SIGCHLD);
  Restore(SIGCHLD);
}

SECTION(child_signals, interrupts) {
  Install(SIGALRM, 0);
  const Gated gated(1);
  int status = 0;
  const itimerval ticks = {{0, 5000}, {0, 5000}}, none = {};
  SHOW(setitimer(ITIMER_REAL, &ticks, nullptr));
  SHOW(waitpid(gated.child, &status, 0));
  SHOW(setitimer(ITIMER_REAL, &none, nullptr));
  gated.Open();
  SHOW_IF(waitpid(gated.child, &status, 0) == gated.child);
  PrintStatus(status);
  Restore(SIGALRM);
  Install(SIGCHLD, 0);
  Block(SIG_BLOCK);
  const Gated other(2);
  other.Open();
  sigset_t empty;
  sigemptyset(&empty);
  SHOW(ppoll(nullptr, 0, nullptr, &empty));
  Print("calls %d status %d", calls, told.si_status);
  SHOW_IF(wait(&status) == other.child);
  Block(SIG_UNBLOCK);
  Restore(SIGCHLD);
}

SECTION(child_signals, blocked) {
  Block(SIG_BLOCK);
  Install(SIGCHLD, 0);
  const Gated gated(4);
  gated.Open();
  int status = 0;
  SHOW_IF(wait(&status) == gated.child);
  Print("calls %d", calls);
  sigset_t pending;
  SHOW(sigpending(&pending));
  Print("pending %d", sigismember(&pending, SIGCHLD));
  Block(SIG_UNBLOCK);
  Print("calls %d", calls);
  Restore(SIGCHLD);
}

SECTION(child_signals, sigwaitinfo) {
  Block(SIG_BLOCK);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  const Gated gated(6);
  gated.Open();
  siginfo_t info = {};
  SHOW(sigwaitinfo(&set, &info));
  Print("code %d status %d", info.si_code, info.si_status);
  SHOW_IF(info.si_pid == gated.child);
  const timespec none = {0, 0};
  SHOW(sigtimedwait(&set, &info, &none));
  SHOW_IF(waitpid(-1, nullptr, 0) == gated.child);
  Block(SIG_UNBLOCK);
}

SECTION(child_signals, signalfd) {
  Block(SIG_BLOCK);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  const int descriptor = signalfd(-1, &set, 0);
  pollfd entry = {descriptor, POLLIN, 0};
  SHOW(poll(&entry, 1, 0));
  const Gated gated(7);
  SHOW(kill(gated.child, SIGKILL));
  SHOW(poll(&entry, 1, -1));
  signalfd_siginfo info = {};
  SHOW_IF(read(descriptor, &info, sizeof info) == sizeof info);
  Print("signal %u code %d status %d", info.ssi_signo, info.ssi_code, info.ssi_status);
  SHOW_IF(info.ssi_pid == static_cast<uint32_t>(gated.child));
  SHOW_IF(waitpid(-1, nullptr, 0) == gated.child);
  SHOW(close(descriptor));
  Block(SIG_UNBLOCK);
}

SECTION(child_signals, ignored) {
  signal(SIGCHLD, SIG_IGN);
  const Gated gated(8);
  gated.Open();
  SHOW(wait(nullptr));
  Restore(SIGCHLD);
}

SECTION(child_signals, program) {
  Install(SIGCHLD, SA_RESTART);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  SHOW(pthread_sigmask(SIG_BLOCK, &set, &before));
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "exit 9", nullptr);
    _exit(1);
  }
  while (calls == 0) sigsuspend(&before);
  Print("calls %d code %d status %d", calls, told.si_code, told.si_status);
  SHOW_IF(told.si_pid == child);
  SHOW_IF(waitpid(child, nullptr, WNOHANG) == child);
  SHOW(pthread_sigmask(SIG_SETMASK, &before, nullptr));
  Restore(SIGCHLD);
}

// What a process sends to itself is not for its children.
SECTION(child_signals, to_itself) {
  Install(SIGUSR1, 0);
  const Gated gated(15);
  SHOW(kill(getpid(), SIGUSR1));
  Print("calls %d", calls);
  gated.Open();
  int status = 0;
  SHOW_IF(waitpid(gated.child, &status, 0) == gated.child);
  PrintStatus(status);
  Restore(SIGUSR1);
}

SECTION(child_signals, to_children) {
  int status = 0;
  const Gated gated(10);
  SHOW(kill(gated.child, SIGTERM));
  SHOW_IF(waitpid(gated.child, &status, 0) == gated.child);
  PrintStatus(status);
  int ready[2];
  SHOW(pipe(ready));
  const pid_t child = fork();
  if (child == 0) {
    calls = 0;
    struct sigaction action = {};
    action.sa_sigaction = Count;
    action.sa_flags = SA_SIGINFO;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    sigaction(SIGUSR1, &action, nullptr);
    if (write(ready[1], "x", 1) != 1) _exit(90);
    while (calls == 0) sigsuspend(&before);
    _exit(told.si_pid == getppid() && told.si_code == SI_USER ? 11 : 91);
  }
  char byte;
  SHOW(read(ready[0], &byte, 1));
  SHOW(kill(child, SIGUSR1));
  SHOW_IF(waitpid(child, &status, 0) == child);
  PrintStatus(status);
  SHOW(close(ready[0]));
  SHOW(close(ready[1]));
}

SECTION(child_signals, to_the_parent) {
  Install(SIGUSR2, 0);
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  SHOW(pthread_sigmask(SIG_BLOCK, &set, &before));
  const pid_t child = fork();
  if (child == 0) _exit(kill(getppid(), SIGUSR2) == 0 ? 12 : 92);
  SHOW(sigsuspend(&before));
  Print("calls %d", calls);
  SHOW_IF(told.si_pid == child && told.si_code == SI_USER);
  int status = 0;
  SHOW_IF(waitpid(child, &status, 0) == child);
  PrintStatus(status);
  SHOW(pthread_sigmask(SIG_SETMASK, &before, nullptr));
  Restore(SIGUSR2);
}

// A child learns of its own child.
SECTION(child_signals, grandchild) {
  const pid_t child = fork();
  if (child == 0) {
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    calls = 0;
    struct sigaction action = {};
    action.sa_sigaction = Count;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGCHLD, &action, nullptr);
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(13);
    while (calls == 0) sigsuspend(&before);
    _exit(told.si_pid == grandchild && told.si_status == 13 ? 14 : 94);
  }
  int status = 0;
  SHOW_IF(waitpid(child, &status, 0) == child);
  PrintStatus(status);
}

// kill() of a group: all of its processes, children that have ended and nobody waited for among
// them.
SECTION(child_signals, groups) {
  const auto sleeper = [](pid_t group) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      for (;;) pause();
    }
    if (setpgid(child, group) != 0) Print("no group");
    return child;
  };
  const pid_t first = sleeper(0), second = sleeper(first);
  Print("one group %d", getpgid(second) == first && getpgid(0) != first);
  SHOW(kill(-first, 0));
  SHOW(killpg(first, SIGTERM));
  for (int i = 0; i < 2; ++i) {
    int status = 0;
    SHOW_IF(waitpid(-first, &status, 0) > 0);
    Print("died of SIGTERM %d", WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  }
  SHOW(kill(-first, SIGTERM));
  SHOW(kill(-first, 0));
  SHOW(kill(first, 0));
  // A child that leads no group is in its parent's, and gets what that sends to its own.
  if (getpgrp() != getpid() && setpgid(0, 0) != 0) Print("no group of its own");
  Install(SIGUSR1, 0);
  int ends[2];
  SHOW(pipe(ends));
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    calls = 0;
    if (write(ends[1], "x", 1) != 1) _exit(1);
    while (calls == 0) usleep(1000);
    _exit(7);
  }
  char byte;
  SHOW(read(ends[0], &byte, 1));
  SHOW(kill(0, SIGUSR1));
  Print("calls %d", calls);
  int status = 0;
  SHOW_IF(waitpid(child, &status, 0) == child);
  Print("ended with %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  // No process has such a number.
  SHOW(kill(1 << 28, 0));
  SHOW(kill(-(1 << 28), 0));
  Restore(SIGUSR1);
}

}  // namespace child_signals
