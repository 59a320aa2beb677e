// What an execution leaves behind must not reach the next one. In the fork server, which outlives
// its executions.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_LEFTOVERS_H_
#define HEDDLE_SIM_RUNTIME_SERVE_LEFTOVERS_H_

namespace heddle::sim::runtime {

// Before the first execution: processes that lose their parent become children of this one.
void AdoptLeftProcesses();

// After each execution, which has been waited for: ends the processes that it started and left, and
// empties the executions' temporary folder (kTemporaryFolderDescriptor). A few system calls when
// nothing was left. The child `spared` lives on; 0: there is none.
void RemoveLeftovers(int spared);

// Removes what is in the folder (a descriptor), but for folders in more than 64 others.
void EmptyFolder(int folder, int depth = 0);
// Removes an entry of the folder, with all that is in it.
bool RemoveEntry(int folder, const char* name, bool is_folder, int depth = 0);
// "." or "..". (Not by strcmp(): ThreadSanitizer counts its calls, and the server's count is part
// of the state that an execution starts from.)
bool IsDots(const char* name);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_LEFTOVERS_H_
