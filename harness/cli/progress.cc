#include "harness/cli/progress.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "reports/terminal.h"
#include "sim/text/plural.h"
#include "sim/text/printable.h"

namespace heddle::cli {

ProgressLine::ProgressLine(bool quiet)
    : quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      last_plain_(std::chrono::steady_clock::now()) {}

void ProgressLine::Show(size_t scenario, size_t scenarios, const harness::Progress& progress) {
  std::string line = absl::StrCat("[", scenario, "/", scenarios, "] ", progress.scenario.name, "  ",
                                  Name(progress.dispatcher), " ", Name(progress.flavour), "  ");
  if (progress.explored != nullptr) {
    const sim::ExploreProgress& explored = *progress.explored;
    absl::StrAppend(&line, explored.executions, " of ", progress.runs, " schedules (",
                    static_cast<int64_t>(explored.executions_per_second), "/s), ",
                    explored.distinct_schedules, " distinct, ",
                    sim::Plural(explored.distinct_orders, "interleaving"), ", ",
                    sim::Plural(explored.findings, "finding"));
    if (explored.left) {
      absl::StrAppend(&line, ", ",
                      std::chrono::duration_cast<std::chrono::seconds>(*explored.left).count(),
                      " s left");
    }
  } else {
    absl::StrAppend(&line, "run ", progress.run, " of ", progress.runs,
                    progress.findings == 0
                        ? ""
                        : absl::StrCat("  ", sim::Plural(progress.findings, "finding")));
  }
  Show(line);
}

void ProgressLine::Show(const std::string& line) {
  if (quiet_) return;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ && now - last_plain_ < kPlainEvery) return;
  last_plain_ = now;
  std::string text = sim::Printable(line);
  // One line: what is longer than the terminal cannot be taken back.
  const size_t width = reports::WidthOf(STDERR_FILENO);
  if (width > 0 && text.size() >= width) {
    text.resize(width - 1);
    while (!text.empty() && (text.back() & 0x80) != 0) text.pop_back();  // part of a code point
  }
  std::fprintf(stderr, terminal_ ? "\r\x1b[K%s" : "%s\n", text.c_str());
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
