// Children that stop and continue.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>

#include "sim/runtime/testing/conformance/handlers.h"

using conformance::calls;
using conformance::Install;
using conformance::Print;
using conformance::PrintStatus;
using conformance::Restore;
using conformance::told;

namespace job_control {
namespace {

// Waits for the child, and prints what it has to tell.
void Wait(pid_t child, int options) {
  int status = 0;
  SHOW_IF(waitpid(child, &status, options) == child);
  PrintStatus(status);
}

void WaitId(pid_t child, int options) {
  siginfo_t info = {};
  SHOW(waitid(P_PID, static_cast<id_t>(child), &info, options));
  SHOW_IF(info.si_pid == child);
  Print("signal %d code %d status %d", info.si_signo, info.si_code, info.si_status);
}

// A child that reads bytes of a pipe, and ends with their number.
struct Reader {
  int ends[2];
  pid_t child;
  Reader() {
    if (pipe(ends) != 0) _exit(1);
    fflush(stdout);
    child = fork();
    if (child != 0) return;
    close(ends[1]);
    char byte;
    int count = 0;
    while (read(ends[0], &byte, 1) == 1) ++count;
    _exit(count);
  }
  void Write() const {
    if (write(ends[1], "x", 1) != 1) _exit(1);
  }
  void Close() const {
    close(ends[0]);
    close(ends[1]);
  }
};

template <typename Function>
pid_t Fork(Function function) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    function();
    _exit(0);
  }
  return child;
}

volatile sig_atomic_t continued = 0;

}  // namespace

SECTION(job_control, stop_and_continue) {
  const Reader reader;
  SHOW(kill(reader.child, SIGSTOP));
  Wait(reader.child, WUNTRACED);
  SHOW(waitpid(reader.child, nullptr, WUNTRACED | WNOHANG));  // told once
  reader.Write();
  SHOW(waitpid(reader.child, nullptr, WNOHANG));
  SHOW(kill(reader.child, SIGSTOP));  // it has stopped
  SHOW(waitpid(reader.child, nullptr, WUNTRACED | WNOHANG));
  SHOW(kill(reader.child, SIGCONT));
  Wait(reader.child, WCONTINUED);
  SHOW(waitpid(reader.child, nullptr, WCONTINUED | WNOHANG));
  reader.Close();
  Wait(reader.child, WUNTRACED | WCONTINUED);
}

SECTION(job_control, waitid) {
  const Reader reader;
  SHOW(kill(reader.child, SIGTSTP));
  WaitId(reader.child, WSTOPPED | WNOWAIT);
  WaitId(reader.child, WSTOPPED);
  SHOW(kill(reader.child, SIGCONT));
  WaitId(reader.child, WCONTINUED | WNOWAIT);
  WaitId(reader.child, WCONTINUED);
  reader.Close();
  WaitId(reader.child, WEXITED | WSTOPPED);
}

SECTION(job_control, stops_itself) {
  for (const int signal : {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    const pid_t child = Fork([signal] { raise(signal); });
    Wait(child, WUNTRACED);
    SHOW(kill(child, SIGCONT));
    Wait(child, 0);
  }
  const pid_t child = Fork([] { kill(getpid(), SIGSTOP); });
  Wait(child, WUNTRACED);
  SHOW(kill(child, SIGKILL));
  Wait(child, 0);
}

// A child that has stopped takes no signal but these two.
SECTION(job_control, signals_wait) {
  Reader reader;
  SHOW(kill(reader.child, SIGSTOP));
  Wait(reader.child, WUNTRACED);
  SHOW(kill(reader.child, SIGTERM));
  SHOW(waitpid(reader.child, nullptr, WUNTRACED | WNOHANG));
  SHOW(kill(reader.child, SIGCONT));
  Wait(reader.child, 0);
  reader.Close();
}

SECTION(job_control, handler_of_sigcont) {
  const pid_t child = Fork([] {
    signal(SIGCONT, [](int) { continued = 1; });
    raise(SIGSTOP);
    _exit(continued != 0 ? 7 : 8);
  });
  Wait(child, WUNTRACED);
  SHOW(kill(child, SIGCONT));
  Wait(child, 0);
}

// A stop that waits is taken back.
SECTION(job_control, sigcont_takes_a_stop_back) {
  const pid_t child = Fork([] {
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    raise(SIGTSTP);
    raise(SIGCONT);
    sigpending(&pending);
    _exit(sigismember(&pending, SIGTSTP));
  });
  Wait(child, WUNTRACED);
}

SECTION(job_control, sigcont_empties_a_signalfd) {
  const pid_t child = Fork([] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    pollfd entry = {signalfd(-1, &set, 0), POLLIN, 0};
    raise(SIGTSTP);
    const int before = poll(&entry, 1, 0);
    raise(SIGCONT);
    _exit(before * 10 + poll(&entry, 1, 0));
  });
  Wait(child, WUNTRACED);
}

SECTION(job_control, sigchld) {
  Install(SIGCHLD, SA_RESTART);
  const Reader reader;
  SHOW(kill(reader.child, SIGSTOP));
  Wait(reader.child, WUNTRACED);
  while (calls < 1) usleep(100);
  Print("code %d status %d", told.si_code, told.si_status);
  SHOW_IF(told.si_pid == reader.child);
  SHOW(kill(reader.child, SIGCONT));
  Wait(reader.child, WCONTINUED);
  while (calls < 2) usleep(100);
  Print("code %d status %d", told.si_code, told.si_status);
  reader.Close();
  Wait(reader.child, 0);
  Print("calls %d code %d", calls, told.si_code);
  Restore(SIGCHLD);
}

SECTION(job_control, no_sigchld) {
  Install(SIGCHLD, SA_RESTART | SA_NOCLDSTOP);
  const Reader reader;
  SHOW(kill(reader.child, SIGSTOP));
  Wait(reader.child, WUNTRACED);
  SHOW(kill(reader.child, SIGCONT));
  Wait(reader.child, WCONTINUED);
  Print("calls %d", calls);
  reader.Close();
  Wait(reader.child, 0);
  Print("calls %d code %d", calls, told.si_code);
  Restore(SIGCHLD);
}

// Another program.
SECTION(job_control, program) {
  const pid_t child = Fork([] { execl("/bin/sh", "sh", "-c", "kill -STOP $$; exit 3", nullptr); });
  Wait(child, WUNTRACED);
  SHOW(kill(child, SIGCONT));
  Wait(child, 0);
  int ends[2];
  SHOW(pipe(ends));
  const pid_t reader = Fork([&ends] {
    dup2(ends[0], 0);
    close(ends[0]);
    close(ends[1]);
    execl("/bin/cat", "cat", nullptr);
  });
  close(ends[0]);
  SHOW(kill(reader, SIGSTOP));
  Wait(reader, WUNTRACED);
  SHOW(kill(reader, SIGCONT));
  Wait(reader, WCONTINUED);
  close(ends[1]);
  Wait(reader, 0);
}

}  // namespace job_control
