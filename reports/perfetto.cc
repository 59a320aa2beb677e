// Chrome's trace-event format ("Trace Event Format", Nicolás Peña Moreno and others), as JSON.
#include "absl/strings/str_cat.h"
#include "reports/model/finding.h"
#include "reports/timeline.h"

namespace heddle::reports {
namespace {

using nlohmann::ordered_json;
using sim::OperationLog;

std::string Json(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void Add(const ordered_json& event, std::string* out) {
  absl::StrAppend(out, out->empty() ? "" : ",\n", Json(event));
}

void AddNames(const Timeline& timeline, size_t process, std::string* out) {
  Add({{"ph", "M"},
       {"name", "process_name"},
       {"pid", process},
       {"args", {{"name", timeline.schedule}}}},
      out);
  for (size_t lane = 0; lane < timeline.lanes.size(); ++lane) {
    Add({{"ph", "M"},
         {"name", "thread_name"},
         {"pid", process},
         {"tid", lane + 1},
         {"args", {{"name", timeline.lanes[lane].name}}}},
        out);
    Add({{"ph", "M"},
         {"name", "thread_sort_index"},
         {"pid", process},
         {"tid", lane + 1},
         {"args", {{"sort_index", lane}}}},
        out);
  }
}

void AddSteps(const Timeline& timeline, size_t process, std::string* out) {
  const OperationLog& log = timeline.log;
  for (size_t i = 0; i < log.operations.size(); ++i) {
    const OperationLog::Operation& operation = log.operations[i];
    ordered_json arguments = {{"step", i}, {"virtual_ns", operation.virtual_ns}};
    if (operation.object != 0) arguments["object"] = operation.object;
    const std::vector<uint32_t>& stack = log.stacks[operation.stack];
    if (!stack.empty()) {
      const sim::Frame& frame = log.frames[stack.front()];
      arguments["where"] = sim::ShortFrame(frame);
    }
    Add({{"ph", "X"},
         {"name", sim::OpKindName(operation.kind)},
         {"cat", "step"},
         {"pid", process},
         {"tid", timeline.lane_of[i] + 1},
         {"ts", i},
         {"dur", 1},
         {"args", std::move(arguments)}},
        out);
  }
}

void AddEdges(const Timeline& timeline, size_t process, size_t* number, std::string* out) {
  for (const Timeline::Edge& edge : timeline.edges) {
    const std::string name(kEdgeKindNames[static_cast<size_t>(edge.kind)]);
    ++*number;
    // A flow begins and ends inside the slices that it joins.
    Add({{"ph", "s"},
         {"name", name},
         {"cat", "happens-before"},
         {"id", *number},
         {"pid", process},
         {"tid", timeline.lane_of[edge.from] + 1},
         {"ts", edge.from + 0.5}},
        out);
    Add({{"ph", "f"},
         {"bp", "e"},
         {"name", name},
         {"cat", "happens-before"},
         {"id", *number},
         {"pid", process},
         {"tid", timeline.lane_of[edge.to] + 1},
         {"ts", edge.to + 0.5}},
        out);
  }
}

}  // namespace

std::string RenderPerfetto(const std::vector<Timeline>& timelines) {
  std::string events;
  size_t number = 0;
  for (size_t i = 0; i < timelines.size(); ++i) {
    const Timeline& timeline = timelines[i];
    const size_t process = i + 1;
    AddNames(timeline, process, &events);
    AddSteps(timeline, process, &events);
    AddEdges(timeline, process, &number, &events);
    for (const Timeline::Mark& mark : timeline.marks) {
      Add({{"ph", "i"},
           {"s", "t"},
           {"name", mark.label},
           {"cat", "finding"},
           {"pid", process},
           {"tid", timeline.lane_of[mark.step] + 1},
           {"ts", mark.step + 0.5},
           {"args", {{"signature", mark.dedup_key}}}},
          &events);
    }
  }
  return absl::StrCat("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", events, "\n]}\n");
}

}  // namespace heddle::reports
