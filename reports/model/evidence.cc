#include "reports/model/evidence.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/stacks/last_words.h"

namespace heddle::reports {
namespace {

Finding ToFinding(sim::SanitizerReport report) {
  Finding finding;
  finding.kind = KindOf(report);
  finding.detail = std::move(report.error);
  finding.source = std::move(report.sanitizer);
  finding.message = std::move(report.message);
  finding.location = std::move(report.location);
  finding.stacks = std::move(report.stacks);
  finding.text = std::move(report.text);
  finding.dedup_key = DedupKeyOf(finding);
  return finding;
}

bool MayHaveReports(sim::FailureKind kind) {
  return kind == sim::FailureKind::kSanitizer || kind == sim::FailureKind::kCrash ||
         kind == sim::FailureKind::kExit;
}

}  // namespace

std::vector<Finding> FindingsOf(const std::vector<sim::SanitizerReport>& reports) {
  std::vector<Finding> findings;
  for (const sim::SanitizerReport& report : reports) {
    for (sim::SanitizerReport& error : sim::EachError(report)) {
      findings.push_back(ToFinding(std::move(error)));
    }
  }
  return findings;
}

std::vector<Finding> FindingsOf(const FailedExecution& execution) {
  if (MayHaveReports(execution.kind)) {
    std::vector<Finding> findings =
        FindingsOf(sim::ParseSanitizerReports(execution.standard_error).reports);
    if (!findings.empty()) return findings;
  }
  Finding finding;
  finding.kind = KindOf(execution.kind);
  finding.source = kHeddle;
  finding.detail = sim::FailureKindName(execution.kind);
  finding.message = execution.message;
  finding.text = execution.description;
  // "double-free: ..." and the like, in AddressSanitizer's words.
  if (execution.kind == sim::FailureKind::kHeap) {
    finding.detail = execution.message.substr(0, execution.message.find(':'));
  }
  // What the runtime sees, its message says.
  const std::string words =
      MayHaveReports(execution.kind) ? sim::LastWords(execution.standard_error) : "";
  if (sim::IsHeapComplaint(words)) {
    finding.kind = FindingKind::kHeapCorruption;
    finding.detail = words;
  }
  // Of its own findings the runtime has said all in the message.
  if (MayHaveReports(execution.kind)) {
    std::string said = words.empty() ? sim::LastLine(execution.standard_error) : words;
    // Test frameworks tell standard output why.
    if (said.empty() && execution.kind == sim::FailureKind::kExit) {
      said = sim::FailureLine(execution.standard_output);
    }
    if (!said.empty()) absl::StrAppend(&finding.message, ": ", said);
  }
  finding.dedup_key = DedupKeyOf(finding, execution.dedup_key);
  finding.stacks = execution.stacks;
  return {finding};
}

}  // namespace heddle::reports
