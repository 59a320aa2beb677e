// What a dying program said about it: an assertion, an exception, the allocator's complaint.
#ifndef HEDDLE_SIM_STACKS_LAST_WORDS_H_
#define HEDDLE_SIM_STACKS_LAST_WORDS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace heddle::sim {

// The last line of `text` in which glibc's allocator ("malloc(): unaligned tcache chunk detected"),
// an assertion or std::terminate says why the program ends, at most 300 bytes of it; "" when there
// is none.
std::string LastWords(absl::string_view text);

// The part of the last words that is the same wherever the program was built, and tells one failure
// from another: "Assertion `a == b' failed.". "" when there is none; then the stack must tell.
std::string StableLastWords(absl::string_view text);

// The last line of `text` that is not empty and not Heddle's own, at most 300 bytes of it.
std::string LastLine(absl::string_view text);

// What the output of a program that ends with a status says about it: the first line in which a
// test framework or the program itself speaks of a failure ("FAIL", "Failure", "error:"), else the
// last; at most 300 bytes of it.
std::string FailureLine(absl::string_view output);

// Whether `words` are those of glibc's allocator about a broken heap.
bool IsHeapComplaint(absl::string_view words);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_LAST_WORDS_H_
