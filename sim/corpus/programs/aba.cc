// ABA: a lock-free stack whose nodes are reused. A thread that pops reads the head A and A's
// successor B and is held up; meanwhile another pops A and B and pushes A back. The
// compare-and-swap sees A again, takes it for unchanged, and makes B, which belongs to somebody,
// the head. The right version counts every change in a tag beside the index.
//
// First described: IBM System/370 Extended Architecture, Principles of Operation, 1983 (with the
// tag as the cure); the stack is R. K. Treiber's, "Systems Programming: Coping with Parallelism",
// 1986. Found by: the assertion (a node popped while somebody owns it).
#include <array>
#include <atomic>
#include <cstdint>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

constexpr uint32_t kNone = 0;  // node numbers start at 1

template <bool kBroken>
class Stack {
 public:
  void Push(uint32_t node) {
    uint64_t head = head_.load();
    do {
      next_[node].store(Index(head));
    } while (!head_.compare_exchange_weak(head, Changed(head, node)));
  }

  uint32_t Pop() {
    uint64_t head = head_.load();
    while (Index(head) != kNone) {
      const uint32_t next = next_[Index(head)].load();
      if (head_.compare_exchange_weak(head, Changed(head, next))) return Index(head);
    }
    return kNone;
  }

 private:
  static uint32_t Index(uint64_t head) { return static_cast<uint32_t>(head); }
  static uint64_t Changed(uint64_t head, uint32_t index) {
    const uint64_t tag = kBroken ? 0 : (head >> 32) + 1;
    return tag << 32 | index;
  }

  std::atomic<uint64_t> head_{kNone};
  std::array<std::atomic<uint32_t>, 4> next_{};
};

template <bool kBroken>
void Run() {
  Stack<kBroken> stack;
  std::array<std::atomic<bool>, 4> owned{};
  for (uint32_t node : {3, 2, 1}) stack.Push(node);

  auto take = [&] {
    const uint32_t node = stack.Pop();
    if (node != kNone) {
      const bool owned_before = owned[node].exchange(true);
      assert(!owned_before);
    }
    return node;
  };
  auto give_back = [&](uint32_t node) {
    owned[node].store(false);
    stack.Push(node);
  };
  InThreads([&] { take(); },
            [&] {
              const uint32_t first = take();
              take();
              if (first != kNone) give_back(first);
            });
  while (take() != kNone) {
  }
}

}  // namespace

extern const Program kAba{"aba", Shows::kAssertion, Run<true>, Run<false>};

}  // namespace heddle::corpus
