#include "harness/cli/progress.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace heddle::cli {

ProgressLine::ProgressLine(bool quiet)
    : quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      last_plain_(std::chrono::steady_clock::now()) {}

void ProgressLine::Show(size_t scenario, size_t scenarios, const harness::Progress& progress) {
  if (quiet_) return;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ && now - last_plain_ < kPlainEvery) return;
  last_plain_ = now;
  const std::string line = absl::StrCat(
      "[", scenario, "/", scenarios, "] ", progress.scenario.name, "  ", Name(progress.dispatcher),
      " ", Name(progress.flavour), "  run ", progress.run, " of ", progress.runs,
      progress.findings == 0 ? "" : absl::StrCat("  ", progress.findings, " findings"));
  std::fprintf(stderr, terminal_ ? "\r\x1b[K%s" : "%s\n", line.c_str());
  std::fflush(stderr);
  shown_ = terminal_;
}

void ProgressLine::Clear() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace heddle::cli
