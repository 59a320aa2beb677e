#include "harness/shrink/judge.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/host/result_reader.h"
#include "harness/oracles/run_oracles.h"
#include "harness/run/scenario_schedule.h"

namespace heddle::harness {
absl::StatusOr<std::optional<Finding>> JudgeResult(const Scenario& scenario, Dispatcher dispatcher,
                                                   const trace::Trace& trace,
                                                   const std::string& result,
                                                   const std::optional<NamedResult>& base) {
  absl::StatusOr<std::vector<std::unique_ptr<RunOracle>>> oracles =
      MakeRunOracles(scenario, dispatcher, trace, ExploredRequest(scenario, dispatcher));
  if (!oracles.ok()) return oracles.status();
  absl::StatusOr<std::unique_ptr<ResultReader>> reader = ResultReader::Open(result);
  if (!reader.ok()) return reader.status();
  HostLine line;
  for (;;) {
    const absl::StatusOr<bool> more = (*reader)->Next(&line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    for (std::unique_ptr<RunOracle>& oracle : *oracles) {
      if (std::optional<Finding> finding = oracle->OnLine(line)) return finding;
    }
  }
  if (!(*reader)->complete()) {
    return absl::InternalError(absl::StrCat(result, ": the result is incomplete"));
  }
  if (!base.has_value()) return std::optional<Finding>();
  return CheckEquivalence(trace, scenario.mode, *base, {dispatcher, result});
}

}  // namespace heddle::harness
