// The whole command line of `heddle`, for the command and for the library.
#ifndef HEDDLE_HARNESS_CLI_COMMAND_LINE_H_
#define HEDDLE_HARNESS_CLI_COMMAND_LINE_H_

namespace heddle::cli {

// Does what the arguments say; argv[0] is not looked at. The exit status. Sets signal handlers, and
// is to be called once in a process, before it has other threads.
int RunCommandLine(int argc, char** argv);

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_COMMAND_LINE_H_
