// A corpus program under the kernel: what the corpus's test and benchmark run.
#ifndef HEDDLE_SIM_CORPUS_SUBJECT_H_
#define HEDDLE_SIM_CORPUS_SUBJECT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "sim/corpus/program.h"
#include "sim/explore/strategy_spec.h"
#include "sim/supervisor/supervisor.h"

namespace heddle::corpus {

// The flavour in which a broken version shows what it shows.
const char* FlavourFor(Shows shows);
// The memory model under which it shows it.
sim::MemoryModel MemoryFor(Needs needs);
// "assertion", "deadlock"...
const char* ShowsName(Shows shows);

struct Search {
  uint64_t executions = 0;  // started
  bool exhausted = false;   // the strategy has nothing left
  sim::StrategyProgress progress;
  std::optional<sim::Outcome> finding;  // the last execution's
};

class Subject {
 public:
  // `programs` is the directory of the heddle-corpus-* executables.
  static absl::StatusOr<std::unique_ptr<Subject>> Start(const std::string& programs,
                                                        const Program& program, bool broken,
                                                        const std::string& flavour);

  // Runs at most `limit` executions, to the first finding. Deterministic.
  absl::StatusOr<Search> Run(const sim::StrategySpec& strategy, uint64_t seed, uint64_t limit,
                             sim::MemoryModel memory = sim::MemoryModel::kSc);

  // Replays the finding of the last Run() `times` times. How many were the same operation for
  // operation, with the same kind of finding.
  absl::StatusOr<uint64_t> Replay(const Search& search, uint64_t times);

  // Why the finding is not the one that the program is there for, or "".
  std::string Unexpected(const sim::Outcome& finding) const;
  std::string Describe(const sim::Outcome& finding) const { return supervisor_->Describe(finding); }

 private:
  Subject(const Program& program, std::unique_ptr<sim::Supervisor> supervisor)
      : program_(program), supervisor_(std::move(supervisor)) {}

  const Program& program_;
  const std::unique_ptr<sim::Supervisor> supervisor_;
  sim::CampaignOptions campaign_;
};

}  // namespace heddle::corpus

#endif  // HEDDLE_SIM_CORPUS_SUBJECT_H_
