// SURW (Zhao, Wolff, Mathur and Roychoudhury, ASPLOS 2025, algorithm 2): a random walk that is
// uniform over the orders of the events that matter, and random in all others.
//
//   1. Each execution draws which events matter: the accesses to one shared object, in proportion
//   to
//      how many there are.
//   2. Draw the thread that does the next event that matters, each in proportion to the events that
//      it and the threads it has yet to create have left. Thus each order of these events is
//      equally likely, as each has the same number of orders behind it.
//   3. Another thread that comes to an event that matters is held until that one has done its own.
//      Everybody else goes on by random priorities, drawn anew after each step.
//   4. A thread that creates another hands on its events: if it was drawn, so is now, with the
//      probability of its share, the new one.
//
// Where the numbers of events come from the paper leaves open (its authors profile one run). Here
// they are means over the executions so far; the first one holds nobody. Beyond the paper:
//   - one in kOneInAllShared executions draws all shared objects, one in kOneInAnyShared any of
//   them alike: an
//     object with few events would hardly ever be drawn;
//   - locks are objects like others; their events are the acquisitions;
//   - holds end when those who are not held only spin: they look at the same objects again and
//     again, and nothing changes;
//   - yields and the clock: as in pos.cc.
#include <algorithm>
#include <iterator>
#include <vector>

#include "sim/runtime/strategies/identities.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/thread_priorities.h"

namespace heddle::sim {
namespace {

constexpr uint32_t kNoIdentity = Identities::kNone;
constexpr uint32_t kAllShared = kNoIdentity - 1;  // as a target: every shared object
constexpr uint32_t kOneInAllShared = 8, kOneInAnyShared = 4;
// Steps in a row, while somebody is held, that change nothing and look at nothing new.
constexpr uint32_t kMaxIdleHeldSteps = ThreadPriorities::kMaxIdleSteps;
// Steps between two events that matter, whatever they do.
constexpr uint32_t kMaxHeldSteps = 20'000;

// Whether the order of such operations on one object is worth choosing. That of releases follows.
bool CanMatter(const Operation& operation) {
  if (TakesLock(operation.kind)) return operation.object != kNoObject;
  switch (operation.kind) {
    case OpKind::kAtomicLoad:
    case OpKind::kAtomicStore:
    case OpKind::kAtomicRmw:
    case OpKind::kCondWait:
    case OpKind::kCondTimedWait:
    case OpKind::kCondSignal:
    case OpKind::kCondBroadcast:
    case OpKind::kBarrierWait:
    case OpKind::kSemWait:
    case OpKind::kSemTryWait:
    case OpKind::kSemTimedWait:
    case OpKind::kSemPost:
    case OpKind::kFutexWait:
    case OpKind::kFutexWake:
    case OpKind::kMemoryRead:
    case OpKind::kMemoryWrite:
    case OpKind::kFree:
    case OpKind::kIo:
    case OpKind::kIoWait:
      return operation.object != kNoObject;
    default:
      return false;
  }
}

// How many events each thread has at each object, over the executions so far.
class EventCounts {
 public:
  void Count(uint32_t object, uint32_t thread, bool writes) {
    if (object == kNoIdentity) return;
    if (objects_.size() <= object) objects_.resize(object + 1);
    Object& at = objects_[object];
    if (!at.counted) counted_.push_back(object);
    at.counted = true;
    if (at.threads.size() <= thread) at.threads.resize(thread + 1);
    ++at.threads[thread].now;
    at.written |= writes;
  }

  // The execution is over; `counts`: it belongs into the means.
  void End(bool counts) {
    shared_.clear();
    total_ = 0;
    size_t kept = 0;
    for (const uint32_t i : counted_) {
      Object& object = objects_[i];
      const uint32_t threads = Learn(object, counts);
      object.counted = object.mean > 0;
      if (object.counted) counted_[kept++] = i;
      if (threads < 2 || !object.written) continue;
      shared_.push_back(i);
      total_ += object.mean;
    }
    counted_.resize(kept);
    std::sort(shared_.begin(), shared_.end());
    learnt_ |= counts;
  }

  bool Learnt() const { return learnt_; }
  bool IsShared(uint32_t object) const {
    return std::binary_search(shared_.begin(), shared_.end(), object);
  }

  uint32_t DrawTarget(Random& random) const {
    if (shared_.empty()) return kNoIdentity;
    if (random.Below(kOneInAllShared) == 0) return kAllShared;
    if (random.Below(kOneInAnyShared) == 0) {
      return shared_[random.Below(static_cast<uint32_t>(shared_.size()))];
    }
    double at = random.Unit() * total_;
    for (const uint32_t object : shared_) {
      at -= objects_[object].mean;
      if (at < 0) return object;
    }
    return shared_.back();
  }

  // Of the target, by thread.
  void EventsOf(uint32_t target, std::vector<double>& events) const {
    std::fill(events.begin(), events.end(), 0);
    if (target == kNoIdentity) return;
    if (target != kAllShared) return AddEvents(target, events);
    for (const uint32_t object : shared_) AddEvents(object, events);
  }

 private:
  struct Events {
    double mean = 0;
    uint32_t now = 0;
  };
  struct Object {
    std::vector<Events> threads;
    double mean = 0;  // of all threads together
    bool written = false;
    bool counted = false;  // it is in counted_
  };
  // Less than one event in twenty executions is none.
  static constexpr double kLeast = 0.05;

  // How many threads have events there.
  uint32_t Learn(Object& object, bool counts) const {
    uint32_t threads = 0;
    object.mean = 0;
    for (Events& events : object.threads) {
      // Quick to follow: what a program does often depends on what the others have done.
      if (counts) events.mean += (events.now - events.mean) / (learnt_ ? 4 : 1);
      events.now = 0;
      if (events.mean < kLeast) {
        events.mean = 0;
        continue;
      }
      ++threads;
      object.mean += events.mean;
    }
    return threads;
  }

  void AddEvents(uint32_t object, std::vector<double>& events) const {
    const std::vector<Events>& threads = objects_[object].threads;
    for (uint32_t i = 0; i < threads.size() && i < events.size(); ++i) events[i] += threads[i].mean;
  }

  bool learnt_ = false;
  std::vector<Object> objects_;
  std::vector<uint32_t> counted_;  // those with events, now or on average
  std::vector<uint32_t> shared_;   // of these; ascending
  double total_ = 0;
};

class Surw final : public Strategy {
 public:
  explicit Surw(const SurwOptions& options) : options_(options) {}

  bool WantsObjects() const override { return true; }

  bool NewExecution(const Random& random) override {
    random_ = random;
    static constexpr uint32_t kPaces[] = {0, 0, 256, 32, 8};
    const uint32_t drawn = kPaces[random_.Below(std::size(kPaces))];
    pace_ = options_.clock != 0 ? options_.clock : drawn;
    names_.NewExecution();
    threads_.clear();
    next_ = kNoThread;
    held_steps_ = idle_steps_ = held_ = 0;
    target_ = profile_.DrawTarget(random_);
    left_.resize(names_.threads());
    profile_.EventsOf(target_, left_);
    // With those of the threads that it has yet to create.
    for (uint32_t i = names_.threads(); i > 0; --i) {
      const uint32_t parent = names_.ParentOf(i - 1);
      if (parent != kNoIdentity) left_[parent] += left_[i - 1];
    }
    return true;
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    if (point.candidates.size() == 1) return 0;
    const uint32_t threads = ThreadsOf(point);
    const bool clock = threads < point.candidates.size();
    if (clock && pace_ != 0 && random_.Below(pace_) == 0) return threads;
    return ChooseThread(point, threads);
  }

  void Stuck(const Point& point) override { TakeNote(point); }

  void EndExecution(ExecutionEnd end, ThreadNumber, const Operation&) override {
    // One that ends in a finding is cut short, but better than nothing.
    profile_.End(end == ExecutionEnd::kComplete ||
                 (end == ExecutionEnd::kFinding && !profile_.Learnt()));
  }

 private:
  struct Runner {
    double priority = 0;
    bool held = false;
  };

  Runner& At(ThreadNumber thread) {
    while (threads_.size() <= thread) threads_.push_back({random_.Unit(), false});
    return threads_[thread];
  }
  double& Left(uint32_t thread) {
    if (left_.size() <= thread) left_.resize(thread + 1);
    return left_[thread];
  }

  // What the last step means for the counts, the priorities and the holds.
  void TakeNote(const Point& point) {
    if (point.last_thread >= kNoThread) return;
    if (const uint32_t child = names_.Note(point); child != kNoIdentity)
      HandOn(point.last_thread, child);
    const uint32_t thread = names_.Thread(point.last_thread);
    const uint32_t object = names_.Object(thread, point.last);
    if (CanMatter(point.last)) {
      profile_.Count(object, thread, point.last.access == Access::kWrite);
    }
    const bool yields =
        point.current != kNoCandidate && Yields(*point.candidates[point.current].next);
    const bool back = yields && random_.Below(2) == 0;
    At(point.last_thread).priority = random_.Unit() - (back ? 1 : 0);
    if (held_ == 0) return;
    idle_steps_ = IsProgress(point.last, object) ? 0 : idle_steps_ + 1;
    if (idle_steps_ >= kMaxIdleHeldSteps || ++held_steps_ >= kMaxHeldSteps) Release();
  }

  // Whether it is none of a loop that waits for a change.
  bool IsProgress(const Operation& last, uint32_t object) {
    switch (last.kind) {
      case OpKind::kThreadCreate:
      case OpKind::kThreadStart:
      case OpKind::kThreadExit:
      case OpKind::kAllocate:
        return true;
      default:
        break;
    }
    if (last.access == Access::kWrite) {
      ++unchanged_;
      return true;
    }
    if (object == kNoIdentity) return false;
    if (looked_at_.size() <= object) looked_at_.resize(object + 1);
    const bool again = looked_at_[object] == unchanged_;
    looked_at_[object] = unchanged_;
    return !again;
  }

  // A thread was created: it does a part of what its parent was to do.
  void HandOn(ThreadNumber parent_number, uint32_t child) {
    const double of_child = Left(child);
    double& of_parent = Left(names_.Thread(parent_number));
    if (next_ == parent_number && random_.Unit() * of_parent < of_child) next_ = names_.newest();
    of_parent = std::max(0.0, of_parent - of_child);
  }

  bool Matters(const Candidate& candidate) {
    if (target_ == kNoIdentity || !CanMatter(*candidate.next)) return false;
    const uint32_t object = names_.Object(names_.Thread(candidate.thread), *candidate.next);
    return target_ == kAllShared ? profile_.IsShared(object) : object == target_;
  }

  uint32_t ChooseThread(const Point& point, uint32_t threads) {
    for (;;) {
      const uint32_t best = Highest(point, threads);
      if (best == kNoCandidate) {
        Release();
        continue;
      }
      const Candidate& candidate = point.candidates[best];
      if (!Matters(candidate)) return best;
      if (next_ == kNoThread) next_ = DrawNext(point, threads, candidate.thread);
      if (next_ == candidate.thread) {
        double& left = Left(names_.Thread(candidate.thread));
        left = std::max(0.0, left - 1);
        Release();
        return best;
      }
      At(candidate.thread).held = true;
      ++held_;
    }
  }

  uint32_t Highest(const Point& point, uint32_t threads) {
    uint32_t best = kNoCandidate;
    for (uint32_t i = 0; i < threads; ++i) {
      const Runner& runner = At(point.candidates[i].thread);
      if (runner.held) continue;
      if (best == kNoCandidate || runner.priority > At(point.candidates[best].thread).priority) {
        best = i;
      }
    }
    return best;
  }

  // Who does the next event that matters: `here` is about to do one.
  ThreadNumber DrawNext(const Point& point, uint32_t threads, ThreadNumber here) {
    double total = 0;
    for (uint32_t i = 0; i < threads; ++i) total += Weight(point.candidates[i].thread, here);
    double at = random_.Unit() * total;
    for (uint32_t i = 0; i < threads; ++i) {
      at -= Weight(point.candidates[i].thread, here);
      if (at < 0) return point.candidates[i].thread;
    }
    return here;
  }
  // Of `here` one event is certain, whatever the means say.
  double Weight(ThreadNumber thread, ThreadNumber here) {
    const double left = Left(names_.Thread(thread));
    return thread == here ? std::max(1.0, left) : left;
  }

  void Release() {
    next_ = kNoThread;
    held_steps_ = idle_steps_ = held_ = 0;
    for (Runner& runner : threads_) runner.held = false;
  }

  const SurwOptions options_;
  Random random_;
  Identities names_;
  EventCounts profile_;
  uint32_t target_ = kNoIdentity;  // the object whose events matter, or kAllShared, or kNoIdentity
  std::vector<double> left_;       // events that matter, by thread index
  std::vector<Runner> threads_;    // by thread number
  ThreadNumber next_ = kNoThread;  // drawn for the next event that matters
  uint32_t held_ = 0, held_steps_ = 0, idle_steps_ = 0;
  uint64_t unchanged_ = 1;           // counts the spans between two changes
  std::vector<uint64_t> looked_at_;  // by object index: in which of them it was read last
  uint32_t pace_ = 0;                // one in so many points lets time jump; 0: none
};

}  // namespace

std::unique_ptr<Strategy> MakeSurw(const SurwOptions& options) {
  return std::make_unique<Surw>(options);
}

}  // namespace heddle::sim
