// Verdicts for people at a terminal or in a CI log: what is wrong, where, and how to reproduce it.
#ifndef HEDDLE_REPORTS_TERMINAL_H_
#define HEDDLE_REPORTS_TERMINAL_H_

#include <cstddef>
#include <string>
#include <vector>

#include "reports/model/verdict.h"

namespace heddle::reports {

struct TerminalOptions {
  bool color = false;   // ANSI colours
  bool quiet = false;   // only what is not as expected, and the last line
  size_t findings = 3;  // findings of a cell that are shown in full; 0: all
  size_t frames = 4;    // own frames of each stack that are shown
  // All frames of each stack instead, those of libraries too.
  bool all_frames = false;
  // Columns that sentences are broken into; 0: they are not. Commands to copy never are.
  size_t width = 0;
  bool unseen = false;  // what clean campaigns cannot have seen
  // More options of the commands that replay: "--before 'rm -f /dev/shm/x'".
  std::string replay_options;
};

// Colour when `fd` is a terminal that shows it and NO_COLOR (https://no-color.org) is not set.
bool WantsColor(int fd);

// The columns of the terminal that `fd` is; 0 when it is none.
size_t WidthOf(int fd);

// The table of verdicts, then each unexpected finding with its main frames and the command that
// reproduces it, then one summary line. Text of others is escaped (sim/text).
std::string RenderTerminal(const std::vector<ScenarioResult>& results,
                           const TerminalOptions& options);

// One finding, indented: what was found in the words of who found it, and where; each stack's title
// with its own frames.
std::string RenderFinding(const Finding& finding, const TerminalOptions& options);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_TERMINAL_H_
