// The shared libraries of a program under test that are not instrumented.
//
// What such a library orders by atomics of its own is not seen. Under weak memory an old value
// could then be read that no machine shows: a false finding.
#ifndef HEDDLE_HARNESS_RUN_PLAIN_LIBRARIES_H_
#define HEDDLE_HARNESS_RUN_PLAIN_LIBRARIES_H_

#include <string>
#include <vector>

namespace heddle::harness {

// File names ("libtbb.so.12") of the libraries that `program` is linked with, and those linked with
// them, which call none of the functions that instrumented code calls. The libraries of the
// compiler and of libc, whose calls the runtime takes over, and libev do not count. Asks the
// program's loader, which runs nothing of the program. Empty when the loader does not say.
std::vector<std::string> PlainLibraries(const std::string& program);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_PLAIN_LIBRARIES_H_
