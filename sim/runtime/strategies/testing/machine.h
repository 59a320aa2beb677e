// A tiny abstract machine for testing strategies: threads are lists of operations on numbered
// objects. It stands in for the kernel and offers points as the kernel does
// (sim/protocol/strategy.h). explore.h runs strategies on it.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_MACHINE_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_MACHINE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/protocol/strategy.h"

namespace heddle::sim::model {

enum class Do : uint8_t {
  kLoad,        // register = variable[object]
  kStore,       // variable[object] = value
  kPlainLoad,   // the same two by accesses that are not atomic
  kPlainStore,  //
  kStoreSum,    // variable[object] = register + value
  kAdd,         // register = variable[object]; variable[object] += value
  kCas,         // register = variable[object]; if it is 0: variable[object] = value
  kLock,        // mutex[object]
  kUnlock,      //
  kTryLock,     // register = whether it was free; then it is held
  kWait,        // semaphore[object]
  kTimedWait,   // the same for at most `value` of time; register = whether it was had
  kPost,        //
  kCondWait,    // condition[object] with mutex[value]: releases, sleeps, is woken, locks again
  kSignal,      // condition[object]
  kSleep,       // for `value` of time
  kReadClock,   // register = time
  kYield,       //
  kJumpIf,      // not a step: to instruction `object` if register == value
  kJumpIfNot,   // not a step
  kFailUnless,  // not a step: the execution ends in a finding unless register == value
  kCount,
};
// "load", "store"...
const char* NameOf(Do what);

struct Instruction {
  Do what;
  int object = 0;
  int value = 0;
};

struct Program {
  std::vector<std::vector<Instruction>> threads;
  std::vector<int> semaphores;  // initial counts
  // A load may read any store of its variable but those older than one that its thread has read or
  // done (relaxed atomics). A store is always the newest.
  bool weak = false;
  // For people: one line a thread.
  std::string ToString() const;
};

// Costs as sim/runtime/strategies/strategies.h defines them.
struct Bounds {
  uint32_t preemptions = 0;
  uint32_t advances = 0;
};

// The state of one execution. A value: copying it forks the execution.
class Machine {
 public:
  explicit Machine(const Program& program);

  bool Over() const { return failed_ || candidates_.empty(); }
  bool Failed() const { return failed_; }
  // Valid until the next Step(), for this object only.
  Point MakePoint() const;
  uint32_t Candidates() const { return static_cast<uint32_t>(candidates_.size()); }
  // `stores` chooses which store a load reads; null: the newest.
  void Step(uint32_t candidate, Strategy* stores = nullptr);

  ThreadNumber LastThread() const { return last_thread_; }
  const Operation& Last() const { return last_; }
  Bounds Spent() const { return spent_; }
  const std::string& Schedule() const { return schedule_; }  // who took each step, for people
  uint64_t Steps() const { return steps_; }

  // What an outside observer can tell: all that was read, the final values, who never ended.
  std::string Result() const;
  // Equal for equivalent executions, different for others (but for collisions of 64 bits).
  uint64_t Trace() const { return trace_; }

 private:
  struct Thread {
    size_t next = 0;  // instruction
    int stage = 0;    // of an instruction that takes several steps
    int reg = 0;
    int64_t deadline = -1;
    uint64_t waits_since = 0;  // a condition's signals up to here are not for it
    std::vector<int> read;     // every value the register took
    // Of a weak program, by variable: the oldest store that it may read.
    std::map<int, size_t> oldest;
  };
  struct Done {  // a step, for the trace
    uint32_t thread;
    uint32_t position;
    Operation operation;
  };

  const Instruction* Next(uint32_t thread) const;
  void SkipJumps(uint32_t thread);
  Operation Announce(uint32_t thread) const;
  bool CanGoOn(uint32_t thread) const;
  const uint64_t* SignalFor(uint32_t thread) const;
  Operation Perform(uint32_t thread);
  void SetRegister(uint32_t thread, int value);
  void ChooseStore(uint32_t thread, Strategy& stores);
  // Parts of Perform().
  bool PerformOnVariable(uint32_t thread);
  int StoredBefore(int object, size_t back);
  void TakeNoteOfStore(uint32_t thread, const Operation& done);
  bool PerformTryLock(uint32_t thread);
  bool PerformTimedWait(uint32_t thread);
  bool PerformCondWait(uint32_t thread);
  void PerformSignal(uint32_t thread);
  void AdvanceClock();
  void AccountFor(uint32_t candidate);
  void Record(ThreadNumber thread, const Operation& operation);
  void Offer();

  const Program* program_;
  std::vector<Thread> threads_;
  std::map<int, int> variables_;
  std::map<int, std::vector<int>> stores_;  // of a weak program, by variable: oldest first
  size_t chosen_ = 0;                       // how much older than the newest is what is read
  std::map<int, int> owners_;               // of mutexes; absent: free
  std::vector<int> semaphores_;
  std::map<int, std::vector<uint64_t>> signals_;  // by condition: sequence numbers not yet consumed
  uint64_t signal_count_ = 0;
  int64_t now_ = 0;
  bool failed_ = false;

  std::vector<ThreadNumber> candidates_, blocked_;
  std::vector<Operation> candidate_operations_, blocked_operations_;
  mutable std::vector<Candidate> candidate_view_, blocked_view_;
  uint32_t current_ = kNoCandidate;
  ThreadNumber last_thread_ = kNoThread;
  Operation last_;
  Bounds spent_;
  std::string schedule_;
  uint64_t steps_ = 0;
  std::vector<Done> done_;
  uint64_t trace_ = 0;
};

}  // namespace heddle::sim::model

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_TESTING_MACHINE_H_
