// A library that is loaded while the program runs has its thread_local storage elsewhere in each
// thread, from the first use on. A new thread finds it as it begins, whichever kernel thread it
// has.
#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <thread>

#include "sim/runtime/testing/check.h"

namespace {

using Values = int* (*)(size_t* size);

void Use(Values values) {
  size_t size = 0;
  int* const own = values(&size);
  CHECK(own[0] == 7);
  for (size_t i = 1; i < size; ++i) CHECK(own[i] == 0);
  own[0] = 8;
  own[size - 1] = 1;
}

}  // namespace

int main() {
  void* const library = dlopen(LOADED_LIBRARY, RTLD_NOW);
  CHECK(library != nullptr);
  const auto values = reinterpret_cast<Values>(dlsym(library, "Values"));
  CHECK(values != nullptr);
  Use(values);
  std::atomic<int> used{0};
  for (int round = 0; round < 3; ++round) {
    const auto use = [&] {
      Use(values);
      ++used;
    };
    std::thread a(use), b(use);
    a.join();
    b.join();
  }
  CHECK(used == 6);
  size_t size = 0;
  CHECK(values(&size)[0] == 8);
}
