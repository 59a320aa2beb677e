// Child processes: fork, exec, wait and their like. Children are under control until they become
// another program.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

std::mutex mutex;
int before_fork = 0, after_in_parent = 0, after_in_child = 0;

// A pipe, closed at the end.
struct Pipe {
  int ends[2];
  Pipe() { CHECK(pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  void Put(char c) const { CHECK(write(ends[1], &c, 1) == 1); }
  char Get() const {
    char c = 0;
    CHECK(read(ends[0], &c, 1) == 1);
    return c;
  }
};

int StatusOf(pid_t child) {
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child);
  return status;
}

template <typename Body>
pid_t Child(Body body) {
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) _exit(body());
  return child;
}

void CheckNumbers() {
  const pid_t parent = getpid();
  Pipe pipe;
  const pid_t child = Child([&] {
    const pid_t own = getpid();
    CHECK(gettid() == own && getppid() == parent && own != parent);
    CHECK(getpgrp() == getpgid(parent) && getsid(0) == getsid(parent));
    CHECK(write(pipe.ends[1], &own, sizeof own) == sizeof own);
    CHECK(waitpid(-1, nullptr, 0) == -1 && errno == ECHILD);  // it has none
    return 7;
  });
  pid_t told = 0;
  CHECK(read(pipe.ends[0], &told, sizeof told) == sizeof told);
  CHECK(told == child);
  CHECK(kill(child, 0) == 0);
  const int status = StatusOf(child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  CHECK(kill(child, 0) == -1 && errno == ESRCH);
  CHECK(wait(nullptr) == -1 && errno == ECHILD);
}

// They wait for each other, and the parent's thread works meanwhile.
void CheckConversation() {
  Pipe to_child, to_parent;
  std::thread worker([] {
    for (int i = 0; i < 3; ++i) {
      const std::lock_guard<std::mutex> lock(mutex);
    }
  });
  const pid_t child = Child([&] {
    for (int i = 0; i < 3; ++i) to_parent.Put(static_cast<char>(to_child.Get() + 1));
    usleep(1000);
    return 0;
  });
  CHECK(waitpid(child, nullptr, WNOHANG) == 0);
  for (char c = 'a'; c < 'd'; ++c) {
    to_child.Put(c);
    CHECK(to_parent.Get() == c + 1);
  }
  siginfo_t info = {};
  CHECK(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  CHECK(info.si_pid == child && info.si_code == CLD_EXITED && info.si_status == 0);
  CHECK(StatusOf(child) == 0);
  worker.join();
}

void CheckEnds() {
  Pipe never;
  const pid_t killed = Child([&] { return never.Get(); });
  CHECK(kill(killed, SIGKILL) == 0);
  int status = StatusOf(killed);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  const pid_t aborted = Child([]() -> int { abort(); });
  status = StatusOf(aborted);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  const pid_t exits = fork();
  if (exits == 0) exit(4);  // with exit handlers
  status = StatusOf(exits);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 4);
}

void CheckGrandchild() {
  const pid_t child = Child([] {
    const pid_t grandchild = Child([] { return 3; });
    return WEXITSTATUS(StatusOf(grandchild)) + 1;
  });
  CHECK(WEXITSTATUS(StatusOf(child)) == 4);
}

void CheckHandlers() {
  CHECK(pthread_atfork(
            [] {
              ++before_fork;
              mutex.lock();
            },
            [] {
              mutex.unlock();
              ++after_in_parent;
            },
            [] {
              mutex.unlock();
              ++after_in_child;
            }) == 0);
  std::thread holder([] { const std::lock_guard<std::mutex> lock(mutex); });
  const pid_t child = Child([] {
    const std::lock_guard<std::mutex> lock(mutex);  // nobody holds it here
    return before_fork * 100 + after_in_parent * 10 + after_in_child;
  });
  CHECK(before_fork == 1 && after_in_parent == 1 && after_in_child == 0);
  CHECK(WEXITSTATUS(StatusOf(child)) == 101);
  holder.join();
}

int signalled[2];

void NoteEnd(int) {
  const int error = errno;
  CHECK(write(signalled[1], "x", 1) == 1);
  errno = error;
}

// As event loops have it: the handler wakes the loop, which looks for children that have ended. The
// signal may come at any thread, and one for several children.
void CheckSignalOfEnd() {
  CHECK(pipe2(signalled, O_CLOEXEC | O_NONBLOCK) == 0);
  struct sigaction action = {};
  action.sa_handler = NoteEnd;
  action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  CHECK(sigaction(SIGCHLD, &action, nullptr) == 0);
  std::thread worker([] {
    for (int i = 0; i < 3; ++i) {
      const std::lock_guard<std::mutex> lock(mutex);
    }
  });
  const char* arguments[] = {"sh", "-c", "exit 6", nullptr};
  pid_t spawned = 0;
  CHECK(posix_spawn(&spawned, "/bin/sh", nullptr, nullptr, const_cast<char**>(arguments),
                    environ) == 0);
  const pid_t forked = Child([] { return 5; });
  int sum = 0;
  for (int left = 2; left > 0;) {
    pollfd entry = {signalled[0], POLLIN, 0};
    if (poll(&entry, 1, -1) < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    char text[8];
    CHECK(read(signalled[0], text, sizeof text) > 0);
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0; --left) {
      CHECK(child == spawned || child == forked);
      sum += WEXITSTATUS(status);
    }
  }
  CHECK(sum == 11);
  worker.join();
  signal(SIGCHLD, SIG_DFL);
  close(signalled[0]);
  close(signalled[1]);
}

void CheckPrograms() {
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "exit 3", nullptr);
    _exit(1);
  }
  CHECK(WEXITSTATUS(StatusOf(child)) == 3);
  CHECK(WEXITSTATUS(StatusOf(Child([] {
          CHECK(execlp("no-such-program", "x", nullptr) == -1 && errno == ENOENT);
          return 9;
        }))) == 9);
  CHECK(WEXITSTATUS(system("exit 5")) == 5);
  const char* arguments[] = {"sh", "-c", "read line; echo \"got $line\"", nullptr};
  Pipe in, out;
  posix_spawn_file_actions_t actions;
  CHECK(posix_spawn_file_actions_init(&actions) == 0);
  CHECK(posix_spawn_file_actions_adddup2(&actions, in.ends[0], 0) == 0);
  CHECK(posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1) == 0);
  pid_t spawned = 0;
  CHECK(posix_spawn(&spawned, "/bin/sh", &actions, nullptr, const_cast<char**>(arguments),
                    environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  CHECK(waitpid(spawned, nullptr, WNOHANG) == 0);  // it waits for its input
  CHECK(write(in.ends[1], "text\n", 5) == 5);
  char text[32] = {};
  CHECK(read(out.ends[0], text, sizeof text - 1) == 9);
  CHECK(strcmp(text, "got text\n") == 0);
  CHECK(StatusOf(spawned) == 0);
  FILE* stream = popen("echo $((6 * 7)); exit 2", "r");
  CHECK(stream != nullptr);
  CHECK(fgets(text, sizeof text, stream) != nullptr && strcmp(text, "42\n") == 0);
  CHECK(WEXITSTATUS(pclose(stream)) == 2);
  CHECK(posix_spawn(&spawned, "/no/such/program", nullptr, nullptr, const_cast<char**>(arguments),
                    environ) == ENOENT);
}

}  // namespace

int main() {
  CheckNumbers();
  CheckConversation();
  CheckEnds();
  CheckGrandchild();
  CheckPrograms();
  CheckSignalOfEnd();
  CheckHandlers();
  puts("ok");
}
