// CHECK for the programs that run under control: ordinary code, so plain abort.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_CHECK_H_
#define HEDDLE_SIM_RUNTIME_TESTING_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      std::fprintf(stderr, "%s:%d: CHECK(%s)\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                               \
    }                                                                             \
  } while (false)

#endif  // HEDDLE_SIM_RUNTIME_TESTING_CHECK_H_
