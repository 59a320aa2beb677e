// Signals that a program sends to itself: handlers, masks, waiting, descriptors, timers, and what
// they do to calls that block.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;

namespace signal_calls {
namespace {

volatile sig_atomic_t calls = 0;
volatile sig_atomic_t last_signal = 0;
siginfo_t last_info;
sigset_t mask_in_handler;
int to_write = -1;

void Count(int signal) {
  calls = calls + 1;
  last_signal = signal;
}

void Look(int signal, siginfo_t* info, void* context) {
  Count(signal);
  last_info = *info;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask_in_handler);
  if (context == nullptr) last_signal = -1;
  if (to_write >= 0 && write(to_write, "x", 1) != 1) last_signal = -2;
}

void Install(int signal, int flags, void (*handler)(int, siginfo_t*, void*) = Look) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = flags | SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGUSR2);
  SHOW(sigaction(signal, &action, nullptr));
}

sigset_t Set(int first, int second = 0) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, first);
  if (second != 0) sigaddset(&set, second);
  return set;
}

void SetMask(int how, const sigset_t& set) { SHOW(pthread_sigmask(how, &set, nullptr)); }

void ShowPending(int signal) {
  sigset_t set;
  SHOW(sigpending(&set));
  Print("pending %d", sigismember(&set, signal));
}

void After(long milliseconds, long interval = 0) {
  const itimerval timer = {{0, interval * 1000}, {0, milliseconds * 1000}};
  SHOW(setitimer(ITIMER_REAL, &timer, nullptr));
}

}  // namespace

SECTION(signals, handlers) {
  Install(SIGUSR1, 0);
  calls = 0;
  SHOW(raise(SIGUSR1));
  Print("calls %d signal %d", calls, last_signal);
  Print("code %d pid %d", last_info.si_code == SI_TKILL, last_info.si_pid == getpid());
  Print("in handler: own %d, its mask %d, others %d", sigismember(&mask_in_handler, SIGUSR1),
        sigismember(&mask_in_handler, SIGUSR2), sigismember(&mask_in_handler, SIGINT));
  sigset_t now;
  SHOW(pthread_sigmask(SIG_BLOCK, nullptr, &now));
  Print("behind it: %d", sigismember(&now, SIGUSR1));
  SHOW(kill(getpid(), SIGUSR1));
  Print("calls %d code %d", calls, last_info.si_code == SI_USER);
  SHOW(kill(0, 0));
  SHOW(kill(getpid(), 65));
  SHOW(kill(getpid(), -1));
  SHOW(raise(65));
  SHOW(pthread_kill(pthread_self(), 65));
  SHOW(pthread_kill(pthread_self(), 0));
  SHOW(tgkill(getpid(), gettid(), SIGUSR1));
  SHOW(tgkill(getpid(), gettid(), 65));
  Print("calls %d", calls);
  Install(SIGUSR1, SA_NODEFER);
  SHOW(raise(SIGUSR1));
  Print("not deferred: own %d", sigismember(&mask_in_handler, SIGUSR1));
  Install(SIGUSR1, static_cast<int>(SA_RESETHAND));
  SHOW(raise(SIGUSR1));
  struct sigaction action;
  SHOW(sigaction(SIGUSR1, nullptr, &action));
  Print("reset %d", action.sa_handler == SIG_DFL);
  signal(SIGUSR1, SIG_IGN);
  calls = 0;
  SHOW(raise(SIGUSR1));
  SHOW(raise(SIGCHLD));
  Print("calls %d", calls);
}

SECTION(signals, masks) {
  Install(SIGUSR1, 0);
  Install(SIGRTMIN + 1, 0);
  calls = 0;
  SetMask(SIG_BLOCK, Set(SIGUSR1, SIGRTMIN + 1));
  SHOW(raise(SIGUSR1));
  SHOW(raise(SIGUSR1));
  for (int i = 1; i <= 3; ++i) {
    sigval value = {};
    value.sival_int = i;
    SHOW(sigqueue(getpid(), SIGRTMIN + 1, value));
  }
  ShowPending(SIGUSR1);
  ShowPending(SIGRTMIN + 1);
  Print("calls %d", calls);
  SetMask(SIG_UNBLOCK, Set(SIGUSR1));
  Print("calls %d", calls);
  SetMask(SIG_UNBLOCK, Set(SIGRTMIN + 1));
  Print("calls %d code %d value %d", calls, last_info.si_code == SI_QUEUE,
        last_info.si_value.sival_int);
  ShowPending(SIGRTMIN + 1);
  SHOW(pthread_sigmask(99, &mask_in_handler, nullptr));
  // Ignored, but blocked: it stays.
  SetMask(SIG_BLOCK, Set(SIGUSR1));
  signal(SIGUSR1, SIG_IGN);
  SHOW(raise(SIGUSR1));
  ShowPending(SIGUSR1);
  SetMask(SIG_UNBLOCK, Set(SIGUSR1));
  ShowPending(SIGUSR1);
}

SECTION(signals, waiting) {
  const sigset_t set = Set(SIGUSR1, SIGRTMIN);
  SetMask(SIG_BLOCK, set);
  siginfo_t info = {};
  timespec brief = {0, 1'000'000};
  SHOW(sigtimedwait(&set, &info, &brief));
  timespec bad = {0, 1'000'000'000};
  SHOW(sigtimedwait(&set, &info, &bad));
  sigval value = {};
  value.sival_int = 7;
  SHOW(sigqueue(getpid(), SIGRTMIN, value));
  SHOW(raise(SIGUSR1));
  SHOW(sigwaitinfo(&set, &info) == SIGUSR1);
  Print("code %d", info.si_code == SI_TKILL);
  SHOW(sigtimedwait(&set, &info, &brief) == SIGRTMIN);
  Print("value %d", info.si_value.sival_int);
  SHOW(kill(getpid(), SIGUSR1));
  int number = 0;
  SHOW(sigwait(&set, &number));
  Print("took %d", number == SIGUSR1);
  // A handler for another signal interrupts all but sigwait().
  Install(SIGALRM, SA_RESTART);
  After(10);
  SHOW(sigwaitinfo(&set, nullptr));
  calls = 0;
  After(10, 10);  // again and again: the first may come before pause() waits
  SHOW(pause());
  After(0);
  Print("calls %d", calls > 0);
  calls = 1;
  // The mask of sigsuspend() holds while the handler runs, and no longer.
  SetMask(SIG_BLOCK, Set(SIGALRM));
  After(10);
  sigset_t none;
  sigemptyset(&none);
  SHOW(sigsuspend(&none));
  Print("calls %d", calls);
  sigset_t now;
  SHOW(pthread_sigmask(SIG_BLOCK, nullptr, &now));
  Print("blocked again %d", sigismember(&now, SIGALRM));
  SHOW(raise(SIGALRM));
  SHOW(sigsuspend(&none));
  Print("calls %d", calls);
  SetMask(SIG_UNBLOCK, Set(SIGALRM));
  SetMask(SIG_UNBLOCK, set);
}

SECTION(signals, interrupted_calls) {
  int ends[2];
  SHOW(pipe(ends));
  char text[4];
  Install(SIGALRM, 0);
  After(10);
  SHOW(read(ends[0], text, sizeof text));
  Install(SIGALRM, SA_RESTART);
  to_write = ends[1];
  After(10);
  SHOW(read(ends[0], text, sizeof text));  // goes on, and gets what the handler wrote
  to_write = -1;
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  timespec late;
  SHOW(clock_gettime(CLOCK_REALTIME, &late));
  late.tv_sec += 100;
  for (const int flags : {0, SA_RESTART}) {
    Install(SIGALRM, flags);
    After(10);
    pollfd entry = {ends[0], POLLIN, 0};
    SHOW(poll(&entry, 1, -1));
    After(10);
    SHOW(poll(&entry, 1, 10'000));
    After(10);
    SHOW(ppoll(&entry, 1, nullptr, nullptr));
    After(10);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    SHOW(select(ends[0] + 1, &set, nullptr, nullptr, nullptr));
    const int epoll = epoll_create1(0);
    epoll_event event;
    After(10);
    SHOW(epoll_wait(epoll, &event, 1, -1));
    SHOW(close(epoll));
    After(10);
    const timespec second = {10, 0};
    timespec left = {};
    SHOW(nanosleep(&second, &left));
    Print("left %d", left.tv_sec == 9);
    After(10);
    SHOW(usleep(900'000));
    After(10);
    SHOW(sleep(10) >= 9);
    After(10);
    SHOW(sem_timedwait(&semaphore, &late));
  }
  Install(SIGALRM, 0);
  After(10);
  SHOW(sem_wait(&semaphore));
  // A mask of the call's own: what it lets through ends the call.
  calls = 0;
  SetMask(SIG_BLOCK, Set(SIGALRM));
  SHOW(raise(SIGALRM));
  sigset_t none;
  sigemptyset(&none);
  pollfd entry = {ends[0], POLLIN, 0};
  SHOW(ppoll(&entry, 1, nullptr, &none));
  Print("calls %d", calls);
  SHOW(raise(SIGALRM));
  SHOW(pselect(0, nullptr, nullptr, nullptr, nullptr, &none));
  Print("calls %d", calls);
  SetMask(SIG_UNBLOCK, Set(SIGALRM));
}

SECTION(signals, descriptors) {
  const sigset_t set = Set(SIGUSR1, SIGRTMIN);
  SetMask(SIG_BLOCK, set);
  const int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  signalfd_siginfo told[3] = {};
  SHOW(read(descriptor, told, sizeof told));
  SHOW(read(descriptor, told, 1));
  pollfd entry = {descriptor, POLLIN, 0};
  SHOW(poll(&entry, 1, 0));
  const int epoll = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event));
  SHOW(raise(SIGUSR1));
  SHOW(poll(&entry, 1, 0));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  sigval value = {};
  value.sival_int = 5;
  SHOW(sigqueue(getpid(), SIGRTMIN, value));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  const ssize_t size = read(descriptor, told, sizeof told);
  Print("read %zu", static_cast<size_t>(size) / sizeof told[0]);
  Print("first %d code %d pid %d", told[0].ssi_signo == SIGUSR1, told[0].ssi_code == SI_TKILL,
        told[0].ssi_pid == static_cast<unsigned>(getpid()));
  Print("second %d code %d value %d", told[1].ssi_signo == static_cast<unsigned>(SIGRTMIN),
        told[1].ssi_code == SI_QUEUE, told[1].ssi_int);
  SHOW(poll(&entry, 1, 0));
  ShowPending(SIGUSR1);
  SHOW(signalfd(0, &set, 0));
  SHOW(signalfd(-1, &set, 1));
  SHOW(signalfd(1000, &set, 0));
  const sigset_t other = Set(SIGUSR2);
  SHOW(signalfd(descriptor, &other, 0) == descriptor);
  SHOW(raise(SIGUSR1));
  SHOW(poll(&entry, 1, 0));
  int number = 0;
  SHOW(sigwait(&set, &number));
  SHOW(close(epoll));
  SHOW(close(descriptor));
  SetMask(SIG_UNBLOCK, set);
}

SECTION(signals, alarms) {
  Install(SIGALRM, 0);
  calls = 0;
  SHOW(alarm(100));
  SHOW(alarm(50) >= 99);
  itimerval setting;
  SHOW(getitimer(ITIMER_REAL, &setting));
  Print("left %d interval %ld", setting.it_value.tv_sec >= 49, setting.it_interval.tv_sec);
  SHOW(alarm(0) >= 49);
  SHOW(alarm(0));
  SHOW(getitimer(ITIMER_REAL, &setting));
  Print("left %ld %ld", setting.it_value.tv_sec, setting.it_value.tv_usec);
  itimerval wrong = {{0, 0}, {0, 1'000'000}};
  SHOW(setitimer(ITIMER_REAL, &wrong, nullptr));
  SHOW(setitimer(99, &wrong, nullptr));
  SHOW(getitimer(99, &setting));
  After(10, 10);
  for (int i = 0; i < 3; ++i) pause();
  Print("calls %d signal %d", calls, last_signal == SIGALRM);
  After(0);
}

namespace {
sem_t notified;
void Notified(sigval value) {
  Print("notified with %d", value.sival_int);
  sem_post(&notified);
}
}  // namespace

SECTION(signals, timers) {
  Install(SIGRTMIN + 2, 0);
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGRTMIN + 2;
  event.sigev_value.sival_int = 11;
  timer_t timer;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  itimerspec setting = {};
  SHOW(timer_gettime(timer, &setting));
  Print("left %ld", setting.it_value.tv_sec);
  const itimerspec soon = {{0, 0}, {0, 10'000'000}};
  calls = 0;
  SHOW(timer_settime(timer, 0, &soon, nullptr));
  const timespec a_while = {0, 1'000'000};
  while (calls == 0) nanosleep(&a_while, nullptr);
  Print("calls %d code %d value %d", calls, last_info.si_code == SI_TIMER,
        last_info.si_value.sival_int);
  const itimerspec long_after = {{100, 0}, {100, 0}};
  SHOW(timer_settime(timer, 0, &long_after, &setting));
  Print("was %ld", setting.it_value.tv_sec);
  SHOW(timer_gettime(timer, &setting));
  Print("left %d interval %ld", setting.it_value.tv_sec >= 99, setting.it_interval.tv_sec);
  timespec now;
  SHOW(clock_gettime(CLOCK_MONOTONIC, &now));
  itimerspec absolute = {{0, 0}, now};
  SHOW(timer_settime(timer, TIMER_ABSTIME, &absolute, nullptr));
  const timespec brief = {0, 1'000'000};
  while (calls < 2) nanosleep(&brief, nullptr);
  SHOW(timer_getoverrun(timer));
  // Expirations that find the signal pending are counted.
  SetMask(SIG_BLOCK, Set(SIGRTMIN + 2));
  const itimerspec often = {{0, 1'000'000}, {0, 1'000'000}};
  SHOW(timer_settime(timer, 0, &often, nullptr));
  timespec sleeps = {0, 50'000'000};
  nanosleep(&sleeps, nullptr);
  const sigset_t set = Set(SIGRTMIN + 2);
  siginfo_t info;
  SHOW(sigwaitinfo(&set, &info) == SIGRTMIN + 2);
  Print("overrun %d", info.si_overrun >= 20 && info.si_overrun == timer_getoverrun(timer));
  SHOW(timer_delete(timer));
  SHOW(timer_delete(timer));
  SHOW(timer_gettime(timer, &setting));
  SHOW(timer_create(1000, &event, &timer));
  timespec none = {};
  while (sigtimedwait(&set, &info, &none) > 0) {
  }
  SetMask(SIG_UNBLOCK, set);
  // Another thread tells.
  sem_init(&notified, 0, 0);
  event = {};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_notify_function = Notified;
  event.sigev_value.sival_int = 12;
  SHOW(timer_create(CLOCK_REALTIME, &event, &timer));
  SHOW(timer_settime(timer, 0, &soon, nullptr));
  SHOW(sem_wait(&notified));
  SHOW(timer_delete(timer));
}

namespace {
char signal_stack[64 << 10];
bool on_signal_stack = false;
void WhereAmI(int, siginfo_t*, void*) {
  // Not a variable's address: AddressSanitizer may keep it elsewhere.
  const auto* here = static_cast<char*>(__builtin_frame_address(0));
  on_signal_stack = here >= signal_stack && here < signal_stack + sizeof signal_stack;
  stack_t stack;
  sigaltstack(nullptr, &stack);
  Print("flags %d", stack.ss_flags == SS_ONSTACK);
}
sigjmp_buf recovery;
}  // namespace

SECTION(signals, stacks) {
  const stack_t stack = {signal_stack, 0, sizeof signal_stack};
  SHOW(sigaltstack(&stack, nullptr));
  Install(SIGUSR1, SA_ONSTACK, WhereAmI);
  SHOW(raise(SIGUSR1));
  Print("on it %d", on_signal_stack);
  Install(SIGUSR1, 0, WhereAmI);
  SHOW(raise(SIGUSR1));
  Print("on it %d", on_signal_stack);
  const stack_t none = {nullptr, SS_DISABLE, 0};
  SHOW(sigaltstack(&none, nullptr));
  // A jump out of a handler restores the mask.
  Install(SIGUSR1, 0, [](int, siginfo_t*, void*) { siglongjmp(recovery, 1); });
  for (volatile int i = 0; i < 2; i = i + 1) {
    if (sigsetjmp(recovery, 1) == 0) raise(SIGUSR1);
  }
  sigset_t now;
  SHOW(pthread_sigmask(SIG_BLOCK, nullptr, &now));
  Print("blocked %d", sigismember(&now, SIGUSR1));
}

// A fault's signal that somebody sends is like any other while it is blocked.
SECTION(signals, blocked_faults) {
  sigset_t faults, pending;
  sigemptyset(&faults);
  for (const int signal : {SIGSEGV, SIGFPE, SIGILL, SIGABRT}) sigaddset(&faults, signal);
  SHOW(pthread_sigmask(SIG_BLOCK, &faults, nullptr));
  SHOW(raise(SIGFPE));
  SHOW(kill(getpid(), SIGSEGV));
  SHOW(pthread_kill(pthread_self(), SIGILL));
  SHOW(sigpending(&pending));
  Print("pending %d %d %d %d", sigismember(&pending, SIGFPE), sigismember(&pending, SIGSEGV),
        sigismember(&pending, SIGILL), sigismember(&pending, SIGABRT));
  for (const int signal : {SIGFPE, SIGILL}) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    siginfo_t info;
    Print("took it %d", sigwaitinfo(&one, &info) == signal);
  }
  // Now its handler is called.
  Install(SIGSEGV, 0);
  calls = 0;
  SHOW(pthread_sigmask(SIG_UNBLOCK, &faults, nullptr));
  Print("calls %d", calls);
  signal(SIGSEGV, SIG_DFL);
}

// poll and select look for signals also when they do not wait; epoll does not.
SECTION(signals, calls_that_do_not_wait) {
  Install(SIGUSR1, 0);
  calls = 0;
  sigset_t blocked, none;
  sigemptyset(&none);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  SHOW(pthread_sigmask(SIG_BLOCK, &blocked, nullptr));
  const timespec zero = {0, 0};
  SHOW(raise(SIGUSR1));
  SHOW(poll(nullptr, 0, 0));
  SHOW(ppoll(nullptr, 0, &zero, &blocked));
  SHOW(ppoll(nullptr, 0, &zero, &none));
  SHOW(ppoll(nullptr, 0, &zero, &none));
  SHOW(raise(SIGUSR1));
  SHOW(pselect(0, nullptr, nullptr, nullptr, &zero, &none));
  Print("calls %d", calls);
  // What is ready comes first, and the signal stays.
  int ends[2];
  SHOW(pipe(ends));
  SHOW(write(ends[1], "x", 1));
  SHOW(raise(SIGUSR1));
  pollfd ready = {ends[0], POLLIN, 0};
  SHOW(ppoll(&ready, 1, &zero, &none));
  const int set = epoll_create1(0);
  epoll_event event;
  SHOW(epoll_pwait(set, &event, 1, 0, &none));
  Print("calls %d", calls);
  SHOW(epoll_pwait(set, &event, 1, 1, &none));
  Print("calls %d", calls);
  SHOW(pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr));
}

namespace {
sem_t begun, done;
void* AwaitSignal(void*) {
  sem_post(&begun);
  pause();
  sem_post(&done);
  return nullptr;
}
}  // namespace

SECTION(signals, threads) {
  sem_init(&begun, 0, 0);
  sem_init(&done, 0, 0);
  Install(SIGUSR1, 0);
  calls = 0;
  pthread_t thread;
  SHOW(pthread_create(&thread, nullptr, AwaitSignal, nullptr));
  SHOW(sem_wait(&begun));
  const timespec brief = {0, 10'000'000};
  // A signal that comes before pause() is none to it.
  do {
    if (pthread_kill(thread, SIGUSR1) != 0) Print("cannot send");
    nanosleep(&brief, nullptr);
  } while (sem_trywait(&done) != 0);
  SHOW(pthread_join(thread, nullptr));
  Print("calls %d", calls > 0);
}

}  // namespace signal_calls
