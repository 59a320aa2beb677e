// Describes a schedule in words: numbered steps with threads, functions and source lines.
#ifndef HEDDLE_SIM_SHRINK_NARRATIVE_H_
#define HEDDLE_SIM_SHRINK_NARRATIVE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/schedule/schedule.h"
#include "sim/shrink/prober.h"
#include "sim/shrink/shrink.h"

namespace heddle::sim {

// "Store::OnBlock (store.cc:210)": the function without its namespace, template arguments and
// parameters. "" when the frame is not the program's own.
std::string TellFrame(const Frame& frame);

// Information that only the caller has.
struct NarrativeOptions {
  std::string title;
  std::vector<std::string> setting;  // first lines, in Markdown: the program and its input
  // The name of a thread, from its stack (TellFrame()s, innermost first); "" when the caller
  // has no better name than its number. May be empty.
  std::function<std::string(ThreadNumber thread, const std::vector<std::string>& stack)> name;
  // What happens, one sentence for each turn of a thread. Without it each turn is told by where it
  // ends, which takes a replay each.
  std::vector<std::string> story;
  // The operation of a step, for the switch behind it: "reads stopping #6 (queue.cc:24)"; "" when
  // there is nothing to say. May be empty.
  std::function<std::string(uint64_t step)> step_words;
  // What would forbid the finding, a sentence each, in Markdown; empty: nothing was tried.
  std::vector<std::string> cures;
  // The state of the program when an execution is stopped; "" if there is none. Called
  // right after the stop. May be empty.
  std::function<std::string()> state;
  // The limit of steps that are described one by one; the others are counted.
  size_t most_steps = 24;
};

// The narrative of `schedule`, as Markdown. `switches` are the tested switches; empty: none.
// Replays the schedule once for each step that it describes.
absl::StatusOr<std::string> Narrate(Prober& prober, const Schedule& schedule,
                                    const std::vector<TestedSwitch>& switches,
                                    const NarrativeOptions& options);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SHRINK_NARRATIVE_H_
