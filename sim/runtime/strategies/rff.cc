// RFF (Wolff, Shi, Duck, Mathur and Roychoudhury, ASPLOS 2024): fuzzing of reads-from relations. A
// corpus of abstract schedules, each a few constraints "this read reads from that write" or "does
// not", grows by those that showed a combination of reads-from pairs that was not seen before.
//
//   1. Take an entry of the corpus, the rarer its combination the rather, and mutate it: add a
//      constraint, negate one, or remove one.
//   2. Run by partial-order sampling (pos.cc), but hold what would break a constraint: a read until
//      the write that it is to read from was the last one, or no longer is; a write that would come
//      between such a write and its read. When all are held, one goes on: a constraint is a wish.
//   3. The entry is kept when the combination of pairs that the execution showed is new.
//
// What it has learnt can be kept for another campaign with the same program (Keep(), TakeUp()): the
// corpus, what the combinations were, and the names that they are written in.
//
// Departures: an event is the n-th operation on an object (identities.h) of any thread of one
// class, where the paper takes code locations, which a strategy does not see. Threads are of one
// class when they began with the same kinds of operations in their first execution: of a hundred
// workers it does not matter which one does it. Whatever changes a lock or an atomic reads it too.
// The paper's power schedule gives an entry's mutants a budget, by the frequency of
// its combination; here each execution draws kDrawn entries and takes the rarest.
#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include "sim/protocol/hash.h"
#include "sim/runtime/strategies/identities.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/runtime/strategies/words.h"

namespace heddle::sim {
namespace {

constexpr uint64_t kFormat = 0x7266660001;  // "rff", version 1
constexpr uint32_t kDrawn = 3;
constexpr size_t kMostConstraints = 6;
constexpr size_t kMostEntries = 512;
constexpr size_t kMostCombinations = 1 << 16;
constexpr size_t kMostEventsOfObject = 64;  // to draw constraints from
constexpr uint32_t kMostTurns = 64;         // of one thread at one object that have names
constexpr uint32_t kTelling = 8;            // operations of a thread that tell its class
constexpr uint32_t kNoClass = 0xFFFFFFFF;
// Points for which a constraint holds somebody in one execution. More is a wait for nothing.
constexpr uint32_t kMostHeldPoints = 2'000;

// The n-th operation of a thread of some class on an object; kInitial: what was there at the start;
// 0: one without a name.
using EventName = uint64_t;
constexpr EventName kInitial = 1;

struct Constraint {
  uint32_t object = 0;
  EventName read = 0, write = 0;
  bool wanted = true;  // false: it must not read from it
};

struct Entry {
  std::vector<Constraint> constraints;
  uint64_t combination = 0;
};

bool ReadsValue(const Operation& operation) {
  return operation.kind != OpKind::kAtomicStore && operation.kind != OpKind::kMemoryWrite &&
         operation.kind != OpKind::kMutexUnlock && operation.kind != OpKind::kSpinUnlock &&
         operation.kind != OpKind::kRwUnlock;
}

class Rff final : public Strategy {
 public:
  explicit Rff(const PosOptions& options) : base_(MakePos(options)) {}

  bool WantsObjects() const override { return true; }

  bool NewExecution(const Random& random) override {
    random_ = random;
    random_.Seed(random_.Next() ^ kStream);
    names_.NewExecution();
    ++execution_;
    combination_ = 0;
    held_points_ = 0;
    entry_ = {};
    if (!corpus_.empty()) entry_ = DrawEntry();
    Mutate(entry_.constraints);
    met_.assign(entry_.constraints.size(), false);
    return base_->NewExecution(random);
  }

  uint32_t Choose(const Point& point) override {
    TakeNote(point);
    if (entry_.constraints.empty() || held_points_ >= kMostHeldPoints) return base_->Choose(point);
    // Those who are held are blocked, as far as the sampling knows.
    free_.clear();
    positions_.clear();
    blocked_.assign(point.blocked.begin(), point.blocked.end());
    Point view = point;
    view.current = kNoCandidate;
    for (uint32_t i = 0; i < point.candidates.size(); ++i) {
      const Candidate& candidate = point.candidates[i];
      if (candidate.thread != kClock && MustWait(candidate)) {
        blocked_.push_back(candidate);
        continue;
      }
      if (i == point.current) view.current = static_cast<uint32_t>(free_.size());
      free_.push_back(candidate);
      positions_.push_back(i);
    }
    const bool somebody = !free_.empty() && free_[0].thread != kClock;
    if (free_.size() == point.candidates.size() || !somebody) return base_->Choose(point);
    ++held_points_;
    view.candidates = free_;
    view.blocked = blocked_;
    return positions_[base_->Choose(view)];
  }

  void Stuck(const Point& point) override { TakeNote(point); }

  void EndExecution(ExecutionEnd end, ThreadNumber last_thread, const Operation& last) override {
    if (combinations_.size() < kMostCombinations || combinations_.contains(combination_)) {
      if (++combinations_[combination_] == 1) {
        entry_.combination = combination_;
        if (corpus_.size() < kMostEntries) {
          corpus_.push_back(entry_);
        } else {
          corpus_[random_.Below(kMostEntries)] = entry_;
        }
      }
    }
    if (end == ExecutionEnd::kComplete) Classify();
    for (ThreadFacts& thread : threads_) thread.ended = false;
    base_->EndExecution(end, last_thread, last);
  }

  size_t Keep(std::span<uint64_t> room) override {
    WordWriter words(room);
    VisitAll(words);
    return words.ok() ? words.used() : 0;
  }

  bool TakeUp(std::span<const uint64_t> kept) override {
    WordReader words(kept);
    VisitAll(words);
    return words.ok() && words.at_end();
  }

 private:
  static constexpr uint64_t kStream = 0x726666;  // "rff"

  struct Object {
    // Of this execution.
    uint64_t execution = 0;
    EventName written = kInitial;  // by the last change
    std::vector<uint32_t> turns;   // by thread: its operations so far
    // Of all.
    std::vector<EventName> reads, writes;
    uint32_t touched_by = Identities::kNone;  // the first thread
    bool by_others = false, is_written = false, is_shared = false;
  };

  // Between executions.
  template <typename Words>
  void VisitAll(Words& words) {
    uint64_t format = kFormat;
    words.Visit(format, kFormat);
    names_.VisitAll(words);
    VisitClasses(words);
    words.VisitList(objects_, Identities::kMaxObjects,
                    [&](Object& object) { VisitObject(words, object); });
    words.VisitList(shared_, Identities::kMaxObjects,
                    [&](uint32_t& index) { words.VisitIndex(index, objects_.size()); });
    words.VisitList(corpus_, kMostEntries, [&](Entry& entry) { VisitEntry(words, entry); });
    words.VisitMap(combinations_, kMostCombinations, uint64_t{1} << 32);
  }

  template <typename Words>
  void VisitClasses(Words& words) {
    words.VisitList(threads_, Identities::kMaxThreads, [&](ThreadFacts& thread) {
      words.VisitIndex(thread.of_class, Identities::kMaxThreads, kNoClass);
      words.Visit(thread.kinds, UINT64_MAX);
      words.Visit(thread.told, kTelling);
    });
    words.VisitList(members_, Identities::kMaxThreads, [&](std::vector<uint32_t>& threads) {
      words.VisitList(threads, Identities::kMaxThreads,
                      [&](uint32_t& index) { words.VisitIndex(index, threads_.size()); });
    });
    for (const ThreadFacts& thread : threads_) {
      words.Require(thread.of_class == kNoClass || thread.of_class < members_.size());
    }
    words.VisitMap(classes_, Identities::kMaxThreads, members_.size());
  }

  template <typename Words>
  void VisitObject(Words& words, Object& object) {
    const auto event = [&](EventName& name) { VisitEvent(words, name, false); };
    words.VisitList(object.reads, kMostEventsOfObject, event);
    words.VisitList(object.writes, kMostEventsOfObject, event);
    words.VisitIndex(object.touched_by, names_.threads(), Identities::kNone);
    words.Visit(object.by_others, 1);
    words.Visit(object.is_written, 1);
    words.Visit(object.is_shared, 1);
  }

  template <typename Words>
  void VisitEntry(Words& words, Entry& entry) {
    words.VisitList(entry.constraints, kMostConstraints, [&](Constraint& constraint) {
      words.Visit(constraint.object, Identities::kMaxObjects);
      VisitEvent(words, constraint.read, false);
      VisitEvent(words, constraint.write, true);
      words.Visit(constraint.wanted, 1);
    });
    words.Visit(entry.combination, UINT64_MAX);
  }

  template <typename Words>
  void VisitEvent(Words& words, EventName& event, bool may_be_initial) {
    words.Visit(event, UINT64_MAX);
    words.Require(ClassOf(event) <= members_.size() &&
                  (ClassOf(event) > 0 || (may_be_initial && event == kInitial)));
  }

  Object& At(uint32_t index) {
    if (objects_.size() <= index) objects_.resize(index + 1);
    Object& object = objects_[index];
    if (object.execution != execution_) {
      object.execution = execution_;
      object.written = kInitial;
      object.turns.clear();
    }
    return object;
  }

  static uint32_t TurnsOf(const Object& object, uint32_t thread) {
    return thread < object.turns.size() ? object.turns[thread] : 0;
  }
  // By a thread's index, which it keeps in all executions.
  struct ThreadFacts {
    uint32_t of_class = kNoClass;
    uint64_t kinds = 0;  // of its first operations
    uint32_t told = 0;   // how many
    bool ended = false;  // in this execution
  };

  ThreadFacts& Facts(uint32_t thread) {
    if (threads_.size() <= thread) threads_.resize(thread + 1);
    return threads_[thread];
  }

  // Threads that were seen to their end for the first time get their class.
  void Classify() {
    for (uint32_t i = 0; i < threads_.size(); ++i) {
      ThreadFacts& thread = threads_[i];
      if (thread.of_class != kNoClass || thread.told == 0) continue;
      const auto next = static_cast<uint32_t>(members_.size());
      thread.of_class = classes_.try_emplace(thread.kinds, next).first->second;
      if (thread.of_class == next) members_.emplace_back();
      members_[thread.of_class].push_back(i);
    }
  }

  void TakeNoteOfThread(uint32_t index, const Operation& last) {
    ThreadFacts& thread = Facts(index);
    if (last.kind == OpKind::kThreadExit) thread.ended = true;
    if (thread.of_class != kNoClass || thread.told == kTelling) return;
    thread.kinds = Mix(thread.kinds, static_cast<uint64_t>(last.kind));
    ++thread.told;
  }

  // 0: beyond what has a name.
  EventName NameOf(uint32_t thread, uint32_t turn) {
    const uint32_t of_class = Facts(thread).of_class;
    if (of_class == kNoClass || turn >= kMostTurns) return 0;
    return (uint64_t{of_class} + 1) * kMostTurns + turn;
  }
  static uint64_t ClassOf(EventName event) { return event / kMostTurns; }

  static void Remember(EventName event, std::vector<EventName>& events) {
    if (event == 0 || events.size() >= kMostEventsOfObject) return;
    if (std::find(events.begin(), events.end(), event) == events.end()) events.push_back(event);
  }

  void TakeNote(const Point& point) {
    if (point.last_thread >= kNoThread) return;
    names_.Note(point);
    const Operation& last = point.last;
    const uint32_t thread = names_.Thread(point.last_thread);
    TakeNoteOfThread(thread, last);
    if (last.access == Access::kNone || last.object == kNoObject) return;
    const uint32_t index = names_.Object(thread, last);
    if (index == Identities::kNone) return;
    Object& object = At(index);
    TakeNoteOfSharing(object, index, thread, last);
    if (object.turns.size() <= thread) object.turns.resize(thread + 1);
    const EventName event = NameOf(thread, object.turns[thread]++);
    if (ReadsValue(last)) {
      Remember(event, object.reads);
      for (size_t i = 0; i < met_.size(); ++i) {
        const Constraint& constraint = entry_.constraints[i];
        if (constraint.wanted && constraint.object == index && constraint.read == event &&
            constraint.write == object.written) {
          met_[i] = true;
        }
      }
      // A sum: which pairs there are, not their order.
      if (event != 0) combination_ += Mix(Mix(index, event), object.written);
    }
    if (last.access == Access::kWrite) {
      object.written = event;
      Remember(event, object.writes);
    }
  }

  void TakeNoteOfSharing(Object& object, uint32_t index, uint32_t thread, const Operation& last) {
    // A thread's end and who waits for it have one order.
    if (object.is_shared || last.kind <= OpKind::kThreadDetach) return;
    if (object.touched_by == Identities::kNone) object.touched_by = thread;
    object.by_others |= object.touched_by != thread;
    object.is_written |= last.access == Access::kWrite;
    object.is_shared = object.by_others && object.is_written;
    if (object.is_shared) shared_.push_back(index);
  }

  // Whether its next operation would break a constraint that can still be kept.
  bool MustWait(const Candidate& candidate) {
    const Operation& next = *candidate.next;
    if (next.access == Access::kNone || next.object == kNoObject) return false;
    const uint32_t thread = names_.Thread(candidate.thread);
    const uint32_t index = names_.Object(thread, next);
    if (index == Identities::kNone) return false;
    Object& object = At(index);
    const EventName event = NameOf(thread, TurnsOf(object, thread));
    for (size_t i = 0; i < met_.size(); ++i) {
      const Constraint& constraint = entry_.constraints[i];
      if (constraint.object != index || met_[i]) continue;
      const bool from_it = object.written == constraint.write;
      if (event == constraint.read && ReadsValue(next)) {
        if (constraint.wanted ? !from_it && IsToCome(object, constraint.write) : from_it)
          return true;
      } else if (constraint.wanted && from_it && next.access == Access::kWrite &&
                 IsToCome(object, constraint.read)) {
        return true;
      }
    }
    return false;
  }

  // Whether a thread of the event's class has not got that far yet.
  bool IsToCome(const Object& object, EventName event) const {
    if (event < kMostTurns) return false;
    for (const uint32_t thread : members_[ClassOf(event) - 1]) {
      if (!threads_[thread].ended && TurnsOf(object, thread) <= event % kMostTurns) return true;
    }
    return false;
  }

  Entry DrawEntry() {
    const auto size = static_cast<uint32_t>(corpus_.size());
    const Entry* rarest = nullptr;
    for (uint32_t i = 0; i < kDrawn; ++i) {
      const Entry& entry = corpus_[random_.Below(size)];
      if (rarest == nullptr ||
          combinations_[entry.combination] < combinations_[rarest->combination]) {
        rarest = &entry;
      }
    }
    return *rarest;
  }

  void Mutate(std::vector<Constraint>& constraints) {
    const auto count = static_cast<uint32_t>(constraints.size());
    const uint32_t how = random_.Below(4);
    if (count > 0 && how == 0) {
      constraints.erase(constraints.begin() + random_.Below(count));
    } else if (count > 0 && how == 1) {
      Constraint& constraint = constraints[random_.Below(count)];
      constraint.wanted = !constraint.wanted;
    } else {
      if (count == kMostConstraints) constraints.erase(constraints.begin());
      Add(constraints);
    }
  }

  // A read and a write at one object, by two threads; or a read and what was there at the start.
  void Add(std::vector<Constraint>& constraints) {
    constexpr int kTries = 8;
    if (shared_.empty()) return;
    for (int i = 0; i < kTries; ++i) {
      const uint32_t index = shared_[random_.Below(static_cast<uint32_t>(shared_.size()))];
      const Object& object = objects_[index];
      if (object.reads.empty() || object.writes.empty()) continue;
      const auto draw = [&](const std::vector<EventName>& events) {
        return events[random_.Below(static_cast<uint32_t>(events.size()))];
      };
      const EventName read = draw(object.reads);
      const auto writes = static_cast<uint32_t>(object.writes.size());
      const EventName write = random_.Below(writes + 1) == 0 ? kInitial : draw(object.writes);
      if (ClassOf(read) == ClassOf(write) && members_[ClassOf(read) - 1].size() < 2) continue;
      constraints.push_back({index, read, write, true});
      return;
    }
  }

  const std::unique_ptr<Strategy> base_;
  Random random_;
  Identities names_;
  uint64_t execution_ = 0;
  std::vector<Object> objects_;       // by index
  std::vector<uint32_t> shared_;      // of these: what several threads touch and one writes
  std::vector<ThreadFacts> threads_;  // by index
  std::unordered_map<uint64_t, uint32_t> classes_;  // by the kinds of operations
  std::vector<std::vector<uint32_t>> members_;      // of each class: its threads
  std::vector<Entry> corpus_;
  std::unordered_map<uint64_t, uint32_t> combinations_;  // how often each was seen
  // Of this execution.
  Entry entry_;
  std::vector<bool> met_;  // by constraint: it has come
  uint64_t combination_ = 0;
  uint32_t held_points_ = 0;
  std::vector<Candidate> free_, blocked_;
  std::vector<uint32_t> positions_;
};

}  // namespace

std::unique_ptr<Strategy> MakeRff(const PosOptions& options) {
  return std::make_unique<Rff>(options);
}

}  // namespace heddle::sim
