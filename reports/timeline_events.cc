#include "reports/timeline_events.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "reports/model/evidence.h"
#include "sim/stacks/sanitizer_report.h"

namespace heddle::reports {
namespace {

using sim::OperationLog;
using sim::OpKind;
using sim::ThreadNumber;

// Beyond this no stack of a sanitizer's is compared with those of the steps before it.
constexpr uint32_t kMostStepsBack = 1'000'000;

// The own frames of a stack as "function line", outermost first.
std::vector<std::string> OwnPath(const std::vector<sim::Frame>& frames) {
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

  // The latest step of `thread` and `kind`, not after `last`, with the very stack `frames`.
  std::optional<uint32_t> FindExact(const std::vector<sim::Frame>& frames, ThreadNumber thread,
                                    OpKind kind, uint32_t last) const {
    const std::vector<std::string> wanted = OwnPath(frames);
    const uint32_t first = last < kMostStepsBack ? 0 : last - kMostStepsBack;
    for (uint32_t i = last + 1; i-- > first && !wanted.empty();) {
      const OperationLog::Operation& operation = log_.operations[i];
      if (operation.thread == thread && operation.kind == kind &&
          paths_[operation.stack] == wanted) {
        return i;
      }
    }
    return std::nullopt;
  }

  bool IsAt(uint32_t step, const std::vector<sim::Frame>& frames) const {
    const std::vector<std::string> wanted = OwnPath(frames);
    return !wanted.empty() && paths_[log_.operations[step].stack] == wanted;
  }

 private:
  const OperationLog& log_;
  std::vector<std::vector<std::string>> paths_;  // of each stack
};

// A finding as the replay saw it.
struct Seen {
  Finding finding;
  uint32_t end = 0;        // the last step before it
  bool at_access = false;  // that step is the access itself
  bool reported = false;   // by a sanitizer, in the replay
  uint64_t block = 0;      // where the heap block begins that it is about; 0: not known
};

class Locator {
 public:
  Locator(const Matcher& matcher, Timeline* timeline)
      : matcher_(matcher), log_(timeline->log), timeline_(*timeline) {
    for (const OperationLog::Operation& operation : log_.operations) {
      if (operation.address != 0 && operation.object != 0) {
        objects_[operation.address] = operation.object;
      }
    }
    for (const Timeline::Lane& lane : timeline->lanes) {
      if (lane.thread != sim::kClock) names_.threads[lane.thread] = lane.given;
    }
    names_.object = [this](uint64_t address) { return NameOf(address); };
  }

  void Add(const Seen& seen) {
    Cause cause = CauseOf(seen.finding, names_);
    bool shown = false;  // the finding itself
    for (uint32_t i = 0; i < cause.events.size(); ++i) {
      const CauseEvent& event = cause.events[i];
      std::optional<Timeline::Mark> mark = Locate(event, seen);
      if (!mark) continue;
      mark->role = std::string(Name(event.role));
      mark->label = absl::StrCat(event.who, event.who.empty() ? "" : " ", event.what);
      mark->text = event.label;
      mark->dedup_key = seen.finding.dedup_key;
      mark->event = i;
      shown = shown || event.role == CauseRole::kAccess || event.role == CauseRole::kWants ||
              event.role == CauseRole::kSleeps;
      timeline_.marks.push_back(*std::move(mark));
    }
    if (!shown) {
      Timeline::Mark mark;
      mark.step = seen.end;
      mark.role = "end";
      mark.label = std::string(Name(seen.finding.kind));
      mark.text = mark.label;
      mark.dedup_key = seen.finding.dedup_key;
      timeline_.marks.push_back(std::move(mark));
    }
    timeline_.causes[seen.finding.dedup_key] = std::move(cause);
  }

 private:
  std::string NameOf(uint64_t address) const {
    const auto object = objects_.find(address);
    if (object == objects_.end()) return "";
    const auto name = log_.names.find(object->second);
    return name == log_.names.end() ? absl::StrCat("#", object->second)
                                    : absl::StrCat(name->second, " #", object->second);
  }

  static Timeline::Mark At(uint32_t step, bool about = false) {
    Timeline::Mark mark;
    mark.step = step;
    mark.about = about;
    return mark;
  }

  std::optional<Timeline::Mark> Locate(const CauseEvent& event, const Seen& seen) {
    const uint32_t last = static_cast<uint32_t>(log_.operations.size() - 1);
    const ThreadNumber thread = event.thread.value_or(log_.operations[seen.end].thread);
    switch (event.role) {
      case CauseRole::kAccess:
        return LocateAccess(event, seen, thread);
      case CauseRole::kPrevious:
        return LocateOther(event, thread, seen.end);
      case CauseRole::kFreed:
        if (const auto step = FreeOf(seen.block, seen.end);
            step && log_.operations[*step].thread == thread) {
          return At(*step);
        }
        return LocateOther(event, thread, seen.end);
      case CauseRole::kAllocated:
        if (const auto step =
                matcher_.FindExact(event.frames, thread, OpKind::kAllocate, BeforeFree(seen))) {
          return At(*step);
        }
        return std::nullopt;
      case CauseRole::kHolds:
        if (const auto step = LastAt(event.address, thread, /*acquire=*/true)) return At(*step);
        return std::nullopt;
      case CauseRole::kSignal:
        if (event.point && *event.point <= last) return At(static_cast<uint32_t>(*event.point));
        return std::nullopt;
      case CauseRole::kWoken:
      case CauseRole::kSleeps:
        if (const auto step = LastAt(event.address, thread, /*acquire=*/false)) return At(*step);
        return Insert(event, thread, last);
      case CauseRole::kWants:
        return Insert(event, thread, last);
    }
    return std::nullopt;
  }

  std::optional<Timeline::Mark> LocateAccess(const CauseEvent& event, const Seen& seen,
                                             ThreadNumber thread) {
    const bool same_thread = log_.operations[seen.end].thread == thread;
    if (same_thread &&
        (seen.at_access || (!seen.reported && matcher_.IsAt(seen.end, event.frames)))) {
      return At(seen.end);
    }
    return Insert(event, thread, seen.end);
  }

  // A plain access is no step: it lies close to the one whose stack is most like its own.
  std::optional<Timeline::Mark> LocateOther(const CauseEvent& event, ThreadNumber thread,
                                            uint32_t last) {
    const std::optional<Matcher::Match> match = matcher_.Find(event.frames, thread, last);
    if (!match) return std::nullopt;
    if (match->exact) return At(match->step);
    std::optional<Timeline::Mark> mark = Insert(event, thread, match->step);
    if (mark) mark->about = true;
    return mark;
  }

  // Heap blocks are freed once: the free() of this one is the last at its address.
  std::optional<uint32_t> FreeOf(uint64_t block, uint32_t last) const {
    if (block == 0) return std::nullopt;
    for (uint32_t i = last + 1; i-- > 0;) {
      const OperationLog::Operation& operation = log_.operations[i];
      if (operation.kind == OpKind::kFree && operation.address == block) return i;
    }
    return std::nullopt;
  }

  // The last step at which the block can have been allocated.
  uint32_t BeforeFree(const Seen& seen) const {
    return FreeOf(seen.block, seen.end).value_or(seen.end);
  }

  std::optional<uint32_t> LastAt(uint64_t address, ThreadNumber thread, bool acquire) const {
    if (address == 0) return std::nullopt;
    for (size_t i = log_.operations.size(); i-- > 0;) {
      const OperationLog::Operation& operation = log_.operations[i];
      if (operation.thread == thread && operation.address == address &&
          (!acquire || sim::TakesLock(operation.kind))) {
        return static_cast<uint32_t>(i);
      }
    }
    return std::nullopt;
  }

  static OpKind KindOf(const CauseEvent& event) {
    for (size_t i = 0; i < static_cast<size_t>(OpKind::kCount); ++i) {
      const auto kind = static_cast<OpKind>(i);
      if (!event.operation.empty() && event.operation == sim::OpKindName(kind)) return kind;
    }
    if (event.label == "writes") return OpKind::kMemoryWrite;
    return event.label == "frees" ? OpKind::kFree : OpKind::kMemoryRead;
  }

  // A step of its own behind `after`, for what is none.
  std::optional<Timeline::Mark> Insert(const CauseEvent& event, ThreadNumber thread,
                                       uint32_t after) {
    const auto lane =
        std::find_if(timeline_.lanes.begin(), timeline_.lanes.end(),
                     [&](const Timeline::Lane& each) { return each.thread == thread; });
    if (lane == timeline_.lanes.end()) return std::nullopt;
    Timeline::Inserted inserted;
    inserted.after = after;
    inserted.lane = static_cast<uint32_t>(lane - timeline_.lanes.begin());
    inserted.operation.kind = KindOf(event);
    inserted.operation.thread = thread;
    inserted.operation.virtual_ns = log_.operations[after].virtual_ns;
    inserted.operation.stack = StackOf(event.frames);
    if (const auto object = objects_.find(event.address); object != objects_.end()) {
      inserted.operation.object = object->second;
    }
    Timeline::Mark mark = At(after);
    mark.inserted = static_cast<uint32_t>(timeline_.inserted.size());
    timeline_.inserted.push_back(std::move(inserted));
    return mark;
  }

  uint32_t StackOf(const std::vector<sim::Frame>& frames) {
    OperationLog& log = timeline_.log;
    std::vector<uint32_t> stack;
    for (const sim::Frame& frame : frames) {
      stack.push_back(static_cast<uint32_t>(log.frames.size()));
      log.frames.push_back(frame);
    }
    log.stacks.push_back(std::move(stack));
    return static_cast<uint32_t>(log.stacks.size() - 1);
  }

  const Matcher& matcher_;
  const OperationLog& log_;
  Timeline& timeline_;
  CauseNames names_;
  std::unordered_map<uint64_t, sim::ObjectId> objects_;  // the last one at each address
};

// The last step before the sanitizer's report of that number.
uint32_t EndOf(const OperationLog& log, size_t number) {
  return static_cast<uint32_t>(
      std::min<uint64_t>(log.outcome.report_points[number].point, log.operations.size() - 1));
}

// The findings as the replay saw them: either thread of a race may come first, and what a result
// does not keep is known here.
std::vector<Seen> SeenIn(const sim::Schedule& schedule, const std::vector<Finding>& findings,
                         const OperationLog& log) {
  const auto last = static_cast<uint32_t>(log.operations.size() - 1);
  std::vector<Finding> reports;
  std::vector<uint64_t> blocks;
  for (const sim::SanitizerReport& report :
       sim::ParseSanitizerReports(log.outcome.standard_error).reports) {
    for (Finding& finding : FindingsOf({report})) {
      reports.push_back(std::move(finding));
      blocks.push_back(report.block);
    }
  }
  std::vector<Seen> all;
  for (const Finding& finding : findings) {
    Seen& seen = all.emplace_back();
    seen.finding = finding;
    seen.end = last;
    auto report = std::find_if(reports.begin(), reports.end(), [&](const Finding& each) {
      return each.dedup_key == finding.dedup_key;
    });
    // A shrunk schedule may come to it by another way.
    if (report == reports.end()) {
      report = std::find_if(reports.begin(), reports.end(), [&](const Finding& each) {
        return each.kind == finding.kind && each.detail == finding.detail;
      });
    }
    if (report == reports.end()) {
      // Addresses are this execution's.
      if (!log.finding_stacks.empty()) seen.finding.stacks = log.finding_stacks;
      if (reports.empty() && !log.outcome.report_points.empty()) {
        seen.reported = true;
        seen.end = EndOf(log, 0);
      }
      continue;
    }
    const auto number = static_cast<size_t>(report - reports.begin());
    seen.finding = *report;
    seen.finding.dedup_key = finding.dedup_key;
    seen.reported = true;
    seen.block = blocks[number];
    if (number >= log.outcome.report_points.size()) continue;
    seen.end = EndOf(log, number);
    // Where every access is a step, the last step is the one that was caught; so is a free().
    const OpKind kind = log.operations[seen.end].kind;
    seen.at_access = kind == OpKind::kFree
                         ? report->detail == "double-free" || report->detail == "bad-free"
                         : schedule.preempt == sim::Preempt::kMemory &&
                               (kind == OpKind::kMemoryRead || kind == OpKind::kMemoryWrite);
  }
  return all;
}

}  // namespace

void AddEvents(const sim::Schedule& schedule, const std::vector<Finding>& findings,
               Timeline* timeline) {
  if (timeline->log.operations.empty()) return;
  const std::vector<Seen> seen = SeenIn(schedule, findings, timeline->log);
  const Matcher matcher(timeline->log);
  Locator locator(matcher, timeline);
  for (const Seen& each : seen) locator.Add(each);
  std::stable_sort(timeline->marks.begin(), timeline->marks.end(),
                   [](const auto& a, const auto& b) { return a.step < b.step; });
}

}  // namespace heddle::reports
