#include "reports/timeline.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "reports/model/evidence.h"
#include "sim/stacks/sanitizer_report.h"

namespace heddle::reports {
namespace {

using nlohmann::ordered_json;
using sim::OperationLog;
using sim::OpKind;
using sim::ThreadNumber;
using Role = Timeline::Role;

// Beyond this no stack of a sanitizer's is compared with those of the steps before it.
constexpr uint32_t kMostStepsBack = 1'000'000;

// --- Lanes --------------------------------------------------------------------------------------

// "a::b::Class::Run" -> "Class::Run".
std::string LastParts(const std::string& function) {
  const std::vector<std::string> parts = absl::StrSplit(sim::ShortFunction(function), "::");
  const size_t count = parts.size();
  return count < 2 ? parts.back() : absl::StrCat(parts[count - 2], "::", parts[count - 1]);
}

// The number in "T1", "T1 producer", "T1 'producer'" or "main".
std::optional<ThreadNumber> NumberOf(absl::string_view thread) {
  if (absl::StartsWith(thread, "main")) return 0;
  if (thread.empty() || thread[0] != 'T') return std::nullopt;
  const size_t end = std::min(thread.find_first_not_of("0123456789", 1), thread.size());
  ThreadNumber number = 0;
  if (!absl::SimpleAtoi(thread.substr(1, end - 1), &number)) return std::nullopt;
  return number;
}

// Where a thread began, in the program's own code: the best name there is without a given one.
std::string NameByStart(const OperationLog& log, const std::vector<bool>& own,
                        ThreadNumber thread) {
  for (const OperationLog::Operation& operation : log.operations) {
    if (operation.thread != thread) continue;
    const std::vector<uint32_t>& stack = log.stacks[operation.stack];
    const auto outermost = std::find_if(stack.rbegin(), stack.rend(), [&](uint32_t frame) {
      const std::string& function = log.frames[frame].function;
      // A lambda says less than what it calls.
      return own[frame] && !absl::StrContains(function, "operator()") &&
             !absl::StrContains(function, "lambda");
    });
    if (outermost != stack.rend()) return LastParts(log.frames[*outermost].function);
  }
  return "";
}

// The names that sanitizers' reports know: "T1 producer" and the like.
std::map<ThreadNumber, std::string> GivenNames(const std::vector<Finding>& findings) {
  std::map<ThreadNumber, std::string> names;
  for (const Finding& finding : findings) {
    for (const sim::Stack& stack : finding.stacks) {
      const std::optional<ThreadNumber> number = NumberOf(stack.thread);
      const size_t space = stack.thread.find(' ');
      if (!number || space == std::string::npos) continue;
      std::string name = stack.thread.substr(space + 1);
      std::erase(name, '\'');
      if (name != "thread" && !name.empty()) names[*number] = std::move(name);
    }
  }
  return names;
}

void MakeLanes(const std::vector<Finding>& findings, Timeline* timeline) {
  const OperationLog& log = timeline->log;
  std::vector<bool> own;
  for (const sim::Frame& frame : log.frames) own.push_back(frame.own);
  std::map<ThreadNumber, uint32_t> lanes;  // the clock has the highest number
  for (const OperationLog::Operation& operation : log.operations) lanes[operation.thread];
  const std::map<ThreadNumber, std::string> given = GivenNames(findings);
  for (auto& [thread, lane] : lanes) {
    lane = static_cast<uint32_t>(timeline->lanes.size());
    if (thread == sim::kClock) {
      timeline->lanes.push_back({thread, "clock"});
      continue;
    }
    std::string name = thread == 0 ? "main" : "";
    if (const auto at = given.find(thread); at != given.end()) name = at->second;
    if (name.empty()) name = NameByStart(log, own, thread);
    timeline->lanes.push_back({thread, absl::StrCat("T", thread, name.empty() ? "" : " ", name)});
  }
  for (const OperationLog::Operation& operation : log.operations) {
    timeline->lane_of.push_back(lanes[operation.thread]);
  }
}

// --- Edges --------------------------------------------------------------------------------------

bool IsRelease(OpKind kind) {
  return kind == OpKind::kMutexUnlock || kind == OpKind::kRwUnlock || kind == OpKind::kSpinUnlock;
}
bool IsAcquire(OpKind kind) {
  switch (kind) {
    case OpKind::kMutexLock:
    case OpKind::kMutexTryLock:
    case OpKind::kMutexTimedLock:
    case OpKind::kReadLock:
    case OpKind::kWriteLock:
    case OpKind::kTryReadLock:
    case OpKind::kTryWriteLock:
    case OpKind::kTimedReadLock:
    case OpKind::kTimedWriteLock:
    case OpKind::kSpinLock:
    case OpKind::kSpinTryLock:
      return true;
    default:
      return false;
  }
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
    const auto after = [&](const LastSteps& steps, uint64_t object, EdgeKind kind) {
      const std::optional<uint32_t> from = object == 0 ? std::nullopt : steps.Of(object);
      if (from && operations[*from].thread != operation.thread) {
        timeline->edges.push_back({*from, i, kind});
      }
    };
    const uint64_t object = operation.object;
    const OpKind kind = operation.kind;
    if (kind == OpKind::kThreadStart) after(created, object, EdgeKind::kThread);
    if (kind == OpKind::kThreadJoin) after(ended, object, EdgeKind::kThread);
    if (IsAcquire(kind)) after(released, object, EdgeKind::kLock);
    if (IsWoken(kind)) after(signalled, object, EdgeKind::kWakeUp);
    if (IsLoad(kind)) after(stored, object, EdgeKind::kAtomic);
    if (kind == OpKind::kIoWait) after(written, object, EdgeKind::kFile);
    if (kind == OpKind::kThreadCreate) created.Note(object, i);
    if (kind == OpKind::kThreadExit) ended.Note(object, i);
    if (IsRelease(kind)) released.Note(object, i);
    if (IsSignal(kind)) signalled.Note(object, i);
    if (IsStore(kind)) stored.Note(object, i);
    if (kind == OpKind::kIo) written.Note(object, i);
  }
}

// --- Marks --------------------------------------------------------------------------------------

// The own frames of a stack as "function line", outermost first.
template <typename Frames>
std::vector<std::string> OwnPath(const Frames& frames) {
  std::vector<std::string> path;
  for (const sim::Frame& frame : frames) {
    if (frame.own) path.push_back(absl::StrCat(frame.function, " ", frame.line));
  }
  std::reverse(path.begin(), path.end());
  return path;
}

// Finds the steps that stacks of a finding are about.
class Matcher {
 public:
  explicit Matcher(const OperationLog& log) : log_(log) {
    for (const std::vector<uint32_t>& stack : log.stacks) {
      std::vector<sim::Frame> frames;
      for (const uint32_t frame : stack) frames.push_back(log.frames[frame]);
      paths_.push_back(OwnPath(frames));
    }
  }

  struct Match {
    uint32_t step = 0;
    bool exact = false;
  };

  // The latest step of `thread`, not after `last`, whose stack has most in common with `frames`.
  std::optional<Match> Find(const std::vector<sim::Frame>& frames, ThreadNumber thread,
                            uint32_t last) const {
    const std::vector<std::string> wanted = OwnPath(frames);
    std::optional<Match> best;
    size_t most = 0;
    const uint32_t first = last < kMostStepsBack ? 0 : last - kMostStepsBack;
    for (uint32_t i = last + 1; i-- > first;) {
      if (log_.operations[i].thread != thread) continue;
      const std::vector<std::string>& path = paths_[log_.operations[i].stack];
      const size_t shorter = std::min(path.size(), wanted.size());
      size_t common = 0;
      while (common < shorter && path[common] == wanted[common]) ++common;
      if (best && common <= most) continue;
      most = common;
      best = {i, !wanted.empty() && common == wanted.size() && common == path.size()};
      if (best->exact) break;
    }
    return best;
  }

 private:
  const OperationLog& log_;
  std::vector<std::vector<std::string>> paths_;  // of each stack
};

// Where each thread was when nobody could go on.
void MarkWaiting(const Finding& finding, Timeline* timeline) {
  for (const sim::ThreadStack& stack : timeline->log.outcome.stacks) {
    const auto& operations = timeline->log.operations;
    for (size_t i = operations.size(); i-- > 0;) {
      if (operations[i].thread != stack.thread) continue;
      timeline->marks.push_back({static_cast<uint32_t>(i), Role::kNear,
                                 absl::StrCat("T", stack.thread, " ", stack.state),
                                 finding.dedup_key});
      break;
    }
  }
}

void MarkFinding(const Finding& finding, uint32_t end, bool at_access, const Matcher& matcher,
                 Timeline* timeline) {
  bool reporting = true;  // the first stack is that of the access that was caught
  for (const sim::Stack& stack : finding.stacks) {
    const std::optional<ThreadNumber> number = NumberOf(stack.thread);
    const bool creation = absl::StrContains(stack.title, "created by");
    if (!creation && (stack.is_access || number)) {
      const ThreadNumber thread = number.value_or(timeline->log.operations[end].thread);
      const bool at_end = timeline->log.operations[end].thread == thread;
      if (reporting && at_end) {
        timeline->marks.push_back(
            {end, at_access ? Role::kAccess : Role::kNear, stack.title, finding.dedup_key});
      } else if (const auto match = matcher.Find(stack.frames, thread, end)) {
        timeline->marks.push_back({match->step, match->exact ? Role::kAccess : Role::kNear,
                                   stack.title, finding.dedup_key});
      }
      reporting = false;
    }
  }
  timeline->marks.push_back({end, Role::kEnd, std::string(Name(finding.kind)), finding.dedup_key});
  if (finding.stacks.empty()) MarkWaiting(finding, timeline);
}

void MakeMarks(const sim::Schedule& schedule, const std::vector<Finding>& findings,
               Timeline* timeline) {
  const OperationLog& log = timeline->log;
  if (log.operations.empty()) return;
  const Matcher matcher(log);
  const auto last = static_cast<uint32_t>(log.operations.size() - 1);
  // The replay's own reports, in their order: which of them is which finding.
  const std::vector<Finding> reports =
      FindingsOf(sim::ParseSanitizerReports(log.outcome.standard_error).reports);
  for (const Finding& finding : findings) {
    uint32_t end = last;
    bool at_access = false;
    const auto report = std::find_if(reports.begin(), reports.end(), [&](const Finding& each) {
      return each.dedup_key == finding.dedup_key;
    });
    const auto number = static_cast<size_t>(report - reports.begin());
    if (number < log.outcome.report_points.size()) {
      const sim::ReportPoint& point = log.outcome.report_points[number];
      end = static_cast<uint32_t>(std::min<uint64_t>(point.point, last));
      // Where every access is a step, the last step is the one that was caught; so is a free().
      const OpKind kind = log.operations[end].kind;
      at_access =
          kind == OpKind::kFree || (schedule.preempt == sim::Preempt::kMemory &&
                                    (kind == OpKind::kMemoryRead || kind == OpKind::kMemoryWrite));
    }
    // Either thread of a race may come first: the replay's own report fits its steps.
    MarkFinding(report == reports.end() ? finding : *report, end, at_access, matcher, timeline);
  }
  std::stable_sort(timeline->marks.begin(), timeline->marks.end(),
                   [](const auto& a, const auto& b) { return a.step < b.step; });
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

const char* RoleName(Role role) {
  switch (role) {
    case Role::kAccess:
      return "access";
    case Role::kNear:
      return "near";
    case Role::kEnd:
      break;
  }
  return "end";
}

// Kinds get numbers of their own: those that occur, so that the legend is short.
struct Kinds {
  std::vector<uint32_t> number = std::vector<uint32_t>(static_cast<size_t>(OpKind::kCount), 0);
  ordered_json names = ordered_json::array();
};

Kinds KindsIn(const OperationLog& log) {
  Kinds kinds;
  std::set<OpKind> used;
  for (const OperationLog::Operation& operation : log.operations) used.insert(operation.kind);
  for (const OpKind kind : used) {
    kinds.number[static_cast<size_t>(kind)] = static_cast<uint32_t>(kinds.names.size());
    kinds.names.push_back(sim::OpKindName(kind));
  }
  return kinds;
}

ordered_json RenderColumns(const Timeline& timeline, const Kinds& kinds, uint64_t unit) {
  const auto& all = timeline.log.operations;
  const size_t size = all.size();
  return {{"thread", Column(size, [&](size_t i) { return timeline.lane_of[i]; })},
          {"kind",
           Column(size, [&](size_t i) { return kinds.number[static_cast<size_t>(all[i].kind)]; })},
          {"object", Column(size, [&](size_t i) { return all[i].object; })},
          {"stack", Column(size, [&](size_t i) { return all[i].stack; })},
          {"time", Column(size, [&](size_t i) {
             const int64_t before = i == 0 ? 0 : all[i - 1].virtual_ns;
             return static_cast<uint64_t>(std::max<int64_t>(all[i].virtual_ns - before, 0)) / unit;
           })}};
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
    MakeMarks(schedule, findings, &timeline);
  }
  return timeline;
}

ordered_json RenderTimeline(const Timeline& timeline) {
  const OperationLog& log = timeline.log;
  const Kinds kinds = KindsIn(log);
  ordered_json threads = ordered_json::array(), frames = ordered_json::array(),
               stacks = ordered_json::array(), marks = ordered_json::array(),
               edge_kinds = ordered_json::array();
  for (const Timeline::Lane& lane : timeline.lanes) threads.push_back({{"name", lane.name}});
  for (const sim::Frame& frame : log.frames) {
    frames.push_back({{"function", frame.function},
                      {"file", frame.file},
                      {"line", frame.line},
                      {"own", frame.own}});
  }
  for (const std::vector<uint32_t>& stack : log.stacks) stacks.push_back(stack);
  for (const Timeline::Mark& mark : timeline.marks) {
    marks.push_back({{"step", mark.step},
                     {"role", RoleName(mark.role)},
                     {"label", mark.label},
                     {"signature", mark.dedup_key}});
  }
  for (const absl::string_view name : kEdgeKindNames) edge_kinds.push_back(std::string(name));
  const uint64_t unit = TimeUnit(log);
  const auto& edges = timeline.edges;
  const ordered_json edge_columns = {
      {"from", Column(edges.size(), [&](size_t i) { return edges[i].from; })},
      {"to", Column(edges.size(), [&](size_t i) { return edges[i].to; })},
      {"kind",
       Column(edges.size(), [&](size_t i) { return static_cast<uint32_t>(edges[i].kind); })}};
  return {{"error", timeline.error},
          {"difference", log.verdict.difference},
          {"flavour", timeline.flavour},
          {"strategy", timeline.strategy},
          {"seed", timeline.seed},
          {"execution", timeline.execution},
          {"steps", log.operations.size()},
          {"switches", Switches(timeline)},
          {"virtual_ns", log.operations.empty() ? 0 : log.operations.back().virtual_ns},
          {"threads", std::move(threads)},
          {"kinds", kinds.names},
          {"objects", {{"1", "clock"}, {"2", "files"}, {"3", "random"}}},
          {"frames", std::move(frames)},
          {"stacks", std::move(stacks)},
          {"time_unit", unit},
          {"columns", RenderColumns(timeline, kinds, unit)},
          {"edges", edge_columns},
          {"edge_kinds", std::move(edge_kinds)},
          {"marks", std::move(marks)}};
}

}  // namespace heddle::reports
