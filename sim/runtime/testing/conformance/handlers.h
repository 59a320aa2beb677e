// What sections about children and signals share: a handler that counts, and how a child ended.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_HANDLERS_H_
#define HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_HANDLERS_H_

#include <signal.h>
#include <sys/wait.h>

#include "sim/runtime/testing/conformance/conformance.h"

namespace conformance {

inline volatile sig_atomic_t calls = 0;  // of the handler, since Install()
inline siginfo_t told;                   // to its last call

inline void Count(int, siginfo_t* info, void*) {
  calls = calls + 1;
  told = *info;
}

inline void Install(int signal, int flags) {
  calls = 0;
  struct sigaction action = {};
  action.sa_sigaction = Count;
  action.sa_flags = flags | SA_SIGINFO;
  SHOW(sigaction(signal, &action, nullptr));
}

inline void Restore(int signal) { ::signal(signal, SIG_DFL); }

inline void PrintStatus(int status) {
  if (WIFEXITED(status)) Print("exited %d", WEXITSTATUS(status));
  if (WIFSIGNALED(status)) Print("signal %d", WTERMSIG(status));
  if (WIFSTOPPED(status)) Print("stopped %d", WSTOPSIG(status));
  if (WIFCONTINUED(status)) Print("continued");
}

}  // namespace conformance

#endif  // HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_HANDLERS_H_
