// Names for threads and objects that hold from one execution to the next, for strategies that
// learn.
//
// Numbers of threads and objects follow the schedule: who comes first gets the lower one. What a
// thread does by itself does not: it is the n-th child of its parent, and an object is the k-th
// that it touches. An object has such a name for each thread that touches it, and one index for all
// of them. Where a thread's way depends on the schedule, two objects may come to share an index, or
// one to have several: fine for what only guides a search. The program's static variables lie at
// one address in all executions, so each has one index, whatever the schedule.
//
// Addresses are only asked whether they are the same, so all flavours agree.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_IDENTITIES_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_IDENTITIES_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sim/protocol/strategy.h"

namespace heddle::sim {

class Identities {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  // Beyond them there are no new names; programs that matter have some hundreds.
  static constexpr uint32_t kMaxThreads = 1024;
  static constexpr uint32_t kMaxObjects = 4096;
  static constexpr uint32_t kMaxNames = 1024;  // of each thread
  // Objects that a thread's k-th can be.
  static constexpr size_t kMaxAlternatives = 16;

  void NewExecution();

  // Takes note of the step before `point`. Returns the index of the thread that it created, or
  // kNone.
  uint32_t Note(const Point& point);
  // The thread that was created last.
  ThreadNumber newest() const { return created_; }

  // Indices count from 0, parents before their children. The clock has none.
  uint32_t Thread(ThreadNumber number);
  uint32_t threads() const { return static_cast<uint32_t>(parents_.size()); }
  // Of a thread's index; kNone: it has none, or is not known.
  uint32_t ParentOf(uint32_t thread) const { return parents_[thread]; }

  // The index of the object of `operation`, which thread `thread` (an index) does now; kNone for
  // kNoObject and beyond the bounds. To be asked in the order of the thread's operations; about an
  // operation that is pending, or done, or both.
  uint32_t Object(uint32_t thread, const Operation& operation);
  uint32_t objects() const { return objects_; }

  // All names, between executions (words.h).
  template <typename Words>
  void VisitAll(Words& words);

 private:
  struct Known {  // an object of this execution
    uint64_t execution = 0;
    uint32_t index = kNone;
    std::vector<uint64_t> touched;  // by threads, as bits
  };

  uint32_t NewThread(uint32_t parent);
  uint32_t NewObject();
  uint32_t Static(uintptr_t address);
  uint32_t Touched(std::vector<uint32_t>& alternatives);
  uint32_t& Child(std::vector<uint32_t>& children, uint32_t nth);
  Known& At(ObjectId object);

  uint64_t execution_ = 0;
  // By index; they stay.
  std::vector<uint32_t> parents_;
  std::vector<std::vector<uint32_t>> children_;
  std::vector<uint32_t> unseen_;  // those whose creation was not seen, by number
  std::vector<std::vector<std::vector<uint32_t>>> names_;  // thread, k: what it has been
  std::unordered_map<uintptr_t, uint32_t> statics_;        // by address
  uint32_t objects_ = 0;
  std::vector<uint64_t> used_;  // by index: the last execution that has given it to an object
  // Of this execution.
  ThreadNumber created_ = 0;       // the latest: they are numbered in order of creation
  std::vector<uint32_t> numbers_;  // by number: the thread's index
  std::vector<uint32_t> born_;     // by index: how many it has created
  std::vector<uint32_t> touched_;  // by index: how many objects it has touched
  std::vector<Known> known_;
};

template <typename Words>
void Identities::VisitAll(Words& words) {
  words.Visit(objects_, kMaxObjects);
  uint32_t threads = 0;
  words.VisitList(parents_, kMaxThreads,
                  [&](uint32_t& parent) { words.VisitIndex(parent, threads++, kNone); });
  const auto thread = [&](uint32_t& index) { words.VisitIndex(index, threads, kNone); };
  children_.resize(threads);
  for (std::vector<uint32_t>& children : children_) words.VisitList(children, kMaxThreads, thread);
  words.VisitList(unseen_, kMaxThreads, thread);
  names_.resize(threads);
  for (std::vector<std::vector<uint32_t>>& names : names_) {
    words.VisitList(names, kMaxNames, [&](std::vector<uint32_t>& alternatives) {
      words.VisitList(alternatives, kMaxAlternatives,
                      [&](uint32_t& index) { words.VisitIndex(index, objects_); });
    });
  }
  words.VisitMap(statics_, kMaxObjects, objects_);
  born_.resize(threads);
  touched_.resize(threads);
  used_.resize(objects_);
}

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_IDENTITIES_H_
