// The progress of long work, on stderr: a changing line on a terminal, otherwise a plain line from
// time to time.
#ifndef HEDDLE_HARNESS_CLI_PROGRESS_H_
#define HEDDLE_HARNESS_CLI_PROGRESS_H_

#include <chrono>
#include <string>

#include "harness/run/scenario_run.h"

namespace heddle::cli {

class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `scenario` of `scenarios`, from 1.
  void Show(size_t scenario, size_t scenarios, const harness::Progress& progress);
  // Any text.
  void Show(const std::string& text);
  // Removes the line from the terminal.
  void Clear();

 private:
  static constexpr std::chrono::seconds kPlainEvery{10};

  const bool quiet_;
  const bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_plain_;
};

}  // namespace heddle::cli

#endif  // HEDDLE_HARNESS_CLI_PROGRESS_H_
