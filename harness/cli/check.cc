// heddle check: replays a trace in lockstep and compares every outcome and snapshot with an
// expectation. Needs no scenario.
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "sim/text/markup.h"

namespace heddle::cli {
namespace {

struct CheckFlags : RunFlags {
  std::string trace;
  std::string expectation;
};

int Check(const CheckFlags& flags) {
  absl::StatusOr<harness::RunOptions> options = flags.ToOptions();
  if (!options.ok()) return Fail(options.status());
  harness::Scenario scenario;
  scenario.name = std::filesystem::path(flags.trace).filename().string();
  scenario.path = flags.trace;
  scenario.description = absl::StrCat("lockstep against ", flags.expectation);
  scenario.trace = flags.trace;
  scenario.expectation = flags.expectation;
  scenario.mode = harness::Mode::kLockstep;
  scenario.compare = {harness::Oracle::kConservation, harness::Oracle::kExpectation,
                      harness::Oracle::kSanitizers};
  scenario.dispatchers = std::move(options->dispatchers);
  if (scenario.dispatchers.empty()) {
    scenario.dispatchers = {sim::Dispatcher::kReference, sim::Dispatcher::kMutex,
                            sim::Dispatcher::kAsync, sim::Dispatcher::kLocks,
                            sim::Dispatcher::kWorker};
  }
  if (!options->flavours.empty()) scenario.flavours = std::move(options->flavours);
  options->dispatchers.clear();
  options->flavours.clear();
  return RunAndReport({scenario}, *options, flags, flags.ToTerminal(), [&](const auto&) {
    return absl::StrCat("heddle check ", sim::ShellWord(flags.trace), " --expect ",
                        sim::ShellWord(flags.expectation));
  });
}

}  // namespace

void AddCheck(Command app) {
  Command command = app.Add("check", "Replay a trace in lockstep against an expectation");
  auto flags = std::make_shared<CheckFlags>();
  command.AddOption("trace", &flags->trace, "The trace (*.jsonl, *.jsonl.zst)").Required();
  command.AddOption("--expect", &flags->expectation, "The expectation (*.expected.jsonl[.zst])")
      .Required();
  flags->Declare(command);
  command.SetFooter(
      "Delivers each event when the node is quiet, and compares every outcome and every snapshot\n"
      "with the expectation. If they differ, prints the first difference and exits with 1.\n"
      "Dispatchers by default: reference, mutex, async, locks, worker.\n"
      "\n"
      "  heddle check devnet.jsonl.zst --expect devnet.expected.jsonl.zst --dispatcher async");
  command.OnRun([flags] { return Check(*flags); });
}

}  // namespace heddle::cli
