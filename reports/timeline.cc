#include "reports/timeline.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "reports/json.h"
#include "reports/model/thread_names.h"
#include "reports/story.h"
#include "reports/timeline_events.h"

namespace heddle::reports {
namespace {

using nlohmann::ordered_json;
using sim::OperationLog;
using sim::OpKind;
using sim::ThreadNumber;

// --- Lanes --------------------------------------------------------------------------------------

// Where a thread began, in the program's own code: the best name there is without a given one.
std::map<ThreadNumber, std::string> NamesByStart(const OperationLog& log) {
  std::vector<std::optional<std::string>> by_stack(log.stacks.size());
  std::map<ThreadNumber, std::string> names;
  for (const OperationLog::Operation& operation : log.operations) {
    std::string& name = names[operation.thread];
    if (!name.empty()) continue;
    std::optional<std::string>& known = by_stack[operation.stack];
    if (!known) {
      std::vector<const sim::Frame*> frames;
      for (const uint32_t frame : log.stacks[operation.stack]) frames.push_back(&log.frames[frame]);
      known = ThreadNameOf(frames);
    }
    name = *known;
  }
  return names;
}

// The names that sanitizers' reports know: "T1 producer" and the like.
std::map<ThreadNumber, std::string> GivenNames(const std::vector<Finding>& findings) {
  std::map<ThreadNumber, std::string> names;
  for (const Finding& finding : findings) {
    for (const sim::Stack& stack : finding.stacks) {
      const std::optional<ThreadNumber> number = ThreadNumberOf(stack.thread);
      std::string name = GivenThreadName(stack.thread);
      if (number && !name.empty()) names[*number] = std::move(name);
    }
  }
  return names;
}

void MakeLanes(const std::vector<Finding>& findings, Timeline* timeline) {
  const OperationLog& log = timeline->log;
  std::map<ThreadNumber, uint32_t> lanes;  // the clock has the highest number
  for (const OperationLog::Operation& operation : log.operations) lanes[operation.thread];
  std::map<ThreadNumber, std::string> names = NamesByStart(log);
  for (auto& [thread, name] : GivenNames(findings)) names[thread] = std::move(name);
  for (auto& [thread, lane] : lanes) {
    lane = static_cast<uint32_t>(timeline->lanes.size());
    if (thread == sim::kClock) {
      timeline->lanes.push_back({thread, "clock", ""});
      continue;
    }
    if (names[thread].empty()) names.erase(thread);
    const auto name = names.find(thread);
    timeline->lanes.push_back(
        {thread, ThreadLabel(thread, names), name == names.end() ? "" : name->second});
  }
  for (const OperationLog::Operation& operation : log.operations) {
    timeline->lane_of.push_back(lanes[operation.thread]);
  }
}

// --- Edges --------------------------------------------------------------------------------------

bool IsRelease(OpKind kind) {
  return kind == OpKind::kMutexUnlock || kind == OpKind::kRwUnlock || kind == OpKind::kSpinUnlock;
}
bool IsSignal(OpKind kind) {
  return kind == OpKind::kCondSignal || kind == OpKind::kCondBroadcast ||
         kind == OpKind::kSemPost || kind == OpKind::kFutexWake || kind == OpKind::kBarrierWait;
}
bool IsWoken(OpKind kind) {
  return kind == OpKind::kCondWake || kind == OpKind::kSemWait || kind == OpKind::kSemTimedWait ||
         kind == OpKind::kSemTryWait || kind == OpKind::kFutexWoken || kind == OpKind::kBarrierWake;
}
bool IsStore(OpKind kind) { return kind == OpKind::kAtomicStore || kind == OpKind::kAtomicRmw; }
bool IsLoad(OpKind kind) { return kind == OpKind::kAtomicLoad || kind == OpKind::kAtomicRmw; }

// The last step that did something to each object, and who did.
class LastSteps {
 public:
  void Note(uint64_t object, uint32_t step) { last_[object] = step; }
  std::optional<uint32_t> Of(uint64_t object) const {
    const auto at = last_.find(object);
    return at == last_.end() ? std::nullopt : std::optional<uint32_t>(at->second);
  }

 private:
  std::unordered_map<uint64_t, uint32_t> last_;
};

void MakeEdges(Timeline* timeline) {
  LastSteps created, ended, released, signalled, stored, written;
  const auto& operations = timeline->log.operations;
  for (uint32_t i = 0; i < operations.size(); ++i) {
    const OperationLog::Operation& operation = operations[i];
    const auto between = [&](uint32_t from, EdgeKind kind) {
      if (operations[from].thread != operation.thread) timeline->edges.push_back({from, i, kind});
    };
    const auto after = [&](const LastSteps& steps, uint64_t object, EdgeKind kind) {
      const std::optional<uint32_t> from = object == 0 ? std::nullopt : steps.Of(object);
      if (from) between(*from, kind);
    };
    const uint64_t object = operation.object;
    const OpKind kind = operation.kind;
    if (kind == OpKind::kThreadStart) after(created, object, EdgeKind::kThread);
    if (kind == OpKind::kThreadJoin) after(ended, object, EdgeKind::kThread);
    if (sim::TakesLock(kind)) after(released, object, EdgeKind::kLock);
    if (IsWoken(kind)) after(signalled, object, EdgeKind::kWakeUp);
    if (IsLoad(kind)) {
      // Under a weak memory model it may have read an older store, or what was there before any.
      if (operation.newer == 0) {
        after(stored, object, EdgeKind::kAtomic);
      } else if (operation.read_from != sim::kNoStep) {
        between(static_cast<uint32_t>(operation.read_from), EdgeKind::kAtomic);
      }
    }
    if (kind == OpKind::kIoWait) after(written, object, EdgeKind::kFile);
    if (kind == OpKind::kThreadCreate) created.Note(object, i);
    if (kind == OpKind::kThreadExit) ended.Note(object, i);
    if (IsRelease(kind)) released.Note(object, i);
    if (IsSignal(kind)) signalled.Note(object, i);
    // One that went before newer stores is not what others read next.
    if (IsStore(kind) && operation.newer == 0) stored.Note(object, i);
    if (kind == OpKind::kIo) written.Note(object, i);
  }
}

// --- JSON ---------------------------------------------------------------------------------------

// In as few bytes as the largest value needs.
template <typename Get>
ordered_json Column(size_t size, const Get& get) {
  uint64_t most = 0;
  for (size_t i = 0; i < size; ++i) most = std::max<uint64_t>(most, get(i));
  const int width = most < (1u << 8) ? 1 : most < (1u << 16) ? 2 : 4;
  std::string bytes;
  bytes.reserve(size * static_cast<size_t>(width));
  for (size_t i = 0; i < size; ++i) {
    const uint64_t value = std::min<uint64_t>(get(i), UINT32_MAX);
    for (int byte = 0; byte < width; ++byte) {
      bytes.push_back(static_cast<char>(value >> (8 * byte)));
    }
  }
  return {{"width", width}, {"data", absl::Base64Escape(bytes)}};
}

// Kinds get numbers of their own: those that occur, so that the legend is short.
struct Kinds {
  std::vector<uint32_t> number = std::vector<uint32_t>(static_cast<size_t>(OpKind::kCount), 0);
  ordered_json names = ordered_json::array();
};

Kinds KindsIn(const DrawnRows& rows) {
  Kinds kinds;
  std::set<OpKind> used;
  for (const DrawnRows::Row& row : rows.rows) used.insert(row.operation->kind);
  for (const OpKind kind : used) {
    kinds.number[static_cast<size_t>(kind)] = static_cast<uint32_t>(kinds.names.size());
    kinds.names.push_back(sim::OpKindName(kind));
  }
  return kinds;
}

ordered_json RenderColumns(const DrawnRows& rows, const Kinds& kinds, uint64_t unit) {
  const std::vector<DrawnRows::Row>& all = rows.rows;
  const size_t size = all.size();
  return {
      {"thread", Column(size, [&](size_t i) { return all[i].lane; })},
      {"kind",
       Column(size,
              [&](size_t i) { return kinds.number[static_cast<size_t>(all[i].operation->kind)]; })},
      {"object", Column(size, [&](size_t i) { return all[i].operation->object; })},
      {"stack", Column(size, [&](size_t i) { return all[i].operation->stack; })},
      {"time", Column(size, [&](size_t i) {
         const int64_t before = i == 0 ? 0 : all[i - 1].operation->virtual_ns;
         return static_cast<uint64_t>(std::max<int64_t>(all[i].operation->virtual_ns - before, 0)) /
                unit;
       })}};
}

ordered_json RenderMarks(const Timeline& timeline, const DrawnRows& rows) {
  ordered_json marks = ordered_json::array();
  for (const Timeline::Mark& mark : timeline.marks) {
    marks.push_back({{"step", RowOf(rows, mark)},
                     {"role", mark.role},
                     {"label", mark.label},
                     {"text", mark.text},
                     {"about", mark.about},
                     {"event", mark.event ? ordered_json(*mark.event) : ordered_json()},
                     {"signature", mark.dedup_key}});
  }
  return marks;
}

ordered_json RenderStory(const std::vector<StoryTurn>& story) {
  ordered_json turns = ordered_json::array();
  for (const StoryTurn& turn : story) {
    ordered_json events = ordered_json::array();
    for (const StoryEvent& event : turn.events) {
      events.push_back({{"step", event.row},
                        {"text", event.text},
                        {"place", event.place},
                        {"marked", event.marked}});
    }
    turns.push_back({{"who", turn.who}, {"events", std::move(events)}});
  }
  return turns;
}

ordered_json RenderObjects(const OperationLog& log) {
  ordered_json objects = {{"1", "clock"}, {"2", "files"}, {"3", "random"}};
  for (const auto& [object, name] : log.names) {
    objects[absl::StrCat(object)] = absl::StrCat(name, " #", object);
  }
  return objects;
}

size_t Switches(const Timeline& timeline) {
  size_t switches = 0;
  for (size_t i = 1; i < timeline.lane_of.size(); ++i) {
    if (timeline.lane_of[i] != timeline.lane_of[i - 1]) ++switches;
  }
  return switches;
}

// Nanoseconds in which the steps' distances in time fit into 32 bits.
uint64_t TimeUnit(const OperationLog& log) {
  uint64_t unit = 1;
  for (size_t i = 1; i < log.operations.size(); ++i) {
    const int64_t delta = log.operations[i].virtual_ns - log.operations[i - 1].virtual_ns;
    while (delta > 0 && static_cast<uint64_t>(delta) / unit > UINT32_MAX) unit *= 10;
  }
  return unit;
}

}  // namespace

Timeline MakeTimeline(OperationLog log, const sim::Schedule& schedule, absl::string_view flavour,
                      const std::vector<Finding>& findings) {
  Timeline timeline;
  timeline.flavour = std::string(flavour);
  timeline.strategy = schedule.strategy.ToString();
  timeline.seed = schedule.seed;
  timeline.execution = schedule.execution;
  timeline.log = std::move(log);
  MakeLanes(findings, &timeline);
  MakeEdges(&timeline);
  // Steps of another execution are not those of the finding.
  if (timeline.log.verdict.end == sim::ReplayEnd::kAsRecorded) {
    AddEvents(schedule, findings, &timeline);
  }
  return timeline;
}

DrawnRows RowsOf(const Timeline& timeline) {
  DrawnRows rows;
  std::vector<std::vector<uint32_t>> behind(timeline.log.operations.size());
  for (uint32_t i = 0; i < timeline.inserted.size(); ++i) {
    behind[timeline.inserted[i].after].push_back(i);
  }
  rows.of_inserted.resize(timeline.inserted.size());
  for (size_t i = 0; i < timeline.log.operations.size(); ++i) {
    rows.of_step.push_back(static_cast<uint32_t>(rows.rows.size()));
    rows.rows.push_back({&timeline.log.operations[i], timeline.lane_of[i]});
    for (const uint32_t inserted : behind[i]) {
      rows.of_inserted[inserted] = static_cast<uint32_t>(rows.rows.size());
      rows.rows.push_back(
          {&timeline.inserted[inserted].operation, timeline.inserted[inserted].lane});
    }
  }
  return rows;
}

uint32_t RowOf(const DrawnRows& rows, const Timeline::Mark& mark) {
  return mark.inserted ? rows.of_inserted[*mark.inserted] : rows.of_step[mark.step];
}

ordered_json RenderCause(const Cause& cause) {
  ordered_json events = ordered_json::array();
  for (const CauseEvent& event : cause.events) {
    ordered_json frames = ordered_json::array();
    for (const sim::Frame& frame : event.frames) frames.push_back(RenderFrame(frame));
    events.push_back({{"role", std::string(Name(event.role))},
                      {"who", event.who},
                      {"what", event.what},
                      {"label", event.label},
                      {"frames", std::move(frames)}});
  }
  return {{"headline", cause.headline}, {"events", std::move(events)}};
}

ordered_json RenderTimeline(const Timeline& timeline) {
  const OperationLog& log = timeline.log;
  const DrawnRows rows = RowsOf(timeline);
  const Kinds kinds = KindsIn(rows);
  ordered_json threads = ordered_json::array(), frames = ordered_json::array(),
               stacks = ordered_json::array(), edge_kinds = ordered_json::array(),
               causes = ordered_json::object();
  for (const Timeline::Lane& lane : timeline.lanes) threads.push_back({{"name", lane.name}});
  for (const sim::Frame& frame : log.frames) frames.push_back(RenderFrame(frame));
  for (const std::vector<uint32_t>& stack : log.stacks) stacks.push_back(stack);
  for (const auto& [dedup_key, cause] : timeline.causes) {
    causes[dedup_key] = RenderCause(cause);
    causes[dedup_key]["story"] = RenderStory(StoryOf(timeline, dedup_key));
  }
  std::vector<uint32_t> inserted = rows.of_inserted;
  std::sort(inserted.begin(), inserted.end());
  for (const absl::string_view name : kEdgeKindNames) edge_kinds.push_back(std::string(name));
  const uint64_t unit = TimeUnit(log);
  const auto& edges = timeline.edges;
  const ordered_json edge_columns = {
      {"from", Column(edges.size(), [&](size_t i) { return rows.of_step[edges[i].from]; })},
      {"to", Column(edges.size(), [&](size_t i) { return rows.of_step[edges[i].to]; })},
      {"kind",
       Column(edges.size(), [&](size_t i) { return static_cast<uint32_t>(edges[i].kind); })}};
  return {{"error", timeline.error},
          {"difference", log.verdict.difference},
          {"flavour", timeline.flavour},
          {"strategy", timeline.strategy},
          {"seed", timeline.seed},
          {"execution", timeline.execution},
          {"steps", rows.rows.size()},
          {"points", log.operations.size()},
          {"inserted", inserted},
          {"switches", Switches(timeline)},
          {"virtual_ns", log.operations.empty() ? 0 : log.operations.back().virtual_ns},
          {"threads", std::move(threads)},
          {"kinds", kinds.names},
          {"objects", RenderObjects(log)},
          {"frames", std::move(frames)},
          {"stacks", std::move(stacks)},
          {"time_unit", unit},
          {"columns", RenderColumns(rows, kinds, unit)},
          {"edges", edge_columns},
          {"edge_kinds", std::move(edge_kinds)},
          {"marks", RenderMarks(timeline, rows)},
          {"causes", std::move(causes)}};
}

}  // namespace heddle::reports
