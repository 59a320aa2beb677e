// Right: instantiates, instrumented, the templates of the standard library that the runtime's own
// code is made of, in several threads. Never a finding: the runtime has copies of its own.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "sim/runtime/testing/check.h"

namespace {

std::mutex mutex;
unsigned done = 0;

__attribute__((noinline)) void Work(unsigned seed) {
  std::vector<unsigned> numbers(seed);
  numbers.resize(seed + 10);
  for (unsigned i = 0; i < numbers.size(); ++i) numbers[i] = (i * 7919 + seed) % 101;
  std::sort(numbers.begin(), numbers.end());
  CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  std::vector<unsigned> copy;
  copy.assign(numbers.data(), numbers.data() + numbers.size());
  copy.insert(copy.end(), numbers.begin(), numbers.end());
  copy.insert(copy.begin(), seed, 3U);
  CHECK(copy.size() == 2 * numbers.size() + seed);
  std::vector<uint64_t> words;
  for (uint64_t i = 0; i < 20; ++i) words.push_back(i * seed);
  words.resize(100);
  std::vector<uint8_t> bytes(3);
  bytes.resize(100 + seed);
  std::vector<double> reals(3);
  reals.resize(100 + seed);
  std::vector<std::vector<unsigned>> lists(1);
  lists.resize(seed);
  lists.emplace_back();
  std::unordered_map<uint64_t, uint32_t> table;
  for (uint32_t i = 0; i < 30; ++i) table[uint64_t{i} * seed] = i;
  CHECK(table.size() == 30);
  const std::lock_guard lock(mutex);
  ++done;
}

}  // namespace

int main() {
  std::thread a(Work, 3), b(Work, 5), c(Work, 7);
  a.join(), b.join(), c.join();
  CHECK(done == 3);
  std::printf("done\n");
}
