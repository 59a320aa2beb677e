#include <signal.h>
#include <sys/syscall.h>

#include <cerrno>
#include <ctime>

#include "sim/runtime/core/child_control.h"
#include "sim/runtime/core/child_processes.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/process_tree.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/waiting.h"

namespace heddle::sim::runtime {
namespace {

// Between two looks at a process that runs.
constexpr long kLookNs = 200'000;

void Pause(long ns) {
  const timespec time = {0, ns};
  RawSyscall(SYS_nanosleep, reinterpret_cast<long>(&time), 0);
}

// While it waits for them, others may take their time (the watchdog).
class Awaits {
 public:
  Awaits() : before_(kernel.control->awaits_process) { kernel.control->awaits_process = 1; }
  ~Awaits() { kernel.control->awaits_process = before_; }
  Awaits(const Awaits&) = delete;
  Awaits& operator=(const Awaits&) = delete;

 private:
  const uint32_t before_;
};

// Until nobody of it has run between two looks. One that was woken counts as running from the
// wake-up on.
void Settle(ChildProcess* child) {
  const Awaits scope;
  TreeState before = StateOfTree(child->process, false);
  for (;;) {
    Pause(kLookNs);
    const TreeState now = StateOfTree(child->process, false);
    if (now.ended) return MarkDead(child);
    if (before.asleep && now.asleep && before.runs == now.runs) {
      if (!now.stopped) return ContinueChild(child);
      return StopChild(child, child->stop_signal != 0 ? child->stop_signal : SIGSTOP);
    }
    before = now;
  }
}

template <typename Visit>
void ForEachFree(Visit visit) {
  ChildTable* table = ChildProcesses();
  for (uint32_t i = 0; table != nullptr && table->free != 0 && i < table->count; ++i) {
    if (table->processes[i].stage == ChildStage::kFree) visit(&table->processes[i]);
  }
}

}  // namespace

void SettleFreeProcesses() { ForEachFree(Settle); }

bool AwaitFreeProcesses() {
  constexpr int kLooksForGood = 500;  // ms: what sleeps for nothing but the program, sleeps
  constexpr long kMsNs = 1'000'000;
  uint64_t first = 0;
  const Awaits scope;
  for (int looks = 0;; ++looks) {
    uint64_t runs = 0;
    uint32_t count = 0;
    bool timed = false, changed = false;
    ForEachFree([&](ChildProcess* child) {
      const TreeState state = StateOfTree(child->process, true);
      ++count;
      runs += state.runs;
      timed = timed || state.timed;
      changed = changed || state.ended || !state.asleep;
    });
    if (count == 0) return false;
    if (looks == 0) first = runs;
    if (changed || runs != first) {
      SettleFreeProcesses();
      return true;
    }
    if (!timed && looks >= kLooksForGood) return false;
    Pause(kMsNs);
  }
}

int SignalChildProcess(ChildProcess* child, int signal) {
  if (child->stage == ChildStage::kDead) return child->reaped ? ESRCH : 0;
  if (signal == 0) return 0;
  if (child->stage == ChildStage::kFree || signal == SIGKILL) {
    if (StopsByDefault(signal) && !child->stopped) child->stop_signal = signal;
    RawSyscall(SYS_kill, child->process, signal);
    if (child->stage == ChildStage::kFree) {
      Settle(child);
    } else {
      child->ending = true;
      if (!InChildProcess()) SeeOffKilledChildren();
    }
  } else if (signal == SIGSTOP) {
    StopChild(child, signal);
  } else {
    if (signal == SIGCONT) ContinueChild(child);
    PostSignal(child, signal, OwnProcessNumber());
  }
  IoChanged();
  return 0;
}

}  // namespace heddle::sim::runtime
