// Ways in which a process ends. One a mode.
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/runtime/testing/check.h"

namespace {

sem_t go;
pthread_t joined_late;
bool has_joined_late = false;
sigjmp_buf recovery;

void* Sleeps(void*) {
  for (;;) sleep(100);
}

void* Waits(void* argument) {
  while (sem_wait(&go) != 0) {
  }
  return argument;
}

void* Returns(void* argument) { return argument; }

void* Faults(void*) {
  *reinterpret_cast<volatile int*>(8) = 1;
  return nullptr;
}

void* Exits(void*) { std::exit(7); }

pthread_t Start(void* (*function)(void*)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, function, nullptr) == 0);
  return thread;
}

// As a library does that keeps threads: it stops them when the process unloads it.
__attribute__((destructor)) void JoinLate() {
  if (!has_joined_late) return;
  sem_post(&go);
  CHECK(pthread_join(joined_late, nullptr) == 0);
}

}  // namespace

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  sem_init(&go, 0, 0);
  if (strcmp(mode, "daemon") == 0) Start(Sleeps);
  if (strcmp(mode, "unjoined") == 0) Start(Returns);
  if (strcmp(mode, "joined-in-destructor") == 0) {
    joined_late = Start(Waits);
    has_joined_late = true;
  }
  if (strcmp(mode, "status") == 0) {
    Start(Waits);
    std::exit(7);
  }
  if (strcmp(mode, "status-of-environment") == 0) {
    const char* status = std::getenv("STATUS");
    std::exit(status == nullptr ? 0 : std::atoi(status));
  }
  if (strcmp(mode, "status-of-file") == 0) {  // of the working folder
    std::FILE* file = std::fopen("status", "r");
    int status = 0;
    if (file != nullptr && std::fscanf(file, "%d", &status) != 1) status = 1;
    if (file != nullptr) std::fclose(file);
    std::exit(status);
  }
  if (strcmp(mode, "complain") == 0) {
    std::fputs("the database is gone\n", stderr);
    std::exit(3);
  }
  if (strcmp(mode, "failed-test") == 0) {
    std::puts("[ RUN      ] Queue.Keeps\nqueue_test.cc:12: Failure\n[  FAILED  ] Queue.Keeps");
    std::exit(1);
  }
  if (strcmp(mode, "_exit") == 0) _exit(0);
  if (strcmp(mode, "_exit-beside-thread") == 0) {
    Start(Waits);
    _exit(0);
  }
  if (strcmp(mode, "fault-handler") == 0) {
    signal(SIGSEGV, [](int) { std::exit(0); });
    Start(Faults);
    sleep(1);
  }
  if (strcmp(mode, "abort-handler") == 0) {
    signal(SIGABRT, [](int) { std::exit(0); });
    std::abort();
  }
  if (strcmp(mode, "handled") == 0) {
    signal(SIGSEGV, [](int) { siglongjmp(recovery, 1); });
    if (sigsetjmp(recovery, 1) == 0) Faults(nullptr);
  }
  if (strcmp(mode, "exit-of-thread") == 0) pthread_join(Start(Exits), nullptr);
}
