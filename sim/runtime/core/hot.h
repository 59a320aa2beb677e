// Where the runtime's own state lies in memory.
//
// An execution in a worker puts back each page that executions write to, at some 40 ns a page
// (serve/snapshot.h). So the small variables that most executions write lie together, and tables
// begin with what is written most.
#ifndef HEDDLE_SIM_RUNTIME_CORE_HOT_H_
#define HEDDLE_SIM_RUNTIME_CORE_HOT_H_

#include <cstddef>

// For variables of at most 2 KiB: together they take few pages.
#define HEDDLE_HOT __attribute__((section("heddle_hot")))

namespace heddle::sim::runtime {

// The alignment of a table whose beginning most executions write.
inline constexpr size_t kHotPage = 4096;

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_HOT_H_
