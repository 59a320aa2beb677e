// Child processes that stop and continue (POSIX.1-2017, 2.4.1 and 3.208 "job control").
#include <sys/wait.h>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/waiting.h"
#include "sim/runtime/interpose/signal_delivery.h"

namespace heddle::sim::runtime {
namespace {

constexpr uint64_t kStops =
    SignalBit(SIGSTOP) | SignalBit(SIGTSTP) | SignalBit(SIGTTIN) | SignalBit(SIGTTOU);

void Tell(ChildProcess* child, int news) {
  child->news = news;
  child->news_told = false;
  IoChanged();  // somebody may wait for it
  if (!InChildProcess()) kernel.candidates.dirty = true;
}

}  // namespace

void StopChild(ChildProcess* child, int signal) {
  child->posted.set &= ~SignalBit(SIGCONT);
  if (child->stopped || child->stage == ChildStage::kDead) return;
  child->stopped = child->stop_waited = true;
  child->continue_waited = false;
  child->stop_signal = signal;
  Tell(child, CLD_STOPPED);
}

void ContinueChild(ChildProcess* child) {
  child->posted.set &= ~kStops;
  if (!child->stopped) return;
  child->stopped = child->stop_waited = false;
  child->continue_waited = true;
  child->stop_signal = 0;
  Tell(child, CLD_CONTINUED);
}

}  // namespace heddle::sim::runtime
