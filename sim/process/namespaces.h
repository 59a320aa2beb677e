// Namespaces of the kernel: mounts, and System V IPC with POSIX message queues. What a process in
// namespaces of its own mounts and names there, no other process sees.
#ifndef HEDDLE_SIM_PROCESS_NAMESPACES_H_
#define HEDDLE_SIM_PROCESS_NAMESPACES_H_

#include <string>

namespace heddle::sim {

enum class Namespaces {
  kEntered,
  kRefused,  // by the machine; nothing has changed
  kBroken,   // the process is in a user namespace in which it has no user, and must end
};

// Takes the calling process, which must have one thread, into namespaces of its own: for root as it
// is, for others in a user namespace where their user and group keep their numbers. A program that
// it executes may mount there. Its mounts reach nobody else.
// Async-signal-safe. Leaves errno when it is refused.
Namespaces EnterNamespaces();

// What a machine gives, tried in a child process.
struct NamespaceProbe {
  bool entered = false;
  bool overlays = false;  // folders can be private, too
  int error = 0;          // errno of what was refused
};
NamespaceProbe ProbeNamespaces();

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROCESS_NAMESPACES_H_
