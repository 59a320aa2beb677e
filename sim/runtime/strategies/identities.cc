#include "sim/runtime/strategies/identities.h"

#include <algorithm>

namespace heddle::sim {

void Identities::NewExecution() {
  ++execution_;
  created_ = 0;
  numbers_.clear();
  std::fill(born_.begin(), born_.end(), 0);
  std::fill(touched_.begin(), touched_.end(), 0);
}

uint32_t Identities::NewThread(uint32_t parent) {
  // Those beyond the bound are all taken for the last one.
  if (parents_.size() == kMaxThreads) return kMaxThreads - 1;
  parents_.push_back(parent);
  children_.emplace_back();
  names_.emplace_back();
  born_.push_back(0);
  touched_.push_back(0);
  return threads() - 1;
}

uint32_t& Identities::Child(std::vector<uint32_t>& children, uint32_t nth) {
  if (children.size() <= nth) children.resize(nth + 1, kNone);
  return children[nth];
}

uint32_t Identities::Note(const Point& point) {
  if (point.last_thread >= kNoThread || !CreatesThread(point.last)) return kNone;
  const uint32_t parent = Thread(point.last_thread);
  const ThreadNumber number = ++created_;
  const uint32_t nth = born_[parent]++;
  if (nth >= kMaxThreads) return kNone;
  if (Child(children_[parent], nth) == kNone) {
    const uint32_t born = NewThread(parent);  // moves the tables
    children_[parent][nth] = born;
  }
  const uint32_t child = children_[parent][nth];
  if (numbers_.size() <= number) numbers_.resize(number + 1, kNone);
  numbers_[number] = child;
  return child;
}

uint32_t Identities::Thread(ThreadNumber number) {
  if (number < numbers_.size() && numbers_[number] != kNone) return numbers_[number];
  number = std::min(number, kMaxThreads - 1);
  if (Child(unseen_, number) == kNone) unseen_[number] = NewThread(kNone);
  if (numbers_.size() <= number) numbers_.resize(number + 1, kNone);
  return numbers_[number] = unseen_[number];
}

Identities::Known& Identities::At(ObjectId object) {
  if (known_.size() <= object) known_.resize(object + 1);
  Known& known = known_[object];
  if (known.execution != execution_) {
    known.execution = execution_;
    known.index = kNone;
    known.touched.clear();
  }
  return known;
}

uint32_t Identities::Object(uint32_t thread, ObjectId object) {
  if (object == kNoObject) return kNone;
  Known& known = At(object);
  const uint32_t word = thread / 64;
  const uint64_t bit = uint64_t{1} << thread % 64;
  if (known.touched.size() <= word) known.touched.resize(word + 1);
  if ((known.touched[word] & bit) != 0) return known.index;
  known.touched[word] |= bit;
  const uint32_t nth = touched_[thread]++;
  if (nth >= kMaxNames) return known.index;
  std::vector<uint32_t>& names = names_[thread];
  if (names.size() <= nth) names.resize(nth + 1, kNone);
  if (known.index == kNone) {
    if (names[nth] != kNone && used_[names[nth]] != execution_) {
      known.index = names[nth];
    } else if (objects_ < kMaxObjects) {
      known.index = objects_++;
      used_.push_back(0);
    } else {
      return kNone;
    }
    used_[known.index] = execution_;
  }
  if (names[nth] == kNone) names[nth] = known.index;
  return known.index;
}

}  // namespace heddle::sim
