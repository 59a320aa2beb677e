#include "sim/runtime/strategies/identities.h"

#include <algorithm>

// The linker's: where the program's own code and data lie. A shared library has none of its own.
extern "C" [[gnu::weak]] const char __executable_start[];  // NOLINT(bugprone-reserved-identifier)
extern "C" [[gnu::weak]] const char _end[];                // NOLINT(bugprone-reserved-identifier)

namespace heddle::sim {
namespace {

bool IsStatic(uintptr_t address) {
  return address >= reinterpret_cast<uintptr_t>(__executable_start) &&
         address < reinterpret_cast<uintptr_t>(_end);
}

}  // namespace

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

uint32_t Identities::NewObject() {
  if (objects_ == kMaxObjects) return kNone;
  used_.push_back(0);
  return objects_++;
}

uint32_t Identities::Static(uintptr_t address) {
  const auto known = statics_.find(address);
  if (known != statics_.end()) return known->second;
  const uint32_t index = NewObject();
  if (index != kNone) statics_.emplace(address, index);
  return index;
}

// The first of those that no other object of this execution is; a new one if they all are.
uint32_t Identities::Touched(std::vector<uint32_t>& alternatives) {
  for (const uint32_t index : alternatives) {
    if (used_[index] != execution_) return index;
  }
  const uint32_t index = alternatives.size() < kMaxAlternatives ? NewObject() : kNone;
  if (index != kNone) alternatives.push_back(index);
  return index;
}

uint32_t Identities::Object(uint32_t thread, const Operation& operation) {
  if (operation.object == kNoObject) return kNone;
  Known& known = At(operation.object);
  if (IsStatic(operation.address)) {
    if (known.index == kNone) known.index = Static(operation.address);
    return known.index;
  }
  const uint32_t word = thread / 64;
  const uint64_t bit = uint64_t{1} << thread % 64;
  if (known.touched.size() <= word) known.touched.resize(word + 1);
  if ((known.touched[word] & bit) != 0) return known.index;
  known.touched[word] |= bit;
  const uint32_t nth = touched_[thread]++;
  if (nth >= kMaxNames) return known.index;
  std::vector<std::vector<uint32_t>>& names = names_[thread];
  if (names.size() <= nth) names.resize(nth + 1);
  if (known.index == kNone) {
    known.index = Touched(names[nth]);
    if (known.index != kNone) used_[known.index] = execution_;
  } else if (names[nth].empty()) {
    names[nth].push_back(known.index);
  }
  return known.index;
}

}  // namespace heddle::sim
