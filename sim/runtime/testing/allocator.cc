// Right: linked with a shared library that brings an allocator (own_allocator.cc). With the
// argument "own", blocks of that library's own function are freed by the functions that Heddle
// takes over, which the sanitizers do not know.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sim/runtime/testing/check.h"

extern "C" void* own_allocate(size_t);

namespace {

// Before control begins, and in part by the standard library's own code.
const std::string early = "longer than what a string holds in itself, " + std::to_string(1);

void Use() {
  std::ostringstream text;
  for (int i = 0; i < 100; ++i) text << i << ' ';
  std::string copy = text.str();
  std::vector<std::string> copies(10, copy + early);
  char* block = strdup(copy.c_str());
  block = static_cast<char*>(realloc(block, 10'000));
  CHECK(strcmp(block, copy.c_str()) == 0);
  free(block);
  struct alignas(64) Wide {
    char bytes[128];
  };
  Wide* volatile wide = new Wide;  // volatile: a pair of both may be left out
  delete wide;
  int* volatile numbers = new int[3];
  delete[] numbers;
}

void UseOwn() {
  free(own_allocate(10));
  auto* block = static_cast<char*>(own_allocate(4));
  memcpy(block, "own", 4);
  block = static_cast<char*>(realloc(block, 100));
  CHECK(strcmp(block, "own") == 0);
  free(block);
}

}  // namespace

int main(int argc, char**) {
  std::thread other(Use);
  Use();
  other.join();
  if (argc > 1) UseOwn();
  std::printf("allocator\n");
}
