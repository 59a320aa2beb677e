// Checks what a reader of traces must not insist on. Streams; keeps the set of message ids and
// peers seen, about 64 bytes for each distinct message.
#ifndef HEDDLE_SIM_TRACE_VERIFY_H_
#define HEDDLE_SIM_TRACE_VERIFY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/trace/message_ids.h"

namespace heddle::trace {

struct Problem {
  uint64_t line = 0;
  std::string message;  // "path:line: what is wrong, what was expected"
};

struct Verification {
  static constexpr size_t kMaxProblems = 100;
  uint64_t events = 0;
  uint64_t problem_count = 0;
  std::vector<Problem> problems;  // the first kMaxProblems
  bool ok() const { return problem_count == 0; }
};

// Checks that message ids are what the protocol computes (when
// `message_id` is given), that `duplicate` says truly whether the id came before, that topics are
// well formed and of the header's network, that requests end once and have no chunk after their
// end, that peers connect and disconnect in turn. A file that cannot be read to its end is an
// error.
absl::StatusOr<Verification> Verify(const std::string& path, const MessageIdFunction& message_id);

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_VERIFY_H_
