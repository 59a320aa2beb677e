// Memory that is used again, written in other ways and in other sizes: under weak memory no value
// of its former use may come up. One argument: the name of a case.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>

namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

void Check(bool holds) {
  if (!holds) std::abort();
}

struct Node {
  std::atomic<long> value{0};
  std::atomic<long> other{0};
};

// A thread stores 1, 2 and 0 again, without anybody having to know. A second one, which learns by a
// relaxed load only that it may, makes the node anew with `remake` and hands it to a third.
template <typename Remake>
void Reuse(Remake remake) {
  Node* const node = new Node;
  std::atomic<bool> done{false};
  std::atomic<Node*> ready{nullptr};
  std::thread before([&] {
    for (const long value : {1, 2, 0}) node->value.store(value, memory_order_relaxed);
    done.store(true, memory_order_relaxed);
  });
  std::thread maker([&] {
    while (!done.load(memory_order_relaxed)) std::this_thread::yield();
    ready.store(remake(node), memory_order_release);
  });
  std::thread reader([&] {
    Node* made;
    while ((made = ready.load(memory_order_acquire)) == nullptr) std::this_thread::yield();
    const long value = made->value.load(memory_order_relaxed);
    Check(value == 0 || value == 7);
  });
  before.join();
  maker.join();
  reader.join();
  delete ready.load(memory_order_relaxed);
}

void New() {
  Reuse([](Node* node) { return new (node) Node; });
}
void Memset() {
  Reuse([](Node* node) {
    return static_cast<Node*>(memset(static_cast<void*>(node), 0, sizeof *node));
  });
}
void Memcpy() {
  Reuse([](Node* node) {
    static const long image[2] = {7, 7};
    return static_cast<Node*>(memcpy(static_cast<void*>(node), image, sizeof *node));
  });
}
void Free() {
  Reuse([](Node* node) {
    delete node;
    return new Node;
  });
}

// Half of a word by one thread, all of it by the other.
void Sizes() {
  static std::atomic<uint64_t> word{0};
  std::atomic<int> flag{0};
  std::thread writer([&] {
    word.store(1, memory_order_relaxed);
    reinterpret_cast<std::atomic<uint32_t>*>(&word)[1].store(1, memory_order_relaxed);
    flag.store(1, memory_order_release);
  });
  std::thread reader([&] {
    if (flag.load(memory_order_acquire) == 1) Check(word.load(memory_order_relaxed) == 0x100000001);
  });
  writer.join();
  reader.join();
}

// A mutex, a semaphore's count and a joined thread hand over all that was stored before.
void Join() {
  std::atomic<int> value{0};
  std::thread([&] {
    for (int i = 1; i <= 3; ++i) value.store(i, memory_order_relaxed);
  }).join();
  std::thread other([&] { Check(value.load(memory_order_relaxed) == 3); });
  Check(value.load(memory_order_relaxed) == 3);
  other.join();
}

}  // namespace

int main(int argc, char** argv) {
  const struct {
    const char* name;
    void (*run)();
  } kCases[] = {{"new", New},   {"memset", Memset}, {"memcpy", Memcpy},
                {"free", Free}, {"sizes", Sizes},   {"join", Join}};
  for (const auto& each : kCases) {
    if (argc != 2 || std::strcmp(argv[1], each.name) != 0) continue;
    each.run();
    return 0;
  }
  std::fprintf(stderr, "unknown case\n");
  return 2;
}
