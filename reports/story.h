// What happens in an interleaving, in sentences: who does what to which object, at which line.
#ifndef HEDDLE_REPORTS_STORY_H_
#define HEDDLE_REPORTS_STORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/timeline.h"

namespace heddle::reports {

// More is no story any more: the first ones are left out, but for those of the finding.
inline constexpr size_t kMaxStoryEvents = 16;

struct StoryEvent {
  uint32_t row = 0;     // Timeline's step, the inserted ones counted too (RowOf)
  std::string text;     // "reads stopping #5"
  std::string place;    // "queue.cc:24"; "" when it is not known
  bool marked = false;  // it belongs to the finding's cause
};

// What one thread does before another goes on.
struct StoryTurn {
  std::string who;  // "T1 Loop"
  std::vector<StoryEvent> events;
};

// Tells the steps of the finding's cause, and those where threads meet: operations on what several
// threads use. Empty when there is nothing to tell.
std::vector<StoryTurn> StoryOf(const Timeline& timeline, const std::string& dedup_key);

// The operation of one step: "reads stopping #5 (queue.cc:24)"; "" for one that says nothing to a
// reader, as the start of a thread.
std::string StepWords(const Timeline& timeline, uint64_t step);

// One sentence for each turn: "T2 Producer sets stopping #5 (a.cc:28), then signals changed #7
// (a.cc:33), and nobody waits there."
std::vector<std::string> StorySentences(const std::vector<StoryTurn>& story);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_STORY_H_
