// Several signals that become deliverable together: all of their handlers have begun before one of
// them runs (signal(7)); the one that begins last runs first.
#include <pthread.h>
#include <signal.h>
#include <sys/select.h>
#include <unistd.h>

#include <csetjmp>
#include <cstring>

#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;

namespace pending_signals {
namespace {

constexpr int kSignals[] = {SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM};

int depth = 0;

std::string Names(const sigset_t& set) {
  std::string text;
  for (const int signal : kSignals) {
    if (sigismember(&set, signal) == 1) text += std::string(" ") + sigabbrev_np(signal);
  }
  return text.empty() ? " none" : text;
}

void Show(int signal, siginfo_t*, void* context) {
  const int error = errno;
  sigset_t mask, pending;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  sigpending(&pending);
  Print("%*s%s begins; blocked%s; behind it%s; pending%s", 2 * ++depth, "", sigabbrev_np(signal),
        Names(mask).c_str(), Names(static_cast<ucontext_t*>(context)->uc_sigmask).c_str(),
        Names(pending).c_str());
  if (signal == SIGUSR2) raise(SIGTERM);
  Print("%*s%s ends", 2 * depth--, "", sigabbrev_np(signal));
  errno = error;
}

void Install(int signal, int masked = 0, int flags = 0) {
  struct sigaction action = {};
  action.sa_sigaction = Show;
  action.sa_flags = flags | SA_SIGINFO;
  if (masked != 0) sigaddset(&action.sa_mask, masked);
  sigaction(signal, &action, nullptr);
}

sigset_t All() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) sigaddset(&set, signal);
  return set;
}

// With all of them blocked; the mask before, in which none is.
sigset_t Block() {
  const sigset_t all = All();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &all, &before);
  return before;
}

sigjmp_buf back;
void Leave(int) { siglongjmp(back, 1); }

}  // namespace
}  // namespace pending_signals

using namespace pending_signals;  // NOLINT: short programs

SECTION(pending_signals, unblocked) {
  for (const int signal : kSignals) Install(signal);
  const sigset_t none = Block();
  raise(SIGUSR1);
  raise(SIGHUP);
  SHOW(kill(getpid(), SIGINT));
  SHOW(kill(getpid(), SIGALRM));
  SHOW(pthread_sigmask(SIG_SETMASK, &none, nullptr));
}

// The mask of one handler holds another one back until it ends.
SECTION(pending_signals, masks) {
  for (const int signal : kSignals) Install(signal, signal == SIGINT ? SIGUSR1 : SIGHUP);
  const sigset_t none = Block();
  for (const int signal : {SIGUSR2, SIGUSR1, SIGINT, SIGHUP}) raise(signal);
  SHOW(pthread_sigmask(SIG_SETMASK, &none, nullptr));
}

SECTION(pending_signals, sigsuspend) {
  for (const int signal : kSignals) Install(signal, 0, SA_NODEFER);
  const sigset_t none = Block();
  for (const int signal : {SIGUSR1, SIGINT}) raise(signal);
  SHOW(sigsuspend(&none));
  for (const int signal : {SIGHUP, SIGINT}) raise(signal);
  timespec zero = {};
  SHOW(pselect(0, nullptr, nullptr, nullptr, &zero, &none));
  SHOW(pthread_sigmask(SIG_SETMASK, &none, nullptr));
}

// Behind its handler the mask is the one before: what only the wait lets through stays pending.
SECTION(pending_signals, held_back) {
  for (const int signal : kSignals) Install(signal, SIGUSR1);
  const sigset_t none = Block();
  for (const int signal : {SIGUSR1, SIGINT}) raise(signal);
  SHOW(sigsuspend(&none));
  sigset_t pending;
  SHOW(sigpending(&pending));
  Print("pending%s", Names(pending).c_str());
  SHOW(sigsuspend(&none));
  SHOW(sigpending(&pending));
  Print("pending%s", Names(pending).c_str());
  SHOW(pthread_sigmask(SIG_SETMASK, &none, nullptr));
}

// Each of real-time signals is one; a handler that was reset is not called again.
SECTION(pending_signals, of_one_number) {
  Install(SIGINT, 0, static_cast<int>(SA_RESETHAND));
  Install(SIGUSR1);
  struct sigaction action = {};
  action.sa_sigaction = [](int, siginfo_t* info, void*) {
    Print("value %d begins", info->si_value.sival_int);
  };
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  SHOW(sigaction(SIGRTMIN, &action, nullptr));
  sigset_t set = All(), before;
  sigaddset(&set, SIGRTMIN);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  for (int i = 1; i <= 3; ++i) SHOW(sigqueue(getpid(), SIGRTMIN, {i}));
  raise(SIGINT);
  raise(SIGUSR1);
  SHOW(pthread_sigmask(SIG_SETMASK, &before, nullptr));
  SHOW(sigaction(SIGINT, nullptr, &action));
  SHOW_IF(action.sa_handler == SIG_DFL);
}

// The handler that runs first leaves: those that have begun before it never go on.
SECTION(pending_signals, jump) {
  Install(SIGINT);
  struct sigaction action = {};
  action.sa_handler = Leave;
  SHOW(sigaction(SIGTERM, &action, nullptr));
  const sigset_t none = Block();
  raise(SIGTERM);
  raise(SIGINT);
  if (sigsetjmp(back, 1) == 0) {
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
  } else {
    sigset_t mask, pending;
    pthread_sigmask(SIG_SETMASK, &none, &mask);
    sigpending(&pending);
    Print("jumped; blocked%s; pending%s", Names(mask).c_str(), Names(pending).c_str());
  }
}
