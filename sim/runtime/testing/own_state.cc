// What a thread sets for itself reaches neither the threads beside it nor those after it: signal
// mask, alternate signal stack, name, rounding mode, locale, cancellation, thread-specific data. A
// new thread begins with its creator's mask.
#include <locale.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include <cfenv>
#include <cstring>

#include "sim/runtime/runtime.h"
#include "sim/runtime/testing/check.h"

namespace {

sem_t set, looked;
pthread_key_t key;
char signal_stack[64 << 10];

bool Blocked(int signal) {
  sigset_t mask;
  CHECK(pthread_sigmask(SIG_BLOCK, nullptr, &mask) == 0);
  return sigismember(&mask, signal) == 1;
}

void ExpectUntouched() {
  CHECK(!Blocked(SIGUSR1));
  CHECK(std::fegetround() == FE_TONEAREST);
  CHECK(uselocale(nullptr) == LC_GLOBAL_LOCALE);
  char name[16];
  CHECK(pthread_getname_np(pthread_self(), name, sizeof name) == 0);
  CHECK(strcmp(name, "changed") != 0);
  stack_t stack;
  CHECK(sigaltstack(nullptr, &stack) == 0);
  CHECK(stack.ss_sp != signal_stack);
  CHECK(pthread_getspecific(key) == nullptr);
}

void Change() {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &mask, nullptr) == 0);
  CHECK(std::fesetround(FE_UPWARD) == 0);
  uselocale(newlocale(LC_ALL_MASK, "C", nullptr));
  CHECK(pthread_setname_np(pthread_self(), "changed") == 0);
  int state;
  CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state) == 0);
  CHECK(state == PTHREAD_CANCEL_ENABLE);
  CHECK(pthread_setspecific(key, &key) == 0);
}

void* Changes(void*) {
  ExpectUntouched();
  Change();
  sem_post(&set);
  sem_wait(&looked);
  CHECK(Blocked(SIGUSR1));
  CHECK(std::fegetround() == FE_UPWARD);
  return nullptr;
}

void* Looks(void*) {
  sem_wait(&set);
  ExpectUntouched();
  sem_post(&looked);
  return nullptr;
}

void* ExpectsBlocked(void*) {
  CHECK(Blocked(SIGUSR2));
  return nullptr;
}

void Run(void* (*function)(void*)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, function, nullptr) == 0);
  CHECK(pthread_join(thread, nullptr) == 0);
}

void* ChangesAlone(void*) {
  ExpectUntouched();
  Change();
  return nullptr;
}

}  // namespace

// The body of Run() is called on one thread, which keeps what it sets from one execution to the
// next; the threads that they start see it.
int RunChanging() {
  heddle::sim::RunOptions options;
  options.executions = 6;
  int begun = 0;
  heddle::sim::Run(options, [&begun] {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    CHECK(Blocked(SIGUSR2) == (begun % 3 != 0));
    if (begun++ % 3 != 2) {
      CHECK(pthread_sigmask(SIG_BLOCK, &mask, nullptr) == 0);
      Run(ExpectsBlocked);
    } else {
      Run(ExpectsBlocked);
      CHECK(pthread_sigmask(SIG_UNBLOCK, &mask, nullptr) == 0);
    }
  });
  CHECK(begun == 6);
  return 0;
}

int main(int argc, char**) {
  if (argc > 1) return RunChanging();
  CHECK(pthread_key_create(&key, nullptr) == 0);
  sem_init(&set, 0, 0);
  sem_init(&looked, 0, 0);
  pthread_t a, b;
  CHECK(pthread_create(&a, nullptr, Looks, nullptr) == 0);
  CHECK(pthread_create(&b, nullptr, Changes, nullptr) == 0);
  CHECK(pthread_join(a, nullptr) == 0);
  CHECK(pthread_join(b, nullptr) == 0);
  for (int i = 0; i < 3; ++i) Run(ChangesAlone);
  ExpectUntouched();

  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  CHECK(sigprocmask(SIG_BLOCK, &mask, nullptr) == 0);
  Run(ExpectsBlocked);
  const stack_t own = {signal_stack, 0, sizeof signal_stack};
  CHECK(sigaltstack(&own, nullptr) == 0);
  stack_t stack;
  CHECK(sigaltstack(nullptr, &stack) == 0);
  CHECK(stack.ss_sp == signal_stack);
}
