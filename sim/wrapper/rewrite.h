// From the command line that a build system gives to heddle-cc to the one that clang gets.
#ifndef HEDDLE_SIM_WRAPPER_REWRITE_H_
#define HEDDLE_SIM_WRAPPER_REWRITE_H_

#include <string>
#include <vector>

#include "sim/wrapper/build_flags.h"

namespace heddle::wrapper {

struct Wrapper {
  std::vector<std::string> compiler;  // its words
  std::string flavour = "det";        // --heddle-flavour wins over it
  std::string folder;                 // RuntimeFolder()
};

struct Rewritten {
  std::vector<std::string> command;
  std::string error;  // not empty: it cannot be done, and what would be right
};

Rewritten Rewrite(const Wrapper& wrapper, const std::vector<std::string>& arguments);

}  // namespace heddle::wrapper

#endif  // HEDDLE_SIM_WRAPPER_REWRITE_H_
