// The runtime, as a program under control sees it.
//
// The code under test needs none of this: built through heddle_instrument() and started by a
// supervisor (sim/supervisor/supervisor.h), its main() is one execution. This header is for
// programs that want more: a set-up phase that is not repeated, or many executions in one process.
//
// Linked into every flavour. In the native one, and in det, tsan and asan when no supervisor
// started the process and Run() is not used, the program runs free: Controlled() is false,
// Checkpoint() does nothing and every libc call goes straight through.
#ifndef HEDDLE_SIM_RUNTIME_RUNTIME_H_
#define HEDDLE_SIM_RUNTIME_RUNTIME_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/protocol/campaign.h"
#include "sim/protocol/control.h"
#include "sim/protocol/limits.h"
#include "sim/protocol/strategy.h"
#include "sim/runtime/bounds.h"

namespace heddle::sim {

// "det", "tsan" or "asan"; "native" when the kernel is not linked in.
const char* Flavour();
inline bool Available() { return Flavour()[0] != 'n'; }

// True on a thread whose operations are schedule points.
bool Controlled();

// With a supervisor that asked for StartAt::kCheckpoint: control begins here, and the process is
// forked here for each execution. Call it once, from main, while no other thread exists. Otherwise
// does nothing.
void Checkpoint();

// Whether what the calling thread does in the scope meets the faults that a campaign asks for
// (faults.h). A thread begins with what held where it was created; main with faults. For programs
// that hold more than the code under test: a harness's own allocations must not fail.
class FaultScope {
 public:
  explicit FaultScope(bool faults);
  ~FaultScope();
  FaultScope(const FaultScope&) = delete;
  FaultScope& operator=(const FaultScope&) = delete;

 private:
  [[maybe_unused]] const bool before_;
};

struct RunOptions {
  // The watchdog and the samples of leaks are a supervisor's business.
  CampaignSpec spec;
  Strategy* strategy_object = nullptr;  // not owned; wins over the spec's strategy
  uint64_t executions = 1;              // runs the body this often, or until exhausted
  std::vector<Step> replay;             // when not empty: replay it, once
  // Called after each execution, outside control; false stops.
  std::function<bool()> after_execution;
};

struct RunResult {
  uint64_t executions = 0;  // completed
  bool exhausted = false;
  StrategyProgress progress;
  uint64_t points = 0;  // in all
  uint64_t switches = 0;
  // Of the last execution:
  uint64_t last_points = 0;
  uint64_t last_hash = 0;
  uint64_t last_virtual_ns = 0;
  uint32_t sanitizer_reports = 0;
  std::vector<Step> last_steps;
};

// Runs `body` under control in this process, `options.executions` times, on the calling thread as
// thread 0. The caller must be the only thread (pooled threads of earlier calls aside). Threads
// that the body starts are waited for at its end. An exception that leaves the body comes out of
// Run(). A finding that leaves threads behind (deadlock, livelock, misuse...) cannot be recovered
// from within: it is reported on standard error and the process ends with kFindingExitStatus. Use
// Supervisor to survive that. When the flavour is native: executions stays 0.
RunResult Run(const RunOptions& options, const std::function<void()>& body);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_RUNTIME_H_
