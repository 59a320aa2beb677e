// heddle trace: looks at traces, checks them, cuts pieces out of them.
#include "sim/trace/trace.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/cli/command.h"
#include "nlohmann/json.hpp"
#include "sim/text/printable.h"
#include "sim/trace/operations.h"
#include "sim/trace/verify.h"
#include "src/chain/wire/message_id.h"

namespace heddle::cli {
namespace {

using nlohmann::ordered_json;
using sim::Printable;
using trace::Summary;
using trace::Window;

// --- info -------------------------------------------------------------------------------------

using Counts = std::map<std::string, Summary::Count>;

ordered_json CountsJson(const Counts& counts) {
  ordered_json json = ordered_json::object();
  for (const auto& [name, count] : counts) {
    json[name] = {
        {"events", count.events}, {"duplicates", count.duplicates}, {"bytes", count.bytes}};
  }
  return json;
}

ordered_json SummaryJson(const std::string& path, const Summary& summary) {
  ordered_json json = {{"path", path},
                       {"network", summary.header.network},
                       {"genesis_time", summary.header.genesis_time},
                       {"validators", summary.header.validators.size()},
                       {"file_bytes", summary.file_bytes},
                       {"uncompressed_bytes", summary.uncompressed_bytes},
                       {"events", summary.events},
                       {"duplicates", summary.duplicates},
                       {"payload_bytes", summary.payload_bytes},
                       {"largest_payload", summary.largest_payload},
                       {"first_time_ns", summary.first_time_ns},
                       {"last_time_ns", summary.last_time_ns},
                       {"kinds", CountsJson(summary.by_kind)},
                       {"topics", CountsJson(summary.by_topic)},
                       {"protocols", CountsJson(summary.by_protocol)},
                       {"peers", CountsJson(summary.by_peer)}};
  if (summary.header.observer_final) {
    json["observer_final"] = {{"head", summary.header.observer_final->head},
                              {"head_slot", summary.header.observer_final->head_slot},
                              {"justified", summary.header.observer_final->justified},
                              {"finalized", summary.header.observer_final->finalized}};
  }
  return json;
}

std::string CountsText(absl::string_view title, const Counts& counts) {
  if (counts.empty()) return "";
  std::string out =
      absl::StrFormat("\n%-60s %10s %10s %12s\n", title, "events", "duplicates", "bytes");
  for (const auto& [name, count] : counts) {
    absl::StrAppendFormat(&out, "  %-58s %10d %10d %12d\n", Printable(name), count.events,
                          count.duplicates, count.bytes);
  }
  return out;
}

std::string SummaryText(const std::string& path, const Summary& summary) {
  constexpr double kNsPerSecond = 1e9;
  std::string out = absl::StrFormat(
      "%s: %d events (%d duplicates), %d validators, network %s\n"
      "  time      %.3f s to %.3f s since genesis (Unix %d): slots %d to %d\n"
      "  size      %d bytes on disk, %d uncompressed, payloads %d (largest %d)\n",
      path, summary.events, summary.duplicates, summary.header.validators.size(),
      summary.header.network, static_cast<double>(summary.first_time_ns) / kNsPerSecond,
      static_cast<double>(summary.last_time_ns) / kNsPerSecond, summary.header.genesis_time,
      std::max<int64_t>(0, summary.first_time_ns / trace::kSlotNs),
      std::max<int64_t>(0, summary.last_time_ns / trace::kSlotNs), summary.file_bytes,
      summary.uncompressed_bytes, summary.payload_bytes, summary.largest_payload);
  if (const auto& final = summary.header.observer_final) {
    absl::StrAppend(&out, "  recorder  head ", final->head, " at slot ", final->head_slot,
                    ", justified ", final->justified, ", finalized ", final->finalized, "\n");
  }
  absl::StrAppend(&out, CountsText("kind", summary.by_kind), CountsText("topic", summary.by_topic),
                  CountsText("protocol", summary.by_protocol), CountsText("peer", summary.by_peer));
  return out;
}

int Info(const std::string& path, bool json) {
  const absl::StatusOr<Summary> summary = trace::Summarise(path);
  if (!summary.ok()) return Fail(WithNearestFile(summary.status(), path));
  json ? PrintJson(SummaryJson(path, *summary)) : Print(SummaryText(path, *summary));
  return kMet;
}

// --- verify -----------------------------------------------------------------------------------

trace::MessageId IdOf(absl::string_view topic, absl::Span<const uint8_t> data) {
  return wire::GossipMessageId(topic, data);
}

int Verify(const std::vector<std::string>& paths) {
  int exit_code = kMet;
  for (const std::string& path : paths) {
    const absl::StatusOr<trace::Verification> verification = trace::Verify(path, IdOf);
    if (!verification.ok()) {
      exit_code = Fail(WithNearestFile(verification.status(), path));
      continue;
    }
    for (const trace::Problem& problem : verification->problems) {
      Print(absl::StrCat(Printable(problem.message), "\n"));
    }
    if (verification->problem_count > verification->problems.size()) {
      Print(absl::StrCat("... and ", verification->problem_count - verification->problems.size(),
                         " more\n"));
    }
    Print(absl::StrCat(
        path, ": ", verification->events, " events, ",
        verification->ok() ? "no problems" : absl::StrCat(verification->problem_count, " problems"),
        "\n"));
    if (!verification->ok() && exit_code == kMet) exit_code = kUnmet;
  }
  return exit_code;
}

int Complete(const std::string& path, const std::string& to) {
  const absl::StatusOr<uint64_t> events = trace::Complete(path, to, IdOf);
  if (!events.ok()) return Fail(events.status());
  Print(absl::StrCat(to, ": ", *events, " events\n"));
  return kMet;
}

// --- cat and slice ----------------------------------------------------------------------------

struct WindowFlags {
  std::string by = "index";
  std::optional<int64_t> from;
  std::optional<int64_t> to;

  void Declare(Command command) {
    command.AddOption("--by", &by, "The unit of --from and --to: index, slot, time (ns)")
        .OneOf({"index", "slot", "time"});
    command.AddOption("--from", &from, "The first one (default: the first of the trace)");
    command.AddOption("--to", &to, "The first one after the part (default: the end of the trace)");
  }

  absl::StatusOr<Window> ToWindow() const {
    Window window;
    window.by = by == "slot"   ? Window::By::kSlot
                : by == "time" ? Window::By::kTime
                               : Window::By::kIndex;
    window.from = from.value_or(window.from);
    window.to = to.value_or(window.to);
    if (window.from >= window.to) {
      return absl::InvalidArgumentError(absl::StrCat("the window is empty: --from ", window.from,
                                                     " is not below --to ", window.to));
    }
    return window;
  }
};

// "no events in slots 500 to 600".
absl::Status NoEvents(const std::string& path, const WindowFlags& flags) {
  const std::string unit = flags.by == "slot"   ? "slots"
                           : flags.by == "time" ? "times"
                                                : "positions";
  const std::string from = flags.from ? absl::StrCat(*flags.from) : "the first";
  const std::string to = flags.to ? absl::StrCat(*flags.to) : "the end";
  return absl::InvalidArgumentError(absl::StrCat(path, ": no events in ", unit, " ", from, " to ",
                                                 to, "; heddle trace info ", path,
                                                 " says what it has"));
}

int Cat(const std::string& path, const WindowFlags& flags) {
  const absl::StatusOr<Window> window = flags.ToWindow();
  if (!window.ok()) return Fail(window.status());
  constexpr size_t kPrintedAtOnce = 1 << 16;  // bytes
  std::string lines;
  uint64_t events = 0;
  const absl::Status status = trace::Cat(path, *window, [&](absl::string_view line) {
    ++events;
    absl::StrAppend(&lines, Printable(line), "\n");
    if (lines.size() >= kPrintedAtOnce) Print(std::exchange(lines, ""));
  });
  Print(lines);
  if (!status.ok()) return Fail(WithNearestFile(status, path));
  return events > 0 ? static_cast<int>(kMet) : Fail(NoEvents(path, flags));
}

int Slice(const std::string& path, const std::string& to, const WindowFlags& flags) {
  const absl::StatusOr<Window> window = flags.ToWindow();
  if (!window.ok()) return Fail(window.status());
  uint64_t found = 0;  // looked for first: a trace without events is of no use to anybody
  const absl::Status status = trace::Cat(path, *window, [&](absl::string_view) { ++found; });
  if (!status.ok()) return Fail(WithNearestFile(status, path));
  if (found == 0) return Fail(NoEvents(path, flags));
  const absl::StatusOr<uint64_t> events = trace::Slice(path, to, *window);
  if (!events.ok()) return Fail(events.status());
  Print(absl::StrCat(to, ": ", *events, " events\n"));
  return kMet;
}

struct TraceFlags {
  std::vector<std::string> paths;
  std::string path;
  std::string to;
  bool json = false;
  WindowFlags window;
};

constexpr char kTraceHelp[] = "The trace (*.jsonl, *.jsonl.zst)";

}  // namespace

void AddTrace(Command app) {
  Command command = app.Add("trace", "Inspect, check, slice, generate and mutate traces");
  command.RequireCommand();
  auto flags = std::make_shared<TraceFlags>();

  Command info = command.Add("info", "Summarise a trace: times, kinds, topics, peers");
  info.AddOption("trace", &flags->path, kTraceHelp).Required();
  info.AddFlag("--json", &flags->json, "Print JSON");
  info.OnRun([flags] { return Info(flags->path, flags->json); });

  Command cat = command.Add("cat", "Print a trace's events, one line each");
  cat.AddOption("trace", &flags->path, kTraceHelp).Required();
  flags->window.Declare(cat);
  cat.OnRun([flags] { return Cat(flags->path, flags->window); });

  Command verify =
      command.Add("verify", "Check message ids, duplicate flags, topics, requests and peers");
  verify.AddOption("trace", &flags->paths, "Traces (*.jsonl, *.jsonl.zst)").Required();
  verify.SetFooter("Exits with 1 when a trace has problems, with 2 when it cannot be read.");
  verify.OnRun([flags] { return Verify(flags->paths); });

  Command slice = command.Add("slice", "Write a part of a trace as a new trace");
  slice.AddOption("trace", &flags->path, kTraceHelp).Required();
  slice.AddOption("to", &flags->to, "The new trace (*.jsonl, *.jsonl.zst)").Required();
  flags->window.Declare(slice);

  Command complete = command.Add(
      "complete", "Fill in message ids and duplicate flags of a recording without them");
  complete.AddOption("recording", &flags->path, "What a client recorded (*.jsonl, *.jsonl.zst)")
      .Required();
  complete.AddOption("to", &flags->to, "The trace to write (*.jsonl, *.jsonl.zst)").Required();
  complete.SetFooter("sim/trace/record/ has the recorder, a C header.");
  complete.OnRun([flags] { return Complete(flags->path, flags->to); });

  AddTraceGenerate(command);
  AddTraceMutate(command);
  slice.OnRun([flags] { return Slice(flags->path, flags->to, flags->window); });
}

}  // namespace heddle::cli
