// What the system tells of processes that run free (proc(5)).
#ifndef HEDDLE_SIM_RUNTIME_CORE_PROCESS_TREE_H_
#define HEDDLE_SIM_RUNTIME_CORE_PROCESS_TREE_H_

#include <cstdint>

namespace heddle::sim::runtime {

struct TreeState {
  bool ended = false;    // the process itself
  bool stopped = false;  // likewise, by a signal
  bool asleep = true;    // nobody of it and its descendants runs, or waits for a disk
  bool timed = false;    // somebody sleeps for a time, or the system does not tell
  uint64_t runs = 0;     // changes when any of them has run
};
// Of the process and all that descend from it. With `timed` asked for only where it matters: it
// takes one more file a thread.
TreeState StateOfTree(int process, bool ask_timed);

// Whether it has memory mapped at that address; true when the system does not tell.
bool HasMapping(int process, const void* address);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_PROCESS_TREE_H_
