// The tree of schedules that systematic search (dfs.cc) walks: what is chosen, what is still to be
// explored, what each path costs.
//
// A node stands for a point, a branch for a candidate. Only one path is kept: from the root to
// where the latest execution came, with what is marked beside it. An execution replays the path,
// then extends it; Backtrack() turns to the deepest branch that is still to be explored.
//
// Under a weak memory model a branch goes on in as many ways as the step can pick stores. All of
// them are explored, one after the other, before the next branch of the node: what a thread that
// sleeps would do is the same whichever it picks.
//
// Costs: a preemption is to leave a thread that could go on and was not about to yield; an advance
// is to let time jump while somebody could run. A branch whose path would cost more than the bounds
// allow is counted instead of explored.
//
// Sleep sets (Godefroid 1996): a thread whose branch was explored before sleeps in the branches
// after it, until a step that depends on its next one. See dfs.cc for what holds with a bound.
//
// Shares: where several jobs share the search, all of them walk through the same top of the tree:
// the paths that depart from the default choice at most so often, with every branch that is not
// asleep. What lies below a further departure is the job's to which it falls; the others end the
// execution there. The top is the same for all, since nothing that is found below adds to it. It
// reaches as far as the executions do: at their beginning, where threads have not met yet, nearly
// everything hangs on one way.
//
// Thread rule: as for a Strategy. Steps and nodes have the same numbers: node i is where step i was
// chosen.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_SCHEDULE_TREE_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_SCHEDULE_TREE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sim/protocol/strategy.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/yield_fairness.h"

namespace heddle::sim {

class ScheduleTree {
 public:
  enum class Mark : uint8_t {
    kNone,      // not needed so far
    kToDo,      // to be explored
    kDone,      // explored, or being explored
    kAsleep,    // what it leads to is explored elsewhere
    kGivesWay,  // not fair (yield_fairness.h)
    kBounded,   // needed, but beyond a bound
  };

  explicit ScheduleTree(const DfsOptions& bounds) : bounds_(bounds) {}

  // The root again.
  void BeginExecution();

  // The choice at `point`: the path's while it is replayed, then the default. kAbandon when
  // everything there is asleep or beyond a bound.
  uint32_t Choose(const Point& point, const YieldFairness& fairness);

  // The store that the latest step picks, of `count`: each is taken in turn.
  uint32_t ChooseStore(uint32_t count);

  // How the latest step turned out (a failed compare-exchange is a read).
  void NoteOutcome(const Operation& operation);

  // The branch taken at `step` must not sleep later on: it depends on more than its operation
  // tells.
  void NeverSleep(uint32_t step);

  // To the deepest branch that is still to be explored; exhausted() when there is none.
  void Backtrack();

  // Steps chosen in this execution.
  uint32_t depth() const { return depth_; }
  ThreadNumber ThreadOf(uint32_t step) const;
  // Whether the steps up to `last` repeat an execution before.
  bool SeenBefore(uint32_t last) const { return last < new_from_; }

  // Whether preemptions are bounded.
  bool Bounded() const { return bounds_.preemptions != kUnbounded; }
  bool exhausted() const { return exhausted_; }
  uint64_t left_out() const { return left_out_; }  // branches and paths that were not explored

  // In front of `step`: the branch of `thread`, or kNoCandidate when it could not go on.
  uint32_t Find(uint32_t step, ThreadNumber thread) const;
  bool Asleep(uint32_t step, ThreadNumber thread) const;
  Mark MarkOf(uint32_t step, uint32_t branch) const { return nodes_[step].branches[branch].mark; }

  // Marks a branch as to be explored, or counts it when it is beyond a bound. No effect on one that
  // has a mark.
  void Need(uint32_t step, uint32_t branch) { Need(nodes_[step], branch); }
  void NeedAll(uint32_t step) { NeedAll(nodes_[step]); }
  // In front of the blocks that lead up to `step` without its thread having been blocked in
  // between.
  void NeedAllAtItsBlock(uint32_t step);

  // An execution was cut short: what it would have shown is unknown, so the search must not claim
  // to be complete.
  void CountLeftOut() { ++left_out_; }
  // At the end of an execution: whether it is another job's, which counts it.
  bool IsOthers() const;

 private:
  static constexpr uint32_t kNoNode = 0xFFFFFFFF;
  // Some hundred ways on, for a program of a hundred steps. More departures lead to shares that are
  // more alike, and cost each job more executions that are cut short. With a bound on preemptions
  // one departure may be all there is, and hardly any is cut short.
  uint32_t DeparturesOfTop() const { return Bounded() ? 0 : 1; }

  // What of a step is known only once it is done.
  struct Turnout {
    Access access = Access::kNone;
    Access shared_order = Access::kNone;
    bool sets_deadline = false;
    bool follows_exit = false;
    bool conflicts_with_all = false;
  };
  struct Branch {
    ThreadNumber thread;
    Mark mark = Mark::kNone;
    Turnout turnout{};  // kDone: of the step it took, all that it was with one store or another
  };
  struct Sleeper {
    ThreadNumber thread;
    Turnout turnout;
  };
  struct Cost {
    uint32_t preemptions = 0;
    uint32_t advances = 0;
  };
  struct Node {
    std::vector<Branch> branches;  // as the candidates
    uint32_t chosen = 0;
    // That the step chosen picks, of so many; no more than one: it does not pick.
    uint32_t store = 0;
    uint32_t stores = 0;
    uint32_t current = kNoCandidate;  // who could go on at no cost; none if switching is free
    bool thread_can_run = false;      // some candidate is not the clock
    Cost spent;                       // on the way here
    // Of the top that jobs share: how often the way here, of that number, departed from `first`,
    // the default choice.
    bool of_top = false;
    uint32_t first = 0;
    uint32_t departures = 0;
    uint64_t way = 0;
    std::vector<Sleeper> asleep;  // candidates or not
    // The block of steps, without a switch, that the chosen step belongs to: the node it began at;
    // and there, the thread's last step before if it had been preempted, or kNoNode.
    uint32_t block = 0;
    uint32_t resumed_from = kNoNode;
  };

  bool ContinueTop(Node& node);
  static bool SameCandidates(const Node& node, const Point& point);
  static bool Asleep(const Node& node, ThreadNumber thread);
  static Cost CostAfter(const Node& node, uint32_t branch);
  bool Affordable(const Node& node, uint32_t branch) const;
  void Need(Node& node, uint32_t branch);
  void NeedAll(Node& node);
  bool Take(Node& node, uint32_t branch);
  bool Extend(const Point& point, const YieldFairness& fairness);
  bool ChooseDefault(Node& node, uint32_t yielder);
  void InheritSleep(const Node& parent, const Point& point, Node& node) const;
  void DropRestOfPath();
  void BeginOrContinueBlock();
  uint32_t& PreemptedAt(ThreadNumber thread);

  const DfsOptions bounds_;
  std::vector<Node> nodes_;  // the current path
  uint32_t new_from_ = 0;    // from this node on it is new in this execution
  uint64_t left_out_ = 0;
  bool exhausted_ = false;

  // Of the current execution.
  uint32_t depth_ = 0;
  bool is_others_ = false;
  std::vector<uint32_t> preempted_at_;  // by dense thread: its last step, if it could have gone on
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_SCHEDULE_TREE_H_
