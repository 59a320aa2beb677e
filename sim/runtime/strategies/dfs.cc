// Systematic search by depth-first replay, with dynamic partial-order reduction.
//
// The tree of schedules has a node for each point and a branch for each candidate. An execution
// follows the tree's current path, then extends it, by default with the thread that runs already.
// Where two steps of it race - they depend on each other and nothing else orders them - the other
// order must be tried: branches are marked in the node in front of the earlier step. The next
// execution takes the deepest marked branch.
//
// Without a bound on preemptions, a race marks one thread that can begin the other order (source
// sets: P. Abdulla, S. Aronis, B. Jonsson and K. Sagonas, "Optimal Dynamic Partial Order
// Reduction", POPL 2014, after C. Flanagan and P. Godefroid, "Dynamic Partial-Order Reduction for
// Model Checking Software", POPL 2005), and sleep sets (P. Godefroid, "Partial-Order Methods for
// the Verification of Concurrent Systems", 1996) cut an execution short as soon as it can only
// repeat an operation order seen before. So each operation order is run to its end once.
//
// With a bound (M. Musuvathi and S. Qadeer, "Iterative Context Bounding for Systematic Testing of
// Multithreaded Programs", PLDI 2007) neither is sound as it stands: the equivalent schedule that
// makes a branch superfluous may itself need one preemption more and be cut off by the bound (K. E.
// Coons, M. Musuvathi and K. S. McKinley, "Bounded Partial-Order Reduction", OOPSLA 2013). What is
// done instead rests on one observation: to run the current thread first never costs a preemption
// that was not paid anyway. Therefore
//   - a node is either left with the one branch of its default or gets all of them: a race marks
//     every branch in front of the earlier step, and, since a whole block of steps may have to
//     move, also in front of the block of steps it belongs to, where switching was free;
//   - only the thread that ran already is put to sleep.
// An operation order that some schedule within the bound shows is run at least once; it may be run
// more than once.
//
// A step may turn out to be more than it announced: it sets a deadline, a finding ends the process
// at once, under a weak memory model it is a fence or a seq_cst operation. Then it races with more
// of what came before it (MarkRacesOfTurnout).
//
// Under a weak memory model a step goes on in as many ways as it can pick stores, all of which are
// explored (schedule_tree.h). Two operations on one location depend on each other as they do
// otherwise: what one does decides what the other may pick.
//
// The tree and its marks are schedule_tree.h; this file finds the races. "Source sets" is
// NeedSource(), the rule with a bound is the other case of Race().
#include <algorithm>
#include <vector>

#include "sim/runtime/strategies/happens_before.h"
#include "sim/runtime/strategies/schedule_tree.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/yield_fairness.h"

namespace heddle::sim {
namespace {

class Dfs final : public Strategy {
 public:
  explicit Dfs(const DfsOptions& options) : tree_(options) {}

  bool WantsObjects() const override { return true; }
  StrategyProgress Progress() const override {
    return {.executions = executions_,
            .abandoned = abandoned_,
            .bounded = tree_.left_out(),
            .stores_left_out = stores_left_out_,
            .threads = threads_,
            .steps = steps_,
            .exhausted = tree_.exhausted()};
  }

  bool NewExecution(const Random&) override {
    if (tree_.exhausted()) return false;
    tree_.BeginExecution();
    gave_up_ = deadlines_ = false;
    order_.Clear();
    fairness_.Clear();
    pending_.clear();
    return true;
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    const uint32_t choice = tree_.Choose(point, fairness_);
    gave_up_ = choice == kAbandon;
    return choice;
  }

  uint32_t ChooseStore(const StoreChoice& choice) override {
    return tree_.ChooseStore(choice.count);
  }
  void StoresLeftOut() override {
    if (tree_.SeenBefore(tree_.depth() - 1)) return;  // counted before
    tree_.CountLeftOut();
    ++stores_left_out_;
  }

  void Stuck(const Point& point) override { TakeNote(point); }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    if (order_.size() < tree_.depth()) TakeNoteOfLastStep(end);
    if (tree_.IsOthers()) {
      // Another job's to count.
    } else if (gave_up_) {
      ++abandoned_;
    } else {
      ++executions_;
      steps_ = std::max(steps_, tree_.depth());
      if (end == ExecutionEnd::kAbandoned) tree_.CountLeftOut();
    }
    tree_.Backtrack();
  }

 private:
  struct Pending {
    ThreadNumber thread;
    Operation operation;
    bool is_new;  // it was another one, or none, at the point before
  };

  static bool IsMoreThanAnnounced(const Operation& last) {
    return last.sets_deadline || last.sees_all || last.follows_exit ||
           last.shared_order != Access::kNone;
  }

  void TakeNote(const Point& point) {
    if (point.last_thread != kNoThread) {
      if (IsMoreThanAnnounced(point.last)) MarkRacesOfTurnout(point.last_thread, point.last);
      order_.Add(point.last_thread, point.last);
      tree_.NoteOutcome(point.last);
    }
    fairness_.Note(point);
    KeepPending(point);
    MarkRaces();
  }

  // The execution ended before another point came: what the step did is taken to be what it
  // announced, and what its thread would have done next is not known. A finding may come of
  // anything that was done before, and ends the process in front of all that others would have
  // done.
  void TakeNoteOfLastStep(ExecutionEnd end) {
    const ThreadNumber thread = tree_.ThreadOf(tree_.depth() - 1);
    for (const Pending& pending : pending_) {
      if (pending.thread != thread) continue;
      Operation last = pending.operation;
      if (end == ExecutionEnd::kFinding) {
        last.kind = OpKind::kProcessEnd;
        MarkRacesOfTurnout(thread, last);
      }
      order_.Add(thread, last);
      tree_.NoteOutcome(last);
    }
    std::erase_if(pending_, [&](const Pending& pending) { return pending.thread == thread; });
    for (Pending& pending : pending_) pending.is_new = false;
    MarkRaces();
  }

  // Finds the races between steps done and operations pending. Those within the replayed prefix
  // were found when it was new.
  void MarkRaces() {
    if (order_.size() == 0 || tree_.SeenBefore(order_.size() - 1)) return;
    for (const Pending& pending : pending_) MarkRacesWith(pending);
  }

  // The last step, which is not in the order yet, turned out to be more than it announced. So it
  // races with more of what was done before.
  void MarkRacesOfTurnout(ThreadNumber thread, const Operation& last) {
    if (tree_.SeenBefore(order_.size())) return;
    order_.ForEachUnordered(thread, [&](uint32_t step) {
      if (Depends(order_.OperationOf(step), last)) {
        Race(step, thread, last);
        // Without the step the other one ends nothing: the two do not commute, whatever they
        // announce.
        if (last.kind == OpKind::kProcessEnd) tree_.NeverSleep(step);
      }
      return true;
    });
  }

  // Looks again at earlier steps when the last one may have let the thread in in front of them.
  void MarkRacesWith(const Pending& pending) {
    const Operation& next = pending.operation;
    const uint32_t last = order_.size() - 1;
    const bool moved = order_.ThreadOf(last) == HappensBefore::Dense(pending.thread);
    if (!moved && !pending.is_new && !Depends(order_.OperationOf(last), next)) return;
    order_.ForEachUnordered(pending.thread, [&](uint32_t step) {
      if (Depends(order_.OperationOf(step), next)) Race(step, pending.thread, next);
      return true;
    });
  }

  // Operation addresses are those of this execution; nothing of it outlives the execution.
  void KeepPending(const Point& point) {
    before_.swap(pending_);
    pending_.clear();
    bool clock = false;
    for (const std::span<const Candidate>& threads : {point.candidates, point.blocked}) {
      for (const Candidate& candidate : threads) {
        pending_.push_back({candidate.thread, *candidate.next, false});
        clock = clock || candidate.thread == kClock;
        if (candidate.thread != kClock) threads_ = std::max(threads_, candidate.thread + 1);
      }
    }
    // Without a deadline the clock is not offered, yet an order in which it went before the
    // deadline was cancelled must not be missed.
    deadlines_ = deadlines_ || clock || MaySetDeadline(point.last);
    if (!clock && deadlines_) {
      static constexpr Operation kAdvance = {
          .kind = OpKind::kClockAdvance, .access = Access::kWrite, .object = kClockObject};
      pending_.push_back({kClock, kAdvance, false});
    }
    for (Pending& pending : pending_) pending.is_new = IsNew(pending);
  }

  // Whether the thread's next operation is another one than at the point before (it was woken).
  bool IsNew(const Pending& pending) const {
    for (const Pending& before : before_) {
      if (before.thread != pending.thread) continue;
      return before.operation.kind != pending.operation.kind ||
             before.operation.object != pending.operation.object;
    }
    return true;
  }

  // `step` and the pending operation `next` of `thread` depend on each other and are not ordered.
  void Race(uint32_t step, ThreadNumber thread, const Operation& next) {
    // With a bound even an unlock and a lock race: to find the lock held makes switching free.
    if (!tree_.Bounded() && !MayBeCoEnabled(order_.OperationOf(step), next)) return;
    // Blocked (or not yet there) in front of the step, with nothing after it that could let it in.
    if (tree_.Find(step, thread) == kNoCandidate && !order_.HasStepAfter(thread, step) &&
        !order_.MayEnable(step, next)) {
      return;
    }
    if (tree_.Bounded()) {
      tree_.NeedAll(step);
      tree_.NeedAllAtItsBlock(step);
    } else {
      NeedSource(step, thread, next);
    }
  }

  // Source sets: the steps after `step` that it does not happen before, and then `next`, form the
  // other order. Unless a thread that can begin it has been or will be tried in front of `step`,
  // mark one.
  void NeedSource(uint32_t step, ThreadNumber thread, const Operation& next) {
    order_.Initials(step, thread, next, initials_);
    uint32_t choice = kNoCandidate;
    for (const ThreadNumber initial : initials_) {
      if (tree_.Asleep(step, initial)) return;
      const uint32_t branch = tree_.Find(step, initial);
      if (branch == kNoCandidate) continue;
      const ScheduleTree::Mark mark = tree_.MarkOf(step, branch);
      if (mark == ScheduleTree::Mark::kToDo || mark == ScheduleTree::Mark::kDone) return;
      if (mark == ScheduleTree::Mark::kNone && initial != kClock) choice = branch;
    }
    // To move the clock's jump forward may cost an advance: then no branch stands for another.
    if (choice == kNoCandidate) {
      tree_.NeedAll(step);
    } else {
      tree_.Need(step, choice);
    }
  }

  ScheduleTree tree_;
  uint64_t executions_ = 0;
  uint64_t abandoned_ = 0;
  uint64_t stores_left_out_ = 0;
  uint32_t threads_ = 0, steps_ = 0;  // in one execution, at most

  // Of the current execution.
  bool gave_up_ = false;
  bool deadlines_ = false;  // there may have been one
  HappensBefore order_;
  YieldFairness fairness_;
  std::vector<Pending> pending_;  // at the latest point, the clock's included
  std::vector<Pending> before_;   // at the one before
  std::vector<ThreadNumber> initials_;
};

}  // namespace

std::unique_ptr<Strategy> MakeDfs(const DfsOptions& options) {
  return std::make_unique<Dfs>(options);
}

}  // namespace heddle::sim
