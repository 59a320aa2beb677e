// What `rff` has learnt in the campaigns of one folder. A further campaign into it goes on from
// there: each of its jobs reads the file of its number at the start, and writes it at the end.
//
// JSON, one object:
//   format      "heddle-rff-corpus"
//   version     1
//   campaign    what must be the same for it to be of use: the build, the arguments, the points...
//   schedules   in how many it was learnt, of all campaigns so far
//   words       what the strategy keeps (Strategy::Keep()), numbers of 64 bits
//
// Errors name the file, what was wrong and what was expected. Reading is bounded: kMaxCorpusBytes.
#ifndef HEDDLE_SIM_EXPLORE_RFF_CORPUS_H_
#define HEDDLE_SIM_EXPLORE_RFF_CORPUS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/protocol/campaign.h"

namespace heddle::sim {

inline constexpr size_t kMaxCorpusBytes = size_t{8} << 20;

struct RffCorpus {
  std::string campaign;
  uint64_t schedules = 0;
  std::vector<uint64_t> words;
};

std::string FormatCorpus(const RffCorpus& corpus);
// `name` is used in messages. InvalidArgument for what is none, also when `strategy` would not go
// on from its words.
absl::StatusOr<RffCorpus> ParseCorpus(absl::string_view text, absl::string_view name,
                                      const StrategySpec& strategy);
// Never half a file.
absl::Status WriteCorpus(const RffCorpus& corpus, const std::string& path);
// One without words where there is no such file.
absl::StatusOr<RffCorpus> ReadCorpus(const std::string& path, const StrategySpec& strategy);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_EXPLORE_RFF_CORPUS_H_
