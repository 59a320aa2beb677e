// Verdicts for people at a terminal or in a CI log: what went wrong, where, how to see it again.
#ifndef HEDDLE_REPORTS_TERMINAL_H_
#define HEDDLE_REPORTS_TERMINAL_H_

#include <cstddef>
#include <string>
#include <vector>

#include "reports/model/verdict.h"

namespace heddle::reports {

struct TerminalOptions {
  bool color = false;   // ANSI colours
  bool quiet = false;   // only what is wrong, and the last line
  size_t findings = 3;  // how many of a cell's findings are told in full; 0: all
  size_t frames = 4;    // how many own frames of each stack
};

// Colour when `fd` is a terminal that shows it and NO_COLOR (https://no-color.org) is not set.
bool WantsColor(int fd);

// The table of verdicts, then each finding that was not expected with the frames that matter and
// the command that shows it again, then one line that sums up.
std::string RenderTerminal(const std::vector<harness::ScenarioResult>& results,
                           const TerminalOptions& options);

// One finding, indented: kind and place, each stack's title with its own frames.
std::string RenderFinding(const harness::Finding& finding, const TerminalOptions& options);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_TERMINAL_H_
