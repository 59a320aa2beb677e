// The readers of outside data, one function each, for libFuzzer and for the test that runs what it
// found. A target takes any bytes, and aborts when the reader breaks a promise that no crash,
// sanitizer or limit on memory would show.
#ifndef HEDDLE_HARNESS_FUZZ_TARGETS_H_
#define HEDDLE_HARNESS_FUZZ_TARGETS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace heddle::fuzz {

using Input = absl::Span<const uint8_t>;

struct Target {
  const char* name;
  void (*run)(Input input);
};

absl::Span<const Target> Targets();
const Target* FindTarget(absl::string_view name);  // nullptr: there is none

// sim/trace, harness/host: lines of JSON, plain and compressed.
void TraceJson(Input input);
void TraceZstd(Input input);
void HostResult(Input input);
// src/ssz, src/chain/wire.
void Ssz(Input input);
void Snappy(Input input);
void Framing(Input input);
void Gossipsub(Input input);
void EnrText(Input input);
// Documents.
void ScenarioYaml(Input input);
void ScheduleJson(Input input);
void ResultJson(Input input);
void FindingJson(Input input);
void HostRequest(Input input);
// Other text.
void SanitizerText(Input input);
void StrategyText(Input input);
// src/dispatch: a script of calls.
void HostAbi(Input input);

// Good inputs of a target, made of the repository's files (paths are relative to its root).
std::vector<std::string> SeedsOf(absl::string_view target);

// --- For the targets ---

inline absl::string_view TextOf(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// The path of a file that holds `input`; of one with that ending at a time.
std::string FileWith(Input input, absl::string_view ending);

// Aborts unless `kept`, a promise of the reader.
void Require(bool kept, const char* promise);

}  // namespace heddle::fuzz

#endif  // HEDDLE_HARNESS_FUZZ_TARGETS_H_
