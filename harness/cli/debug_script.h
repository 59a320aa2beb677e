#ifndef HEDDLE_HARNESS_CLI_DEBUG_SCRIPT_H_
#define HEDDLE_HARNESS_CLI_DEBUG_SCRIPT_H_

#include <string>

namespace heddle::cli {

// sim/supervisor/debug.py, embedded when it is built: the `heddle` commands of gdb.
std::string DebugScript();

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_DEBUG_SCRIPT_H_
