// The steps of a schedule as text: four fields of a schedule file (schedule.h).
#ifndef HEDDLE_SIM_SCHEDULE_STEP_CODEC_H_
#define HEDDLE_SIM_SCHEDULE_STEP_CODEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sim/protocol/step.h"

namespace heddle::sim {

// Who went on, run-length encoded: "0*3 1 0 c 2*7".
std::string EncodeChoices(const std::vector<Step>& steps);
// What each did: one byte a step, zstd, base64.
std::string EncodeOperations(const std::vector<Step>& steps);
// The running hash after every `every` steps, and at the end: 16 hexadecimal digits each.
std::vector<std::string> EncodeHashes(const std::vector<Step>& steps, uint64_t every);

// Under a weak memory model: which steps did not take the newest store, and which they took:
// "15:1 24:1 29:2" (step:store). "" when all did.
std::string EncodeReads(const std::vector<Step>& steps);
// Adds them to steps that have none. InvalidArgument names the place.
absl::Status DecodeReads(absl::string_view reads, std::vector<Step>* steps);

// The `points` steps that the first two describe. InvalidArgument names the field and the place.
// Memory is taken for as many steps as `points` says at most.
absl::StatusOr<std::vector<Step>> DecodeSteps(absl::string_view choices,
                                              absl::string_view operations, uint64_t points);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SCHEDULE_STEP_CODEC_H_
