// Views: vector clocks over the slots of threads, for the weak memory model (weak_memory.h).
#ifndef HEDDLE_SIM_RUNTIME_CORE_WEAK_VIEWS_H_
#define HEDDLE_SIM_RUNTIME_CORE_WEAK_VIEWS_H_

#include <algorithm>
#include <cstdint>

#include "sim/runtime/bounds.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/core/weak_tokens.h"

namespace heddle::sim::runtime {

// Threads that are told apart: a view has an entry for each, and a location a counter. As many as
// can be alive: a weak model must not be what a right program meets first.
inline constexpr uint32_t kMaxWeakThreads = kMaxLiveThreads;

// What somebody knows: of each thread, all its operations up to a number. Entries at `width` and
// above are 0.
struct alignas(64) View {
  uint32_t fence = 0;  // seq_cst stores up to this number of their total order come before
  uint32_t width = 0;
  uint32_t next_free = 0;  // Pool's
  uint32_t at[kMaxWeakThreads] = {};
  Tokens tokens;

  uint32_t At(uint32_t slot) const { return slot < width ? at[slot] : 0; }
  void Set(uint32_t slot, uint32_t number) {
    while (width <= slot) at[width++] = 0;
    at[slot] = number;
  }
  // What `other` knows, too. Tokens are joined apart, by who acquires.
  void Join(const View& other) {
    fence = std::max(fence, other.fence);
    const uint32_t both = std::min(width, other.width);
    for (uint32_t i = 0; i < both; ++i) at[i] = std::max(at[i], other.at[i]);
    while (width < other.width) {
      at[width] = other.at[width];
      ++width;
    }
  }
  void Assign(const View& other) {
    fence = other.fence;
    if (other.width <= kNarrow) {
      CopyNarrow(other);
    } else {
      width = other.width;
      std::copy(other.at, other.at + width, at);
    }
    tokens.Assign(other.tokens);
  }
  void Clear() {
    fence = width = 0;
    tokens.Clear();
  }
  // Pool's: whatever was here is of an earlier execution, or was cleared.
  void Start() {
    fence = width = 0;
    tokens.Start();
  }

 private:
  // Entry by entry: memmove(), which compilers make of a loop that copies, costs more for a few,
  // and reads in one piece what was written in several just now.
  static constexpr uint32_t kNarrow = 8;
  void CopyNarrow(const View& other) {
    width = other.width;
    for (uint32_t i = 0; i < other.width; ++i) {
      uint32_t number = other.at[i];
      asm("" : "+r"(number));
      at[i] = number;
    }
  }
};

// Items by number, 0 is none. They lie in private memory that is reserved once; an execution begins
// with none in use. T has Start(), which makes it as new, Clear(), which gives back what it holds,
// and a field `next_free`.
template <typename T, uint32_t kMost>
class Pool {
 public:
  void Reset() {
    if (items_ == nullptr) items_ = ReserveZeroed<T>(kMost);
    next_ = 1;
    free_ = 0;
  }
  // No room for what one operation may need.
  bool Full() const { return next_ + kPerOperation > kMost; }
  // There must be room: !Full().
  uint32_t New() {
    uint32_t index = free_;
    if (index != 0) {
      free_ = items_[index].next_free;
    } else {
      index = next_++;
    }
    items_[index].Start();
    return index;
  }
  // 0: nothing.
  void Delete(uint32_t index) {
    if (index == 0) return;
    items_[index].Clear();
    items_[index].next_free = free_;
    free_ = index;
  }
  T& operator[](uint32_t index) { return items_[index]; }
  uint32_t end() const { return next_; }

 private:
  static constexpr uint32_t kPerOperation = 8;

  T* items_ = nullptr;
  uint32_t next_ = 1;
  uint32_t free_ = 0;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WEAK_VIEWS_H_
