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
//   every
//     branch in front of the earlier step, and, since a whole block of steps may have to move, also
//     in front of the block of steps it belongs to, where switching was free;
//   - only the thread that ran already is put to sleep.
// An operation order that some schedule within the bound shows is run at least once; it may be run
// more than once.
#include <algorithm>
#include <vector>

#include "sim/runtime/strategies/fairness.h"
#include "sim/runtime/strategies/happens_before.h"
#include "sim/runtime/strategies/strategies.h"

namespace heddle::sim {
namespace {

constexpr uint32_t kNoNode = 0xFFFFFFFF;

enum class Mark : uint8_t {
  kNone,      // not needed so far
  kToDo,      // to be explored
  kDone,      // explored, or being explored
  kAsleep,    // what it leads to is explored elsewhere
  kGivesWay,  // not fair (fairness.h)
  kBounded,   // needed, but beyond a bound
};

struct Branch {
  ThreadNumber thread;
  Mark mark = Mark::kNone;
  Access access =
      Access::kNone;  // kDone: of the step it took (a failed compare-exchange is a read)
};

struct Sleeper {
  ThreadNumber thread;
  Access access;
};

struct Cost {
  uint32_t preemptions = 0;
  uint32_t advances = 0;
};

struct Node {
  std::vector<Branch> branches;  // as the candidates
  uint32_t chosen = 0;
  uint32_t current = kNoCandidate;  // who could go on at no cost; none if switching is free
  bool thread_can_run = false;      // some candidate is not the clock
  Cost spent;                       // on the way here
  std::vector<Sleeper> asleep;      // candidates or not
  // The block of steps, without a switch, that the chosen step belongs to: the node it began at;
  // and there, the thread's last step before if it had been preempted, or kNoNode.
  uint32_t block = 0;
  uint32_t resumed_from = kNoNode;
};

class Dfs final : public Strategy {
 public:
  explicit Dfs(const DfsOptions& options) : options_(options) {}

  bool WantsObjects() const override { return true; }
  StrategyProgress Progress() const override { return progress_; }

  bool NewExecution(const Random&) override {
    if (progress_.exhausted) return false;
    depth_ = 0;
    gave_up_ = false;
    order_.Clear();
    fairness_.Clear();
    pending_.clear();
    preempted_at_.clear();
    return true;
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    if (depth_ < nodes_.size() && !SameCandidates(nodes_[depth_], point)) {
      // Not the program's doing: a replayed prefix is the same by contract. Never claim
      // completeness.
      nodes_.resize(depth_);
      ++progress_.bounded;
    }
    if (depth_ == nodes_.size() && !Extend(point)) {
      gave_up_ = true;
      return kAbandon;
    }
    BeginOrContinueBlock();
    return nodes_[depth_++].chosen;
  }

  void Stuck(const Point& point) override { TakeNote(point); }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    if (order_.size() < depth_) TakeNoteOfLastStep();
    if (gave_up_) {
      ++progress_.abandoned;
    } else {
      ++progress_.executions;
      if (end == ExecutionEnd::kAbandoned) ++progress_.bounded;  // what would have come is unknown
    }
    if (depth_ < nodes_.size()) DropPath();
    Backtrack();
  }

 private:
  struct Pending {
    ThreadNumber thread;
    Operation operation;
    bool is_new;  // it was another one, or none, at the point before
  };

  void TakeNote(const Point& point) {
    if (point.last_thread != kNoThread) {
      order_.Add(point.last_thread, point.last);
      Node& node = nodes_[depth_ - 1];
      node.branches[node.chosen].access = point.last.access;
    }
    fairness_.Note(point);
    KeepPending(point);
    MarkRaces();
  }

  // The execution ended before another point came: what the step did is taken to be what it
  // announced, and what its thread would have done next is not known.
  void TakeNoteOfLastStep() {
    const Node& node = nodes_[depth_ - 1];
    const ThreadNumber thread = node.branches[node.chosen].thread;
    for (const Pending& pending : pending_) {
      if (pending.thread == thread) order_.Add(thread, pending.operation);
    }
    std::erase_if(pending_, [&](const Pending& pending) { return pending.thread == thread; });
    for (Pending& pending : pending_) pending.is_new = false;
    MarkRaces();
  }

  // ---- The tree

  bool Bounded() const { return options_.preemptions != kUnbounded; }

  static bool SameCandidates(const Node& node, const Point& point) {
    return std::equal(node.branches.begin(), node.branches.end(), point.candidates.begin(),
                      point.candidates.end(), [](const Branch& branch, const Candidate& candidate) {
                        return branch.thread == candidate.thread;
                      });
  }

  static uint32_t Find(const Node& node, ThreadNumber thread) {
    for (uint32_t i = 0; i < node.branches.size(); ++i) {
      if (node.branches[i].thread == thread) return i;
    }
    return kNoCandidate;
  }

  static Cost CostAfter(const Node& node, uint32_t branch) {
    Cost cost = node.spent;
    if (node.branches[branch].thread == kClock) {
      if (node.thread_can_run) ++cost.advances;
    } else if (node.current != kNoCandidate && branch != node.current) {
      ++cost.preemptions;
    }
    return cost;
  }

  bool Affordable(const Node& node, uint32_t branch) const {
    const Cost cost = CostAfter(node, branch);
    return cost.preemptions <= options_.preemptions && cost.advances <= options_.advances;
  }

  // Marks a branch as to be explored, or as needed but beyond a bound.
  void Need(Node& node, uint32_t branch) {
    if (node.branches[branch].mark != Mark::kNone) return;
    const bool affordable = Affordable(node, branch);
    node.branches[branch].mark = affordable ? Mark::kToDo : Mark::kBounded;
    if (!affordable) ++progress_.bounded;
  }

  void NeedAll(uint32_t index) {
    for (uint32_t i = 0; i < nodes_[index].branches.size(); ++i) Need(nodes_[index], i);
  }

  // The execution left the path that it was to replay. By contract a prefix replays exactly; should
  // it not, what was still to be explored below is lost, and the search must not claim to be
  // complete.
  void DropPath() {
    nodes_.resize(depth_);
    ++progress_.bounded;
  }

  // Adds the node for `point` with its default choice. False when everything there is asleep or
  // beyond a bound.
  bool Extend(const Point& point) {
    Node node;
    const bool yields = point.current != kNoCandidate &&
                        point.candidates[point.current].next->kind == OpKind::kYield;
    if (!yields && depth_ > 0) node.current = point.current;
    for (const Candidate& candidate : point.candidates) {
      node.branches.push_back({candidate.thread});
      if (candidate.thread != kClock) node.thread_can_run = true;
    }
    if (depth_ > 0) {
      const Node& parent = nodes_[depth_ - 1];
      node.spent = CostAfter(parent, parent.chosen);
      InheritSleep(parent, point, node);
    }
    for (Branch& branch : node.branches) {
      if (Asleep(node, branch.thread)) {
        branch.mark = Mark::kAsleep;
      } else if (fairness_.GivesWay(branch.thread, point)) {
        branch.mark = Mark::kGivesWay;
      }
    }
    const bool found = ChooseDefault(node, yields ? point.current : kNoCandidate);
    if (found) nodes_.push_back(std::move(node));
    return found;
  }

  // The thread that runs; else the first thread, one about to yield coming last; else the clock.
  bool ChooseDefault(Node& node, uint32_t yielder) {
    if (node.current != kNoCandidate) {
      if (node.branches[node.current].mark == Mark::kNone) return Take(node, node.current);
      // It sleeps: what is left are preemptions, of which none is like the other (see above).
      if (Bounded()) {
        for (uint32_t i = 0; i < node.branches.size(); ++i) Need(node, i);
      }
    }
    const uint32_t count = static_cast<uint32_t>(node.branches.size());
    for (uint32_t i = 0; i < count; ++i) {
      if (i != yielder && node.branches[i].thread != kClock && Take(node, i)) return true;
    }
    if (yielder != kNoCandidate && Take(node, yielder)) return true;
    return node.branches[count - 1].thread == kClock && Take(node, count - 1);
  }

  bool Take(Node& node, uint32_t branch) {
    Need(node, branch);
    if (node.branches[branch].mark != Mark::kToDo) return false;
    node.branches[branch].mark = Mark::kDone;
    node.chosen = branch;
    return true;
  }

  // A thread whose branch was explored before sleeps in the branches after it, until a step that
  // depends on its next one. The clock never does: what its jump costs depends on where it stands.
  void InheritSleep(const Node& parent, const Point& point, Node& node) const {
    std::vector<Sleeper>& asleep = node.asleep;
    asleep = parent.asleep;
    for (uint32_t i = 0; i < parent.branches.size(); ++i) {
      const Branch& branch = parent.branches[i];
      if (i == parent.chosen || branch.mark != Mark::kDone || branch.thread == kClock) continue;
      if (!Bounded() || i == parent.current) asleep.push_back({branch.thread, branch.access});
    }
    // With a bound it matters too whether the thread that ran last is blocked, since to leave it is
    // free then: what might unblock it must not be taken to have been done before.
    const Operation* stuck_at = Bounded() ? Next(point.last_thread, point.blocked) : nullptr;
    std::erase_if(asleep, [&](const Sleeper& sleeper) {
      const Operation* next = Next(sleeper.thread, point.candidates);
      if (next == nullptr) next = Next(sleeper.thread, point.blocked);
      if (next == nullptr) return true;
      Operation operation = *next;
      operation.access = sleeper.access;
      return Depends(operation, point.last) ||
             (stuck_at != nullptr && Depends(operation, *stuck_at));
    });
  }

  static bool Asleep(const Node& node, ThreadNumber thread) {
    return std::any_of(node.asleep.begin(), node.asleep.end(),
                       [&](const Sleeper& sleeper) { return sleeper.thread == thread; });
  }

  static const Operation* Next(ThreadNumber thread, std::span<const Candidate> threads) {
    for (const Candidate& candidate : threads) {
      if (candidate.thread == thread) return candidate.next;
    }
    return nullptr;
  }

  // To the deepest branch that is still to be explored.
  void Backtrack() {
    while (!nodes_.empty()) {
      Node& node = nodes_.back();
      for (uint32_t i = 0; i < node.branches.size(); ++i) {
        if (node.branches[i].mark != Mark::kToDo) continue;
        node.branches[i].mark = Mark::kDone;
        node.chosen = i;
        new_from_ = static_cast<uint32_t>(nodes_.size()) - 1;
        return;
      }
      nodes_.pop_back();
    }
    progress_.exhausted = true;
  }

  // ---- Blocks of steps

  // Enters the choice made at nodes_[depth_] into the account of who was preempted and which block
  // the step belongs to.
  void BeginOrContinueBlock() {
    Node& node = nodes_[depth_];
    if (node.current != kNoCandidate && node.chosen == node.current) {
      node.block = nodes_[depth_ - 1].block;
      return;
    }
    if (node.current != kNoCandidate) PreemptedAt(node.branches[node.current].thread) = depth_ - 1;
    uint32_t& preempted_at = PreemptedAt(node.branches[node.chosen].thread);
    node.block = depth_;
    node.resumed_from = preempted_at;
    preempted_at = kNoNode;
  }

  uint32_t& PreemptedAt(ThreadNumber thread) {
    const uint32_t dense = HappensBefore::Dense(thread);
    if (preempted_at_.size() <= dense) preempted_at_.resize(dense + 1, kNoNode);
    return preempted_at_[dense];
  }

  // ---- Races

  // Finds the races between steps done and operations pending. Those within the replayed prefix
  // were found when it was new.
  void MarkRaces() {
    if (order_.size() == 0 || order_.size() <= new_from_) return;
    for (const Pending& pending : pending_) MarkRacesWith(pending);
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
      }
    }
    // Without a deadline the clock is not offered, yet an order in which it went before the
    // deadline was cancelled must not be missed.
    if (!clock) {
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
    if (!Bounded() && !MayBeCoEnabled(order_.OperationOf(step), next)) return;
    // Blocked (or not yet there) in front of the step, with nothing after it that could let it in.
    if (Find(nodes_[step], thread) == kNoCandidate && !order_.HasStepAfter(thread, step) &&
        !order_.MayEnable(step, next)) {
      return;
    }
    if (Bounded()) {
      NeedAll(step);
      NeedAllAtItsBlock(step);
    } else {
      NeedSource(step, thread, next);
    }
  }

  // In front of the blocks that lead up to `step` without its thread having been blocked in
  // between.
  void NeedAllAtItsBlock(uint32_t step) {
    for (;;) {
      const uint32_t block = nodes_[step].block;
      NeedAll(block);
      step = nodes_[block].resumed_from;
      if (step == kNoNode) return;
    }
  }

  // Source sets: the steps after `step` that it does not happen before, and then `next`, form the
  // other order. Unless a thread that can begin it has been or will be tried in front of `step`,
  // mark one.
  void NeedSource(uint32_t step, ThreadNumber thread, const Operation& next) {
    Node& node = nodes_[step];
    order_.Initials(step, thread, next, initials_);
    uint32_t choice = kNoCandidate;
    for (const ThreadNumber initial : initials_) {
      if (Asleep(node, initial)) return;
      const uint32_t branch = Find(node, initial);
      if (branch == kNoCandidate) continue;
      const Mark mark = node.branches[branch].mark;
      if (mark == Mark::kToDo || mark == Mark::kDone) return;
      if (mark == Mark::kNone && initial != kClock) choice = branch;
    }
    // To move the clock's jump forward may cost an advance: then no branch stands for another.
    if (choice == kNoCandidate) {
      NeedAll(step);
    } else {
      Need(node, choice);
    }
  }

  const DfsOptions options_;
  StrategyProgress progress_;
  std::vector<Node> nodes_;  // the current path
  uint32_t new_from_ = 0;    // from this node on it is new in this execution

  // Of the current execution.
  uint32_t depth_ = 0;  // choices made
  bool gave_up_ = false;
  HappensBefore order_;
  Fairness fairness_;
  std::vector<Pending> pending_;        // at the latest point, the clock's included
  std::vector<Pending> before_;         // at the one before
  std::vector<uint32_t> preempted_at_;  // by dense thread: its last step, if it could have gone on
  std::vector<ThreadNumber> initials_;
};

}  // namespace

std::unique_ptr<Strategy> MakeDfs(const DfsOptions& options) {
  return std::make_unique<Dfs>(options);
}

}  // namespace heddle::sim
