#include "sim/runtime/strategies/schedule_tree.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "sim/protocol/hash.h"
#include "sim/runtime/strategies/happens_before.h"

namespace heddle::sim {
namespace {

const Operation* NextOf(ThreadNumber thread, std::span<const Candidate> threads) {
  for (const Candidate& candidate : threads) {
    if (candidate.thread == thread) return candidate.next;
  }
  return nullptr;
}

}  // namespace

void ScheduleTree::BeginExecution() {
  depth_ = 0;
  is_others_ = false;
  preempted_at_.clear();
}

uint32_t ScheduleTree::Choose(const Point& point, const YieldFairness& fairness) {
  if (depth_ < nodes_.size() && !SameCandidates(nodes_[depth_], point)) DropRestOfPath();
  if (depth_ == nodes_.size() && !Extend(point, fairness)) return kAbandon;
  BeginOrContinueBlock();
  return nodes_[depth_++].chosen;
}

uint32_t ScheduleTree::ChooseStore(uint32_t count) {
  assert(depth_ > 0);
  Node& node = nodes_[depth_ - 1];
  if (node.stores == 0) node.stores = count;
  if (node.stores == count) return node.store;
  CountLeftOut();  // the step does not repeat the one that it was to repeat
  return 0;
}

void ScheduleTree::NoteOutcome(const Operation& operation) {
  assert(depth_ > 0);
  Node& node = nodes_[depth_ - 1];
  Turnout& turnout = node.branches[node.chosen].turnout;
  turnout.access = std::max(turnout.access, operation.access);
  turnout.shared_order = std::max(turnout.shared_order, operation.shared_order);
  turnout.sets_deadline |= operation.sets_deadline;
  turnout.follows_exit |= operation.follows_exit;
  turnout.conflicts_with_all |= OrderedAgainstAll(operation);
}

bool ScheduleTree::IsOthers() const {
  if (nodes_.empty()) return bounds_.share != 1;
  if (is_others_ || !nodes_.back().of_top) return is_others_;
  return nodes_.back().way % bounds_.shares != bounds_.share - 1;  // it ended within the top
}

void ScheduleTree::NeverSleep(uint32_t step) {
  Node& node = nodes_[step];
  // An execution of the top is every job's; what another one adds to the top, only this job knows.
  if (node.of_top && !nodes_.back().of_top) CountLeftOut();
  node.branches[node.chosen].turnout.conflicts_with_all = true;
}

ThreadNumber ScheduleTree::ThreadOf(uint32_t step) const {
  return nodes_[step].branches[nodes_[step].chosen].thread;
}

void ScheduleTree::Backtrack() {
  if (depth_ < nodes_.size()) DropRestOfPath();
  while (!nodes_.empty()) {
    Node& node = nodes_.back();
    if (node.store + 1 < node.stores) {
      ++node.store;
      new_from_ = static_cast<uint32_t>(nodes_.size()) - 1;
      return;
    }
    for (uint32_t i = 0; i < node.branches.size(); ++i) {
      if (node.branches[i].mark != Mark::kToDo) continue;
      node.branches[i].mark = Mark::kDone;
      node.chosen = i;
      node.store = node.stores = 0;
      new_from_ = static_cast<uint32_t>(nodes_.size()) - 1;
      return;
    }
    nodes_.pop_back();
  }
  exhausted_ = true;
}

// The execution left the path that it was to replay. Not the program's doing: by contract a prefix
// replays exactly. Should it not, what was still to be explored below is lost.
void ScheduleTree::DropRestOfPath() {
  nodes_.resize(depth_);
  ++left_out_;
}

bool ScheduleTree::SameCandidates(const Node& node, const Point& point) {
  return std::equal(node.branches.begin(), node.branches.end(), point.candidates.begin(),
                    point.candidates.end(), [](const Branch& branch, const Candidate& candidate) {
                      return branch.thread == candidate.thread;
                    });
}

uint32_t ScheduleTree::Find(uint32_t step, ThreadNumber thread) const {
  const std::vector<Branch>& branches = nodes_[step].branches;
  for (uint32_t i = 0; i < branches.size(); ++i) {
    if (branches[i].thread == thread) return i;
  }
  return kNoCandidate;
}

// ---- Costs and bounds

ScheduleTree::Cost ScheduleTree::CostAfter(const Node& node, uint32_t branch) {
  Cost cost = node.spent;
  if (node.branches[branch].thread == kClock) {
    if (node.thread_can_run) ++cost.advances;
  } else if (node.current != kNoCandidate && branch != node.current) {
    ++cost.preemptions;
  }
  return cost;
}

bool ScheduleTree::Affordable(const Node& node, uint32_t branch) const {
  const Cost cost = CostAfter(node, branch);
  return cost.preemptions <= bounds_.preemptions && cost.advances <= bounds_.advances;
}

void ScheduleTree::Need(Node& node, uint32_t branch) {
  if (node.branches[branch].mark != Mark::kNone) return;
  const bool affordable = Affordable(node, branch);
  node.branches[branch].mark = affordable ? Mark::kToDo : Mark::kBounded;
  if (!affordable) ++left_out_;
}

void ScheduleTree::NeedAll(Node& node) {
  for (uint32_t i = 0; i < node.branches.size(); ++i) Need(node, i);
}

// ---- Extending the path

// Adds the node for `point` with its default choice. False when everything there is asleep or
// beyond a bound.
bool ScheduleTree::Extend(const Point& point, const YieldFairness& fairness) {
  Node node;
  const bool yields =
      point.current != kNoCandidate && Yields(*point.candidates[point.current].next);
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
    } else if (fairness.GivesWay(branch.thread, point)) {
      branch.mark = Mark::kGivesWay;
    }
  }
  if (!ContinueTop(node)) return false;
  const bool found = ChooseDefault(node, yields ? point.current : kNoCandidate);
  node.first = node.chosen;
  if (found && node.of_top) NeedAll(node);
  if (found) nodes_.push_back(std::move(node));
  return found;
}

// Whether the node is of the top that jobs share, or below a way of this job's.
bool ScheduleTree::ContinueTop(Node& node) {
  if (bounds_.shares <= 1) return true;
  node.of_top = true;
  if (depth_ == 0) return true;
  const Node& parent = nodes_[depth_ - 1];
  node.of_top = parent.of_top;
  if (!parent.of_top) return true;
  const bool departs = parent.chosen != parent.first || parent.store != 0;
  node.departures = parent.departures + (departs ? 1 : 0);
  node.way = Mix(parent.way + Mix(uint64_t{parent.chosen} << 32 | parent.store));
  node.of_top = node.departures <= DeparturesOfTop();
  is_others_ = !node.of_top && node.way % bounds_.shares != bounds_.share - 1;
  return !is_others_;
}

// The thread that runs; else the first thread, one about to yield coming last; else the clock.
bool ScheduleTree::ChooseDefault(Node& node, uint32_t yielder) {
  if (node.current != kNoCandidate) {
    if (node.branches[node.current].mark == Mark::kNone) return Take(node, node.current);
    // It sleeps: what is left are preemptions, of which none is like the other (see dfs.cc).
    if (Bounded()) NeedAll(node);
  }
  const uint32_t count = static_cast<uint32_t>(node.branches.size());
  for (uint32_t i = 0; i < count; ++i) {
    if (i != yielder && node.branches[i].thread != kClock && Take(node, i)) return true;
  }
  if (yielder != kNoCandidate && Take(node, yielder)) return true;
  return node.branches[count - 1].thread == kClock && Take(node, count - 1);
}

bool ScheduleTree::Take(Node& node, uint32_t branch) {
  Need(node, branch);
  if (node.branches[branch].mark != Mark::kToDo) return false;
  node.branches[branch].mark = Mark::kDone;
  node.chosen = branch;
  return true;
}

// ---- Sleep sets

bool ScheduleTree::Asleep(const Node& node, ThreadNumber thread) {
  return std::any_of(node.asleep.begin(), node.asleep.end(),
                     [&](const Sleeper& sleeper) { return sleeper.thread == thread; });
}

bool ScheduleTree::Asleep(uint32_t step, ThreadNumber thread) const {
  return Asleep(nodes_[step], thread);
}

// The clock never sleeps: what its jump costs depends on where it stands.
void ScheduleTree::InheritSleep(const Node& parent, const Point& point, Node& node) const {
  std::vector<Sleeper>& asleep = node.asleep;
  asleep = parent.asleep;
  for (uint32_t i = 0; i < parent.branches.size(); ++i) {
    const Branch& branch = parent.branches[i];
    if (i == parent.chosen || branch.mark != Mark::kDone || branch.thread == kClock) continue;
    if (!Bounded() || i == parent.current) asleep.push_back({branch.thread, branch.turnout});
  }
  // With a bound it matters too whether the thread that ran last is blocked, since to leave it is
  // free then: what might unblock it must not be taken to have been done before.
  const Operation* stuck_at = Bounded() ? NextOf(point.last_thread, point.blocked) : nullptr;
  std::erase_if(asleep, [&](const Sleeper& sleeper) {
    const Operation* next = NextOf(sleeper.thread, point.candidates);
    if (next == nullptr) next = NextOf(sleeper.thread, point.blocked);
    if (next == nullptr) return true;
    Operation operation = *next;
    operation.access = sleeper.turnout.access;
    operation.shared_order = sleeper.turnout.shared_order;
    operation.sets_deadline = sleeper.turnout.sets_deadline;
    operation.follows_exit = sleeper.turnout.follows_exit;
    return sleeper.turnout.conflicts_with_all || Depends(operation, point.last) ||
           (stuck_at != nullptr && Depends(operation, *stuck_at));
  });
}

// ---- Blocks of steps

// Enters the choice made at nodes_[depth_] into the account of who was preempted and which block
// the step belongs to.
void ScheduleTree::BeginOrContinueBlock() {
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

uint32_t& ScheduleTree::PreemptedAt(ThreadNumber thread) {
  const uint32_t dense = HappensBefore::Dense(thread);
  if (preempted_at_.size() <= dense) preempted_at_.resize(dense + 1, kNoNode);
  return preempted_at_[dense];
}

void ScheduleTree::NeedAllAtItsBlock(uint32_t step) {
  for (;;) {
    const uint32_t block = nodes_[step].block;
    NeedAll(block);
    step = nodes_[block].resumed_from;
    if (step == kNoNode) return;
  }
}

}  // namespace heddle::sim
