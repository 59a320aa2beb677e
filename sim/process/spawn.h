// Starts a child process: the only fork and exec outside the programs under test.
//
// What the child needs is prepared before the fork; between fork and exec only async-signal-safe
// calls are made, so that a process with threads may call it. What goes wrong on the way to the
// program is reported to the caller, never by the child.
#ifndef HEDDLE_SIM_PROCESS_SPAWN_H_
#define HEDDLE_SIM_PROCESS_SPAWN_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heddle::sim {

// The child's descriptor `target` is a duplicate of our `source`.
struct DescriptorMapping {
  int source = -1;
  int target = -1;
};

// Address-space randomisation. ThreadSanitizer needs its shadow addresses free, and schedules need
// the same addresses every time.
enum class Randomisation { kAsItIs, kOffIfPossible, kOff };

struct SpawnOptions {
  std::vector<std::string> arguments;  // arguments[0]: a path, or with `search_path` a name
  bool search_path = false;            // find arguments[0] on PATH
  std::optional<std::vector<std::string>> environment;  // "NAME=value"; absent: ours
  std::string working_directory;                        // empty: ours
  // May name any numbers in any order: all sources are duplicated before a target is overwritten.
  std::vector<DescriptorMapping> descriptors;
  bool close_others = false;               // descriptors but 0 to 2 and the targets
  bool process_group = false;              // a group of its own, named by its process id
  bool core_file = true;                   // as the limits of the caller have it
  std::optional<uint64_t> max_file_bytes;  // of any file it writes
  int death_signal = 0;                    // sent to it when the calling thread ends; 0: none
  Randomisation randomisation = Randomisation::kAsItIs;
  bool default_interrupts = false;  // SIGINT and SIGTERM end it, whatever they do here
  // In namespaces of its own where the machine gives them (namespaces.h); otherwise in ours.
  bool private_namespaces = false;
};

// What could not be done.
enum class SpawnStep { kNone, kFork, kNamespaces, kRandomisation, kDescriptors, kDirectory, kExec };

struct Spawned {
  pid_t process = -1;  // not reaped; -1 after a failure
  SpawnStep failed = SpawnStep::kNone;
  int error = 0;  // errno of `failed`
};

// Returns when the child has become the program, or has failed to. Thread-safe. Every descriptor of
// the caller that the child is not to have must be close-on-exec (or `close_others`). The signal
// mask of the child is empty.
Spawned SpawnProcess(const SpawnOptions& options);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROCESS_SPAWN_H_
