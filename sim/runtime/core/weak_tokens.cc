#if defined(HEDDLE_FLAVOUR_TSAN)

#include "sim/runtime/core/weak_tokens.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>

#include "sim/runtime/core/check.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/core/report.h"

// ThreadSanitizer's own: a release store makes what is known at the address anew, so that a token
// that is used again tells nothing of its former use.
extern "C" uint64_t __real___tsan_atomic64_load(const volatile uint64_t*, int);
extern "C" void __real___tsan_atomic64_store(volatile uint64_t*, uint64_t, int);

namespace heddle::sim::runtime {
namespace {

struct TokenTable {
  volatile uint64_t* words = nullptr;  // a token's address
  uint32_t* uses = nullptr;            // Tokens that hold it; of a free one: the next free one
  uint32_t next = 1;                   // never used so far; 0 is none
  uint32_t free = 0;
};
constinit TokenTable table;

uint32_t Take() {
  if (table.free != 0) {
    const uint32_t number = table.free;
    table.free = table.uses[number];
    table.uses[number] = 1;
    return number;
  }
  if (table.next == kMostTokensInUse) {
    Fail(FailureKind::kLimit, "weak memory: more than %u releases that could be read still",
         kMostTokensInUse);
  }
  table.uses[table.next] = 1;
  return table.next++;
}

void Use(uint32_t number) { ++table.uses[number]; }

void Leave(uint32_t number) {
  KERNEL_CHECK(table.uses[number] > 0, "a token that is left was in use");
  if (--table.uses[number] != 0) return;
  table.uses[number] = table.free;
  table.free = number;
}

}  // namespace

void ResetTokens() {
  if (table.words == nullptr) {
    table.words = ReserveZeroed<uint64_t>(kMostTokensInUse);
    table.uses = ReserveZeroed<uint32_t>(kMostTokensInUse);
  }
  table.next = 1;
  table.free = 0;
}

void Tokens::Clear() {
  for (uint32_t i = 0; i < count_; ++i) Leave(numbers_[i]);
  count_ = 0;
}

void Tokens::Renew() {
  Clear();
  numbers_[0] = Take();
  count_ = 1;
  __real___tsan_atomic64_store(&table.words[numbers_[0]], 0, __ATOMIC_RELEASE);
}

void Tokens::Assign(const Tokens& other) {
  for (uint32_t i = 0; i < other.count_; ++i) Use(other.numbers_[i]);
  Clear();
  count_ = other.count_;
  std::copy(other.numbers_, other.numbers_ + count_, numbers_);
}

void Tokens::Add(const Tokens& other) {
  for (uint32_t i = 0; i < other.count_; ++i) {
    const uint32_t number = other.numbers_[i];
    if (std::find(numbers_, numbers_ + count_, number) != numbers_ + count_) continue;
    if (count_ == kMaxTokens) {
      other.Acquire();
      Acquire();
      return Renew();
    }
    Use(number);
    numbers_[count_++] = number;
  }
}

void Tokens::Acquire() const {
  for (uint32_t i = 0; i < count_; ++i) {
    __real___tsan_atomic64_load(&table.words[numbers_[i]], __ATOMIC_ACQUIRE);
  }
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_FLAVOUR_TSAN
