// heddle: the command line.
#include "harness/cli/command_line.h"

int main(int argc, char** argv) { return heddle::cli::RunCommandLine(argc, argv); }
