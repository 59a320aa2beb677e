// The interleaving of one schedule, ready to be drawn: lanes, steps, happens-before edges, and the
// steps of the finding. Made from a replay (sim/explore/operations.h).
#ifndef HEDDLE_REPORTS_TIMELINE_H_
#define HEDDLE_REPORTS_TIMELINE_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "reports/model/cause.h"
#include "reports/model/finding.h"
#include "sim/explore/operations.h"
#include "sim/schedule/schedule.h"

namespace heddle::reports {

// Why one step happens before another in every schedule. A condition variable's and a futex's
// wake-up, a file's readiness and an atomic's value are what this execution saw; weaker memory
// orders than acquire and release are drawn as edges too.
enum class EdgeKind : uint8_t { kThread, kLock, kWakeUp, kAtomic, kFile };
inline constexpr std::array<absl::string_view, 5> kEdgeKindNames = {
    "thread", "unlock, lock", "wake-up", "store, load", "file"};

struct Timeline {
  struct Lane {
    sim::ThreadNumber thread = 0;  // kClock for the clock, which comes last
    std::string name;              // "T1 Producer"
    std::string given;             // "Producer"; "" when there is none
  };
  struct Edge {
    uint32_t from = 0, to = 0;  // steps
    EdgeKind kind = EdgeKind::kThread;
  };
  // What is no step of the schedule, but has to be seen among them: the access that failed, the
  // lock that a thread waits for.
  struct Inserted {
    uint32_t after = 0;  // the step before it
    uint32_t lane = 0;
    sim::OperationLog::Operation operation;
  };
  struct Mark {
    uint32_t step = 0;
    std::optional<uint32_t> inserted;  // index: it is this one behind the step
    bool about = false;                // close to there; the exact place in the order is not known
    std::string role;                  // a CauseRole's name, or "end": what follows is not known
    std::string label;                 // "T2 Producer frees a Session (64 bytes)"
    std::string text;                  // "freed"
    std::string dedup_key;             // of the finding that it belongs to
    std::optional<uint32_t> event;     // index in its cause's events
  };

  std::string schedule;  // the file
  std::string flavour;   // of the replay
  std::string strategy;  // "pct:d=3"
  uint64_t seed = 0, execution = 0;
  std::string error;  // if not empty: why there is no replay

  sim::OperationLog log;
  std::vector<Lane> lanes;
  std::vector<uint32_t> lane_of;  // of each step
  std::vector<Edge> edges;        // ascending by `to`
  std::vector<Inserted> inserted;
  std::vector<Mark> marks;              // ascending by step
  std::map<std::string, Cause> causes;  // of the findings, by dedup key
};

// `findings` are those that the schedule leads to. A replay that was not as recorded has no marks.
Timeline MakeTimeline(sim::OperationLog log, const sim::Schedule& schedule,
                      absl::string_view flavour, const std::vector<Finding>& findings);

// The steps with the inserted ones among them, in the order in which they are drawn. Points into
// the timeline.
struct DrawnRows {
  struct Row {
    const sim::OperationLog::Operation* operation = nullptr;
    uint32_t lane = 0;
  };
  std::vector<Row> rows;
  std::vector<uint32_t> of_step;      // the row of each step
  std::vector<uint32_t> of_inserted;  // and of each inserted one
};
DrawnRows RowsOf(const Timeline& timeline);
uint32_t RowOf(const DrawnRows& rows, const Timeline::Mark& mark);

// As reports/html/timeline.js reads it: columns are little-endian integers in base64.
nlohmann::ordered_json RenderTimeline(const Timeline& timeline);

// {"headline": ..., "events": [{"role", "who", "what", "label", "frames"}]}.
nlohmann::ordered_json RenderCause(const Cause& cause);

// Chrome's trace-event format, which Perfetto reads too: a track for each thread, a slice for each
// step (one step is one microsecond; the virtual time is an argument), flows for `edges`, instant
// events for `marks`.
std::string RenderPerfetto(const std::vector<Timeline>& timelines);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_TIMELINE_H_
