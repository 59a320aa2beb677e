// What an execution has for itself: folders (Control::private_folders) and the names of System V
// IPC and POSIX message queues. In the fork server, when its process is in namespaces of its own
// (sim/process/namespaces.h); elsewhere executions share what the machine has.
//
// One file system in memory, the store, holds what executions write. A folder that is copied is the
// overlay of a folder of the store over the real one. An execution that leaves nothing in the store
// leaves nothing at all, so that the next one starts where it did. What is new in a folder is
// removed. After an execution that changed or removed what was there before, the store and all
// mounts are made anew: some hundred microseconds.
//
// Before control begins the program sees, and changes, the real folders.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_PRIVATE_STATE_H_
#define HEDDLE_SIM_RUNTIME_SERVE_PRIVATE_STATE_H_

namespace heddle::sim::runtime {

// For a process that a debugger started. False when the system refuses it.
bool BecomePrivate();

// Before the first execution. The process has its working folder below the private ones afterwards.
void BeginPrivateState();

// After each execution: removes what it has left. True when it took new mounts: other processes
// than this one have the old ones.
bool RenewPrivateState();

// Before each batch: what is outside may have changed (Control::renew_always). Likewise.
bool RenewIfOutsideChanged();

// In a child that becomes an execution: gives up what only the server needs.
void LeaveServersState();

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_PRIVATE_STATE_H_
