// Signals between processes: SIGCHLD when a child ends, and those that controlled processes send to
// each other (signal(7), POSIX.1-2017, 2.4). See signal_delivery.h.
//
// A child's end and its SIGCHLD are two steps: what brings the signal is a courier with the child's
// own number. It has come at the latest when somebody has waited for the child. A process that
// ignores SIGCHLD (SIG_IGN, SA_NOCLDWAIT) has no children to wait for.
//
// Not modelled: signals of other processes to one that was posted the same signal already are one
// (real-time signals too).
#include <signal.h>
#include <sys/wait.h>

#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/interpose/fork.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/machine.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/signal_handlers.h"

namespace heddle::sim::runtime {
namespace {

siginfo_t EndOf(ChildProcess* child) {
  siginfo_t info;
  TakeFromSystem(child, true, &info);
  info.si_signo = SIGCHLD;  // also where the system has taken it away already
  return info;
}

// What the parent's SIGCHLD tells, in the parent; false: it wants to hear nothing of stops.
bool NewsOf(const ChildProcess* child, siginfo_t* info) {
  if ((ActionOf(SIGCHLD).sa_flags & SA_NOCLDSTOP) != 0) return false;
  *info = JobInfo(child, child->news, child->news == CLD_STOPPED ? child->stop_signal : SIGCONT);
  return true;
}

uint32_t PositionOf(const ChildProcess* child) {
  return static_cast<uint32_t>(child - ChildProcesses()->processes) + 1;
}

}  // namespace

void ChildEnded(ChildProcess* child, uint32_t position) {
  const struct sigaction action = ActionOf(SIGCHLD);
  if (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0) {
    child->reaped = true;
    IoChanged();
  }
  if (!IsDropped(nullptr, SIGCHLD)) AddChildCourier(child, position);
}

siginfo_t JobInfo(const ChildProcess* child, int code, int signal) {
  siginfo_t info = {};
  info.si_signo = SIGCHLD;
  info.si_code = code;
  info.si_pid = child->number;
  info.si_uid = kUser;
  info.si_status = signal;
  return info;
}

void ChildHasNews(ChildProcess* child) {
  siginfo_t info;
  if (NewsOf(child, &info)) SendFromTimer(nullptr, info);
}

void ChildEndArrives(Thread* courier) {
  ChildProcess* child = &ChildProcesses()->processes[courier->courier_child - 1];
  RemoveCourier(courier);
  SendFromTimer(nullptr, EndOf(child));
}

void ChildWaitedFor(Thread* self, ChildProcess* child) {
  Thread* courier = FindChildCourier(PositionOf(child));
  if (courier == nullptr) return;
  const siginfo_t info = EndOf(child);
  RemoveCourier(courier);
  SendAtOnce(self, info);
}

void TakePostedSignals(PostedSignals* posted) {
  const uint64_t set = posted->set;
  posted->set = 0;
  for (int signal = 1; signal <= 64; ++signal) {
    if ((set & SignalBit(signal)) == 0) continue;
    siginfo_t info = SignalInfo(signal, SI_USER);
    info.si_pid = posted->senders[signal - 1];
    ChildProcess* child =
        signal == SIGCHLD ? FindChildProcess(posted->children[signal - 1]) : nullptr;
    if (child != nullptr && child->stage == ChildStage::kDead) {
      info = EndOf(child);
    } else if (child != nullptr && !NewsOf(child, &info)) {
      continue;
    }
    SendFromTimer(nullptr, info);
  }
}

}  // namespace heddle::sim::runtime
