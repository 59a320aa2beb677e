// What memory a sanitizer's report is about, in words.
#ifndef HEDDLE_REPORTS_MODEL_BLOCK_WORDS_H_
#define HEDDLE_REPORTS_MODEL_BLOCK_WORDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "reports/model/finding.h"

namespace heddle::reports {

struct Block {
  // "a Session (64 bytes)", "memory of Buffer (548 bytes)", "a 548-byte block", "memory".
  std::string noun;
  std::string relation;  // of an access outside: "0 bytes after"; "" inside, or when not known
};

// The type is taken from the functions of the C++ library that free or allocate the block, or from
// the destructor of the program's that does.
Block BlockOf(const Finding& finding);

// Whether the innermost frames free memory.
bool FreesIn(const std::vector<Frame>& frames);

// "global 'counter' of size 4 (m+0x1)" -> "counter"; "heap block of size 8 allocated by T1" ->
// "an 8-byte heap block". "" when the text says neither.
std::string RacedObject(absl::string_view location);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MODEL_BLOCK_WORDS_H_
