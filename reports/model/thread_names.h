// What threads are called: one name for a thread in every report.
#ifndef HEDDLE_REPORTS_MODEL_THREAD_NAMES_H_
#define HEDDLE_REPORTS_MODEL_THREAD_NAMES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/model/finding.h"
#include "sim/protocol/strategy.h"

namespace heddle::reports {

// The number in "T1", "T1 producer", "T1 'producer'" or "main"; nothing for anything else.
std::optional<sim::ThreadNumber> ThreadNumberOf(absl::string_view thread);

// The name that the thread was given: "producer" of "T1 'producer'"; "" when it has none.
std::string GivenThreadName(absl::string_view thread);

// What a thread with this stack (innermost first) does: the class, or else the function, of the
// outermost own frame that is no lambda. "Producer" for "Producer::Run", "" when there is none.
std::string ThreadNameOf(const std::vector<const Frame*>& stack);

// The names of the threads that the finding's stacks are of, as far as they have one.
std::map<sim::ThreadNumber, std::string> ThreadNamesIn(const Finding& finding);

// "T1 Producer"; "T1" without a name, "T0 main".
std::string ThreadLabel(sim::ThreadNumber thread,
                        const std::map<sim::ThreadNumber, std::string>& names);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_THREAD_NAMES_H_
