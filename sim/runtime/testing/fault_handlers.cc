// Programs that handle faults: a write barrier, as garbage collectors have, and a probe of memory
// that jumps out of the handler. Two threads are in handlers at a time; they have no signal stack
// of their own, so that a handler runs where its thread was.
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

constexpr size_t kPage = 4096;
char* pages = nullptr;  // a page for each thread
std::atomic<int> barriers{0};
thread_local sigjmp_buf recovery;
thread_local volatile bool probing = false;

void OnFault(int, siginfo_t* info, void*) {
  auto* const address = static_cast<char*>(info->si_addr);
  if (address >= pages && address < pages + 2 * kPage) {
    ++barriers;
    CHECK(mprotect(pages + (address - pages) / kPage * kPage, kPage, PROT_READ | PROT_WRITE) == 0);
    ++barriers;
    return;
  }
  CHECK(probing);
  siglongjmp(recovery, 1);
}

__attribute__((no_sanitize("address", "undefined"))) bool CanRead(const volatile int* address) {
  probing = true;
  bool can = false;
  if (sigsetjmp(recovery, 1) == 0) {
    static_cast<void>(*address);
    can = true;
  }
  probing = false;
  return can;
}

void Work(int thread) {
  pages[thread * kPage] = 1;
  const int local = 5;
  CHECK(CanRead(&local));
  CHECK(!CanRead(reinterpret_cast<const volatile int*>(8)));
  ++barriers;
}

}  // namespace

int main() {
  // The first thread has a signal stack, the others do not.
  stack_t stack = {};
  stack.ss_size = 64 << 10;
  stack.ss_sp = malloc(stack.ss_size);
  CHECK(sigaltstack(&stack, nullptr) == 0);
  struct sigaction action = {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  CHECK(sigaction(SIGSEGV, &action, nullptr) == 0);
  pages =
      static_cast<char*>(mmap(nullptr, 3 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::thread first(Work, 0), second(Work, 1);
  CHECK(!CanRead(reinterpret_cast<const volatile int*>(8)));
  first.join();
  second.join();
  CHECK(pages[0] == 1 && pages[kPage] == 1 && barriers == 6);
  stack.ss_flags = SS_DISABLE;
  void* const memory = stack.ss_sp;
  CHECK(sigaltstack(&stack, nullptr) == 0);
  free(memory);
}
