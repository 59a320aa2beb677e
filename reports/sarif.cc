#include "reports/sarif.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "reports/model/cause.h"
#include "reports/summary.h"

namespace heddle::reports {
namespace {

using nlohmann::ordered_json;
using sim::Frame;
using sim::Stack;

constexpr char kSchema[] =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

// In the order of kFindingKindNames.
constexpr std::array<const char*, kFindingKindNames.size()> kDescriptions = {
    "Two threads access the same memory, at least one writes, and no synchronisation orders them.",
    "Heap memory is used after it is freed, used beyond its end, or freed twice.",
    "Stack or global memory is used beyond its bounds or its lifetime.",
    "The program has undefined behaviour.",
    "Memory is never freed, and no pointer to it is left.",
    "Threads wait for each other in a cycle, or take locks in an order that allows it.",
    "The program uses a mutex, a thread or another object in a way that its interface forbids.",
    "Two builds that must agree have different chains.",
    "A delivered event is neither applied once nor refused, or it is applied out of order.",
    "The program crashed.",
    "The program did not end within its time limit.",
    "A signal reached no thread, and a waiting thread sleeps for ever.",
    "The threads are busy and make no progress.",
    "The same schedule led to different operations.",
    "The program uses an operation that Heddle does not model."};

// A file's path as a URI, relative to the root if it is below the root.
ordered_json ArtifactOf(const std::string& file, const std::string& root) {
  const bool below = !root.empty() && absl::StartsWith(file, root);
  const std::string path = below ? file.substr(root.size()) : file;
  std::string uri = !below && absl::StartsWith(path, "/") ? "file://" : "";
  for (const char c : path) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                       absl::string_view("/-_.~+").find(c) != absl::string_view::npos;
    absl::StrAppend(&uri, plain ? std::string(1, c)
                                : absl::StrCat("%", absl::AsciiStrToUpper(absl::BytesToHexString(
                                                        absl::string_view(&c, 1)))));
  }
  ordered_json artifact = {{"uri", uri}};
  if (below) artifact["uriBaseId"] = "SRCROOT";
  return artifact;
}

ordered_json LocationOf(const Frame& frame, const std::string& root) {
  ordered_json location = ordered_json::object();
  if (!frame.file.empty()) {
    location["physicalLocation"]["artifactLocation"] = ArtifactOf(frame.file, root);
    if (frame.line > 0) {
      ordered_json& region = location["physicalLocation"]["region"];
      region["startLine"] = frame.line;
      if (frame.column > 0) region["startColumn"] = frame.column;
    }
  }
  if (!frame.function.empty()) {
    location["logicalLocations"] = ordered_json::array(
        {{{"fullyQualifiedName", sim::ShortFunction(frame.function)}, {"kind", "function"}}});
  }
  return location;
}

// A message (SARIF 2.1.0, 3.11) that shows `text` as it is: "](" would end the text of a link and
// begin its destination (3.11.6), braces hold numbers of arguments (3.11.5).
ordered_json MessageOf(absl::string_view text) {
  return {{"text", absl::StrReplaceAll(text, {{"](", "\\]("}, {"{", "{{"}, {"}", "}}"}})}};
}

ordered_json WithMessage(ordered_json location, absl::string_view text) {
  location["message"] = MessageOf(text);
  return location;
}

// The innermost own frame with a file; when there is none, the innermost frame.
const Frame* OwnFrameOf(const std::vector<Frame>& frames) {
  for (const Frame& frame : frames) {
    if (frame.own && !frame.file.empty()) return &frame;
  }
  return frames.empty() ? nullptr : &frames.front();
}

// The runtime's titles do not name the thread.
std::string TitleOf(const Stack& stack) {
  const std::string number = stack.thread.substr(0, stack.thread.find(' '));
  return absl::StrContains(stack.title, number) ? stack.title
                                                : absl::StrCat(stack.thread, " ", stack.title);
}

// A stack (SARIF 2.1.0, 3.44), innermost first.
ordered_json StackOf(const Stack& stack, const std::string& root) {
  ordered_json frames = ordered_json::array();
  for (const Frame& frame : stack.frames) {
    ordered_json entry = {{"location", LocationOf(frame, root)}};
    if (!frame.module.empty()) entry["module"] = std::string(sim::BaseName(frame.module));
    frames.push_back(std::move(entry));
  }
  return {{"message", MessageOf(TitleOf(stack))}, {"frames", std::move(frames)}};
}

// What happened, in the order of time over all threads: a flow for each thread (3.36), whose steps
// are numbered over all of them.
ordered_json CodeFlowOf(const Cause& cause, const std::string& root) {
  std::map<std::string, ordered_json> threads;
  std::vector<std::string> order;
  int number = 0;
  for (const CauseEvent& event : cause.events) {
    const Frame* frame = OwnFrameOf(event.frames);
    if (frame == nullptr) continue;
    const std::string who = event.who.empty() ? "a thread" : event.who;
    const auto [thread, added] = threads.try_emplace(who, ordered_json::array());
    if (added) order.push_back(who);
    thread->second.push_back(
        {{"location", WithMessage(LocationOf(*frame, root), absl::StrCat(who, " ", event.what))},
         {"executionOrder", ++number},
         {"importance", event.role == CauseRole::kAllocated ? "important" : "essential"}});
  }
  ordered_json flows = ordered_json::array();
  for (const std::string& who : order) {
    flows.push_back({{"id", who}, {"message", MessageOf(who)}, {"locations", threads[who]}});
  }
  return {{"message", MessageOf(cause.headline)}, {"threadFlows", std::move(flows)}};
}

// The text of a result. File names are as in its locations: below the root, relative to it.
std::string TextOf(const Cause& cause, const Finding& finding, const std::string& again,
                   const std::string& root) {
  std::string text = absl::StrCat(cause.headline, "\n", finding.message, "\nRun again: ", again);
  return root.empty() ? text : absl::StrReplaceAll(text, {{root, ""}});
}

ordered_json ResultOf(const ScenarioResult& scenario, const CellResult& cell,
                      const Finding& finding, const std::string& root) {
  const Cause cause = CauseOf(finding);
  ordered_json result = {
      {"ruleId", std::string(Name(finding.kind))},
      {"ruleIndex", static_cast<size_t>(finding.kind)},
      {"level", finding.status == FindingStatus::kUnexpected ? "error" : "note"},
      {"message", MessageOf(TextOf(cause, finding, AgainCommand(scenario, cell, finding), root))},
      {"partialFingerprints", {{"heddleSignature/v1", finding.dedup_key}}},
      {"occurrenceCount", std::max<uint64_t>(finding.count, 1)},
      {"properties",
       {{"scenario", scenario.name},
        {"dispatcher", DispatcherName(scenario, cell)},
        {"flavour", std::string(Name(cell.flavour))},
        {"schedule", finding.schedule},
        {"foundBy", finding.source}}}};
  const Frame* place = PlaceOf(finding);
  // A deadlock's is where the first thread waits.
  for (const CauseEvent& event : cause.events) {
    const bool waits = event.role == CauseRole::kWants || event.role == CauseRole::kSleeps;
    const Frame* frame = waits ? OwnFrameOf(event.frames) : nullptr;
    if (place == nullptr && frame != nullptr && !frame->file.empty()) place = frame;
  }
  // Code scanning requires a place: a finding without one is placed at its scenario.
  const Frame at_scenario{.function = "", .file = scenario.path, .line = 1};
  result["locations"] =
      ordered_json::array({LocationOf(place != nullptr ? *place : at_scenario, root)});
  ordered_json related = ordered_json::array(), stacks = ordered_json::array();
  for (const Stack& stack : finding.stacks) {
    const Frame* frame = OwnFrameOf(stack.frames);
    if (frame == nullptr) continue;
    ordered_json location = WithMessage(LocationOf(*frame, root), TitleOf(stack));
    location["id"] = related.size();
    related.push_back(std::move(location));
    stacks.push_back(StackOf(stack, root));
  }
  if (!related.empty()) {
    result["relatedLocations"] = std::move(related);
    result["stacks"] = std::move(stacks);
  }
  ordered_json flow = CodeFlowOf(cause, root);
  if (!flow["threadFlows"].empty()) result["codeFlows"] = ordered_json::array({std::move(flow)});
  return result;
}

ordered_json Rules() {
  ordered_json rules = ordered_json::array();
  for (size_t i = 0; i < kDescriptions.size(); ++i) {
    rules.push_back({{"id", std::string(kFindingKindNames[i])},
                     {"shortDescription", {{"text", kDescriptions[i]}}},
                     {"defaultConfiguration", {{"level", "error"}}}});
  }
  return rules;
}

}  // namespace

ordered_json RenderSarif(const std::vector<ScenarioResult>& results,
                         const std::string& source_root) {
  ordered_json found = ordered_json::array();
  std::set<std::string> seen;  // a finding of several cells is one result
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      for (const Finding& finding : cell.findings) {
        if (!seen.insert(finding.dedup_key).second) continue;
        found.push_back(ResultOf(scenario, cell, finding, source_root));
      }
    }
  }
  ordered_json run = {
      {"tool",
       {{"driver", {{"name", "Heddle"}, {"semanticVersion", HEDDLE_VERSION}, {"rules", Rules()}}}}},
      {"columnKind", "utf16CodeUnits"}};
  if (!source_root.empty()) {
    run["originalUriBaseIds"]["SRCROOT"] = {{"uri", absl::StrCat("file://", source_root)}};
  }
  run["results"] = std::move(found);
  return {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", ordered_json::array({run})}};
}

}  // namespace heddle::reports
