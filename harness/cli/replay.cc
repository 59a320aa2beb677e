// heddle replay: runs a recorded schedule again, operation by operation.
#include "sim/explore/replay.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/cli/command.h"
#include "harness/cli/debug.h"
#include "harness/cli/scheduled_program.h"
#include "harness/run/program_builds.h"
#include "nlohmann/json.hpp"
#include "sim/explore/operations.h"
#include "sim/process/process.h"
#include "sim/schedule/schedule.h"
#include "sim/stacks/frame.h"

namespace heddle::cli {
namespace {

struct ReplayFlags {
  std::string schedule;
  std::string flavour;
  Subject subject{.find_program = true};
  uint64_t times = 1;
  std::optional<uint64_t> break_at;
  std::vector<std::string> debugger_arguments;
  bool print = false;
  bool gdb = false;
  bool core = false;
  bool quiet = false;
  bool json = false;
};

// The innermost frame of the program's own code, or else of anything.
std::string PlaceOf(const sim::OperationLog& log, const sim::OperationLog::Operation& operation) {
  const std::vector<uint32_t>& stack = log.stacks[operation.stack];
  const auto own = std::find_if(stack.begin(), stack.end(),
                                [&](uint32_t index) { return log.frames[index].own; });
  if (stack.empty()) return "";
  const sim::Frame& frame = log.frames[own == stack.end() ? stack[0] : *own];
  return absl::StrCat(sim::ShortPlace(frame), frame.file.empty() ? "" : " ",
                      sim::ShortFunction(frame.function));
}

// What it did under a weak memory model that is not what memory showed; "" where that is nothing.
std::string StaleWords(const sim::OperationLog::Operation& operation) {
  if (operation.failed_by_itself) return "  (the weak form fails by itself)";
  if (operation.newer == 0) return "";
  if (operation.kind == sim::OpKind::kAtomicStore) return "  (goes before newer stores)";
  if (operation.read_from == sim::kNoStep) return "  (reads the value from before all stores)";
  return absl::StrCat("  (reads the store of step ", operation.read_from, ", not the newest)");
}

std::string LineOf(const sim::OperationLog& log, size_t step) {
  const sim::OperationLog::Operation& operation = log.operations[step];
  const std::string thread =
      operation.thread == sim::kClock ? "clock" : absl::StrCat("T", operation.thread);
  const std::string object =
      operation.object == sim::kNoObject ? "" : absl::StrCat("object ", operation.object);
  std::string line =
      absl::StrFormat("%7u  %-5s %-15s  %-12s  %s", step, thread, sim::OpKindName(operation.kind),
                      object, PlaceOf(log, operation));
  line += StaleWords(operation);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

// For a replay that is not exact.
constexpr char kWhyNotExact[] =
    "The program is not as it was recorded, or it reads what differs between runs.\n"
    "'heddle explore --self-check' with the same program names what it reads (sim/README.md, "
    "Limits).\n";

// Shows the operations, stops at one of them, or both.
int ReplayVisibly(const ReplayFlags& flags, const sim::ProgramOptions& program,
                  const sim::Schedule& schedule, const std::string& flavour) {
  if (flags.break_at && *flags.break_at >= schedule.steps.size()) {
    return Fail(
        absl::InvalidArgumentError(absl::StrFormat("--break-at %u: the schedule has steps 0 to %u",
                                                   *flags.break_at, schedule.steps.size() - 1)));
  }
  sim::LogOptions options;
  if (flags.print) {
    options.on_operations = [](const sim::OperationLog& log, size_t first) {
      std::string lines;
      for (size_t i = first; i < log.operations.size(); ++i)
        absl::StrAppend(&lines, LineOf(log, i));
      if (!lines.empty()) Print(lines);
    };
  }
  if (flags.break_at) {
    options.stop_at = *flags.break_at;
    options.on_stop = [&](int process) {
      Print(absl::StrFormat(
          "stopped at step %u, before its operation: process %d\n"
          "  gdb -p %d     attach a debugger (each simulated thread is a thread of the process)\n"
          "  kill -CONT %d   continue\n",
          *flags.break_at, process, process, process));
    };
  }
  const absl::StatusOr<sim::OperationLog> log = LogOperations(program, schedule, options);
  if (!log.ok()) return Fail(log.status());
  if (!flags.quiet && !log->description.empty()) Print(log->description + "\n");
  if (!flags.quiet) Print(log->outcome.standard_error);
  if (!schedule.message.empty()) Print(absl::StrCat("recorded: ", schedule.message, "\n"));
  const bool exact = log->verdict.end != sim::ReplayEnd::kDiverged;
  if (!log->verdict.difference.empty()) {
    Print(absl::StrCat(log->verdict.difference, "\n", exact ? "" : kWhyNotExact));
  }
  Print(absl::StrCat("the replay in ", flavour, " is ", exact ? "" : "not ", "exact: ",
                     log->outcome.points, " points, ", log->outcome.switches, " switches\n"));
  return ExitCodeOf(log->verdict.end);
}

// Of all the replays together.
sim::ReplayEnd EndOf(const sim::ReplayReport& report) {
  if (report.exact < report.times) return sim::ReplayEnd::kDiverged;
  return report.other_ends > 0 ? sim::ReplayEnd::kOtherEnd : sim::ReplayEnd::kAsRecorded;
}

const char* Name(sim::ReplayEnd end) {
  return end == sim::ReplayEnd::kAsRecorded ? "as-recorded"
         : end == sim::ReplayEnd::kOtherEnd ? "other-end"
                                            : "diverged";
}

// What --json prints. Later versions only add members.
nlohmann::ordered_json RenderReplay(const ReplayFlags& flags, const sim::Schedule& schedule,
                                    const std::string& flavour, const sim::ReplayReport& report) {
  return {{"format", "heddle-replay"},
          {"version", 1},
          {"schedule", flags.schedule},
          {"flavour", flavour},
          {"times", report.times},
          {"exact", report.exact},
          {"other_ends", report.other_ends},
          {"end", Name(EndOf(report))},
          {"difference", report.verdict.difference},
          {"recorded",
           {{"flavour", schedule.flavour},
            {"finding", FailureKindName(schedule.finding)},
            {"message", schedule.message}}},
          {"last",
           {{"finding", FailureKindName(report.last.finding)}, {"message", report.last.message}}}};
}

int ReplayTimes(const ReplayFlags& flags, const sim::ProgramOptions& program,
                const sim::Schedule& schedule, const std::string& flavour) {
  const absl::StatusOr<sim::ReplayReport> report =
      sim::Replay(program, schedule, flags.times, [] { return !sim::Interrupted(); });
  if (!report.ok()) return Fail(report.status());
  const int exit_code = sim::Interrupted() ? kInterrupted : ExitCodeOf(EndOf(*report));
  if (flags.json) {
    PrintJson(RenderReplay(flags, schedule, flavour, *report));
    return exit_code;
  }
  if (!flags.quiet && !report->description.empty()) Print(report->description + "\n");
  if (!flags.quiet && !report->last.standard_error.empty()) Print(report->last.standard_error);
  if (!schedule.message.empty()) Print(absl::StrCat("recorded: ", schedule.message, "\n"));
  Print(absl::StrCat(report->exact, " of ", report->times, " replays in ", flavour, " exact: ",
                     report->last.points, " points, ", report->last.switches, " switches\n"));
  if (report->last.threads_left > 0 && !flags.quiet) {
    Print(absl::StrCat("note: ", sim::ThreadsLeftText(report->last.threads_left), "\n"));
  }
  if (report->other_ends > 0) {
    Print(absl::StrCat(report->other_ends, " of them ended otherwise than recorded\n"));
  }
  if (!report->verdict.difference.empty()) {
    Print(absl::StrCat(report->verdict.difference, "\n",
                       report->exact == report->times ? "" : kWhyNotExact));
  }
  return exit_code;
}

// The one asked for, by name or by the program's name, or else the recording's.
std::string FlavourOf(const ReplayFlags& flags, const sim::Schedule& schedule) {
  if (!flags.flavour.empty()) return flags.flavour;
  const std::vector<std::string>& programs = flags.subject.programs;
  const std::string named =
      programs.empty() ? "" : std::string(harness::EndingOf(programs.front()));
  return named.empty() ? schedule.flavour : named;
}

int Replay(const ReplayFlags& flags) {
  if (flags.times > 1 && (flags.print || flags.gdb || flags.break_at)) {
    return Fail(
        absl::InvalidArgumentError("--times cannot be combined with --print, --break-at or --gdb"));
  }
  if (flags.json && (flags.print || flags.gdb || flags.break_at)) {
    return Fail(
        absl::InvalidArgumentError("--json cannot be combined with --print, --break-at or --gdb"));
  }
  if (!flags.flavour.empty()) {
    const auto flavour = harness::ParseFlavour(flags.flavour);
    if (!flavour.ok()) return Fail(flavour.status());
  }
  const absl::StatusOr<sim::Schedule> schedule = sim::ReadSchedule(flags.schedule);
  if (!schedule.ok()) return Fail(WithNearestFile(schedule.status(), flags.schedule));
  const std::string flavour = FlavourOf(flags, *schedule);
  absl::StatusOr<sim::TemporaryFolder> folder = sim::TemporaryFolder::Create();
  if (!folder.ok()) return Fail(folder.status());
  absl::StatusOr<sim::ProgramOptions> program =
      ScheduledProgram(*schedule, flags.schedule, flavour, flags.subject, folder->path());
  if (!program.ok()) return Fail(program.status());
  program->core_file = flags.core;
  if (flags.gdb) {
    const absl::StatusOr<int> status = DebugSchedule(
        *program, *schedule, {folder->path(), flags.break_at, flags.debugger_arguments});
    return status.ok() ? *status == 0 ? kMet : kUnmet : Fail(status.status());
  }
  sim::CatchInterrupts();
  return flags.print || flags.break_at ? ReplayVisibly(flags, *program, *schedule, flavour)
                                       : ReplayTimes(flags, *program, *schedule, flavour);
}

}  // namespace

void AddReplay(Command app) {
  Command command = app.Add("replay", "Replay a recorded schedule exactly");
  auto flags = std::make_shared<ReplayFlags>();
  command.AddOption("schedule", &flags->schedule, "The schedule file (*.schedule.json)").Required();
  command.AddOption("arguments", &flags->debugger_arguments, "After --: arguments for gdb");
  command
      .AddOption("--flavour,-f", &flags->flavour,
                 "det, tsan or asan (default: the flavour of the recording)")
      .Suggest({"det", "tsan", "asan"});
  command.AddOption("--times,-n", &flags->times, "Number of replays (default 1)")
      .Between(uint64_t{1}, uint64_t{1'000'000'000});
  command.AddFlag("--print", &flags->print,
                  "Print the operations as they happen: step, thread, kind, object, source line");
  command.AddOption("--break-at", &flags->break_at,
                    "Stop before the operation of this step (from 0): in gdb with --gdb,\n"
                    "otherwise the process stops itself (SIGSTOP) and waits for a debugger");
  command.AddFlag("--gdb", &flags->gdb,
                  "Replay under gdb, up to the finding or --break-at; 'help heddle' lists the\n"
                  "commands there");
  command.AddFlag("--core", &flags->core,
                  "Leave a core file if the program crashes, where the system puts them\n"
                  "(ulimit -c must allow it)");
  flags->subject.Declare(command);
  command.AddFlag("--quiet,-q", &flags->quiet, "Print only the verdict");
  command.AddFlag("--json", &flags->json, "Print the verdict as JSON");
  command.SetFooter(
      "Exits with 0 if every replay did the same operations and ended the same way; with 1 if the\n"
      "operations were the same but did not end with the recorded finding (no finding, or "
      "another:\n"
      "another flavour sees other things); with 5 if the operations differ. Prints the first\n"
      "difference.\n"
      "\n"
      "  heddle replay heddle-findings/explored-unsync-tsan-unsync.schedule.json --flavour asan\n"
      "  heddle replay FILE --program ./queue-det      # a program that has changed since\n"
      "  heddle replay FILE --print\n"
      "  heddle replay FILE --gdb --break-at 1200\n"
      "  heddle replay FILE --gdb -- -batch -ex 'heddle threads'");
  command.OnRun([flags] {
    std::vector<std::string>& more = flags->debugger_arguments;
    // Some versions of CLI11 leave the separator in.
    if (!more.empty() && more.front() == "--") more.erase(more.begin());
    if (!more.empty() && !flags->gdb) {
      return Fail(absl::InvalidArgumentError(absl::StrCat("unknown argument ", more.front())));
    }
    return Replay(*flags);
  });
}

}  // namespace heddle::cli
