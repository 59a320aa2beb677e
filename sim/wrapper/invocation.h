// What a compiler's command line asks for, as gcc and clang read it: enough of it to know what an
// instrumented build must add.
#ifndef HEDDLE_SIM_WRAPPER_INVOCATION_H_
#define HEDDLE_SIM_WRAPPER_INVOCATION_H_

#include <string>
#include <vector>

namespace heddle::wrapper {

enum class Links {
  kNothing,  // compiles only, preprocesses, prints something; or there is no input
  kExecutable,
  kSharedLibrary,
  kObject,       // -r
  kWithoutLibc,  // -nostdlib: a program of its own kind
};

struct Invocation {
  // At least one input is compiled: a source, standard input, or what -x names a source.
  bool compiles = false;
  Links links = Links::kNothing;
  // The executable is to have no dynamic section.
  bool is_static = false;
  // -nodefaultlibs: the libraries are those of the command line.
  bool no_default_libraries = false;
  // rustc calls: the objects come from it.
  bool from_rustc = false;
  // The first argument is a tool of the compiler itself (-cc1): nothing is to be added.
  bool is_internal = false;
};

// Reads the arguments behind the compiler's name. Response files (@FILE) are read, one within the
// other too; one that cannot be read is an input, as it is for the compiler.
Invocation ReadInvocation(const std::vector<std::string>& arguments);

// The words of a response file: separated by white space; quotes and backslashes as in a shell.
std::vector<std::string> ResponseWords(const std::string& text);

}  // namespace heddle::wrapper

#endif  // HEDDLE_SIM_WRAPPER_INVOCATION_H_
