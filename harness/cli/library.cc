// libheddle-explore.so: the command line for tests that explore themselves (heddle/explore.h). It
// exports this one function; all other names stay within.
#include "harness/cli/command_line.h"

extern "C" __attribute__((visibility("default"))) int heddle_command(int argc, char** argv) {
  return heddle::cli::RunCommandLine(argc, argv);
}
