// Child processes: fork, exec, wait and their like; groups and sessions.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "sim/runtime/testing/conformance/conformance.h"

using conformance::Print;
using conformance::Printable;

namespace {

void PrintStatus(int status) {
  if (WIFEXITED(status)) Print("exited %d", WEXITSTATUS(status));
  if (WIFSIGNALED(status)) Print("signal %d", WTERMSIG(status));
}

template <typename Body>
pid_t Child(Body body) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

int WaitFor(pid_t child) {
  int status = 0;
  SHOW_IF(waitpid(child, &status, 0) == child);
  PrintStatus(status);
  return status;
}

}  // namespace

SECTION(processes, waitpid) {
  int status = 0;
  SHOW(waitpid(-1, &status, 0));
  SHOW(waitpid(-1, &status, WNOHANG));
  SHOW(waitpid(getpid(), &status, 0));
  int gate[2];
  char byte = 0;
  SHOW(pipe(gate));
  const pid_t child = Child([&] { return read(gate[0], &byte, 1) == 1 ? 5 : 6; });
  SHOW_IF(child > 0);
  SHOW(waitpid(child, &status, WNOHANG));
  SHOW(write(gate[1], "x", 1));
  WaitFor(child);
  SHOW(waitpid(child, &status, 0));
  SHOW(close(gate[0]));
  SHOW(close(gate[1]));
}

SECTION(processes, waitid) {
  siginfo_t info = {};
  SHOW(waitid(P_ALL, 0, &info, WEXITED));
  const pid_t child = Child([] { return 300; });
  SHOW(waitid(P_PID, static_cast<id_t>(child), &info, 0));
  SHOW(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT));
  SHOW_IF(info.si_pid == child && info.si_signo == SIGCHLD);
  Print("code %d status %d", info.si_code, info.si_status);
  SHOW(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED));
  SHOW(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED));
}

// While there are other threads. (What a program with privileges may become is not compared.)
SECTION(processes, users) {
  int gate[2];
  SHOW(pipe(gate));
  std::thread other([&] {
    char byte;
    static_cast<void>(read(gate[0], &byte, 1));
  });
  SHOW(setgid(getgid()));
  SHOW(setuid(getuid()));
  SHOW(setegid(getegid()));
  SHOW(seteuid(geteuid()));
  SHOW(setregid(static_cast<gid_t>(-1), getegid()));
  SHOW(setreuid(getuid(), static_cast<uid_t>(-1)));
  SHOW(setresgid(getgid(), getgid(), getgid()));
  SHOW(setresuid(getuid(), getuid(), getuid()));
  SHOW(setuid(static_cast<uid_t>(-1)));
  SHOW(write(gate[1], "x", 1));
  other.join();
  close(gate[0]);
  close(gate[1]);
}

SECTION(processes, pidfd) {
  siginfo_t info = {};
  const pid_t child = Child([] { return 7; });
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  SHOW_IF(descriptor >= 0);
  pollfd ended = {descriptor, POLLIN, 0};
  SHOW(poll(&ended, 1, -1));
  SHOW(waitid(P_PIDFD, static_cast<id_t>(descriptor), &info, WEXITED | WNOWAIT));
  SHOW_IF(info.si_pid == child && info.si_signo == SIGCHLD);
  Print("code %d status %d", info.si_code, info.si_status);
  SHOW(waitid(P_PIDFD, static_cast<id_t>(descriptor), &info, WEXITED));
  SHOW(waitid(P_PIDFD, static_cast<id_t>(descriptor), &info, WEXITED));
  SHOW(waitid(P_PIDFD, 99, &info, WEXITED));
  SHOW(waitpid(child, nullptr, 0));
  close(descriptor);
}

// Who a descriptor belongs to, and who is at its other end, have the program's numbers.
SECTION(processes, owners) {
  int pair[2];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  ucred peer = {};
  socklen_t length = sizeof peer;
  SHOW(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &length));
  SHOW_IF(peer.pid == getpid() && peer.uid == geteuid() && peer.gid == getegid());
  SHOW(fcntl(pair[0], F_GETOWN));
  SHOW(fcntl(pair[0], F_SETOWN, getpid()));
  SHOW_IF(fcntl(pair[0], F_GETOWN) == getpid());
  f_owner_ex owner = {F_OWNER_PID, 0};
  SHOW(fcntl(pair[0], F_GETOWN_EX, &owner));
  SHOW_IF(owner.type == F_OWNER_PID && owner.pid == getpid());
  SHOW(fcntl(pair[0], F_SETOWN, 999999));
  SHOW(fcntl(-1, F_SETOWN, getpid()));
  WaitFor(Child([&] {
    ucred parent = {};
    socklen_t size = sizeof parent;
    getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &parent, &size);
    return parent.pid == getppid() ? 0 : 1;
  }));
  close(pair[0]);
  close(pair[1]);
}

// A lock on a file is waited for across processes.
SECTION(processes, file_locks) {
  char name[] = "/tmp/heddle-lock-XXXXXX";
  const int file = mkstemp(name);
  SHOW_IF(file >= 0);
  SHOW(flock(file, LOCK_EX));
  int ready[2];
  SHOW(pipe(ready));
  const pid_t child = Child([&] {
    const int own = open(name, O_RDWR);
    if (write(ready[1], "x", 1) != 1) return 1;
    if (flock(own, LOCK_EX) != 0) return 2;
    return pwrite(own, "y", 1, 0) == 1 ? 3 : 4;  // the lock ends with the process
  });
  char byte = 0;
  SHOW(read(ready[0], &byte, 1));
  SHOW(pread(file, &byte, 1, 0));
  SHOW(flock(file, LOCK_UN));
  SHOW(flock(file, LOCK_SH));
  SHOW(flock(file, LOCK_UN));
  WaitFor(child);
  SHOW(flock(file, LOCK_EX));
  SHOW(pread(file, &byte, 1, 0));
  close(file);
  close(ready[0]);
  close(ready[1]);
  unlink(name);
}

SECTION(processes, wait4) {
  rusage usage;
  int status = 0;
  const pid_t child = Child([] { return 1; });
  SHOW_IF(wait4(child, &status, 0, &usage) == child);
  PrintStatus(status);
  SHOW(wait4(child, &status, 0, &usage));
  SHOW(wait3(&status, WNOHANG, &usage));
  SHOW(wait(&status));
}

SECTION(processes, numbers) {
  const pid_t parent = getpid();
  const pid_t child = Child([&] {
    int good = getppid() == parent ? 1 : 0;
    good += getpid() != parent ? 2 : 0;
    good += getpid() == gettid() ? 4 : 0;
    good += syscall(SYS_getpid) == getpid() ? 8 : 0;
    good += getpgrp() == getpgid(parent) ? 16 : 0;
    good += getsid(0) == getsid(parent) ? 32 : 0;
    return good;
  });
  SHOW(kill(child, 0));
  WaitFor(child);
  SHOW(kill(child, 0));
  SHOW(getpgid(child));
}

SECTION(processes, priorities) {
  SHOW(getpriority(PRIO_PROCESS, static_cast<id_t>(getpid())));
  SHOW(getpriority(PRIO_PROCESS, 1 << 30));
  SHOW(sched_getscheduler(getpid()));
  int gate[2];
  char byte = 0;
  SHOW(pipe(gate));
  const pid_t child = Child([&] { return read(gate[0], &byte, 1) == 1 ? 0 : 1; });
  SHOW_IF(setpriority(PRIO_PROCESS, static_cast<id_t>(child), 15) == 0);
  SHOW(getpriority(PRIO_PROCESS, static_cast<id_t>(child)) >= 15);
  SHOW(write(gate[1], "x", 1));
  SHOW_IF(waitpid(child, nullptr, 0) == child);
  SHOW(close(gate[0]));
  SHOW(close(gate[1]));
}

SECTION(processes, groups) {
  const pid_t child = Child([] {
    if (setpgid(0, 0) != 0 || getpgrp() != getpid()) return 1;
    return setsid() == -1 && errno == EPERM ? 0 : 2;
  });
  WaitFor(child);
  const pid_t leader = Child([] {
    if (setsid() != getpid()) return 1;
    return getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 2;
  });
  WaitFor(leader);
  SHOW(setpgid(0, -1));
}

SECTION(processes, killed) {
  int gate[2];
  char byte = 0;
  SHOW(pipe(gate));
  const pid_t child = Child([&] { return static_cast<int>(read(gate[0], &byte, 1)); });
  SHOW(kill(child, SIGKILL));
  WaitFor(child);
  const pid_t aborts = Child([]() -> int { abort(); });
  WaitFor(aborts);
}

SECTION(processes, descriptors) {
  int ends[2];
  char text[8] = {};
  SHOW(pipe(ends));
  const pid_t child = Child([&] {
    close(ends[0]);
    return write(ends[1], "child", 5) == 5 ? 0 : 1;
  });
  SHOW(close(ends[1]));
  SHOW(read(ends[0], text, sizeof text));
  Print("%s", Printable(text, 5).c_str());
  SHOW(read(ends[0], text, sizeof text));
  WaitFor(child);
  SHOW(close(ends[0]));
}

SECTION(processes, exec) {
  const pid_t child = fork();
  if (child == 0) {
    execlp("sh", "sh", "-c", "exit 12", nullptr);
    _exit(1);
  }
  WaitFor(child);
  const pid_t fails = Child([] {
    execl("/no/such/program", "x", nullptr);
    return errno == ENOENT ? 0 : 1;
  });
  WaitFor(fails);
  const pid_t vforked = vfork();
  if (vforked == 0) {
    execl("/bin/sh", "sh", "-c", "kill -TERM $$", nullptr);
    _exit(1);
  }
  WaitFor(vforked);
}

SECTION(processes, spawn) {
  const char* arguments[] = {"sh", "-c", "cat; exit 3", nullptr};
  int in[2], out[2];
  SHOW(pipe2(in, O_CLOEXEC));
  SHOW(pipe2(out, O_CLOEXEC));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  pid_t child = 0;
  SHOW_ERROR(
      posix_spawn(&child, "/bin/sh", &actions, nullptr, const_cast<char**>(arguments), environ));
  posix_spawn_file_actions_destroy(&actions);
  SHOW(close(in[0]));
  SHOW(close(out[1]));
  int status = 0;
  SHOW(waitpid(child, &status, WNOHANG));
  SHOW(write(in[1], "line", 4));
  char text[8] = {};
  SHOW(read(out[0], text, sizeof text));
  Print("%s", Printable(text, 4).c_str());
  SHOW(close(in[1]));
  SHOW(read(out[0], text, sizeof text));
  WaitFor(child);
  SHOW(close(out[0]));
  SHOW_ERROR(posix_spawnp(&child, "no-such-program", nullptr, nullptr,
                          const_cast<char**>(arguments), environ));
}

SECTION(processes, shell) {
  PrintStatus(system("exit 7"));
  SHOW_IF(system(nullptr) != 0);
  PrintStatus(system("no-such-command 2>/dev/null"));
  FILE* stream = popen("echo out; exit 4", "r");
  char text[16] = {};
  SHOW_IF(fgets(text, sizeof text, stream) == text);
  Print("%s", Printable(text, strlen(text)).c_str());
  PrintStatus(pclose(stream));
  SHOW_IF(popen("true", "x") == nullptr);
}
