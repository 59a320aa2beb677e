// Child processes that stop and continue (POSIX.1-2017, 2.4.1 and 3.208 "job control").
#include <sys/wait.h>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/waiting.h"

namespace heddle::sim::runtime {
namespace {

void TakeBack(ChildProcess* child, int signal) {
  child->posted.set &= ~(uint64_t{1} << (signal - 1));
}

void Tell(ChildProcess* child, int news) {
  child->news = news;
  child->news_told = false;
  IoChanged();  // somebody may wait for it
  if (!InChildProcess()) kernel.candidates.dirty = true;
}

}  // namespace

void StopChild(ChildProcess* child, int signal) {
  TakeBack(child, SIGCONT);
  if (child->stopped || child->stage == ChildStage::kDead) return;
  child->stopped = child->stop_waited = true;
  child->continue_waited = false;
  child->stop_signal = signal;
  Tell(child, CLD_STOPPED);
}

void ContinueChild(ChildProcess* child) {
  for (const int stop : {SIGTSTP, SIGTTIN, SIGTTOU}) TakeBack(child, stop);
  if (!child->stopped) return;
  child->stopped = child->stop_waited = false;
  child->continue_waited = true;
  child->stop_signal = 0;
  Tell(child, CLD_CONTINUED);
}

}  // namespace heddle::sim::runtime
