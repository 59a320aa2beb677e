#ifndef HEDDLE_HARNESS_CLI_CALL_PAGE_H_
#define HEDDLE_HARNESS_CLI_CALL_PAGE_H_

#include <string>

namespace heddle::cli {

// Which functions the runtime takes over, from the sources of sim/runtime/interpose when this was
// built (calls.cmake): Markdown, a heading for each file.
std::string TakenFunctions();

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_CALL_PAGE_H_
