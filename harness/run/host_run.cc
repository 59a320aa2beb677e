#include "harness/run/host_run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "reports/model/evidence.h"
#include "sim/process/environment.h"
#include "sim/process/process.h"
#include "sim/protocol/exit_status.h"
#include "sim/stacks/last_words.h"
#include "sim/stacks/sanitizer_report.h"
#include "sim/stacks/symbolizer.h"

namespace heddle::harness {
namespace {

namespace fs = std::filesystem;

using End = sim::ProcessOutcome::End;

constexpr char kRequest[] = "request.json";
constexpr char kResult[] = "result.jsonl";

// How much is read of each file of a host's output.
constexpr size_t kMaxOutputBytes = 64 << 20;

std::string ReadStart(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (!stream || error) return text;
  text.resize(std::min<uintmax_t>(size, kMaxOutputBytes));
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  return text;
}

absl::Status WriteRequest(const host::Request& request, const fs::path& path) {
  const absl::StatusOr<std::string> text = FormatRequest(request);
  if (!text.ok()) return text.status();
  std::ofstream stream(path);
  stream << *text << "\n";
  stream.close();
  return stream ? absl::OkStatus()
                : sim::EnvironmentError(errno, absl::StrCat("cannot write ", path.string()));
}

std::string Options(const char* name, const std::string& ours, const std::string& place) {
  const char* users = std::getenv(name);
  return absl::StrCat(name, "=", ours, users == nullptr ? "" : absl::StrCat(":", users), place);
}

Finding ProcessFinding(FindingKind kind, std::string detail, std::string message) {
  Finding finding;
  finding.kind = kind;
  finding.source = "process";
  finding.detail = std::move(detail);
  finding.message = std::move(message);
  finding.dedup_key = DedupKeyOf(finding);
  return finding;
}

// Every report in the host's folder, and what it wrote to stderr.
sim::SanitizerReports ReadReports(const fs::path& folder, const std::string& errors) {
  std::vector<fs::path> logs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (absl::StartsWith(entry.path().filename().string(), "sanitizer.")) {
      logs.push_back(entry.path());
    }
  }
  std::sort(logs.begin(), logs.end());
  sim::SanitizerReports all = sim::ParseSanitizerReports(errors);
  for (const fs::path& log : logs) {
    sim::SanitizerReports more = sim::ParseSanitizerReports(ReadStart(log));
    std::move(more.reports.begin(), more.reports.end(), std::back_inserter(all.reports));
    std::move(more.environment.begin(), more.environment.end(),
              std::back_inserter(all.environment));
  }
  return all;
}

}  // namespace

absl::StatusOr<std::string> FindHost(const std::string& folder, Flavour flavour,
                                     Producer producer) {
  std::string name = "heddle-host";
  const bool rust = producer == Producer::kRust;
  if (rust) absl::StrAppend(&name, "-rust");
  if (flavour != Flavour::kNative) absl::StrAppend(&name, "-", Name(flavour));
  const std::string path = absl::StrCat(folder, "/", name);
  if (access(path.c_str(), X_OK) == 0) return path;
  return absl::UnavailableError(absl::StrCat(
      "flavour ", Name(flavour), " is not built (", path, " is missing); build it with 'ninja -C ",
      folder, " ", name, "'",
      flavour == Flavour::kNative ? "" : " (flavours require clang: 'cmake --preset default')",
      rust ? "; producer rust requires Debian's rustc, cargo, rust-src and librust-tokio-dev"
           : ""));
}

std::vector<std::string> SanitizerEnvironment(const std::string& folder) {
  static const std::string symbolizer = sim::Symbolizer::Find();
  const std::string common = absl::StrCat(
      "exitcode=", sim::kSanitizerExitStatus, ":handle_abort=1",
      symbolizer.empty() ? "" : absl::StrCat(":external_symbolizer_path='", symbolizer, "'"));
  const std::string place = absl::StrCat(":log_path='", folder, "/sanitizer'");
  return {
      // The longest history, or the other side of an old race is lost.
      Options("TSAN_OPTIONS", common + ":halt_on_error=0:history_size=7:second_deadlock_stack=1",
              place),
      Options("ASAN_OPTIONS", common + ":detect_leaks=1:detect_stack_use_after_return=1", place),
      Options("UBSAN_OPTIONS", common + ":print_stacktrace=1", place),
      Options("LSAN_OPTIONS", absl::StrCat("exitcode=", sim::kSanitizerExitStatus), ""),
  };
}

absl::StatusOr<HostRun> RunHost(const HostJob& job) {
  const fs::path folder(job.folder);
  const std::string request_path = folder / kRequest;
  if (absl::Status status = WriteRequest(job.request, request_path); !status.ok()) return status;

  HostRun run;
  run.result_path = ResultIn(job.folder);
  sim::Command command;
  command.argv = {job.executable, request_path, run.result_path};
  command.environment = SanitizerEnvironment(job.folder);
  command.stdout_path = folder / "stdout";
  command.stderr_path = folder / "stderr";
  command.time_limit = job.time_limit;
  const absl::StatusOr<sim::ProcessOutcome> outcome = sim::RunProcess(command);
  if (!outcome.ok()) return outcome.status();
  run.outcome = *outcome;

  const std::string errors = ReadStart(command.stderr_path);
  run.last_words = sim::LastWords(errors);
  if (run.outcome.end == End::kExited && run.outcome.code == host::kBadRequestExitStatus) {
    return absl::InvalidArgumentError(absl::StrCat(
        job.executable, " rejected its request: ", absl::StripAsciiWhitespace(errors)));
  }
  if (run.outcome.end == End::kExited && run.outcome.code == host::kCannotRunExitStatus) {
    return absl::UnavailableError(absl::StripAsciiWhitespace(errors));
  }
  const sim::SanitizerReports reports = ReadReports(folder, errors);
  if (!reports.environment.empty()) {
    return absl::UnavailableError(sim::DescribeEnvironment(reports.environment.front()));
  }
  run.sanitizer_findings = reports::FindingsOf(reports.reports);
  return run;
}

absl::StatusOr<sim::ProgramOptions> ControlledHost(const HostJob& job) {
  const fs::path folder(job.folder);
  std::error_code error;
  const fs::path trace = fs::absolute(job.request.trace, error);
  host::Request request = job.request;
  // Readers know by the end of its name that a file is compressed.
  request.trace = absl::EndsWith(request.trace, ".zst") ? "events.jsonl.zst" : "events.jsonl";
  if (absl::Status status = WriteRequest(request, folder / kRequest); !status.ok()) return status;
  const fs::path link = folder / request.trace;
  fs::remove(link, error);
  fs::create_symlink(trace, link, error);
  if (error)
    return sim::EnvironmentError(error.value(), absl::StrCat("cannot make ", link.string()));
  fs::remove(folder / kResult, error);  // hosts add to a result that is there

  sim::ProgramOptions options;
  options.arguments = {fs::absolute(job.executable, error), kRequest, kResult};
  options.working_directory = job.folder;
  options.shared_folders = {job.folder};
  options.result_file = kResult;
  options.start_at = sim::StartAt::kCheckpoint;
  options.cannot_run_status = host::kCannotRunExitStatus;
  options.time_limit_ms = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(job.time_limit).count());
  return options;
}

std::string ResultIn(const std::string& folder) { return fs::path(folder) / kResult; }

absl::StatusOr<std::string> RunHostInDefaultSchedule(const HostJob& job) {
  const absl::StatusOr<sim::ProgramOptions> program = ControlledHost(job);
  if (!program.ok()) return program.status();
  absl::StatusOr<std::unique_ptr<sim::Supervisor>> supervisor = sim::Supervisor::Start(*program);
  if (!supervisor.ok()) return supervisor.status();
  sim::CampaignOptions campaign;
  campaign.spec.strategy.name = "fifo";
  const absl::StatusOr<sim::Outcome> outcome = (*supervisor)->Replay(campaign, 0);
  if (!outcome.ok()) return outcome.status();
  if (outcome->state != sim::ExecutionState::kComplete) {
    return absl::FailedPreconditionError(
        absl::StrCat("the default schedule does not complete: ", outcome->message));
  }
  return ResultIn(job.folder);
}

std::optional<Finding> FindingOfEnd(const HostRun& run, std::chrono::nanoseconds time_limit,
                                    bool complete, const std::string& progress) {
  const std::string words = run.last_words.empty() ? "" : absl::StrCat(": ", run.last_words);
  // A sanitizer that ended the process has told more than its end does.
  const bool explained = !run.sanitizer_findings.empty();
  switch (run.outcome.end) {
    case End::kInterrupted:
      return std::nullopt;
    case End::kTimedOut:
      return ProcessFinding(
          FindingKind::kHang, "time-limit",
          absl::StrCat("did not end within ", FormatDuration(time_limit), "; killed ", progress));
    case End::kSignalled: {
      if (sim::IsHeapComplaint(run.last_words)) {
        return ProcessFinding(FindingKind::kHeapCorruption, run.last_words,
                              absl::StrCat("the allocator aborted ", progress, words));
      }
      if (explained) return std::nullopt;
      const std::string signal = sim::SignalName(run.outcome.signal);
      if (run.outcome.signal == SIGXFSZ) {
        return ProcessFinding(FindingKind::kCrash, signal,
                              absl::StrCat("wrote a file of more than ", sim::kMaxFileBytes >> 30,
                                           " GiB ", progress, words));
      }
      return ProcessFinding(FindingKind::kCrash, signal,
                            absl::StrCat("died of ", signal, " ", progress, words));
    }
    case End::kExited:
      if (explained || (complete && run.outcome.code == 0)) return std::nullopt;
      return ProcessFinding(FindingKind::kCrash, absl::StrCat("exit-", run.outcome.code),
                            absl::StrCat("exited with ", run.outcome.code, " ",
                                         complete ? "after its end" : progress, words));
  }
  return std::nullopt;
}

}  // namespace heddle::harness
