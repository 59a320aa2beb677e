// What ThreadSanitizer learns under a weak memory model (weak_memory.h): who happens before whom
// by the stores that were really read.
//
// The program's atomics reach ThreadSanitizer as relaxed operations. A token is an address of ours
// at which one thread released once; a message (what a store hands to its readers) carries tokens,
// and whoever acquires the message acquires them. So ThreadSanitizer sees the happens-before order
// of the chosen reads, no more and no less, fences and release sequences included.
//
// Tokens are counted and used again: a release store replaces what was known at the address before.
// In det and asan all of this is nothing.
//
// Called by the thread that has control, which is the one that acquires or releases.
#ifndef HEDDLE_SIM_RUNTIME_CORE_WEAK_TOKENS_H_
#define HEDDLE_SIM_RUNTIME_CORE_WEAK_TOKENS_H_

#include <cstdint>

namespace heddle::sim::runtime {

// Of each thread a message carries the latest release only: it tells what the earlier ones do. One
// that would carry more than these is acquired and released anew by the thread that makes it: an
// order too many, so a race may be missed, never made up. Long release sequences of relaxed
// read-modify-writes by many threads come to that.
inline constexpr uint32_t kMaxTokens = 8;

#if defined(HEDDLE_FLAVOUR_TSAN)
// Tokens in use at one time: a message each for the stores of all locations. 8 bytes of address
// space each.
inline constexpr uint32_t kMostTokensInUse = 1 << 20;

class Tokens {
 public:
  Tokens() = default;
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;

  void Start() { count_ = 0; }       // whatever was here is of an earlier execution
  void Clear();                      // none
  void Renew();                      // one, which the running thread releases now
  void Assign(const Tokens& other);  // the same as there
  void Add(const Tokens& other);     // those, too
  void Acquire() const;              // by the running thread

 private:
  bool AddOne(uint32_t number);  // false: there is no room

  uint32_t count_ = 0;
  uint32_t numbers_[kMaxTokens] = {};
};

// An execution begins; no Tokens of an earlier one are used any more.
void ResetTokens();
#else
class Tokens {
 public:
  Tokens() = default;
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;

  void Start() {}
  void Clear() {}
  void Renew() {}
  void Assign(const Tokens&) {}
  void Add(const Tokens&) {}
  void Acquire() const {}
};
inline void ResetTokens() {}
#endif

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WEAK_TOKENS_H_
