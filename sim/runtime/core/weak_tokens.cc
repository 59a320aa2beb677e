#if defined(HEDDLE_FLAVOUR_TSAN)

#include "sim/runtime/core/weak_tokens.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>

#include "sim/runtime/bounds.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/private_memory.h"
#include "sim/runtime/core/report.h"

// ThreadSanitizer's own: a release store makes what is known at the address anew, so that a token
// that is used again tells nothing of its former use.
extern "C" uint64_t __real___tsan_atomic64_load(const volatile uint64_t*, int);
extern "C" void __real___tsan_atomic64_store(volatile uint64_t*, uint64_t, int);

namespace heddle::sim::runtime {
namespace {

struct Token {
  uint64_t release = 0;    // the number of its release, among all
  ThreadNumber owner = 0;  // who released it
  uint32_t slot = 0;       // of the owner
  uint32_t uses = 0;       // Tokens that hold it; of a free one: the next free one
};

// The latest release of each thread that a thread has acquired. Who acquires it again learns
// nothing.
struct Acquired {
  struct Latest {
    ThreadNumber owner = 0;
    uint64_t release = 0;  // 0: none
  };
  ThreadNumber thread = 0;
  Latest by_slot[kMaxLiveThreads];  // of the owners
};

struct TokenTable {
  volatile uint64_t* words = nullptr;  // a token's address
  Token* tokens = nullptr;
  Acquired* acquired = nullptr;  // by slot of the thread that acquires
  uint64_t releases = 0;         // not reset: those of earlier executions are older
  uint32_t next = 1;             // never used so far; 0 is none
  uint32_t free = 0;
};
constinit TokenTable table;

uint32_t Take() {
  if (table.free != 0) {
    const uint32_t number = table.free;
    table.free = table.tokens[number].uses;
    table.tokens[number].uses = 1;
    return number;
  }
  if (table.next == kMostTokensInUse) {
    Fail(FailureKind::kLimit, "weak memory: more than %u releases that could be read still",
         kMostTokensInUse);
  }
  table.tokens[table.next].uses = 1;
  return table.next++;
}

void Use(uint32_t number) { ++table.tokens[number].uses; }

void Leave(uint32_t number) {
  Token& token = table.tokens[number];
  KERNEL_CHECK(token.uses > 0, "a token that is left was in use");
  if (--token.uses != 0) return;
  token.uses = table.free;
  table.free = number;
}

// What the running thread has acquired.
Acquired& OfRunning() {
  const Thread* self = kernel.threads.current;
  Acquired& acquired = table.acquired[self->slot];
  if (acquired.thread != self->number) acquired = {.thread = self->number};
  return acquired;
}

}  // namespace

void ResetTokens() {
  if (table.words == nullptr) {
    table.words = ReserveZeroed<uint64_t>(kMostTokensInUse);
    table.tokens = ReserveZeroed<Token>(kMostTokensInUse);
    table.acquired = ReserveZeroed<Acquired>(kMaxLiveThreads);
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
  const Thread* self = kernel.threads.current;
  Token& token = table.tokens[numbers_[0]];
  token.release = ++table.releases;
  token.owner = self->number;
  token.slot = self->slot;
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
    if (AddOne(other.numbers_[i])) continue;
    other.Acquire();
    Acquire();
    return Renew();
  }
}

bool Tokens::AddOne(uint32_t number) {
  const Token& token = table.tokens[number];
  for (uint32_t i = 0; i < count_; ++i) {
    const Token& other = table.tokens[numbers_[i]];
    if (other.owner != token.owner) continue;
    if (other.release >= token.release) return true;
    Leave(numbers_[i]);
    Use(number);
    numbers_[i] = number;
    return true;
  }
  if (count_ == kMaxTokens) return false;
  Use(number);
  numbers_[count_++] = number;
  return true;
}

void Tokens::Acquire() const {
  Acquired& acquired = OfRunning();
  for (uint32_t i = 0; i < count_; ++i) {
    const Token& token = table.tokens[numbers_[i]];
    if (token.owner == acquired.thread) continue;
    Acquired::Latest& latest = acquired.by_slot[token.slot];
    if (latest.owner == token.owner && latest.release >= token.release) continue;
    latest = {token.owner, token.release};
    __real___tsan_atomic64_load(&table.words[numbers_[i]], __ATOMIC_ACQUIRE);
  }
}

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_FLAVOUR_TSAN
