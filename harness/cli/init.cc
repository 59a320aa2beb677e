// heddle init: writes a scenario to start from, with every line explained.
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "harness/cli/command.h"
#include "reports/result_file.h"

namespace heddle::cli {
namespace {

namespace fs = std::filesystem;

struct InitFlags {
  std::string file = "scenario.yaml";
  std::string trace;
};

// `trace` and `schema` stand in the file as they are; "": no schema.
std::string Starter(const std::string& trace, const std::string& schema) {
  return absl::StrCat(
      schema.empty() ? "" : "# yaml-language-server: $schema=", schema, schema.empty() ? "" : "\n",
      "# One line for heddle list: what this scenario shows.\n"
      "description: a recorded trace against both dispatchers, at full speed\n"
      "\n"
      "# The recorded traffic. The path is relative to this file's folder.\n"
      "trace: ",
      trace,
      "\n"
      "\n"
      "# How time runs: lockstep (each event when the node is quiet: one correct result), "
      "recorded\n"
      "# (at the recorded times, or `speed` times as fast) or burst (at full speed, while the\n"
      "# clock ticks).\n"
      "mode: burst\n"
      "tick_interval: 100us\n"
      "\n"
      "# How callbacks reach the chain. The others are compared with the first one.\n"
      "dispatchers: [mutex, async]\n"
      "\n"
      "# How the host is built: native (fast), tsan (data races), asan (memory errors), det (for\n"
      "# heddle explore).\n"
      "flavours: [native]\n"
      "\n"
      "# The number of free runs of each. More runs show more interleavings.\n"
      "runs: 3\n"
      "\n"
      "# To let Heddle control the interleavings instead:\n"
      "#   heddle explore THIS_FILE --strategy pct:d=3 --schedules 1000\n"
      "\n"
      "# Faults to inject: of the network (drop, reorder, corrupt...) and, with `explore`, of the\n"
      "# system (fail_allocation, fail_thread, interrupt, again...).\n"
      "# faults: {drop: 1%, reorder: 5%, corrupt: 1%}\n"
      "\n"
      "# Without `expect` every run must be clean. A scenario for a bug names its finding:\n"
      "# expect:\n"
      "#   - {finding: data-race, where: src/chain/}\n"
      "# Other findings fail the scenario, unless it says\n"
      "# other_findings: allowed\n");
}

// A trace that is there, so that the scenario runs as it is.
std::string AnyTrace(const fs::path& scenario) {
  std::error_code error;
  std::string smallest;
  uintmax_t size = UINTMAX_MAX;
  for (const auto& entry : fs::directory_iterator(fs::path(ScenarioFolder()) / "traces", error)) {
    const std::string name = entry.path().filename().string();
    const bool expectation = name.find(".expected.") != std::string::npos;
    if (expectation || name.find(".jsonl") == std::string::npos) continue;
    if (const uintmax_t bytes = entry.file_size(error); !error && bytes < size) {
      size = bytes;
      smallest = entry.path().string();
    }
  }
  if (smallest.empty()) return "trace.jsonl.zst";
  const fs::path relative = fs::relative(smallest, fs::absolute(scenario).parent_path(), error);
  return error || relative.empty() ? fs::absolute(smallest).string() : relative.string();
}

// The scenarios' JSON Schema, relative to the scenario's folder, for editors; "" when it is not
// there.
std::string Schema(const fs::path& scenario) {
  std::error_code error;
  const fs::path schema = fs::path(ScenarioFolder()) / "scenario.schema.json";
  if (!fs::exists(schema, error)) return "";
  const fs::path relative = fs::relative(schema, fs::absolute(scenario).parent_path(), error);
  return error || relative.empty() ? fs::absolute(schema).string() : relative.string();
}

int Init(const InitFlags& flags) {
  std::error_code error;
  if (fs::exists(flags.file, error)) {
    return Fail(absl::InvalidArgumentError(
        absl::StrCat(flags.file, ": the file exists; expected the name of a new file")));
  }
  const std::string trace = flags.trace.empty() ? AnyTrace(flags.file) : flags.trace;
  const absl::Status status = reports::WriteWhole(flags.file, Starter(trace, Schema(flags.file)));
  if (!status.ok()) return Fail(status);
  Print(absl::StrCat("wrote ", flags.file, "\n\n  heddle list ", flags.file, "\n  heddle run ",
                     flags.file, "\n"));
  return kMet;
}

}  // namespace

void AddInit(Command app) {
  Command command = app.Add("init", "Write a commented scenario to start from");
  auto flags = std::make_shared<InitFlags>();
  command.AddOption("file", &flags->file, "The new file (default scenario.yaml)");
  command.AddOption("--trace", &flags->trace,
                    "Trace to name in it, relative to the file's folder (default: a short one\n"
                    "from the scenario folder)");
  command.OnRun([flags] { return Init(*flags); });
}

}  // namespace heddle::cli
